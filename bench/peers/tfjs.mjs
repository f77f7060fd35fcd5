// The rows in tfjs on its TensorFlow backend, written as its users write them: `tidy` around what makes tensors on
// the way, `dispose` for what is left. It has no float64: all is float32. Imports tfjs and the rows' data.
import { mlp, points, values } from "./data.mjs";
import { tf } from "./tfjs-backend.mjs";

const lr = 0.003;

/** A step that frees what its last run gave, once it has been looked at. */
function disposing(make) {
  let result;
  return () => {
    result?.dispose();
    result = make();
    return result;
  };
}

/** The points that the library draws in `dtype`, as float32. */
function line(dtype) {
  const { xs, ys } = points(dtype);
  return { X: tf.tensor1d(Float32Array.from(xs)), y: tf.tensor1d(Float32Array.from(ys)) };
}

const mse = (X, y, w) => X.mul(w).sub(y).square().mean();

function mseGradient() {
  const { X, y } = line("float32");
  const w = tf.variable(tf.zeros([1]));
  return disposing(() => tf.tidy(() => tf.variableGrads(() => mse(X, y, w), [w]).grads[w.name]));
}

function mseStep() {
  const { X, y } = line("float32");
  const w = tf.variable(tf.zeros([1]));
  const opt = tf.train.sgd(lr);
  return () => {
    opt.minimize(() => mse(X, y, w), false, [w]);
    return w;
  };
}

const listing67 = (batchSize) => () => {
  const { X, y } = line("float64");
  return disposing(() => {
    const w = tf.variable(tf.zeros([1]));
    const opt = tf.train.sgd(lr);
    for (let epoch = 0; epoch < 25; epoch++) {
      for (let start = 0; start < 100; start += batchSize) {
        tf.tidy(() => {
          const [XBatch, yBatch] = [X.slice(start, batchSize), y.slice(start, batchSize)];
          opt.minimize(() => mse(XBatch, yBatch, w), false, [w]);
        });
      }
    }
    opt.dispose();
    return w;
  });
};

function mlpStep() {
  const data = mlp();
  const X = tf.tensor2d(data.X, [128, 784]);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(data.classes, "int32"), 10).toFloat());
  const W1 = tf.variable(tf.tensor2d(data.W1, [784, 128]));
  const b1 = tf.variable(tf.zeros([128]));
  const W2 = tf.variable(tf.tensor2d(data.W2, [128, 10]));
  const b2 = tf.variable(tf.zeros([10]));
  const opt = tf.train.sgd(0.1);
  const loss = () => tf.losses.softmaxCrossEntropy(y, X.matMul(W1).add(b1).relu().matMul(W2).add(b2));
  return disposing(() => opt.minimize(loss, true, [W1, b1, W2, b2]));
}

const vector = (n) => tf.tensor1d(values(n));

function mul(n) {
  const [a, b] = [vector(n), vector(n)];
  return disposing(() => a.mul(b));
}

function add(n) {
  const [a, b] = [vector(n), vector(n)];
  return disposing(() => a.add(b));
}

function exp(n) {
  const a = vector(n);
  return disposing(() => a.exp());
}

function sum(n) {
  const a = vector(n);
  return disposing(() => a.sum());
}

function matmul(n) {
  const [a, b] = [vector(n * n).reshape([n, n]), vector(n * n).reshape([n, n])];
  return disposing(() => a.matMul(b));
}

/** The rows that come in sizes: "add 1000" is add(1000). */
export const bySize = { add, exp, sum, matmul };

/** The rows with one workload. */
export const workloads = {
  "mul 100": () => mul(100),
  "mse gradient": mseGradient,
  "mse step": mseStep,
  "listing 1": listing67(1),
  "listing 25": listing67(25),
  "mlp step": mlpStep,
};

/** One number that stands for what a step computed. */
export function digest(result) {
  const numbers = result.dataSync();
  return numbers.reduce((total, value) => total + value, 0) / numbers.length;
}

export const describe = () => ({ note: `tfjs ${tf.version_core} on its ${tf.getBackend()} backend` });
