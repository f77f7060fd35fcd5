// vmap: a batch's results are those of its samples, along any dims, and so are its gradients. Imports the library.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

const { vmap } = pt.func;
const generator = new pt.Generator();
const randomOf = (shape: number[]): pt.Tensor => pt.randn(shape, { dtype: "float64", generator });
const same = (a: pt.Tensor, b: pt.Tensor): void => assert.deepEqual([a.shape, a.toArray()], [b.shape, b.toArray()]);

describe("vmap", () => {
  it("gives what operations on batches give, whichever dims the samples lie along", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.integer({ min: 1, max: 3 }), fc.integer({ min: -2, max: 1 }), (n, m, dim) => {
        const [rows, others] = [randomOf([n, m]), randomOf([n, m]).mul(2)];
        const along = (x: pt.Tensor): pt.Tensor => x.movedim(0, dim);
        same(vmap(pt.dot, { inDims: dim })(along(rows), along(others)), rows.mul(others).sum(1));
        const shared = randomOf([m]);
        same(vmap(pt.dot, { inDims: [dim, null] })(along(rows), shared), rows.mul(shared).sum(1));
        same(vmap((x: pt.Tensor) => x.mul(3), { outDims: dim })(rows), along(rows.mul(3)));
      }),
    );
  });

  it("gives a list for a list, each result in its own dim", () => {
    const x = randomOf([2, 3]);
    const [doubled, sums] = vmap((v: pt.Tensor) => [v.mul(2), v.sum()], { outDims: [1, 0] })(x);
    same(doubled, x.mul(2).t());
    same(sums, x.sum(1));
  });

  it("nests", () => {
    const [a, b] = [randomOf([2, 3]), randomOf([4, 3])];
    const products = vmap((row: pt.Tensor) => vmap(pt.dot, { inDims: [null, 0] })(row, b))(a);
    same(products, pt.stack(a.unbind().map((row) => b.mv(row))));
  });

  it("gives the gradient of each sample, and passes gradients on", () => {
    const loss = (w: pt.Tensor, x: pt.Tensor): pt.Tensor => w.mul(x).sum().pow(2);
    const [w, X] = [randomOf([3]), randomOf([4, 3])];
    const perSample = vmap(pt.func.grad(loss), { inDims: [null, 0] })(w, X);
    pt.assertClose(perSample, X.mv(w).mul(2).unsqueeze(1).mul(X), { rtol: 1e-12 });
    const cubes = vmap((row: pt.Tensor) => row.pow(3).sum());
    assert.ok(pt.gradgradcheck((x: pt.Tensor) => cubes(x), [randomOf([2, 3]).requiresGrad_()]));
  });

  it("says what is wrong", () => {
    const x = pt.zeros(2, 3);
    const id = (v: pt.Tensor): pt.Tensor => v;
    const wrong: [() => unknown, RegExp][] = [
      [() => vmap(pt.dot)(x, pt.zeros(1, 3)), /to have the same size in the mapped dimension, got sizes \[2, 1\]/],
      [() => vmap((v: pt.Tensor) => v.sum().item() as unknown as pt.Tensor)(x), /must only return Tensors, got .*0/],
      [() => vmap(id, { inDims: 2 })(x), /Dimension out of range/],
      [() => vmap(id, { inDims: null })(x), /there is no dim to map over/],
      [() => vmap(pt.dot, { inDims: [0] })(x, x), /inDims has 1 dims, and there are 2 inputs/],
      [() => vmap(id)(pt.tensor(1.5)), /dimensionality 0/],
      [() => vmap(id)(3 as unknown as pt.Tensor), /use null as its inDim/],
      [() => vmap(() => x)(), /got no inputs/],
      [() => vmap(id, { outDims: [0, 1] })(x), /outDims has 2 dims, and the function returned 1/],
      [() => vmap(id, { outDims: 3 })(x), /out of range/],
    ];
    for (const [use, message] of wrong) assert.throws(use, message);
  });
});
