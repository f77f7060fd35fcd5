// The rows in the library's terms: { id: () => step }, where making a workload is not timed and calling step is.
// A step returns what it computed, for comparison with the other peers. Imports the built library.
import pt from "torchlab";

const { float64 } = pt;
const listingLr = 0.003;

const mse = (X, y, w) => X.mul(w).sub(y).pow(2).mean();

function points(dtype) {
  pt.manualSeed(0);
  const X = pt.linspace(-5, 5, 100, { dtype });
  return { X, y: X.mul(2).add(pt.randn(100, { dtype })) };
}

const weight = (dtype) => pt.zeros(1, { dtype, requiresGrad: true });

function mseGradient() {
  const { X, y } = points(pt.float32);
  const w = weight(pt.float32);
  return () => {
    w.grad = null;
    mse(X, y, w).backward();
    return w.grad;
  };
}

function mseStep() {
  const { X, y } = points(pt.float32);
  const w = weight(pt.float32);
  const opt = new pt.optim.SGD([w], { lr: listingLr });
  return () => {
    opt.zeroGrad();
    mse(X, y, w).backward();
    opt.step();
    return w;
  };
}

const loader = (batchSize) => {
  const { X, y } = points(float64);
  return new pt.data.DataLoader(new pt.data.TensorDataset(y, X), { batchSize });
};

const listing67 = (batchSize) => () => {
  const batches = loader(batchSize);
  return () => {
    const w = weight(float64);
    const opt = new pt.optim.SGD([w], { lr: listingLr });
    for (let epoch = 0; epoch < 25; epoch++) {
      for (const [yBatch, XBatch] of batches) {
        opt.zeroGrad();
        mse(XBatch, yBatch, w).backward();
        opt.step();
      }
    }
    return w;
  };
};

/** The parts of one step at batch 1. */
function parts(make) {
  return () => {
    const { X, y } = points(float64);
    return make(X.at(pt.slice(0, 1)), y.at(pt.slice(0, 1)), weight(float64));
  };
}

function optimizerStep(X, y, w) {
  const opt = new pt.optim.SGD([w], { lr: 0 });
  mse(X, y, w).backward();
  return () => {
    opt.step();
    return w;
  };
}

function nextBatch() {
  const batches = loader(1);
  let iterator = batches[Symbol.iterator]();
  return () => {
    let batch = iterator.next();
    if (batch.done) {
      iterator = batches[Symbol.iterator]();
      batch = iterator.next();
    }
    return batch.value[0];
  };
}

function mlpStep() {
  pt.manualSeed(0);
  const X = pt.randn(128, 784);
  const y = pt.tensor(Array.from({ length: 128 }, (_, i) => i % 10));
  const W1 = pt.randn(784, 128).mul(0.04).requiresGrad_();
  const b1 = pt.zeros(128, { requiresGrad: true });
  const W2 = pt.randn(128, 10).mul(0.1).requiresGrad_();
  const b2 = pt.zeros(10, { requiresGrad: true });
  const opt = new pt.optim.SGD([W1, b1, W2, b2], { lr: 0.1 });
  return () => {
    opt.zeroGrad();
    const loss = pt.nn.functional.crossEntropy(X.matmul(W1).add(b1).relu().matmul(W2).add(b2), y);
    loss.backward();
    opt.step();
    return loss;
  };
}

const values = (n) => pt.linspace(0.5, 1.5, n);

function mul(n) {
  const [a, b] = [values(n), values(n)];
  return () => a.mul(b);
}

function add(n) {
  const [a, b] = [values(n), values(n)];
  return () => a.add(b);
}

function exp(n) {
  const a = values(n);
  return () => a.exp();
}

function sum(n) {
  const a = values(n);
  return () => a.sum();
}

function matmul(n) {
  const [a, b] = [values(n * n).reshape([n, n]), values(n * n).reshape([n, n])];
  return () => a.matmul(b);
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
  "part operation": parts((X, y) => () => X.mul(y)),
  "part recorded": parts((X, y, w) => () => X.mul(w)),
  "part loss": parts((X, y, w) => () => mse(X, y, w)),
  "part backward": parts((X, y, w) => () => {
    w.grad = null;
    mse(X, y, w).backward();
    return w.grad;
  }),
  "part optimizer": parts(optimizerStep),
  "part batch": nextBatch,
  "mlp step": mlpStep,
};

/** One number that stands for what a step computed. */
export const digest = (result) => result.detach().to(float64).mean().item();

/** What computes, which shows once something large has been computed. */
export function describe() {
  values(100_000).add(1);
  const { engine, version, device } = pt.engineInfo();
  return { note: `torchlab with ${engine} ${version} (${device}) for what is large` };
}
