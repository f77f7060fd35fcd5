// Every entry of the table of rules: values on Scalar and Tensor, gradients and gradients of gradients, broadcasting.
// Nothing here names an operation, so that a new entry is tested as it is.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";
import { ruleTable, type RuleName } from "../../kernel-lib/dist/rules";

const names = Object.keys(ruleTable) as RuleName[];
type Method = (...operands: (pt.Tensor | pt.Scalar | number)[]) => pt.Tensor & pt.Scalar;

const call = <T extends pt.Tensor | pt.Scalar>(name: RuleName, [first, ...rest]: readonly T[]): T =>
  (first as unknown as Record<RuleName, Method>)[name](...rest) as unknown as T;

/**
 * Numbers away from 0, and from one another, where rules have their kinks: positive, so that logarithms exist, and not
 * small, so that quotients stay of a size at which differences have digits left.
 */
const smooth = fc.integer({ min: 12, max: 40 }).map((k) => k / 16 + 1 / 64);

/** What a rule's operands are drawn from: whole numbers where it takes no others, less than 1 where it ends there. */
function numbersOf(name: RuleName): fc.Arbitrary<number> {
  const { value, rejectsFloats } = ruleTable[name];
  if (rejectsFloats) return fc.integer({ min: -9, max: 9 });
  // Beside π/2.
  return Math.abs(value(1.578125, 1.5, 1.5)) < 50 ? smooth : smooth.map((x) => x / 3);
}

// Pairs of shapes that broadcast, the first against the second.
const shapes = fc.constantFrom<number[][]>(
  [[3], [3]],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2]],
  [[1], [2, 2]],
);

const operandsOf = (name: RuleName): fc.Arbitrary<pt.Tensor[]> => {
  const arity = ruleTable[name].value.length;
  return shapes.chain((pair) =>
    fc.tuple(
      ...Array.from({ length: arity }, (_, i) => {
        const shape = pair[i % 2];
        const n = shape.reduce((product, size) => product * size, 1);
        // Operands of one operation are kept apart, so that comparisons are not ties.
        const { rejectsFloats } = ruleTable[name];
        return fc.array(numbersOf(name), { minLength: n, maxLength: n }).map((values) => {
          if (rejectsFloats) return pt.tensor(values, { dtype: "int64" }).reshape(shape);
          const numbers = values.map((value) => value + i / 128);
          const x = pt.tensor(numbers, { dtype: "float64" }).reshape(shape);
          return i === ruleTable[name].condition ? x.gt(1.3) : x;
        });
      }),
    ),
  );
};

/** The rule's operands that can vary. */
const differentiable = (name: RuleName, i: number): boolean => Boolean(ruleTable[name].grad?.[i]);

function checkGradients(
  name: RuleName,
  operands: readonly pt.Tensor[],
  f: (y: pt.Tensor, xs: pt.Tensor[]) => pt.Tensor,
): void {
  const at = operands.flatMap((_, i) => (differentiable(name, i) ? [i] : []));
  pt.gradcheck(
    (...xs: pt.Tensor[]) => {
      const full = operands.map((operand, i) => xs[at.indexOf(i)] ?? operand);
      return f(call(name, full), xs);
    },
    at.map((i) => operands[i]),
    { eps: 1e-5, atol: 1e-5, rtol: 1e-4 },
  );
}

for (const name of names) {
  const rule = ruleTable[name];
  describe(`rule ${name}`, () => {
    it("gives Scalar and Tensor the same values, in both dtypes", () => {
      fc.assert(
        fc.property(operandsOf(name), (operands) => {
          const y = call(name, operands);
          const expanded = operands.map((operand) =>
            operand.expand(y.shape).to("float64").flatten().toArray(),
          );
          const values = y.to("float64").flatten().toArray();
          values.forEach((value, i) => {
            const scalars = expanded.map((column) => new pt.Scalar(column[i]));
            assert.equal(call(name, scalars).val, value);
          });
          if (rule.rejectsFloats) return;
          const single = call(
            name,
            operands.map((operand) => (operand.dtype === "bool" ? operand : operand.to("float32"))),
          );
          assert.equal(single.dtype, y.dtype === "bool" ? "bool" : "float32");
          single
            .to("float64")
            .flatten()
            .toArray()
            .forEach((value, i) => {
              assert.ok(
                Math.abs(value - values[i]) <= 1e-5 * Math.max(1, Math.abs(values[i])),
                `${value} against ${values[i]}`,
              );
            });
        }),
        { numRuns: 20 },
      );
    });

    it("puts the same into the first operand in place", () => {
      fc.assert(
        fc.property(operandsOf(name), (operands) => {
          const y = call(name, operands);
          const target = operands[0].expand(y.shape).clone();
          const inPlace = (target as unknown as Record<string, Method>)[`${name}_`](...operands.slice(1));
          assert.equal(inPlace, target);
          assert.deepEqual(target.toArray(), y.to(target.dtype).toArray());
        }),
        { numRuns: 10 },
      );
    });

    if (!rule.grad) {
      it("has no gradient", () => {
        const [operands] = fc.sample(operandsOf(name), 1);
        assert.equal(
          call(
            name,
            operands.map((x) => (rule.rejectsFloats ? x : x.requiresGrad_())),
          ).requiresGrad,
          false,
        );
      });
      return;
    }

    it("has the gradient that differences show, for Tensor and Scalar", () => {
      fc.assert(
        fc.property(operandsOf(name), (operands) => {
          checkGradients(name, operands, (y) => y);
          const scalars = operands.map((operand) => new pt.Scalar(Number(operand.flatten().toArray()[0])));
          pt.gradcheck(
            (...xs) =>
              call(
                name,
                xs.map((x, i) => (differentiable(name, i) ? x : scalars[i])),
              ),
            scalars,
          );
        }),
        { numRuns: 12 },
      );
    });

    it("has the second gradient that differences show", () => {
      fc.assert(
        fc.property(operandsOf(name), (operands) => {
          checkGradients(name, operands, (y, xs) => {
            const gradients = pt.grad(y.mul(y).sum(), xs, { createGraph: true, allowUnused: true });
            return gradients.reduce<pt.Tensor>(
              (total, g) => (g ? total.add(g.mul(g).sum()) : total),
              pt.zeros([], { dtype: "float64" }),
            );
          });
        }),
        { numRuns: 8 },
      );
    });
  });
}

describe("operations on one element", () => {
  const special = [0, -0, 1, -1, 2, 0.1, -0.5, 1e-45, 3e38, 1e300, Infinity, -Infinity, NaN];
  const value = fc.oneof(fc.constantFrom(...special), fc.double());
  const operand = fc.tuple(value, fc.boolean());

  for (const name of names.filter((some) => !ruleTable[some].rejectsFloats)) {
    it(`give what they give on many: ${name}`, () => {
      const arity = ruleTable[name].value.length;
      const triple = fc.tuple(...Array.from({ length: arity }, () => operand));
      fc.assert(
        fc.property(triple, fc.constantFrom<pt.Tensor["dtype"]>("float32", "float64"), (given, dtype) => {
          // The first is a tensor, and so are all of no other kind than numbers; a condition is one of truth values.
          const operandsOfLength = (n: number) =>
            given.map(([x, isNumber], i): pt.Tensor | number => {
              if (i > 0 && isNumber && i !== ruleTable[name].condition) return x;
              const values = new Array<number>(n).fill(x);
              return pt.tensor(values, { dtype: i === ruleTable[name].condition ? "bool" : dtype });
            });
          const f = ([a, ...rest]: (pt.Tensor | number)[], suffix = ""): pt.Tensor =>
            (a as unknown as Record<string, Method>)[`${name}${suffix}`](...rest);
          for (const suffix of ["", "_"]) {
            const one = f(operandsOfLength(1), suffix);
            const many = f(operandsOfLength(2), suffix);
            assert.equal(one.dtype, many.dtype);
            assert.ok(Object.is(Number(one.toArray()[0]), Number(many.toArray()[1])), `${one} and ${many}`);
            assert.ok(Object.is(one.item(), Number(one.toArray()[0])));
          }
        }),
        { numRuns: 100 },
      );
    });
  }

  it("keep their element where it is written and read in turn", () => {
    const x = pt.tensor([2], { dtype: "float32" });
    const y = x.mul(0.1);
    assert.equal(y.item(), Math.fround(2 * Math.fround(0.1)));
    y.add_(1);
    const shared = y.reshape(1, 1);
    y.mul_(2);
    assert.deepEqual([y.item(), shared.item(), y.toArray()[0]], [shared.item(), y.item(), y.item()]);
    assert.deepEqual([pt.tensor([-0]).sum().item(), pt.tensor([-0.0], { dtype: "float64" }).mean().item()], [0, 0]);
  });
});
