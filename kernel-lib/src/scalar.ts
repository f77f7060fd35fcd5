// Owns Scalar: one number that knows how it was computed. Imports the rules and the tape.
import { describe } from "./check";
import type { Pointwise } from "./generated/pointwise";
import { complete, type Rule, ruleTable, type RuleName, takesFewer } from "./rules";
import { ancestors, isGradEnabled, Node, sweep } from "./tape";

// A Scalar has every pointwise operation as a method; index.ts attaches them.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the methods come from the table of rules
export interface Scalar extends Pointwise<Scalar> {}

/**
 * A number for automatic differentiation. Operations on it build a graph that can be evaluated again and again:
 * set the values (`x.val = 5`), go forward, set the gradients to zero, go backward.
 *
 *     const x = new pt.Scalar(3);
 *     const y = x.mul(x);
 *     y.backward();
 *     x.grad; // 6
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class Scalar extends Node<Scalar> {
  /** The value. Set it on a Scalar that you made, then call `forward()` on what was computed from it. */
  val: number;
  /** The derivative of whatever `backward` was called on with respect to this value; calls add up. */
  grad = 0;
  /** @internal */
  readonly rule: Rule | null;
  /** @internal */
  override readonly parents: readonly Scalar[];

  /** @throws TypeError unless `val` is a number */
  constructor(val: number);
  /** @internal */
  constructor(val: number, rule: Rule, parents: readonly Scalar[]);
  constructor(val: number, rule: Rule | null = null, parents: readonly Scalar[] = []) {
    super();
    if (typeof val !== "number")
      throw new TypeError(`Scalar: the value must be a number, got ${describe(val)}`);
    this.val = val;
    this.rule = rule;
    this.parents = parents;
  }

  /**
   * Evaluates the graph again from the present values of the Scalars that it starts from.
   * @returns the new value
   */
  forward(): number {
    const nodes = ancestors<Scalar, Scalar>([this]);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const { rule, parents } = nodes[i];
      if (rule !== null) nodes[i].val = evaluate(rule, parents);
    }
    return this.val;
  }

  /** Sets the gradient of this value, and of every value that it was computed from, to zero. */
  zeroGrad(): void {
    for (const node of ancestors<Scalar, Scalar>([this])) node.grad = 0;
  }

  /**
   * Adds the derivative of this value to `grad` of every value that it was computed from. Each is visited once, however
   * often it was used, so the time is linear in the size of the graph, and no depth overflows the stack.
   */
  backward(): void {
    sweep<Scalar>([this], [new Scalar(1)], { retainGraph: true, createGraph: false });
  }

  /** @internal */
  override keep(g: Scalar): void {
    this.grad += g.val;
  }

  /** @internal */
  override pullback(g: Scalar): readonly (Scalar | null)[] {
    const { parents, rule } = this;
    const saved = { a: parents[0], b: parents[1], c: parents[2], y: this as Scalar };
    return parents.map((parent, i) =>
      parent instanceof Constant ? null : (rule?.grad?.[i]?.(g, saved) ?? null),
    );
  }

  /** Whether this is a number among the operands. @internal */
  get isConstant(): boolean {
    return this instanceof Constant;
  }

  // A Scalar's value is not changed by the tape: it does not matter who holds it.
  /** @internal */
  hold(): void {}

  /** @internal */
  letGo(): void {}

  /** @internal */
  escape(): this {
    return this;
  }

  /** @internal */
  addUp(other: Scalar): Scalar {
    return this.add(other);
  }

  override toString(): string {
    return `Value: ${this.val}, Gradient: ${this.grad}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A number among the operands: nobody can ask for its gradient. */
class Constant extends Scalar {}

/** As of numbers beside a tensor, which Scalars are nearest to. */
const evaluate = (rule: Rule, operands: readonly Scalar[]): number =>
  (rule.ofNumber ?? rule).value(operands[0].val, operands[1]?.val, operands[2]?.val);

function toScalar(name: string, value: unknown): Scalar {
  if (value instanceof Scalar) return value;
  if (typeof value === "number") return new Constant(value);
  throw new TypeError(`${name}: an operand must be a Scalar or a number, got ${describe(value)}`);
}

function method(name: RuleName) {
  const rule = ruleTable[name];
  const others = rule.value.length - 1;
  const isComplete = !takesFewer(rule);
  return function (this: Scalar, ...rest: unknown[]): Scalar {
    if (!isComplete) {
      const values: unknown[] = [this, ...rest];
      const taking = complete(name, values);
      rest = values.slice(1);
      if (taking !== name) return scalarMethods[taking].apply(this, rest);
    }
    if (rest.length !== others)
      throw new TypeError(`${name}: expected ${others} operand(s), got ${rest.length}`);
    const operands = [this, ...rest.map((value) => toScalar(name, value))];
    const val = evaluate(rule, operands);
    return isGradEnabled() ? new Scalar(val, rule, operands) : new Scalar(val);
  };
}

/** The methods of Scalar that follow from the rules. */
export const scalarMethods: Readonly<Record<string, (this: Scalar, ...rest: unknown[]) => Scalar>> = Object.fromEntries(
  (Object.keys(ruleTable) as RuleName[]).map((name) => [name, method(name)]),
);
