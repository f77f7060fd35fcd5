// The loops whose memory is watched. Each is one synchronous function without an await, as somebody would write it in
// a cell, and frees nothing. Imports nothing: `pt` is the library, and `sample(step)` is called at every step; so the
// text of a loop is also that of a cell.

/** Steps of SGD on a multi-layer perceptron 784-128-10 at batch 128. */
export function mlp(pt, steps, sample) {
  pt.manualSeed(0);
  const X = pt.randn(128, 784);
  const y = pt.tensor(Array.from({ length: 128 }, (_, i) => i % 10));
  const W1 = pt.randn(784, 128).mul(0.04).requiresGrad_();
  const b1 = pt.zeros(128, { requiresGrad: true });
  const W2 = pt.randn(128, 10).mul(0.1).requiresGrad_();
  const b2 = pt.zeros(10, { requiresGrad: true });
  const opt = new pt.optim.SGD([W1, b1, W2, b2], { lr: 0.01 });
  for (let step = 0; step < steps; step++) {
    opt.zeroGrad();
    pt.nn.functional.crossEntropy(X.matmul(W1).add(b1).relu().matmul(W2).add(b2), y).backward();
    opt.step();
    sample(step);
  }
}

/** Steps of SGD on a linear regression over 100 points. */
export function regression(pt, steps, sample) {
  pt.manualSeed(0);
  const X = pt.linspace(-5, 5, 100);
  const y = X.mul(2).add(pt.randn(100));
  const w = pt.zeros(1, { requiresGrad: true });
  const opt = new pt.optim.SGD([w], { lr: 0.003 });
  for (let step = 0; step < steps; step++) {
    opt.zeroGrad();
    X.mul(w).sub(y).pow(2).mean().backward();
    opt.step();
    sample(step);
  }
}

/** Batches of 4 Mi float32, 16 MiB each, read, scaled and summed one after another: 256 of them are 4 GiB. */
export function stream(pt, steps, sample) {
  pt.setMemoryBudget(512 * 2 ** 20);
  const data = new Float32Array(2 ** 22);
  let total = 0;
  for (let step = 0; step < steps; step++) {
    data.fill(step / steps);
    total += pt.tensor(data).mul(2).sub(1).relu().mean().item();
    sample(step);
  }
  return total;
}
