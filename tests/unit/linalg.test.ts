// Inverses, solutions and determinants: what they are, gradients where derivatives.test.ts has none of them, when the
// library loads.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import * as pt from "torchlab";

const { float64 } = pt;
const { linalg } = pt;

const batches = fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 });
const sizes = fc.integer({ min: 1, max: 4 });
const seeds = fc.nat();

const random = (...shape: number[]): pt.Tensor => pt.randn(...shape, { dtype: float64 });

/** Matrices far from singular, whose rows elimination must swap, half of them with a negative determinant. */
function regular(batch: readonly number[], n: number): pt.Tensor {
  const swaps = pt.eye(n, { dtype: float64 }).roll(1, -1).mul(3);
  return random(...batch, n, n).mul(0.4).add(swaps);
}

/** Matrices of rank r, of small integers: elimination meets a pivot that is exactly 0. */
function ofRank(batch: readonly number[], n: number, r: number): pt.Tensor {
  const rows = pt.randint(-2, 3, [...batch, r, n]).to(float64).add(pt.eye(r, n, { dtype: float64 }).mul(4));
  // The last rows are the first one again, or 0 where there is none.
  if (r === 0) return pt.zeros(...batch, n, n, { dtype: float64 });
  return pt.cat([rows, rows.narrow(-2, 0, 1).expand(...batch, n - r, n)], -2);
}

function checkBoth(f: (...inputs: pt.Tensor[]) => pt.Tensor, ...inputs: pt.Tensor[]): void {
  pt.gradcheck(f, inputs);
  pt.gradgradcheck(f, inputs);
}

const close = (a: pt.Tensor, b: pt.Tensor): void => pt.assertClose(a, b, { rtol: 1e-9, atol: 1e-10 });

describe("inverses and solutions", () => {
  it("are what they should be multiplied with", () => {
    fc.assert(fc.property(batches, sizes, sizes, seeds, (batch, n, k, seed) => {
      pt.manualSeed(seed);
      const [a, b] = [regular(batch, n), random(...batch, n, k)];
      close(a.matmul(a.inverse()), pt.eye(n, { dtype: float64 }).expand(...a.shape));
      close(a.matmul(linalg.solve(a, b)), b);
      close(linalg.solve(a, b), linalg.inv(a).matmul(b));
      // One vector a matrix, or one for all.
      close(linalg.solve(a, b.select(-1, 0)), linalg.solve(a, b).select(-1, 0));
      const one = random(n);
      close(a.matmul(linalg.solve(a, one).unsqueeze(-1)).squeeze(-1), one.expand(...batch, n));
    }), { numRuns: 40 });
  });

  it("have gradients also where batches broadcast, and of vectors", () => {
    pt.manualSeed(0);
    checkBoth(linalg.solve, regular([2], 3), random(3));
    checkBoth(linalg.solve, regular([2, 1], 2), random(3, 2, 2));
    checkBoth(linalg.solve, regular([], 2), random(3, 2, 1));
    checkBoth(linalg.solve, regular([2], 2), random(2, 2));
  });

  it("of float32 are those of float64, rounded once", () => {
    const a = pt.tensor([[4, 1], [2, 3]], { dtype: "float32" });
    assert.deepEqual(a.inverse().toArray(), a.to(float64).inverse().to(pt.float32).toArray());
    assert.equal(a.inverse().dtype, "float32");
  });
});

describe("determinants", () => {
  it("are what they should be", () => {
    fc.assert(fc.property(batches, sizes, seeds, (batch, n, seed) => {
      pt.manualSeed(seed);
      const [a, b] = [regular(batch, n), regular(batch, n)];
      close(a.matmul(b).det(), a.det().mul(b.det()));
      close(a.inverse().det(), a.det().reciprocal());
      const { sign, logabsdet } = a.slogdet();
      close(sign.mul(logabsdet.exp()), a.det());
      close(sign, a.det().sign());
      close(a.matmul(a).logdet(), logabsdet.mul(2));
    }), { numRuns: 40 });
  });

  it("have gradients where they are 0 too, whatever the rank", () => {
    fc.assert(fc.property(batches, sizes, sizes, seeds, (batch, n, less, seed) => {
      pt.manualSeed(seed);
      const a = ofRank(batch, n, Math.max(0, n - less));
      assert.ok(a.det().eq(0).all().item(), "elimination did not end with a 0");
      checkBoth(pt.det, a);
      // Beside one that is not singular.
      checkBoth(pt.det, pt.stack([a, regular(batch, n)]));
    }), { numRuns: 12 });
  });

  it("are found by their logarithm where they are no numbers themselves", () => {
    const small = pt.eye(200, { dtype: float64 }).mul(-0.01);
    small.indexPut_([0, 0], pt.tensor(0.01, { dtype: float64 }));
    const { sign, logabsdet } = linalg.slogdet(small);
    assert.ok(small.det().eq(0).item());
    assert.equal(sign.item(), -1);
    assert.ok(Math.abs(logabsdet.item() - 200 * Math.log(0.01)) < 1e-9);
  });
});

it("matrices large enough to ask where they are computed are inverted too", () => {
  const before = pt.engineInfo().choice;
  pt.setEngine("auto");
  try {
    for (const n of [40, 200]) {
      pt.manualSeed(0);
      const a = pt.randn(n, n).add(pt.eye(n).mul(2 * n)).requiresGrad_();
      const x = linalg.solve(a, a.inverse().matmul(a));
      pt.assertClose(a.matmul(x), pt.eye(n), { rtol: 1e-4, atol: 1e-5 });
      x.sum().add(linalg.slogdet(a).logabsdet).add(a.div(2 * n).det()).backward();
      assert.ok(a.grad!.isfinite().all().item());
      assert.equal(linalg.slogdet(a).sign.item(), 1);
    }
  } finally {
    pt.setEngine(before);
  }
});

it("the library that inverts is not loaded before it is needed", () => {
  const script = `
    const isLoaded = () => Object.keys(require.cache).some((path) => /ml-matrix/.test(path));
    const pt = require("torchlab");
    const before = isLoaded();
    pt.eye(2).inverse();
    console.log(before, isLoaded());`;
  assert.equal(execFileSync(process.execPath, ["-e", script], { cwd: __dirname, encoding: "utf8" }).trim(), "false true");
});
