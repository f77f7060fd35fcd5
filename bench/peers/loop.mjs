// The same arithmetic as loops over typed arrays, where a loop is what one would write: { id: () => step }.
// Imports the rows' data.
import { points, values } from "./data.mjs";

const lr = 0.003;

/** d/dw of the mean of (x·w − y)² over start ≤ i < stop. */
function gradient(xs, ys, w, start, stop) {
  let g = 0;
  for (let i = start; i < stop; i++) g += 2 * (xs[i] * w - ys[i]) * xs[i];
  return g / (stop - start);
}

function mseGradient() {
  const { xs, ys } = points("float32");
  return () => gradient(xs, ys, 0, 0, 100);
}

function mseStep() {
  const { xs, ys } = points("float32");
  let w = 0;
  return () => (w -= lr * gradient(xs, ys, w, 0, 100));
}

const listing67 = (batchSize) => () => {
  const { xs, ys } = points("float64");
  return () => {
    let w = 0;
    for (let epoch = 0; epoch < 25; epoch++) {
      for (let start = 0; start < 100; start += batchSize) w -= lr * gradient(xs, ys, w, start, start + batchSize);
    }
    return w;
  };
};

function mul(n) {
  const [a, b] = [values(n), values(n)];
  return () => {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = a[i] * b[i];
    return out;
  };
}

function add(n) {
  const [a, b] = [values(n), values(n)];
  return () => {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = a[i] + b[i];
    return out;
  };
}

function exp(n) {
  const a = values(n);
  return () => {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = Math.exp(a[i]);
    return out;
  };
}

function sum(n) {
  const a = values(n);
  return () => {
    let total = 0;
    for (let i = 0; i < n; i++) total += a[i];
    return total;
  };
}

/** The rows that come in sizes: "add 1000" is add(1000). */
export const bySize = { add, exp, sum };

/** The rows with one workload. */
export const workloads = {
  "mul 100": () => mul(100),
  "mse gradient": mseGradient,
  "mse step": mseStep,
  "listing 1": listing67(1),
  "listing 25": listing67(25),
};

/** One number that stands for what a step computed. */
export function digest(result) {
  return typeof result === "number" ? result : result.reduce((total, value) => total + value, 0) / result.length;
}
