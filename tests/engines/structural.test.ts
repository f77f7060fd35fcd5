// Every structural operation, computed by each engine and by the host: values, types, shapes, gradients.
// A list of cases for each; that none is missing is a test itself.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { structural } from "../../kernel-lib/dist/engines/tfjs/structural";
import {
  describeOn, elementsOf, engineNames, fallbacksIn, isNative, leakedBy, type Name, onHost,
} from "./engines";
import { assertAgree, type Origin, type Tolerance } from "./tolerances";
import { draw, sizeOf, type Stock } from "./values";

type Shape = readonly number[];

interface Case {
  readonly shapes: readonly Shape[];
  readonly f: (...xs: pt.Tensor[]) => pt.Tensor;
}

const each = (shapes: readonly Shape[], f: Case["f"]): Case[] => shapes.map((shape) => ({ shapes: [shape], f }));
const { slice } = pt;
const anyShape: readonly Shape[] = [[], [1], [7], [1, 1], [3, 5], [2, 1, 4], [2, 3, 4, 5], [300, 400], [100000]];

/** By the operation's name in the engines' table. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  sum: [
    ...each(anyShape, (x) => x.sum()),
    ...each([[3, 5], [2, 1, 4], [2, 3, 4, 5], [300, 400]], (x) => x.sum(0)),
    ...each([[3, 5], [2, 1, 4], [2, 3, 4, 5], [300, 400]], (x) => x.sum(-1, { keepdim: true })),
    ...each([[2, 1, 4], [2, 3, 4, 5], [50, 40, 30]], (x) => x.sum([0, 2])),
    ...each([[2, 3, 4, 5], [20, 30, 1, 50]], (x) => x.sumToSize([x.shape[1], 1, 1])),
    ...each([[1, 1024], [3, 5000], [5000, 3], [2, 1025, 2]], (x) => x.sum(1)),
    ...each([[3, 1024, 2]], (x) => x.sum([0, 1])),
  ],
  mean: [
    ...each(anyShape, (x) => x.mean()),
    ...each([[3, 5], [2, 3, 4, 5], [300, 400]], (x) => x.mean(1)),
    ...each([[2, 1, 4], [50, 40, 30]], (x) => x.mean([0, -1], { keepdim: true })),
  ],
  truth: [
    ...each(anyShape, (x) => x.any()),
    ...each(anyShape, (x) => x.all()),
    ...each([[300, 400]], (x) => x.gt(1e30).any()),
    ...each([[3, 5], [2, 3, 4, 5], [300, 400]], (x) => x.gt(1).any(0)),
    ...each([[2, 3, 4, 5], [50, 40, 30]], (x) => x.lt(9).all([0, -1], { keepdim: true })),
  ],
  permute: [
    ...each([[3, 5], [1, 4], [300, 400], [7]], (x) => x.t()),
    ...each([[2, 1, 4], [50, 40, 30]], (x) => x.permute(2, 0, 1)),
    ...each([[2, 3, 4, 5], [10, 20, 3, 40]], (x) => x.permute(3, 1, 0, 2)),
    ...each([[2, 3, 4, 5]], (x) => x.T),
  ],
  expand: [
    ...each([[], [1], [1, 1]], (x) => x.expand(4, 3, 5)),
    ...each([[1, 5], [3, 1]], (x) => x.expand(2, 3, 5)),
    ...each([[2, 1, 4, 1]], (x) => x.expand(2, 3, 4, 5)),
    ...each([[1, 400], [400]], (x) => x.expand(300, 400)),
    // The number that is expanded is itself with the engine.
    ...each([[1]], (x) => x.mul(pt.ones(1)).expand(2, 3)),
  ],
  clone: each(anyShape, (x) => x.clone()),
  to: [
    ...each(anyShape, (x) => x.to("bool")),
    ...each([[1], [3, 5], [300, 400]], (x) => x.gt(0.5).to("float32")),
  ],
  index: [
    ...each([[7], [3, 5], [2, 3, 4, 5], [300, 400]], (x) => x.at(1)),
    ...each([[7], [3, 5], [300, 400]], (x) => x.at(slice(1, -1))),
    ...each([[3, 5], [300, 400], [4, 6, 2]], (x) => x.at(slice(), slice(1, 4))),
    ...each([[3, 5], [300, 400], [4, 6]], (x) => x.at(slice(1), slice(0, -1))),
    ...each([[3, 5], [300, 400], [4, 6, 2]], (x) => x.at(slice(), -1)),
    ...each([[3, 5], [300, 400], [4, 6, 2]], (x) => x.at([2, 0, 2, -1])),
    ...each([[3, 5], [4, 6, 2]], (x) => x.indexSelect(0, [1, 1])),
    ...each([[3, 5]], (x) => x.at(pt.tensor([true, false, true]))),
    ...each([[3, 5], [300, 400]], (x) => x.at(slice(0, 3, 2))),
    ...each([[7], [3, 5], [4, 6, 2]], (x) => x.narrow(0, 1, 2)),
    ...each([[3, 5]], (x) => x.at([0, 1, 2], [4, 0, 4])),
  ],
  cat: [
    { shapes: [[3, 5], [1, 5], [2, 5]], f: (...xs) => pt.cat(xs) },
    { shapes: [[3, 5], [3, 1]], f: (...xs) => pt.cat(xs, 1) },
    { shapes: [[2, 3, 4, 5], [2, 3, 1, 5]], f: (...xs) => pt.cat(xs, -2) },
    { shapes: [[1], [7]], f: (x, y) => pt.cat([x, y, x]) },
    { shapes: [[300, 400], [300, 10]], f: (...xs) => pt.cat(xs, 1) },
    { shapes: [[7]], f: (x) => pt.cat([x]) },
  ],
  stack: [
    { shapes: [[], [], []], f: (...xs) => pt.stack(xs) },
    { shapes: [[3, 5], [3, 5]], f: (...xs) => pt.stack(xs, 1) },
    { shapes: [[2, 3, 4], [2, 3, 4]], f: (...xs) => pt.stack(xs, -1) },
    { shapes: [[300, 400], [300, 400]], f: (...xs) => pt.stack(xs) },
  ],
  matmul: (
    [
      [[1], [1]], [[5], [5]], [[3, 5], [5]], [[5], [5, 4]], [[3, 5], [5, 4]], [[1, 1], [1, 1]], [[1, 5], [5, 1]],
      [[2, 3, 5], [5, 4]], [[3, 5], [2, 5, 4]], [[2, 3, 5], [2, 5, 4]], [[2, 1, 3, 5], [4, 5, 2]], [[2, 3, 5], [5]],
      [[5], [2, 5, 4]], [[1, 3, 5], [2, 5, 4]], [[130, 70], [70, 90]], [[200, 300], [300, 200]], [[20000], [20000]],
      [[2, 9000], [9000, 3]], [[2, 2, 5000], [5000, 2]], [[100000], [100000]],
    ] as readonly (readonly Shape[])[]
  ).map((shapes) => ({ shapes, f: (a, b) => a.matmul(b) })),
  // The gradient of an index: what the indices choose is added up where it came from.
  scatter: each([[3, 5], [300, 400]], (x) => scattered(x, [2, 0, 2, 2])),
  // The gradient of a reduction: each result's goes to all that it was made of.
  spread: [
    ...each([[], [5], [400]], (g) => spreadOver(g, 30, (x) => x.mean(0))),
    ...each([[5], [400]], (g) => spreadOver(g, 30, (x) => x.sum(0))),
    ...each([[]], (g) => spreadOver(g, 30, (x) => x.sum())),
  ],
  mseLoss: (["mean", "sum", "none"] as const).flatMap((reduction) =>
    [[], [7], [3, 5], [300, 400]].map((shape) => ({
      shapes: [shape, shape],
      f: (x: pt.Tensor, y: pt.Tensor) => pt.nn.functional.mseLoss(x, y, { reduction }),
    })),
  ),
  softmax: each([[7], [3, 5], [2, 3, 4], [300, 400]], (x) => x.softmax(-1)),
  logSoftmax: [
    ...each([[7], [3, 5], [2, 3, 4], [300, 400]], (x) => x.logSoftmax(-1)),
    ...each([[3, 5], [2, 3, 4], [300, 400]], (x) => x.logSoftmax(0)),
  ],
};

/** The gradient of `n` rows as wide as g, or of as many numbers, by a reduction whose result has the gradient g. */
function spreadOver(g: pt.Tensor, n: number, reduce: (x: pt.Tensor) => pt.Tensor): pt.Tensor {
  const x = pt.ones([n, ...g.shape], { requiresGrad: true });
  return pt.grad(reduce(x), [x], { gradOutputs: [g.detach()] })[0];
}

/** Neither whole rows nor a block: what the engines leave to the host, and count. */
const left: readonly Case[] = [
  ...each([[7, 7]], (x) => x.at([0, 3, 4], slice(1, 3))),
  ...each([[2, 5]], (x) => x.at([1, 0], slice(0, 3))),
];

/** The gradient of rows of x, which are drawn, by x. */
function scattered(x: pt.Tensor, rows: readonly number[]): pt.Tensor {
  const leaf = x.detach().requiresGrad_();
  return pt.grad(leaf.at(rows), [leaf], { gradOutputs: [x.detach().at([0, 1, 0, 1])] })[0];
}

// Terms are added up in another order, and of products in float32 where the host has doubles: 1e-6 of their sizes.
const SUMMED: Tolerance = { ulps: 4 };
const isSum = new Set(["sum", "mean", "matmul"]);

const textOf = (name: string, { shapes }: Case): string =>
  `${name} of ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")}`;

const operandsOf = ({ shapes }: Case, stock: Stock): pt.Tensor[] =>
  shapes.map((shape, i) => draw(stock, shape, sizeOf(shape) + i));

/** What the units are of that these may differ by, from the host's result: its size, and the logarithm of a sum. */
const scaled: Readonly<Record<string, (result: pt.Tensor) => pt.Tensor>> = {
  // All terms have one sign, and TensorFlow adds thousands of them up one after another.
  mseLoss: (result) => result.mul(3),
  // Of its exponential and its quotient besides; and what is smaller than 2⁻¹²⁶ counts as 0 in both engines' kernels.
  softmax: (result) => result.mul(2).add(2 ** -105),
  logSoftmax: (result) => result.abs().add(1),
};

/** What a sum's terms come to without their signs: the same operation on the sizes of the operands. */
function termsOf(name: string, f: () => pt.Tensor, result: pt.Tensor): Origin {
  if (isSum.has(name)) return { terms: onHost(() => elementsOf(f())) };
  return name in scaled ? { terms: onHost(() => elementsOf(scaled[name](result))) } : {};
}

function check(engine: Name, name: string, one: Case, stock: Stock): void {
  const what = textOf(name, one);
  const expected = onHost(() => one.f(...operandsOf(one, stock)));
  let actual!: pt.Tensor;
  const left = fallbacksIn(() => (actual = one.f(...operandsOf(one, stock))));
  assert.deepEqual(left, {}, `${what}: left to the host`);
  assert.ok(isNative(actual), `${what}: who computed it`);
  assert.deepEqual([actual.dtype, actual.shape], [expected.dtype, expected.shape], what);
  const terms = termsOf(name, () => one.f(...operandsOf(one, stock).map((x) => x.abs())), expected);
  assertAgree(engine, terms.terms && SUMMED, elementsOf(actual), elementsOf(expected), what, terms);
}

/** Gradients of all operands, the result's being powers of two. */
function gradientsOf(one: Case, stock: Stock, sizes = false): pt.Tensor[] {
  const leaves = operandsOf(one, stock).map((x) => (sizes ? x.abs() : x).requiresGrad_());
  const y = one.f(...leaves);
  const g = draw("seeds", y.shape, 3);
  y.backward(sizes ? g.abs() : g);
  return leaves.map(({ grad }) => grad!);
}

function checkGradients(engine: Name, name: string, one: Case, stock: Stock): void {
  const expected = onHost(() => gradientsOf(one, stock));
  // A softmax's own gradient is a difference of numbers up to those that come in.
  const sizes = name.toLowerCase().endsWith("softmax")
    ? expected.map((wanted) => pt.onesLike(wanted).mul(8))
    : onHost(() => gradientsOf(one, stock, true));
  let actual!: pt.Tensor[];
  const left = fallbacksIn(() => (actual = gradientsOf(one, stock)));
  assert.deepEqual(left, {}, `${textOf(name, one)}: left to the host on the way back`);
  expected.forEach((wanted, i) => {
    const what = `${textOf(name, one)}: gradient ${i}`;
    assert.deepEqual([actual[i].dtype, actual[i].shape], [wanted.dtype, wanted.shape], what);
    assertAgree(engine, SUMMED, elementsOf(actual[i]), elementsOf(wanted), what, { terms: elementsOf(sizes[i]) });
  });
}

const hasGradient = (name: string): boolean => !["truth", "to", "scatter", "spread"].includes(name);

describe("the structural operations", () => {
  it("all have cases here", () => assert.deepEqual(Object.keys(cases).sort(), Object.keys(structural).sort()));
});

for (const engine of engineNames) {
  describeOn(engine, "the structural operations", () => {
    for (const [name, list] of Object.entries(cases)) {
      it(`${name} has the host's values (${list.length} cases)`, () => {
        for (const one of list) {
          check(engine, name, one, "finite");
          check(engine, name, one, "wild");
        }
      });
      if (!hasGradient(name)) continue;
      it(`${name} has the host's gradients (${list.length} cases)`, () => {
        for (const one of list) {
          checkGradients(engine, name, one, "finite");
          checkGradients(engine, name, one, "wild");
        }
      });
    }

    it("are left to the host, and counted, where indices choose neither rows nor a block", () => {
      for (const one of left) {
        const x = draw("wild", one.shapes[0], 1);
        let y!: pt.Tensor;
        assert.deepEqual(fallbacksIn(() => (y = one.f(x.requiresGrad_()))), { index: 1 });
        assert.equal(isNative(y), false);
        assert.deepEqual(fallbacksIn(() => y.sum().backward()), { scatter: 1 });
        assert.deepEqual(elementsOf(y), elementsOf(onHost(() => one.f(x))));
      }
    });

    it("are the host's, and not counted, on types that the engines do not compute", () => {
      for (const dtype of ["float64", "int64"] as const) {
        const x = draw("whole", [3, 4], 1).to(dtype);
        const results = [x.sum(), x.add(x), x.mul(2), x.t(), x.at(0), x.matmul(x.t()), pt.cat([x, x]), x.gt(0)];
        assert.ok(results.every((y) => !isNative(y)));
      }
      assert.deepEqual(fallbacksIn(() => draw("whole", [3, 4], 1).to("float32")), {});
    });

    it("take no elements without the engine", () => {
      const none = pt.zeros(0, 3);
      const product = none.matmul(pt.ones(3, 2));
      const results = [none.sum(), none.sum(0), none.t(), none.clone(), product, pt.cat([none, none])];
      assert.ok(results.every((y) => !isNative(y)));
      assert.deepEqual(pt.zeros(0, 3).sum(0).toArray(), [0, 0, 0]);
      assert.deepEqual(pt.cat([pt.zeros(0, 3), pt.ones(1, 3)]).toArray(), [[1, 1, 1]]);
    });

    for (const [name, list] of Object.entries(cases)) {
      it(`${name} leaves nothing behind on the backend`, () => {
        for (const one of list) {
          const run = (): void => {
            const leaves = operandsOf(one, "finite").map((x) => x.requiresGrad_());
            const y = one.f(...leaves);
            assert.ok(isNative(y));
            if (hasGradient(name)) y.backward(draw("seeds", y.shape, 3));
          };
          assert.equal(leakedBy(run), 0, textOf(name, one));
        }
      });
    }
  });
}
