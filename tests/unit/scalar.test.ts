// Scalar: values, gradients, the four-step protocol, and graphs that are deep or shared.
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pt from "torchlab";

const { Scalar } = pt;

/** The derivative of f at x by backward. */
function derivative(f: (x: pt.Scalar) => pt.Scalar, at: number): number {
  const x = new Scalar(at);
  f(x).backward();
  return x.grad;
}

describe("Scalar", () => {
  it("shows its value and gradient", () => {
    const y = new Scalar(3).add(new Scalar(4).mul(5));
    assert.equal(String(y), "Value: 23, Gradient: 0");
  });

  it("differentiates the chapter's four examples", () => {
    assert.equal(
      derivative((x) => x, 3),
      1,
    );
    assert.equal(
      derivative((x) => x.add(x), 3),
      2,
    );
    assert.equal(
      derivative((x) => x.mul(x), 3),
      6,
    );
    assert.equal(
      derivative((x) => x.pow(3).add(x.mul(4)).add(1), 3),
      31,
    );
  });

  it("counts a shared value that is no leaf once", () => {
    assert.equal(
      derivative((x) => {
        const u = x.mul(x);
        return u.add(u);
      }, 3),
      12,
    );
  });

  it("takes numbers as operands", () => {
    const x = new Scalar(2);
    assert.equal(x.add(1).sub(0.5).mul(4).div(2).pow(2).val, 25);
  });

  it("takes powers as PyTorch does by a number, as roots and products", () => {
    for (const [base, exponent, y] of [[-Infinity, 0.5, NaN], [-0, 0.5, -0], [-0, -0.5, -Infinity], [1e160, -2, 0]]) {
      const x = new Scalar(base);
      for (const by of [exponent, new Scalar(exponent)]) assert.deepEqual([x.pow(by).val], [y]);
    }
  });

  it("evaluates a graph again: set values, forward, zero the gradients, backward", () => {
    const x = new Scalar(3);
    const y = x.mul(x).add(1);
    y.backward();
    assert.deepEqual([y.val, x.grad], [10, 6]);
    x.val = 5;
    assert.equal(y.val, 10, "values move only with forward");
    assert.equal(y.forward(), 26);
    y.zeroGrad();
    assert.deepEqual([x.grad, y.grad], [0, 0]);
    y.backward();
    assert.deepEqual([x.grad, y.grad], [10, 1]);
  });

  it("adds gradients up until they are set to zero", () => {
    const x = new Scalar(3);
    const u = x.mul(x);
    const y = u.add(u);
    y.backward();
    y.backward();
    assert.equal(x.grad, 24);
    assert.equal(u.grad, 4);
  });

  it("goes back through a chain of 1,000,000 values", () => {
    const x = new Scalar(1);
    let y = x;
    for (let i = 0; i < 1_000_000; i++) y = y.add(0.5);
    y.backward();
    assert.equal(x.grad, 1);
    assert.equal(y.forward(), 500_001);
  });

  it("goes back through a ladder of 60 levels in as many steps", () => {
    const x = new Scalar(1);
    let y = x;
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.backward();
    assert.equal(x.grad, 2 ** 60);
  });

  it("visits each value of a random graph once, in an order that fits", () => {
    // Each new value combines two earlier ones; the sum over all paths is computed alongside, by forward mode.
    const step = fc.record({ a: fc.nat(), b: fc.nat(), op: fc.constantFrom("add", "sub", "mul") });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 30 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (steps, at) => {
          const values = [new Scalar(at)];
          const tangents = [1];
          for (const { a, b, op } of steps as { a: number; b: number; op: "add" | "sub" | "mul" }[]) {
            const [i, j] = [a % values.length, b % values.length];
            const tangent = {
              add: tangents[i] + tangents[j],
              sub: tangents[i] - tangents[j],
              mul: tangents[i] * values[j].val + values[i].val * tangents[j],
            }[op];
            values.push(values[i][op](values[j]));
            tangents.push(tangent);
          }
          values[values.length - 1].backward();
          const expected = tangents[tangents.length - 1];
          const scale = Math.max(1, ...tangents.map(Math.abs));
          assert.ok(
            Math.abs(values[0].grad - expected) <= 1e-9 * scale,
            `${values[0].grad} against ${expected}`,
          );
        },
      ),
    );
  });

  it("keeps no graph within noGrad", () => {
    const x = new Scalar(2);
    const y = pt.noGrad(() => x.mul(x));
    y.backward();
    assert.equal(x.grad, 0);
  });

  it("gives derivatives of any order", () => {
    const x = new Scalar(2);
    const y = x.pow(4);
    const [first] = pt.grad(y, x, { createGraph: true });
    const [second] = pt.grad(first, x, { createGraph: true });
    const [third] = pt.grad(second, x);
    assert.deepEqual([first.val, second.val, third.val], [32, 48, 48]);
    assert.equal(x.grad, 0, "grad leaves the values' own gradients alone");
  });

  it("checks any expression numerically in one call", () => {
    assert.equal(
      pt.gradcheck((x, y) => x.mul(y).tanh().add(x.exp().div(y)), [new Scalar(0.3), new Scalar(1.7)]),
      true,
    );
  });

  it("refuses what is no number", () => {
    assert.throws(() => new Scalar("3" as unknown as number), /Scalar: the value must be a number, got "3"/);
    assert.throws(
      () => new Scalar(1).add("2" as unknown as number),
      /add: an operand must be a Scalar or a number, got "2"/,
    );
    assert.throws(() => (new Scalar(1).mul as unknown as () => void)(), /mul: expected 1 operand\(s\), got 0/);
  });
});
