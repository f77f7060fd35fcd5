// Autograd on tensors: leaves, what accumulates, what backward refuses, in-place changes, gradients of gradients.
import assert from "node:assert/strict";
import * as pt from "torchlab";

const leaf = (values: number[]): pt.Tensor => pt.tensor(values, { dtype: "float64", requiresGrad: true });

describe("leaves", () => {
  it("a tensor made by the user is a leaf; a result is not, and knows its operation", () => {
    const w = leaf([2]);
    const y = w.mul(3);
    assert.deepEqual([w.isLeaf, w.requiresGrad, w.gradFn], [true, true, null]);
    assert.deepEqual([y.isLeaf, y.requiresGrad, y.gradFn?.name], [false, true, "MulBackward0"]);
    assert.equal(w.sub(y).isLeaf, false, "w − lr·g is no leaf");
    assert.equal(pt.zeros(1).isLeaf, true);
    assert.equal(y.detach().isLeaf, true);
    assert.deepEqual(
      y.add(1).gradFn?.nextFunctions.map((f) => f?.name),
      ["MulBackward0", undefined],
    );
  });

  it("only floating-point tensors can require gradients", () => {
    assert.throws(
      () => pt.tensor([1]).requiresGrad_(),
      /only Tensors of floating point dtype can require gradients, this one is int64/,
    );
    assert.throws(
      () => leaf([1]).mul(2).requiresGrad_(false),
      /you can only change requiresGrad flags of leaf variables/,
    );
  });
});

describe("backward", () => {
  it("adds gradients up in the leaves", () => {
    const w = leaf([3]);
    for (const expected of [6, 12, 18]) {
      w.mul(w).backward();
      assert.equal(w.grad?.item(), expected);
    }
  });

  it("adds into the very tensor that grad is", () => {
    const w = leaf([3]);
    w.mul(2).backward();
    const first = w.grad;
    w.mul(2).backward();
    assert.equal(w.grad, first);
    assert.equal(first?.item(), 4);
  });

  it("gives each leaf a gradient of its own", () => {
    const [a, b] = [leaf([1]), leaf([2])];
    a.add(b).backward();
    a.grad?.zero_();
    assert.equal(b.grad?.item(), 1);
  });

  it("keeps the gradient of a result only where asked to", () => {
    const w = leaf([3]);
    const [u, v] = [w.mul(2), w.mul(3)];
    u.retainGrad();
    u.mul(u).add(v).backward();
    assert.equal(u.grad?.item(), 12);
    assert.equal(v.grad, null);
  });

  it("keeps gradients that are nobody else's", () => {
    const w = leaf([1, 2]);
    const [a, b] = [w.mul(2), w.mul(3)];
    a.retainGrad();
    b.retainGrad();
    const seed = pt.ones(2, { dtype: "float64" });
    a.add(b).backward(seed);
    a.grad?.mul_(100);
    assert.deepEqual([b.grad?.toArray(), seed.toArray()], [[1, 1], [1, 1]]);
  });

  it("gives zeros, not NaN, where an operand takes no part, however steep the rest is", () => {
    const a = leaf([0, 4]);
    const c = leaf([1, 1]);
    pt.where(pt.tensor([true, false]), a, c).sqrt().sum().backward();
    assert.deepEqual(c.grad?.toArray(), [0, 0.5]);
    const x = leaf([3, 2]);
    x.pow(0).sub(1).sqrt().sum().backward();
    assert.deepEqual(x.grad?.toArray(), [0, 0]);
    const s = leaf([2]);
    s.sign().sub(1).sqrt().sum().backward();
    assert.deepEqual(s.grad?.toArray(), [0]);
  });

  it("lets the gradient of maximum and minimum through at NaN", () => {
    for (const name of ["maximum", "minimum"] as const) {
      const [a, b] = [leaf([NaN, 4]), leaf([1, 4])];
      a[name](b).sum().backward();
      assert.deepEqual([a.grad?.toArray(), b.grad?.toArray()], [[1, 0.5], [1, 0.5]]);
    }
  });

  it("keeps all digits of a number that is the base of a power", () => {
    const x = leaf([1]);
    pt.pow(3, x).backward();
    assert.equal(x.grad?.item(), 3 * Math.log(3));
  });

  it("goes only where grad was asked for", () => {
    const x = leaf([2]);
    const y = x.mul(x);
    const z = y.mul(y);
    assert.equal(pt.grad(z, [y])[0].item(), 8);
    assert.equal(pt.grad(y, [x])[0].item(), 4, "the graph below y was not used up");
  });

  it("takes whole numbers as the gradient of the result", () => {
    const w = leaf([1, 2]);
    w.mul(2).backward(pt.tensor([1, 2]));
    assert.deepEqual(w.grad?.toArray(), [2, 4]);
  });

  it("refuses a gradient that does not fit its tensor", () => {
    const w = leaf([1, 2]);
    assert.throws(() => (w.grad = pt.ones(3)), /attempting to assign a gradient of size \[3\] to a tensor of size \[2\]/);
    assert.throws(() => (w.grad = pt.ones(2)), /gradient of type float32 to a tensor of type float64/);
    assert.throws(() => (w.grad = 0 as unknown as pt.Tensor), /grad: expected a Tensor or null, got 0/);
  });

  it("sums over what broadcasting repeated", () => {
    const b = leaf([1, 2, 3]);
    const x = pt.ones(4, 3, { dtype: "float64" });
    x.mul(b).sum().backward();
    assert.deepEqual(b.grad?.toArray(), [4, 4, 4]);
  });

  it("passes through a graph of 100,000 steps", () => {
    const w = leaf([1]);
    let y = w.mul(1);
    for (let i = 0; i < 100_000; i++) y = y.add(1);
    y.backward();
    assert.equal(w.grad?.item(), 1);
  });

  it("takes the gradient of the result", () => {
    const w = leaf([1, 2]);
    w.mul(w).backward(pt.tensor([1, 10], { dtype: "float64" }));
    assert.deepEqual(w.grad?.toArray(), [2, 40]);
  });

  it("runs inside a gradient rule that runs backward itself, over the same graph", () => {
    const w = leaf([2]);
    const u = w.mul(w);
    const y = u.mul(u);
    const inner: number[] = [];
    const node = (u as unknown as { node: { keep: (g: pt.Tensor) => void } }).node;
    node.keep = () => inner.push(pt.grad(u, w, { retainGraph: true })[0].item());
    y.backward({ retainGraph: true });
    assert.deepEqual([w.grad?.item(), inner], [32, [4]]);
  });

  const refusals: [string, () => unknown, RegExp][] = [
    [
      "a tensor without a graph",
      () => pt.ones(1).backward(),
      /element 0 of tensors does not require grad and does not have a gradFn/,
    ],
    [
      "several numbers without a gradient",
      () => leaf([1, 2]).mul(2).backward(),
      /grad can be implicitly created only for scalar outputs, and this one has shape \[2\]/,
    ],
    [
      "a gradient of another shape",
      () => leaf([1, 2]).mul(2).backward(pt.ones(3)),
      /Mismatch in shape: the gradient has a shape of \[3\] and the output has a shape of \[2\]/,
    ],
    [
      "a second time through one graph",
      () => {
        const w = leaf([2]);
        const y = w.mul(w);
        y.backward();
        y.backward();
      },
      /Trying to backward through the graph a second time.*retainGraph: true/,
    ],
    [
      "a saved operand changed in place",
      () => {
        const w = leaf([2]);
        const u = w.mul(1);
        const y = u.mul(u);
        u.add_(1);
        y.backward();
      },
      /modified by an inplace operation: \[float64 \[1\]\], which is output 0 of AddBackward0, is at version 1; expected version 0/,
    ],
    [
      "a saved result changed in place",
      () => {
        const y = leaf([2]).exp();
        y.detach().zero_();
        y.backward();
      },
      /modified by an inplace operation/,
    ],
    [
      "an in-place change of a leaf",
      () => leaf([2]).add_(1),
      /a leaf Variable that requires grad is being used in an in-place operation/,
    ],
    [
      "an input that takes no part",
      () => pt.grad(leaf([1]).mul(2), [leaf([1])]),
      /not have been used in the graph.*allowUnused/,
    ],
    [
      "an input without a gradient",
      () => pt.grad(leaf([1]).mul(2), [pt.ones(1)]),
      /One of the differentiated Tensors does not require grad/,
    ],
  ];
  for (const [what, f, message] of refusals) it(`refuses ${what}`, () => assert.throws(f, message));

  it("goes twice through a graph that is kept, or that saved nothing", () => {
    const w = leaf([2]);
    const y = w.mul(w);
    y.backward({ retainGraph: true });
    y.backward();
    const z = w.add(1);
    z.backward();
    z.backward();
    assert.equal(w.grad?.item(), 10);
  });

  it("does not mind changes of what no gradient needs", () => {
    const [w, x] = [leaf([2]), pt.tensor([3], { dtype: "float64" })];
    const y = w.mul(x);
    pt.noGrad(() => w.sub_(1));
    y.backward();
    assert.equal(w.grad?.item(), 3);
  });

  it("reads saved elements as they were when `data` has been replaced, but a leaf as it is", () => {
    const x = leaf([0.5]);
    const s = x.exp();
    s.data = pt.zeros(1, { dtype: "float64" });
    s.sum().backward();
    assert.equal(x.grad?.item(), Math.exp(0.5));
    const w = leaf([2]);
    const y = w.mul(w);
    w.data = pt.tensor([5], { dtype: "float64" });
    y.backward();
    assert.equal(w.grad?.item(), 10);
  });
});

describe("in-place operations", () => {
  it("are recorded, and can be gone back through", () => {
    const w = leaf([3]);
    const u = w.mul(1);
    u.mul_(2).add_(1).exp_();
    assert.equal(u.gradFn?.name, "ExpBackward0");
    u.log().backward();
    assert.ok(Math.abs(w.grad!.item() - 2) < 1e-12);
  });

  it("keep the elements that the gradients will read", () => {
    const b = leaf([3]);
    const run = (f: (y: pt.Tensor) => pt.Tensor): number[] => {
      const a = leaf([2]);
      b.grad = null;
      f(a.mul(1)).sum().backward();
      return [a.grad!.item(), ...(b.grad === null ? [] : [(b.grad as pt.Tensor).item()])];
    };
    assert.deepEqual(run((y) => y.mul_(b)), [3, 2]);
    assert.deepEqual(run((y) => y.pow_(3)), [12]);
    assert.deepEqual(run((y) => y.maximum_(b)), [0, 1]);
    assert.deepEqual(run((y) => y.mul_(y)), [4]);
    assert.deepEqual(run((y) => y.log_()), [0.5]);
    assert.deepEqual(run((y) => y.round_({ decimals: 1 })), [0]);
  });

  it("are refused on elements that a reshaped tensor shares, where its history would go wrong", () => {
    const w = leaf([1, 2]);
    const a = w.mul(2);
    const v = a.reshape(2, 1);
    assert.throws(() => v.mul_(3), /shares its elements with another/);
    assert.throws(() => a.mul_(3), /shares its elements with another/);
    assert.throws(() => w.reshape(2, 1).mul_(3), /shares its elements with another/);
    pt.noGrad(() => w.reshape(2, 1).mul_(3));
    assert.deepEqual(w.toArray(), [3, 6]);
    assert.throws(() => pt.zeros(2, { dtype: "float64" }).copy_(w), /copy_: the source needs a gradient/);
  });

  it("take the keeping of a gradient along", () => {
    const a = leaf([1, 2]).mul(1);
    a.retainGrad();
    a.mul_(5).sum().backward();
    assert.deepEqual(a.grad?.toArray(), [1, 1]);
  });

  it("change a weight under noGrad, and keep it a leaf", () => {
    const w = leaf([3]);
    pt.noGrad(() => w.sub_(0.5));
    assert.deepEqual([w.item(), w.isLeaf, w.requiresGrad], [2.5, true, true]);
  });
});

describe("noGrad", () => {
  it("records nothing within, and as before after it, also after an error", () => {
    const w = leaf([1]);
    assert.equal(pt.noGrad(() => w.mul(2)).requiresGrad, false);
    assert.throws(
      () =>
        pt.noGrad(() => {
          throw new Error("mine");
        }),
      /mine/,
    );
    assert.equal(w.mul(2).requiresGrad, true);
    assert.equal(pt.noGrad(() => pt.enableGrad(() => w.mul(2))).requiresGrad, true);
  });

  it("refuses an asynchronous function, which would run on after it", () => {
    assert.throws(() => pt.noGrad(async () => Promise.resolve()), /noGrad: the function is asynchronous/);
    assert.equal(pt.isGradEnabled(), true);
  });
});

describe("gradients of gradients", () => {
  it("come by createGraph, to any order", () => {
    const x = leaf([2]);
    let [g] = pt.grad(x.pow(4).sum(), [x], { createGraph: true });
    const values = [g.item()];
    for (let order = 2; order <= 4; order++) {
      [g] = pt.grad(g.sum(), [x], { createGraph: true });
      values.push(g.item());
    }
    assert.deepEqual(values, [32, 48, 48, 24]);
  });

  it("gradcheck finds a wrong gradient", () => {
    const x = pt.tensor([0.5, 2], { dtype: "float64" });
    assert.throws(
      () => pt.gradcheck((v) => v.mul(v.detach()), [x]),
      /gradcheck: for output 0 with respect to input 0, element 0: numerical 0\.99\d*, analytical 0\.5/,
    );
    assert.throws(() => pt.gradcheck((v) => v, [pt.ones(1)]), /expected float64 inputs, got float32/);
  });
});
