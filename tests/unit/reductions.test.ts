// Reductions and running sums: who gets the gradient, what is refused, and how. derivatives.test.ts has the gradients.
import assert from "node:assert/strict";
import * as pt from "torchlab";

describe("reductions", () => {
  it("of products are exact where some are 0", () => {
    const x = pt.tensor([0, 2, 3], { requiresGrad: true });
    x.prod().backward();
    assert.deepEqual(x.grad!.toArray(), [6, 0, 0]);
  });

  it("share a gradient among ties over dims, and give it to the chosen one along a dim", () => {
    const x = pt.tensor([1, 3, 3], { requiresGrad: true });
    assert.deepEqual(pt.grad(x.amax(), [x])[0].toArray(), [0, 0.5, 0.5]);
    assert.deepEqual(pt.grad(x.max(0).values, [x])[0].toArray(), [0, 1, 0]);
    assert.deepEqual(x.max(0).indices.toArray(), 1);
  });

  it("are functions too", () => {
    const x = pt.tensor([[1, 5], [7, 3]], { dtype: "float32" });
    assert.deepEqual(pt.max(x, 1).indices.toArray(), [1, 0]);
    assert.deepEqual(pt.max(x, pt.tensor(4)).toArray(), [[4, 5], [7, 4]]);
    assert.equal(pt.min(x).item(), 1);
    assert.equal(pt.var(x).item(), x.var().item());
    assert.equal(pt.argmax(x).item(), 2);
    assert.deepEqual([pt.any(x, 0).toArray(), pt.all(x.gt(1), 1).toArray()], [[true, true], [false, true]]);
  });

  it("are refused in PyTorch's words", () => {
    const refused = (f: () => unknown, text: RegExp): void => assert.throws(f, text);
    refused(() => pt.zeros(0).max(), /max\(\): Expected reduction dim to be specified for input\.numel\(\) == 0\./);
    refused(() => pt.zeros(0, 3).amax(0), /amax\(\): Expected reduction dim 0 to have non-zero size\./);
    refused(() => pt.tensor([true]).argmax(), /argmax\(\): does not support bool input/);
    refused(() => pt.tensor([1, 2]).to("int64").std(), /std and var only support floating point and complex dtypes/);
    refused(() => pt.tensor([1, 2]).to("int64").norm(), /norm: Expected a floating point or complex tensor as input/);
    refused(() => pt.ones(2).cumsum(1), /cumsum: Dimension out of range/);
    refused(() => pt.ones(2).norm("nuc" as "fro"), /norm: p must be a number or "fro"/);
  });
});

describe("operands that may be left out", () => {
  it("are limits, of which there has to be one", () => {
    const x = pt.tensor([-2, 0, 2]);
    assert.deepEqual(x.clamp(-1).toArray(), [-1, 0, 2]);
    assert.deepEqual(x.clamp(undefined, 1).toArray(), [-2, 0, 1]);
    assert.deepEqual(pt.clamp(x, -1, 1).toArray(), [-1, 0, 1]);
    assert.deepEqual(x.to("int64").clamp(-1).dtype, "int64");
    assert.throws(() => x.clamp(), /clamp: At least one of 'min' or 'max' must not be None/);
    assert.equal(new pt.Scalar(5).clamp(undefined, 1).val, 1);
    assert.equal(x.clone().clamp_(0).sum().item(), 2);
  });

  it("have PyTorch's defaults", () => {
    const x = pt.tensor([-2, 30], { dtype: "float64" });
    assert.deepEqual(x.leakyRelu().toArray(), [-0.02, 30]);
    assert.deepEqual(x.softplus(undefined, 40).toArray()[1], x.softplus(1, 40).toArray()[1]);
    assert.equal(new pt.Scalar(-1).elu().val, Math.expm1(-1));
    assert.throws(() => x.to("int64").leakyRelu(), /leakyRelu: not implemented for integers/);
  });
});
