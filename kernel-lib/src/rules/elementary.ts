// Owns the elementary functions among the pointwise operations: angles, exponentials, logarithms, roots, erf.
// Imports erf.ts, and types of rules.ts, which merges this table into its own.
import { erf } from "../erf";
import type { Algebra, Rule } from "../rules";

const { fround } = Math;
const TWO_OVER_ROOT_PI = 1.1283791670955126;

/** 1 / (a² + b²), and 1 where both are 0: the gradients are 0 there. */
function perSquare<T extends Algebra<T>>(a: T, b: T): T {
  const square = a.mul(a).add(b.mul(b));
  return square.where(square.ne(0), 1).reciprocal();
}

export const elementary = {
  /** The sine of a, an angle in radians. */
  sin: { value: (a) => Math.sin(a), grad: [(g, { a }) => g.mul(a.cos())], result: "float" },
  /** The cosine of a, an angle in radians. */
  cos: { value: (a) => Math.cos(a), grad: [(g, { a }) => g.mul(a.sin().neg())], result: "float" },
  /** The tangent of a, an angle in radians. */
  tan: { value: (a) => Math.tan(a), grad: [(g, { y }) => g.mul(y.mul(y).add(1))], result: "float" },
  /** The angle from −π/2 to π/2 whose sine is a. */
  asin: { value: (a) => Math.asin(a), grad: [(g, { a }) => g.mul(a.neg().mul(a).add(1).rsqrt())], result: "float" },
  /** The angle from 0 to π whose cosine is a. */
  acos: {
    value: (a) => Math.acos(a),
    grad: [(g, { a }) => g.mul(a.neg().mul(a).add(1).rsqrt().neg())],
    result: "float",
  },
  /** The angle from −π/2 to π/2 whose tangent is a. */
  atan: { value: (a) => Math.atan(a), grad: [(g, { a }) => g.div(a.mul(a).add(1))], result: "float" },
  /** The angle from −π to π of the point with the ordinate a and the abscissa b. */
  atan2: {
    value: (a, b) => Math.atan2(a, b),
    grad: [
      (g, { a, b }) => g.mul(b.mul(perSquare(a, b))),
      (g, { a, b }) => g.mul(a.neg().mul(perSquare(a, b))),
    ],
    result: "float",
  },
  /** The hyperbolic sine of a. */
  sinh: { value: (a) => Math.sinh(a), grad: [(g, { a }) => g.mul(a.cosh())], result: "float" },
  /** The hyperbolic cosine of a. */
  cosh: { value: (a) => Math.cosh(a), grad: [(g, { a }) => g.mul(a.sinh())], result: "float" },

  /** a · a, element by element. */
  square: {
    value: (a) => a * a,
    grad: [(g, { a }) => g.mul(a.mul(2))],
    result: "integer",
    graphName: "pow",
  },
  /** 1 / a, element by element. */
  reciprocal: { value: (a) => 1 / a, grad: [(g, { y }) => g.neg().mul(y.mul(y))], result: "float" },
  /** 1 / √a, element by element. */
  rsqrt: {
    value: (a) => 1 / Math.sqrt(a),
    float32: (a) => 1 / fround(Math.sqrt(a)),
    grad: [(g, { y }) => g.mul(-0.5).mul(y.pow(3))],
    result: "float",
  },
  /** e to the power a, less 1; exact also near 0. */
  expm1: { value: (a) => Math.expm1(a), grad: [(g, { y }) => g.mul(y.add(1))], result: "float" },
  /** The natural logarithm of 1 + a; exact also near 0. */
  log1p: {
    value: (a) => Math.log1p(a),
    grad: [(g, { a }) => g.div(a.add(1))],
    result: "float",
    graphName: "log1P",
  },
  /** The logarithm of a to base 2. */
  log2: { value: (a) => Math.log2(a), grad: [(g, { a }) => g.div(a.mul(Math.LN2))], result: "float" },
  /** The logarithm of a to base 10. */
  log10: { value: (a) => Math.log10(a), grad: [(g, { a }) => g.div(a.mul(Math.LN10))], result: "float" },
  /** The error function of a: 2/√π times the integral of e^(−t²) from 0 to a. */
  erf: {
    value: (a) => erf(a),
    grad: [(g, { a }) => g.mul(a.mul(a).neg().exp().mul(TWO_OVER_ROOT_PI))],
    result: "float",
  },
} satisfies Record<string, Rule>;
