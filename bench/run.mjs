// `npm run bench`: what a small step costs, beside the same arithmetic written out by hand, and where the time goes.
// Imports the built library. The ratios of a run count; its times depend on the machine and on what else it does.
import { cpus } from "node:os";
import pt from "torchlab";
import { measure, table } from "./measure.mjs";

pt.setDefaultDtype(pt.float64);

function data() {
  pt.manualSeed(0);
  const X = pt.linspace(-5, 5, 100);
  return { X, y: X.mul(2).add(pt.randn(100)) };
}

const { X, y } = data();
const [xs, ys] = [Float64Array.from(X.toArray()), Float64Array.from(y.toArray())];

/** Listing 6.7 as a loop over numbers. */
function byHand(batchSize, epochs = 25, lr = 0.003) {
  let w = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let start = 0; start < 100; start += batchSize) {
      const stop = Math.min(start + batchSize, 100);
      let g = 0;
      for (let i = start; i < stop; i++) g += 2 * (xs[i] * w - ys[i]) * xs[i];
      w -= (lr * g) / (stop - start);
    }
  }
  return w;
}

const mse = (X, y, w) => X.mul(w).sub(y).pow(2).mean();
const weight = () => pt.zeros(1, { requiresGrad: true });
const loader = (batchSize) => new pt.data.DataLoader(new pt.data.TensorDataset(y, X), { batchSize });

/** Listing 6.7 in the library's terms. */
function listing67(batchSize, epochs = 25, lr = 0.003) {
  const batches = loader(batchSize);
  const w = weight();
  const opt = new pt.optim.SGD([w], { lr });
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [yBatch, XBatch] of batches) {
      opt.zeroGrad();
      mse(XBatch, yBatch, w).backward();
      opt.step();
    }
  }
  return w.item();
}

const repeat = (count, f) => ({ count, run: () => { for (let i = 0; i < count; i++) f(); } });

function step100() {
  const w = weight();
  const opt = new pt.optim.SGD([w], { lr: 0.003 });
  return () => {
    opt.zeroGrad();
    mse(X, y, w).backward();
    opt.step();
  };
}

/** The parts of one step at batch 1: what each adds to the ones before it. */
function parts() {
  const [X1, y1] = [X.at(pt.slice(0, 1)), y.at(pt.slice(0, 1))];
  const w = weight();
  const opt = new pt.optim.SGD([w], { lr: 0 });
  const batches = loader(1);
  mse(X1, y1, w).backward();
  return [
    { name: "one pointwise operation", ...repeat(4000, () => pt.noGrad(() => X1.mul(y1))) },
    { name: "one recorded operation", ...repeat(4000, () => X1.mul(w)) },
    { name: "loss", ...repeat(2000, () => mse(X1, y1, w)) },
    { name: "loss and backward", ...repeat(2000, () => { w.grad = null; mse(X1, y1, w).backward(); }) },
    { name: "optimizer step", ...repeat(4000, () => opt.step()) },
    { name: "a batch from the loader", count: 1000, run: () => { for (let i = 0; i < 10; i++) for (const batch of batches) void batch; } },
  ];
}

const expected = byHand(1);
const actual = listing67(1);
if (Math.abs(actual - expected) > 1e-12) throw new Error(`listing 6.7 gives ${actual}, the loop ${expected}`);

const [{ model }] = cpus();
console.log(`Node ${process.version}, ${model.trim()}, ${cpus().length} cores. Listing 6.7 gives ${actual} either way.\n`);

console.log(table("Listing 6.7, a step (2,500 steps at batch 1, 100 at batch 25)", measure([
  { name: "loop, batch 1", count: 2500, run: () => byHand(1) },
  { name: "torchlab, batch 1", count: 2500, run: () => listing67(1), peer: "loop, batch 1" },
  { name: "loop, batch 25", count: 1000, run: () => byHand(25, 250) },
  { name: "torchlab, batch 25", count: 1000, run: () => listing67(25, 250), peer: "loop, batch 25" },
])));
console.log();
console.log(table("Mean squared error of 100 points: value, gradient and SGD step", measure([
  { name: "loop, 100 points", ...repeat(2000, () => byHand(100, 1)) },
  { name: "torchlab, 100 points", ...repeat(500, step100()), peer: "loop, 100 points" },
])));
console.log();
console.log(table("Where a step at batch 1 goes", measure(parts())));
