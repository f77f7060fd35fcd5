// Owns the pointwise operations on truth values and bits. Imports types of rules.ts only, which merges this table into
// its own.
import type { Rule } from "../rules";

const rejectsFloats = "not implemented for floating-point tensors.";
const rejectsBool = "not implemented for bool tensors.";
const HIGH = 2 ** 32;

/** Whether JavaScript's operators on 32 bits hold a number as it is. */
const isShort = (a: number): boolean => (a | 0) === a;

/** What is above the lower 32 bits, as a number that has its sign. */
const high = (a: number): number => Math.floor(a / HIGH);

// On 64 bits in two's complement, of which a safe integer's upper ones are its sign.
const and = (a: number, b: number): number =>
  isShort(a) && isShort(b) ? a & b : (high(a) & high(b)) * HIGH + ((a & b) >>> 0);

const or = (a: number, b: number): number =>
  isShort(a) && isShort(b) ? a | b : (high(a) | high(b)) * HIGH + ((a | b) >>> 0);

const xor = (a: number, b: number): number =>
  isShort(a) && isShort(b) ? a ^ b : (high(a) ^ high(b)) * HIGH + ((a ^ b) >>> 0);

// Bits that are moved by less than none or by more than there are leave nothing but the sign, as in PyTorch.
const BITS = 64;
const isBeyond = (by: number): boolean => by < 0 || by >= BITS;

const left = (a: number, by: number): number => (isBeyond(by) ? 0 : a * 2 ** by);
const right = (a: number, by: number): number =>
  isBeyond(by) ? (a < 0 ? -1 : 0) : Math.floor(a / 2 ** by);

export const logic = {
  /** Whether a is NaN, element by element. */
  isnan: { value: (a) => (Number.isNaN(a) ? 1 : 0), result: "bool" },
  /** Whether a is ∞ or −∞, element by element. */
  isinf: { value: (a) => (Math.abs(a) === Infinity ? 1 : 0), result: "bool" },
  /** Whether a is neither NaN nor ±∞, element by element. */
  isfinite: { value: (a) => (Number.isFinite(a) ? 1 : 0), result: "bool" },
  /** Whether neither a nor b is 0, element by element. */
  logicalAnd: { value: (a, b) => (a !== 0 && b !== 0 ? 1 : 0), result: "bool" },
  /** Whether a or b or both are not 0, element by element. */
  logicalOr: { value: (a, b) => (a !== 0 || b !== 0 ? 1 : 0), result: "bool" },
  /** Whether just one of a and b is not 0, element by element. */
  logicalXor: { value: (a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0), result: "bool" },
  /** Whether a is 0, element by element. */
  logicalNot: { value: (a) => (a === 0 ? 1 : 0), result: "bool" },
  /** The bits that a and b both have; of truth values whether both are true. */
  bitwiseAnd: { value: and, rejectsFloats },
  /** The bits that a or b has; of truth values whether one of them is true. */
  bitwiseOr: { value: or, rejectsFloats },
  /** The bits that just one of a and b has; of truth values whether they differ. */
  bitwiseXor: { value: xor, rejectsFloats },
  /** The bits of a moved b places up, a · 2ᵇ. 0 where b is negative or more than 63. */
  bitwiseLeftShift: { value: left, rejectsFloats, rejectsBool },
  /** The bits of a moved b places down, ⌊a / 2ᵇ⌋. −1 or 0, by the sign of a, where b is negative or more than 63. */
  bitwiseRightShift: { value: right, rejectsFloats, rejectsBool },
  /** The bits that a has not, −a − 1; of truth values the opposite. */
  bitwiseNot: { value: (a) => -a - 1, bool: (a) => (a === 0 ? 1 : 0), rejectsFloats },
} satisfies Record<string, Rule>;
