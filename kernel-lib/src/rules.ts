// Owns the pointwise operations: each one's value and gradients, once, for numbers and tensors alike.
// Method, function, types, Scalar support, host kernel and tests follow from an entry.
// Imports numeric.ts (fused multiply-add), and the tables of rules/, which are merged here.
import { fma32, fma64 } from "./numeric";
import { activations } from "./rules/activations";
import { elementary } from "./rules/elementary";
import { logic } from "./rules/logic";
import { rounding } from "./rules/rounding";

/** What a gradient may be written in: the operations that Scalar and Tensor both have. */
export interface Algebra<T> {
  neg(): T;
  exp(): T;
  log(): T;
  sqrt(): T;
  sign(): T;
  sin(): T;
  cos(): T;
  sinh(): T;
  cosh(): T;
  tanh(): T;
  erf(): T;
  expm1(): T;
  sigmoid(): T;
  reciprocal(): T;
  rsqrt(): T;
  round(): T;
  trunc(): T;
  add(b: T | number): T;
  sub(b: T | number): T;
  mul(b: T | number): T;
  div(b: T | number): T;
  pow(b: T | number): T;
  fmod(b: T | number): T;
  eq(b: T | number): T;
  ne(b: T | number): T;
  lt(b: T | number): T;
  le(b: T | number): T;
  gt(b: T | number): T;
  ge(b: T | number): T;
  addcmul(b: T | number, c: T | number): T;
  /** This where `condition` holds, `other` elsewhere. */
  where(condition: T, other: T | number): T;
}

/** What the forward step kept: the operands a, b, c and the result y. Taking one marks it as needed by the gradient. */
export interface Saved<T> {
  readonly a: T;
  readonly b: T;
  readonly c: T;
  readonly y: T;
}

/** The gradient of one operand, from the gradient g of the result. */
export type Pullback = <T extends Algebra<T>>(g: T, saved: Saved<T>) => T;

export interface Rule {
  /** The result for numbers. Its number of parameters is the operation's. */
  value(a: number, b: number, c: number): number;
  /** The same for float32 operands, where PyTorch rounds in between. */
  float32?(a: number, b: number, c: number): number;
  /** The same for int64 operands, where they need other arithmetic or a check. */
  int64?(a: number, b: number, c: number): number;
  /** The value, of floats, where b is a certain number: a loop over elements that all meet it need not ask. */
  given?: readonly { readonly b: number; value(a: number): number }[];
  /** Whether the value is more code than V8 inlines several times into one loop. */
  isLong?: boolean;
  /** The same for floats where the last operand is a number and not a tensor, where PyTorch then has other formulas. */
  ofNumber?: Pick<Rule, "value" | "float32">;
  /** The same for truth values, where they are not merely the numbers 0 and 1. */
  bool?(a: number, b: number, c: number): number;
  /** What the last operands are where they are left out. */
  defaults?: readonly number[];
  /** The rule that does without operand b or c, where either may be left out but not both. */
  without?: { readonly b: string; readonly c: string };
  /** One gradient an operand; null for one that has none. Absent where the operation has no gradient at all. */
  grad?: readonly (Pullback | null)[];
  /**
   * "float": integers give the default floating-point type; "integer": truth values give integers; "bool": the result
   * is a truth value.
   */
  result?: "float" | "integer" | "bool";
  /** The operand that is a condition, and so takes no part in promotion. */
  condition?: number;
  /** Why operands that promote to bool are refused. */
  rejectsBool?: string;
  /** Whether even one bool operand among others is. */
  rejectsAnyBool?: boolean;
  /** Why operands that promote to a floating-point type are refused. */
  rejectsFloats?: string;
  /** Operands of which one at least has to be a number or of a floating-point type, and why. */
  needsFloats?: { readonly operands: readonly number[]; readonly message: string };
  /** What PyTorch calls the recorded operation, if not by the rule's name. */
  graphName?: string;
  /** What PyTorch numbers the recorded operation where the last operand is a tensor, if not 0. */
  tensorVariant?: number;
  /** The same where it is a number. */
  numberVariant?: number;
}

const { fround } = Math;

function power(a: number, b: number): number {
  // What is rounded once so, and what squares and their gradients take.
  if (b === 2) return a * a;
  if (b === 1) return a;
  if (b === -1) return 1 / a;
  // IEEE 754 has (±1) ** ±∞ = 1 and 1 ** NaN = 1; JavaScript has NaN for both.
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

/**
 * Powers by small constants are products and roots, as in PyTorch, so that they round as those do, and have their
 * signs of 0 and their range. PyTorch has them for exponents that are numbers only.
 */
function powerByNumber(a: number, b: number): number {
  if (b === 2) return a * a;
  if (b === 3) return a * a * a;
  if (b === 0.5) return Math.sqrt(a);
  if (b === -0.5) return 1 / Math.sqrt(a);
  if (b === -2) return 1 / (a * a);
  return power(a, b);
}

function powerByNumber32(a: number, b: number): number {
  // First what squares and their gradients take, since every element asks.
  if (b === 2) return a * a;
  if (b === 1) return a;
  if (b === 3) return fround(a * a) * a;
  if (b === -2) return 1 / fround(a * a);
  if (b === -0.5) return 1 / fround(Math.sqrt(a));
  return powerByNumber(a, b);
}

function integerPower(a: number, b: number): number {
  if (b < 0) throw new RangeError("pow: Integers to negative integer powers are not allowed.");
  return a ** b;
}

export const rules = {
  /** −a, element by element. */
  neg: {
    value: (a) => -a,
    grad: [(g) => g.neg()],
    rejectsBool: "Negation, the `-` operator, on a bool tensor is not supported.",
  },
  /** e to the power a. */
  exp: { value: (a) => Math.exp(a), grad: [(g, { y }) => g.mul(y)], result: "float" },
  /** The natural logarithm of a. */
  log: { value: (a) => Math.log(a), grad: [(g, { a }) => g.div(a)], result: "float" },
  /** The square root of a, correctly rounded. */
  sqrt: { value: (a) => Math.sqrt(a), grad: [(g, { y }) => g.div(y.mul(2))], result: "float" },
  /** The absolute value of a. The gradient at 0 is 0. */
  abs: {
    value: (a) => Math.abs(a),
    grad: [(g, { a }) => g.mul(a.sign())],
    rejectsBool: "not implemented for bool tensors.",
  },
  /** −1, 0 or 1 by the sign of a. The gradient is 0 everywhere. */
  sign: {
    value: (a) => Number(a > 0) - Number(a < 0),
    // Nowhere is a < a: zeros of g's shape, also where g is infinite.
    grad: [(g, { a }) => g.where(a.lt(a), 0)],
  },
  /** The hyperbolic tangent of a. */
  tanh: {
    value: (a) => Math.tanh(a),
    // 1 − y², rounded once, as PyTorch does. The 1 is y = y.
    grad: [(g, { y }) => g.mul(y.eq(y).addcmul(y.neg(), y))],
    result: "float",
  },
  /** a where it is positive, else 0. The gradient at 0 is 0. */
  relu: {
    // NaN stays NaN, and lets the gradient through, as in PyTorch. Where y ≤ 0 it is 0, and so is the gradient.
    value: (a) => (a <= 0 ? 0 : a),
    grad: [(g, { y }) => y.where(y.le(0), g)],
    rejectsBool: "Boolean inputs not supported for relu",
  },

  /** a + b, element by element. */
  add: { value: (a, b) => a + b, grad: [(g) => g, (g) => g] },
  /** a − b, element by element. */
  sub: {
    value: (a, b) => a - b,
    grad: [(g) => g, (g) => g.neg()],
    rejectsBool: "Subtraction, the `-` operator, with a bool tensor is not supported.",
    rejectsAnyBool: true,
  },
  /** a · b, element by element. */
  mul: { value: (a, b) => a * b, grad: [(g, { b }) => g.mul(b), (g, { a }) => g.mul(a)] },
  /** a / b, element by element; integers give floating-point quotients. */
  div: {
    value: (a, b) => a / b,
    grad: [(g, { b }) => g.div(b), (g, { a, b }) => g.neg().mul(a.div(b).div(b))],
    result: "float",
  },
  /** a to the power b, element by element. */
  pow: {
    value: power,
    int64: integerPower,
    ofNumber: { value: powerByNumber, float32: powerByNumber32 },
    // Squares and their gradients.
    given: [{ b: 2, value: (a) => a * a }, { b: 1, value: (a) => a }],
    isLong: true,
    rejectsBool: "not implemented for bool tensors.",
    tensorVariant: 1,
    grad: [
      // b·a^(b−1), and 0 where b is 0, also at a = 0.
      (g, { a, b }) => g.mul(b.mul(a.pow(b.add(-1)))).where(b.ne(0), 0),
      // a^b·ln a, and 0 at a = 0 where b ≥ 0: there a^b is constant in b.
      (g, { a, b, y }) => g.mul(y.mul(a.log()).where(a.ne(0).where(b.ge(0), 1), 0)),
    ],
  },
  /** The greater of a and b, element by element. Where they are equal each gets half of the gradient. */
  maximum: {
    value: (a, b) => Math.max(a, b),
    grad: [
      // Not a ≥ b: where one is NaN both get the gradient, as in PyTorch.
      (g, { a, b }) => g.where(a.ne(b), g.div(2)).where(a.lt(b).eq(0), 0),
      (g, { a, b }) => g.where(a.ne(b), g.div(2)).where(b.lt(a).eq(0), 0),
    ],
  },
  /** The smaller of a and b, element by element. Where they are equal each gets half of the gradient. */
  minimum: {
    value: (a, b) => Math.min(a, b),
    grad: [
      (g, { a, b }) => g.where(a.ne(b), g.div(2)).where(a.gt(b).eq(0), 0),
      (g, { a, b }) => g.where(a.ne(b), g.div(2)).where(b.gt(a).eq(0), 0),
    ],
  },

  /** Whether a equals b, element by element. */
  eq: { value: (a, b) => (a === b ? 1 : 0), result: "bool" },
  /** Whether a differs from b, element by element. */
  ne: { value: (a, b) => (a !== b ? 1 : 0), result: "bool" },
  /** Whether a is less than b, element by element. */
  lt: { value: (a, b) => (a < b ? 1 : 0), result: "bool" },
  /** Whether a is at most b, element by element. */
  le: { value: (a, b) => (a <= b ? 1 : 0), result: "bool" },
  /** Whether a is greater than b, element by element. */
  gt: { value: (a, b) => (a > b ? 1 : 0), result: "bool" },
  /** Whether a is at least b, element by element. */
  ge: { value: (a, b) => (a >= b ? 1 : 0), result: "bool" },

  /** a where the condition b holds, c elsewhere. */
  where: {
    value: (a, b, c) => (b !== 0 ? a : c),
    grad: [(g, { b }) => g.where(b, 0), null, (g, { b }) => g.where(b.eq(0), 0)],
    condition: 1,
  },
  /** a + b·c, rounded once: the step of an optimizer. */
  addcmul: {
    value: (a, b, c) => fma64(b, c, a),
    float32: (a, b, c) => fma32(b, c, a),
    int64: (a, b, c) => a + b * c,
    isLong: true,
    grad: [(g) => g, (g, { c }) => g.mul(c), (g, { b }) => g.mul(b)],
  },
  /** a + b/c, element by element: the step of an optimizer. */
  addcdiv: {
    value: (a, b, c) => a + b / c,
    float32: (a, b, c) => a + fround(b / c),
    grad: [(g) => g, (g, { c }) => g.mul(c.reciprocal()), (g, { b, c }) => g.neg().mul(b.div(c).div(c))],
    result: "float",
    needsFloats: { operands: [1, 2], message: "Integer division with addcdiv is not supported." },
  },
  /** a + c·(b − a): the way from a to b, by the weight c. */
  lerp: {
    // From the nearer end, as PyTorch does, so that c = 1 gives exactly b.
    value: (a, b, c) => (Math.abs(c) < 0.5 ? fma64(c, b - a, a) : fma64(a - b, 1 - c, b)),
    float32: (a, b, c) =>
      Math.abs(c) < 0.5 ? fma32(c, fround(b - a), a) : fma32(fround(a - b), fround(1 - c), b),
    isLong: true,
    tensorVariant: 1,
    grad: [(g, { c }) => g.mul(c.neg().add(1)), (g, { c }) => g.mul(c), (g, { a, b }) => g.mul(b.sub(a))],
  },
  ...elementary,
  ...rounding,
  ...logic,
  ...activations,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;

/** The table with every entry seen as a Rule. */
export const ruleTable: Readonly<Record<RuleName, Rule>> = rules;

/** Whether operands of the rule may be left out. */
export const takesFewer = ({ defaults, without }: Rule): boolean => defaults !== undefined || without !== undefined;

/**
 * Puts what stands for operands that were left out into their places in `values`.
 * @returns the name of the rule that takes what is there then
 */
export function complete(name: RuleName, values: unknown[]): RuleName {
  const { defaults = [], without, value: { length: arity } } = ruleTable[name];
  if (without && values.length <= arity) {
    const lacks = [1, 2].filter((i) => values[i] === undefined);
    if (lacks.length > 1) throw new TypeError(`${name}: At least one of 'min' or 'max' must not be None`);
    if (lacks.length === 1) {
      values.splice(lacks[0], 1);
      return (lacks[0] === 1 ? without.b : without.c) as RuleName;
    }
  }
  defaults.forEach((value, i) => {
    const place = arity - defaults.length + i;
    if (place <= values.length && values[place] === undefined) values[place] = value;
  });
  return name;
}
