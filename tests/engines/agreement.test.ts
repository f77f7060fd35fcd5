// Every rule of the table, computed by each engine and by the host: values, types, shapes, gradients, in place.
// No operation is named here, so that a new rule is tested as it is; how exact each one is, tolerances.ts says.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";
import { pointwise, pointwiseOps } from "../../kernel-lib/dist/ops/apply";
import { computeOf } from "../../kernel-lib/dist/engines/tfjs/pointwise";
import { ruleTable, type RuleName } from "../../kernel-lib/dist/rules";
import {
  describeOn, elementsOf, engineNames, fallbacksIn, isNative, leakedBy, type Name, onHost,
} from "./engines";
import { assertAgree, termsOf, tolerances } from "./tolerances";
import { draw, sizeOf, type Stock } from "./values";

type Value = pt.Tensor | number;
type InPlace = (...operands: Value[]) => pt.Tensor;

/** Those that take floating-point numbers: engines compute with no others. */
const names = (Object.keys(ruleTable) as RuleName[]).filter((name) => !ruleTable[name].rejectsFloats);

/** What has no kernel in an engine, and so is counted: a weight that differs from element to element among it. */
const isLeftToHost = (engine: Name, name: RuleName, operands: readonly Value[]): boolean =>
  computeOf(engine, name) === null || (name === "lerp" && operands[2] instanceof pt.Tensor && operands[2].numel() > 1);

// Shapes that broadcast against one another, by operand; the last ones are split over threads.
const shapes: readonly (readonly number[][])[] = [
  [[5], [5], [5]],
  [[1], [1], [1]],
  [[], [3], [1]],
  [[4, 1], [1, 5], [5]],
  [[2, 3], [3], [2, 1]],
  [[2, 1, 4], [3, 1], [2, 3, 4]],
  [[2, 3, 4, 5], [3, 1, 5], [1]],
  [[1, 1, 1, 1], [2, 2], [2, 1, 2]],
  [[3, 1, 2, 1], [1, 4, 1, 5], [3, 4, 2, 5]],
  [[7, 1, 13], [7, 11, 1], [13]],
  [[300, 400], [300, 400], [300, 400]],
  [[90000], [1], [90000]],
  [[200, 300], [300], [200, 1]],
];
const empty = [[[0], [1], [0]], [[2, 0, 3], [3], [2, 1, 1]]];

/** How an operand is given: as a tensor of one of three types, or as a number. */
type Form = "float" | "number" | "truth" | "whole";
const NUMBERS = [0, 1, 2, 3, 0.5, -0.5, -1, -2, 0.3, 1.75, NaN, Infinity, -Infinity];

interface Drawn {
  readonly operands: Value[];
  readonly text: string;
}

/** Operands for `name`: one float32 tensor at least, so that the operation is one that engines compute. */
function operandsOf(name: RuleName, stock: Stock, of = shapes): fc.Arbitrary<Drawn> {
  const { condition, value: { length: arity } } = ruleTable[name];
  const form = fc.constantFrom<Form>("float", "float", "float", "float", "number", "truth", "whole");
  const forms = fc.tuple(...Array.from({ length: arity }, () => form), fc.nat({ max: arity - 1 }));
  return fc.tuple(fc.constantFrom(...of), forms, fc.nat({ max: 9999 }), fc.constantFrom(...NUMBERS)).map(
    ([chosen, drawn, seed, number]) => {
      const asked = drawn.slice(0, arity) as Form[];
      const floats = asked.map((_, i) => i).filter((i) => i !== condition);
      asked[floats[(drawn[arity] as number) % floats.length]] = "float";
      const first = asked.findIndex((one, i) => one === "float" && i !== condition);
      // 0-dim float32 tensors yield to int64 tensors with dims, but two float32 with dims do not.
      const operands = asked.map((one, i): Value => {
        if (i !== first && one === "number") return i === condition ? Number(number > 0) : number;
        const shape = i === first && chosen[i].length === 0 ? [1] : chosen[i];
        return draw(one === "truth" ? "truth" : one === "whole" ? "whole" : stock, shape, seed + i);
      });
      const text = operands.map((x) => (x instanceof pt.Tensor ? `${x.dtype}[${x.shape.join(", ")}]` : x)).join(", ");
      return { operands, text: `${name}(${text}) seed ${seed}` };
    },
  );
}

const compute = (name: RuleName, operands: readonly Value[]): pt.Tensor => pointwise(pointwiseOps[name], [...operands]);

/** The same operands with elements of their own, so that nothing of one engine is met by another. */
const fresh = (operands: readonly Value[]): Value[] =>
  operands.map((x) => (x instanceof pt.Tensor ? pt.tensor(x) : x));

/** Operands as they stand beside each element of the result. */
const columnsOf = (operands: readonly Value[], shape: readonly number[]): ArrayLike<number>[] =>
  operands.map((x) => elementsOf((x instanceof pt.Tensor ? x : pt.tensor(x, { dtype: "float32" })).expand([...shape])));

/** What `f` gives, or what it throws. */
function outcome<R>(f: () => R): R | Error {
  try {
    return f();
  } catch (error) {
    return error as Error;
  }
}

function checkValue(engine: Name, name: RuleName, { operands, text }: Drawn): void {
  const expected = onHost(() => outcome(() => compute(name, fresh(operands))));
  let actual!: pt.Tensor | Error;
  const left = fallbacksIn(() => (actual = outcome(() => compute(name, fresh(operands)))));
  if (expected instanceof Error || actual instanceof Error) {
    assert.equal(String(actual), String(expected), text);
    return;
  }
  assert.deepEqual([actual.dtype, actual.shape], [expected.dtype, expected.shape], text);
  const computed = actual.numel() > 0 && !isLeftToHost(engine, name, operands);
  assert.equal(isNative(actual), computed, `${text}: who computed it`);
  assert.deepEqual(left, actual.numel() > 0 && !computed ? { [name]: 1 } : {}, `${text}: left to the host`);
  const columns = onHost(() => columnsOf(operands, expected.shape));
  assertAgree(engine, tolerances[name]?.value, elementsOf(actual), elementsOf(expected), text, { operands: columns });
}

/** The gradients of the operands that have one; `expanded`, of each operand at each place of the result. */
function gradientsOf(name: RuleName, operands: readonly Value[], expanded: boolean): (pt.Tensor | null)[] {
  const shape = compute(name, fresh(operands)).shape;
  const leaves = fresh(operands).map((x) => {
    if (!(x instanceof pt.Tensor) || x.dtype !== "float32") return x;
    return (expanded ? x.expand([...shape]).clone() : x).requiresGrad_();
  });
  const y = compute(name, leaves);
  y.backward(draw("seeds", shape, 77));
  return leaves.map((x) => (x instanceof pt.Tensor ? x.grad : null));
}

function checkGradients(engine: Name, name: RuleName, { operands, text }: Drawn): void {
  const expected = onHost(() => outcome(() => gradientsOf(name, operands, false)));
  const actual = outcome(() => gradientsOf(name, operands, false));
  if (expected instanceof Error || actual instanceof Error) {
    assert.equal(String(actual), String(expected), text);
    return;
  }
  const [terms, columns] = onHost(() => {
    const { shape } = compute(name, fresh(operands));
    return [gradientsOf(name, operands, true), columnsOf(operands, shape)] as const;
  });
  actual.forEach((gradient, i) => {
    const wanted = expected[i];
    const what = `${text}: gradient ${i}`;
    assert.equal(gradient === null, wanted === null, what);
    if (gradient === null || wanted === null) return;
    assert.deepEqual([gradient.dtype, gradient.shape], [wanted.dtype, wanted.shape], what);
    const single = terms[i]!;
    const tolerance = tolerances[name]?.gradient;
    const isSum = single.numel() !== wanted.numel();
    const sums = (): pt.Tensor =>
      pt.tensor(termsOf(tolerance, elementsOf(single), columns)).reshape([...single.shape]).sumToSize(wanted.shape);
    const origin = isSum ? { terms: elementsOf(onHost(sums)) } : { operands: columns };
    assertAgree(engine, tolerance, elementsOf(gradient), elementsOf(wanted), what, origin);
  });
}

function checkInPlace(engine: Name, name: RuleName, { operands, text }: Drawn): void {
  const inPlace = (): pt.Tensor => {
    const [target, ...rest] = fresh(operands) as [pt.Tensor, ...Value[]];
    const result = (target as unknown as Record<string, InPlace>)[`${name}_`](...rest);
    assert.equal(result, target);
    return target;
  };
  const expected = onHost(() => outcome(inPlace));
  const actual = outcome(inPlace);
  if (expected instanceof Error || actual instanceof Error) {
    assert.equal(String(actual), String(expected), text);
    return;
  }
  assert.deepEqual([actual.dtype, actual.shape], [expected.dtype, expected.shape], text);
  const columns = onHost(() => columnsOf(operands, expected.shape));
  assertAgree(engine, tolerances[name]?.value, elementsOf(actual), elementsOf(expected), text, { operands: columns });
}

/** Operands of which the first is as large as the result. */
const forInPlace = (name: RuleName): fc.Arbitrary<Drawn> =>
  operandsOf(name, "wild").map(({ operands, text }) => {
    const shape = operands
      .flatMap((x) => (x instanceof pt.Tensor ? [x.shape] : []))
      .reduce((all, next) => onHost(() => pt.zeros([...all]).add(pt.zeros([...next])).shape));
    return { operands: [draw("wild", shape, sizeOf(shape)), ...operands.slice(1)], text: `${text} in place` };
  });

/** The gradients of the sum of the squares of the gradients. */
function secondGradients(name: RuleName, operands: readonly Value[]): pt.Tensor[] {
  const leaves = fresh(operands) as pt.Tensor[];
  const at = leaves.filter((x, i) => ruleTable[name].grad?.[i] && x.requiresGrad_());
  const y = compute(name, leaves);
  const first = pt.grad(y.mul(y).sum(), at, { createGraph: true, allowUnused: true });
  const total = first.reduce<pt.Tensor>((sum, g) => (g ? sum.add(g.mul(g).sum()) : sum), y.sum());
  return pt.grad(total, at, { allowUnused: true }).flatMap((g) => g ?? []);
}

for (const engine of engineNames) {
  describeOn(engine, "the rules", () => {
    for (const name of names) {
      describe(name, () => {
        const check = (drawn: fc.Arbitrary<Drawn>, how: typeof checkValue, numRuns: number) =>
          fc.assert(fc.property(drawn, (one) => how(engine, name, one)), { numRuns });

        it("has the host's values", () => check(operandsOf(name, "wild"), checkValue, 25));
        it("has the host's values of no elements", () => check(operandsOf(name, "wild", empty), checkValue, 4));
        it("puts the host's values into the first operand", () => check(forInPlace(name), checkInPlace, 10));
        if (!ruleTable[name].grad) return;
        it("has the host's gradients", () => {
          check(operandsOf(name, "wild"), checkGradients, 12);
          check(operandsOf(name, "finite"), checkGradients, 8);
        });
        it("has the host's second gradients", () => {
          const operands = [[2, 3], [3], [2, 1]].slice(0, ruleTable[name].value.length).map((shape, i) =>
            draw(i === ruleTable[name].condition ? "truth" : "positive", shape, i));
          const expected = onHost(() => secondGradients(name, operands));
          const actual = secondGradients(name, operands);
          assert.ok(expected.length > 0 && actual.length === expected.length);
          expected.forEach((wanted, i) => {
            const scale = Math.max(...Array.from(elementsOf(wanted), Math.abs));
            // Some twenty operations, each with a rounding or two of its own, of terms as large as the greatest.
            assertAgree(engine, { ulps: 40, scale: () => scale }, elementsOf(actual[i]), elementsOf(wanted), `${name}, ${i}`);
          });
        });
      });
    }

    for (const name of names) {
      it(`${name} leaves nothing behind on the backend`, () => {
        const operands = [[4, 1], [3], [1, 3]].slice(0, ruleTable[name].value.length).map((shape, i) => draw("wild", shape, i));
        const isDone = (): boolean => isNative(compute(name, operands)) || isLeftToHost(engine, name, operands);
        assert.equal(leakedBy(() => assert.ok(isDone())), 0);
      });
    }
  });
}

describe("denormal numbers", () => {
  const numbers = Float32Array.of(1e-40, -1e-40, 2 ** -149);
  const computed: Record<Name, Float32Array> = { tensorflow: Float32Array.of(0, -0, 0), wasm: numbers };
  const titles: Record<Name, string> = {
    tensorflow: "count as 0, as operands and as results, but are kept where they are only moved",
    wasm: "are numbers like others, as on the host",
  };
  for (const engine of engineNames) {
    describeOn(engine, "denormal numbers", () => {
      it(titles[engine], () => {
        assert.deepEqual(elementsOf(pt.tensor(numbers).mul(pt.ones(3))), computed[engine]);
        assert.deepEqual(elementsOf(pt.tensor(numbers).unsqueeze(0).T), numbers);
        const half = pt.tensor(Float32Array.of(2 ** -126)).mul(pt.tensor([0.5]));
        assert.equal(half.item(), engine === "wasm" ? 2 ** -127 : 0);
      });
    });
  }
});
