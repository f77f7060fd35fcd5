// Floating-point arithmetic that JavaScript lacks: fused multiply-add in float32 and float64.
// Imports nothing.

const f64 = new Float64Array(1);
const words = new Int32Array(f64.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

const FLOAT32_MAX = 3.4028234663852886e38;
const FLOAT32_OVERFLOW = 3.4028235677973366e38;

/** a·b + c rounded once to float32. a, b and c must be float32 values. */
export function fma32(a: number, b: number, c: number): number {
  const p = a * b;
  const s = p + c;
  const r = Math.fround(s);
  const d = s - r;
  // The product is exact in float64, so the only hazard is a sum that float64 rounded onto the midpoint of
  // two float32 values; then r + 2d is the other neighbour.
  if (d === 0) return r;
  const other = r + 2 * d;
  if (Math.fround(other) !== other) {
    if (Math.abs(s) === FLOAT32_OVERFLOW && Math.abs(r) === Infinity) {
      const e = sumError(p, c, s);
      if (e !== 0 && e < 0 === s > 0) return s > 0 ? FLOAT32_MAX : -FLOAT32_MAX;
    }
    return r;
  }
  const e = sumError(p, c, s);
  return e === 0 || e > 0 === r > other ? r : other;
}

/** The rounding error of s = a + b, exactly (Knuth's TwoSum). */
function sumError(a: number, b: number, s: number): number {
  const bb = s - a;
  return a - (s - bb) + (b - bb);
}

const SPLITTER = 134217729;

/** The rounding error of p = a·b: exact while nothing over- or underflows (Dekker's product). */
export function productError(a: number, b: number, p: number): number {
  const ca = SPLITTER * a;
  const ah = ca - (ca - a);
  const al = a - ah;
  const cb = SPLITTER * b;
  const bh = cb - (cb - b);
  const bl = b - bh;
  return al * bl - (p - ah * bh - al * bh - ah * bl);
}

/** a + b rounded to odd: an inexact sum with an even last bit moves one unit towards the exact value. */
function addToOdd(a: number, b: number): number {
  const s = a + b;
  const e = sumError(a, b, s);
  if (e === 0) return s;
  f64[0] = s;
  if (words[LOW] & 1) return s;
  if (e > 0 === s > 0) {
    words[LOW]++;
  } else {
    if (words[LOW] === 0) words[HIGH]--;
    words[LOW]--;
  }
  return f64[0];
}

const FAST_MIN = 2 ** -900;
const FAST_MAX = 2 ** 900;

/**
 * a·b + c rounded once to float64.
 * Source: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008.
 */
export function fma64(a: number, b: number, c: number): number {
  const uh = a * b;
  const fast =
    Math.abs(uh) > FAST_MIN &&
    Math.abs(uh) < FAST_MAX &&
    Math.abs(a) < FAST_MAX &&
    Math.abs(b) < FAST_MAX &&
    Math.abs(c) < FAST_MAX;
  if (!fast) return fma64Edge(a, b, c);
  const ul = productError(a, b, uh);
  const th = c + ul;
  const tl = sumError(c, ul, th);
  const vh = uh + th;
  const vl = sumError(uh, th, vh);
  return vh + addToOdd(tl, vl);
}

/** fma64 where a factor is zero or not finite, or where a step of the fast path could over- or underflow. */
function fma64Edge(a: number, b: number, c: number): number {
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  if (!Number.isFinite(c)) return c;
  const x = decompose(a);
  const y = decompose(b);
  const z = decompose(c);
  const productExponent = x.exponent + y.exponent;
  const exponent = Math.min(productExponent, z.exponent);
  const product = (x.mantissa * y.mantissa) << BigInt(productExponent - exponent);
  return compose(product + (z.mantissa << BigInt(z.exponent - exponent)), exponent);
}

/** A finite number as mantissa · 2^exponent, exactly. */
function decompose(x: number): { mantissa: bigint; exponent: number } {
  f64[0] = x;
  const biased = (words[HIGH] >>> 20) & 0x7ff;
  const fraction = (BigInt(words[HIGH] & 0xfffff) << 32n) | BigInt(words[LOW] >>> 0);
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: x < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/** mantissa · 2^exponent rounded to the nearest float64, ties to even. */
function compose(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0;
  const negative = mantissa < 0n;
  let m = negative ? -mantissa : mantissa;
  let e = exponent;
  const drop = Math.max(m.toString(2).length - 53, -1074 - e);
  if (drop > 0) {
    const half = 1n << BigInt(drop - 1);
    const rest = m & ((half << 1n) - 1n);
    m >>= BigInt(drop);
    if (rest > half || (rest === half && (m & 1n) === 1n)) m += 1n;
    e += drop;
  }
  // Two factors, because 2**e alone can underflow or overflow where the product does not.
  const half = Math.trunc(e / 2);
  const value = Number(m) * 2 ** half * 2 ** (e - half);
  return negative ? -value : value;
}
