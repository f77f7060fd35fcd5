// Gradients of rules computed in one pass: the same bits as step by step, for every rule and whatever the operands are.
// Nothing here names an operation, so that a new entry of the table is tested as it is.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";
import { compiledGradients, inOnePass } from "../../kernel-lib/dist/ops/gradients";
import { wrapNumber } from "../../kernel-lib/dist/ops/operands";
import { type Rule, ruleTable, type RuleName } from "../../kernel-lib/dist/rules";
import { sameBits } from "../golden/golden";

const special = [0, -0, 1, -1, 2, 3, 0.5, -0.5, -2, 1e-45, 1e38, 1e200, 5e-324, Infinity, -Infinity, NaN];
const value = fc.oneof(fc.constantFrom(...special), fc.double(), fc.float(), fc.integer({ min: -4, max: 4 }));

type Dtype = "float32" | "float64" | "int64" | "bool";

const tensorOf = (dtype: Dtype, length: number): fc.Arbitrary<pt.Tensor> =>
  fc.array(value, { minLength: length, maxLength: length }).map((values) => {
    const fitting = dtype === "int64" ? values.map((x) => (Number.isSafeInteger(x) ? x : 3)) : values;
    return pt.tensor(fitting, { dtype: "float64" }).to(dtype);
  });

/** A tensor of n elements or of one, of the gradient's dtype or a weaker one; or a number. */
const operand = (dtype: Dtype, n: number, isCondition: boolean): fc.Arbitrary<pt.Tensor> => {
  const one = fc.constantFrom(n, 1);
  const number = fc.oneof(value, fc.boolean()).map(wrapNumber);
  const own = one.chain((length) => tensorOf(dtype, length));
  const weaker = fc.tuple(one, fc.constantFrom<Dtype>("int64", "bool"));
  const others = weaker.chain(([length, type]) => tensorOf(type, length));
  return isCondition ? others : fc.oneof({ arbitrary: own, weight: 4 }, { arbitrary: number, weight: 2 }, others);
};

interface Case {
  readonly g: pt.Tensor;
  readonly saved: { a: pt.Tensor; b: pt.Tensor; c: pt.Tensor; y: pt.Tensor };
}

function caseOf(name: RuleName, dtype: "float32" | "float64"): fc.Arbitrary<Case> {
  const { value: { length: arity }, condition } = ruleTable[name];
  return fc.constantFrom(1, 2, 5).chain((n) =>
    fc.tuple(
      tensorOf(dtype, n),
      tensorOf(dtype, n),
      ...[0, 1, 2].map((i) => (i < arity ? operand(dtype, n, i === condition) : tensorOf(dtype, n))),
    ).map(([g, y, a, b, c]) => ({ g, saved: { a, b, c, y } })),
  );
}

/** What a function gives, or the text of its error. */
function outcome(f: () => pt.Tensor | null): pt.Tensor | string | null {
  try {
    return f();
  } catch (error) {
    return (error as Error).message;
  }
}

const rulesWithGradients = (Object.keys(ruleTable) as RuleName[]).filter((name) => ruleTable[name].grad);

for (const name of rulesWithGradients) {
  describe(`gradients of ${name} in one pass`, () => {
    const compiled = compiledGradients(name, ruleTable[name]);
    for (const dtype of ["float32", "float64"] as const) {
      it(`have the bits that they have step by step, in ${dtype}`, () => {
        fc.assert(
          fc.property(caseOf(name, dtype), ({ g, saved }) => {
            compiled.forEach((gradient, i) => {
              if (gradient === null) return;
              const inOne = outcome(() => inOnePass(gradient, g, saved));
              if (inOne === null) return;
              const stepwise = outcome(() => ruleTable[name].grad![i]!<pt.Tensor>(g, saved));
              if (typeof inOne === "string" || typeof stepwise === "string") {
                assert.equal(inOne, stepwise);
                return;
              }
              assert.deepEqual([inOne.dtype, inOne.shape], [stepwise!.dtype, stepwise!.shape]);
              const [one, steps] = [inOne.flatten().toArray(), stepwise!.flatten().toArray()];
              assert.ok(sameBits(one, steps), `${one.join()} in one pass, ${steps.join()} step by step`);
            });
          }),
          { numRuns: 300 },
        );
      });

      it(`are there for operands that are all ${dtype}, of one element, or numbers`, () => {
        const { value: { length: arity }, condition } = ruleTable[name];
        const three = (type: Dtype): pt.Tensor => pt.tensor([1, 2, 3], { dtype: type });
        const kinds = [three(dtype), pt.tensor([2], { dtype }), wrapNumber(2.5)];
        for (const [a, b] of kinds.flatMap((first) => kinds.map((second) => [first, second]))) {
          const operands = [a, b, three(dtype)].map((x, i) => (i === condition ? three("bool") : x));
          // Of numbers alone nothing is recorded.
          if (operands.slice(0, arity).every((x) => x === kinds[2])) continue;
          const saved = { a: operands[0], b: operands[1], c: operands[2], y: three(dtype) };
          compiled.forEach((gradient) => {
            if (gradient) assert.ok(inOnePass(gradient, three(dtype), saved), `${gradient.name} of ${a} and ${b}`);
          });
        }
      });
    }
  });
}

describe("a gradient in one pass", () => {
  const rule: Rule = { value: (a, b) => a * b, grad: [(g, { b }) => g.mul(b), null] };
  const [gradient] = compiledGradients("test", rule);
  const saved = (b: pt.Tensor) => ({ a: b, b, c: b, y: b });

  it("is left to the steps where operands broadcast, or differ in the type of their floats", () => {
    const g = pt.ones(2, 3);
    assert.equal(inOnePass(gradient!, g, saved(pt.ones(3))), null);
    assert.equal(inOnePass(gradient!, g, saved(pt.ones(2, 3, { dtype: "float64" }))), null);
    assert.ok(inOnePass(gradient!, g, saved(pt.ones(2, 3))));
  });

  it("may be of no elements", () => {
    assert.deepEqual(inOnePass(gradient!, pt.ones(0), saved(pt.ones(1)))?.shape, [0]);
  });
});
