// How far an engine's results may be from the host's, and why. An operation that is not named here has none: it must
// agree exactly, −0 and 0 being the same and any NaN being any other.
import assert from "node:assert/strict";
import type { Name } from "./engines";

const ULP = 2 ** -23;
const LEAST_NORMAL = 2 ** -126;
const MOST = (2 - ULP) * 2 ** 127;

/**
 * TensorFlow computes with denormal numbers switched off, for speed: what is smaller than 2⁻¹²⁶ counts as 0. A gradient
 * may have multiplied such a number by a logarithm of up to 90.
 */
const FLUSHED: Readonly<Record<Name, number>> = { tensorflow: 128 * LEAST_NORMAL, wasm: 0 };

/** By how many units in the last place, of what size, a result may differ. */
export interface Tolerance {
  readonly ulps: number;
  /** The size that the units are of, where not the result's own. Infinite where there is nothing to compare. */
  scale?(a: number, b: number, c: number): number;
}

interface Tolerances {
  readonly value?: Tolerance;
  readonly gradient?: Tolerance;
}

// The host evaluates these in doubles and rounds once; the engines have float32 approximations of their own, of
// which less than one unit was measured.
const ELEMENTARY: Tolerance = { ulps: 2 };

/** Infinite where `size`, which the engines round to float32 in between, is more than float32 can hold. */
const within = (size: number): number => (Number.isFinite(size) && size > MOST ? Infinity : size);

const greatest = (...sizes: readonly number[]): number => Math.max(...sizes.filter(Number.isFinite).map(Math.abs));

const isExtreme = (size: number): boolean => size < 1e-18 || size > 1e18;

/** A product that counts as 0 may be on the other side of a threshold of 0. */
const softplusValue = (a: number, b: number): number =>
  Math.abs(a * b) < LEAST_NORMAL ? Infinity : (Math.exp(Math.min(a * b, 0)) / Math.abs(b)) * (1 + Math.abs(a * b));

/** Of sums that are divided by b, which the engines round in between: nothing to compare where they leave the range. */
const softplusGradient = (a: number, b: number): number =>
  isExtreme(Math.abs(b)) || Math.abs(a) > 1e18 ? Infinity : (2 + 2 * Math.abs(a)) * Math.max(1, 1 / Math.abs(b)) * 2;

export const tolerances: Readonly<Record<string, Tolerances>> = {
  exp: { value: ELEMENTARY, gradient: ELEMENTARY },
  log: { value: ELEMENTARY },
  // Angles are reduced to a quarter turn, whose rounding is in units of 1.
  sin: { value: { ulps: 2, scale: () => 1 }, gradient: { ulps: 4, scale: () => 2 } },
  cos: { value: { ulps: 2, scale: () => 1 }, gradient: { ulps: 4, scale: () => 2 } },
  // 1 + y² has the error of y twice.
  tan: { value: { ulps: 4 }, gradient: { ulps: 12 } },
  asin: { value: ELEMENTARY },
  acos: { value: ELEMENTARY },
  atan: { value: ELEMENTARY },
  // a² + b² leaves float32's range, or counts as 0.
  atan2: { value: { ulps: 3 }, gradient: { ulps: 0, scale: (a, b) => (isExtreme(Math.hypot(a, b)) ? Infinity : NaN) } },
  sinh: { value: ELEMENTARY, gradient: ELEMENTARY },
  cosh: { value: ELEMENTARY, gradient: ELEMENTARY },
  expm1: { value: ELEMENTARY, gradient: { ulps: 3, scale: () => 2 } },
  log1p: { value: ELEMENTARY },
  log2: { value: { ulps: 3 } },
  log10: { value: { ulps: 3 } },
  erf: { value: ELEMENTARY, gradient: { ulps: 3 } },
  // The exponential is 0 on one side and ∞ on the other where the result would be smaller than this.
  sigmoid: { value: { ulps: 2, scale: () => 2 ** -100 }, gradient: { ulps: 4, scale: () => 2 } },
  elu: { value: { ulps: 3 }, gradient: { ulps: 4, scale: (_, b) => 2 * Math.max(1, Math.abs(b)) } },
  // 1 + erf and 1 + tanh, times a, are in units of a where they cancel; so are the gradients' sums.
  gelu: { value: { ulps: 4, scale: Math.abs }, gradient: { ulps: 8, scale: (a) => 2 + 2 * Math.abs(a) } },
  geluTanh: { value: { ulps: 4, scale: Math.abs }, gradient: { ulps: 12, scale: (a) => 2 + 2 * Math.abs(a) } },
  silu: { value: { ulps: 4, scale: () => 2 ** -100 }, gradient: { ulps: 8, scale: (a) => 2 + 2 * Math.abs(a) } },
  // The product's rounding is one of the exponential's logarithm.
  softplus: {
value: { ulps: 4, scale: softplusValue },
    gradient: { ulps: 8, scale: softplusGradient },
  },
  // 1 − y² has the rounding of y in it twice, and is itself rounded twice and not once: in units of 1. Times up to 2.
  tanh: { value: ELEMENTARY, gradient: { ulps: 8, scale: () => 1 } },
  pow: {
    value: ELEMENTARY,
    // Two products more, and of a^b with ln a.
    gradient: { ulps: 8 },
  },
  // The host rounds once, as PyTorch does; no engine has a fused multiply-add, so that the product is rounded before:
  // to float32's precision, in units of the terms, and to infinity beyond its range.
  addcmul: { value: { ulps: 1, scale: (a, b, c) => within(greatest(a, b * c)) } },
  lerp: {
    value: {
      ulps: 3,
      scale: (a, b, c) => within(greatest(a, b, (b - a) * c, (b - a) * (1 - c))),
    },
  },
};

/** The size of the units that `tolerance` counts in, at place i of operands and result; infinite where none. */
function scaleAt(
  tolerance: Tolerance | undefined, operands: readonly ArrayLike<number>[], result: number, i: number,
): number {
  const [a, b, c] = operands.map((values) => values[i]);
  const named = tolerance?.scale?.(a, b, c) ?? NaN;
  const own = Number.isFinite(result) ? Math.abs(result) : 0;
  return Number.isNaN(named) ? own : Math.max(named, own);
}

/** What is added up where `summands` are, each computed from `operands`: the sizes of the summands' own units. */
export function termsOf(
  tolerance: Tolerance | undefined, summands: ArrayLike<number>, operands: readonly ArrayLike<number>[],
): Float64Array {
  return Float64Array.from(summands, (summand, i) => scaleAt(tolerance, operands, summand, i));
}

/** Results of one operation at each place: from these operands, or as sums of such terms. */
export interface Origin {
  readonly operands?: readonly ArrayLike<number>[];
  readonly terms?: ArrayLike<number>;
}

// Terms are added up in another order: each partial sum may have been rounded to the other side.
const REORDERED = 4;

export function assertAgree(
  engine: Name, tolerance: Tolerance | undefined, actual: ArrayLike<number>, expected: ArrayLike<number>,
  what: string, { operands = [], terms }: Origin = {},
): void {
  assert.equal(actual.length, expected.length, `${what}: the number of elements`);
  const ulps = (tolerance?.ulps ?? 0) + (terms ? REORDERED : 0);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const scale = terms ? terms[i] : scaleAt(tolerance, operands, b, i);
    if (scale === Infinity) continue;
    const allowed = FLUSHED[engine] + ulps * ULP * Math.max(scale, LEAST_NORMAL);
    // Not where one is not finite, whose difference is no number.
    if (Math.abs(a - b) <= allowed) continue;
    const from = operands.length > 0 ? ` from ${operands.map((values) => values[i]).join(", ")}` : "";
    assert.fail(`${what}[${i}]${from}: ${a}, the host has ${b}; allowed are ${allowed}`);
  }
}
