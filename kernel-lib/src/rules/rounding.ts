// Owns the pointwise operations that round, leave remainders and limit. Imports types of rules.ts only, which merges
// this table into its own.
import type { Algebra, Pullback, Rule } from "../rules";

/** Zeros of g's shape, also where g is infinite: nowhere is a < a. */
const zeros: Pullback = (g, { a }) => g.where(a.lt(a), 0);

const rejectsBool = "not implemented for bool tensors.";

/** The nearest integer, of two that are as near the even one. */
function nearest(a: number): number {
  const below = Math.floor(a);
  const rest = a - below;
  // Not so for ±∞, of which nothing rests.
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : rest >= 0.5 ? below + 1 : a;
  // What rounds to 0 keeps its sign.
  return rounded === 0 ? 0 * a : rounded;
}

function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/**
 * ⌊a / b⌋ as Python has it, from the remainder y: a quotient may round up to an integer where a remainder is left. One
 * less than the quotient without fraction where the remainder's sign had to be changed; a / b itself where b is 0.
 */
function floorQuotient<T extends Algebra<T>>(a: T, b: T, y: T): T {
  const rest = a.fmod(b);
  const quotient = a.add(rest.neg()).div(b).round().add(rest.ne(y).mul(-1));
  return quotient.where(b.ne(0), a.div(b));
}

function checkDivisor(name: string, b: number): void {
  if (b === 0) throw new RangeError(`${name}: ZeroDivisionError: integers have no remainder of a division by 0`);
}

function integerRest(a: number, b: number): number {
  checkDivisor("fmod", b);
  return a % b;
}

function integerModulo(a: number, b: number): number {
  checkDivisor("remainder", b);
  return modulo(a, b);
}

export const rounding = {
  /** The greatest integer that is not above a. The gradient is 0 everywhere. */
  floor: { value: (a) => Math.floor(a), grad: [zeros], rejectsBool },
  /** The least integer that is not below a. The gradient is 0 everywhere. */
  ceil: { value: (a) => Math.ceil(a), grad: [zeros], rejectsBool },
  /** The integer nearest to a; halves go to the even one. The gradient is 0 everywhere. */
  round: { value: nearest, grad: [zeros], rejectsBool },
  /** a without its fraction. The gradient is 0 everywhere. */
  trunc: { value: (a) => Math.trunc(a), grad: [zeros], rejectsBool },
  /** What is left of a after b was taken from it as often as it goes; it has the sign of a. */
  fmod: {
    value: (a, b) => a % b,
    int64: integerRest,
    grad: [(g) => g, (g, { a, b }) => g.neg().mul(a.div(b).trunc())],
    rejectsBool,
    tensorVariant: 1,
  },
  /** a modulo b: what is left of a after a whole number of b; it has the sign of b. */
  remainder: {
    value: modulo,
    int64: integerModulo,
    grad: [
      (g) => g,
      (g, { a, b, y }) => g.neg().mul(floorQuotient(a, b, y)),
    ],
    rejectsBool,
    tensorVariant: 1,
  },
  /** a, but at least b and at most c, either of which may be left out (undefined). */
  clamp: {
    value: (a, b, c) => Math.min(Math.max(a, b), c),
    without: { b: "clampMax", c: "clampMin" },
    grad: [
      (g, { a, b, c }) => g.where(a.ge(b).mul(a.le(c)), 0),
      (g, { a, b, c }) => g.where(a.lt(b).mul(b.lt(c)), 0),
      (g, { a, b, c }) => g.where(a.gt(c).add(c.lt(b)), 0),
    ],
    rejectsBool,
    numberVariant: 1,
  },
  /** a, but at least b: `clamp` without an upper limit. */
  clampMin: {
    value: (a, b) => Math.max(a, b),
    grad: [(g, { a, b }) => g.where(a.ge(b), 0), (g, { a, b }) => g.where(a.lt(b), 0)],
    rejectsBool,
    graphName: "clamp",
    numberVariant: 1,
  },
  /** a, but at most b: `clamp` without a lower limit. */
  clampMax: {
    value: (a, b) => Math.min(a, b),
    grad: [(g, { a, b }) => g.where(a.le(b), 0), (g, { a, b }) => g.where(a.gt(b), 0)],
    rejectsBool,
    graphName: "clamp",
    numberVariant: 1,
  },
} satisfies Record<string, Rule>;
