// Logarithm, sine and cosine of float64, correctly rounded in all but 1 of some 10000: as in glibc, and so in PyTorch.
// V8's own differ by one unit in the last place for 3 to 7 % of arguments. Imports numeric only.
import { productError } from "./numeric";

/** A number as hi + lo, two float64 that do not overlap: some 106 bits. */
type Double = readonly [hi: number, lo: number];

function twoSum(a: number, b: number): Double {
  const s = a + b;
  const bb = s - a;
  return [s, a - (s - bb) + (b - bb)];
}

function add([a, al]: Double, [b, bl]: Double): Double {
  const [s, e] = twoSum(a, b);
  return twoSum(s, e + al + bl);
}

function multiply([a, al]: Double, [b, bl]: Double): Double {
  const p = a * b;
  return twoSum(p, productError(a, b, p) + a * bl + al * b);
}

function divide([a, al]: Double, b: number): Double {
  const q = a / b;
  const p = q * b;
  return twoSum(q, (a - p - productError(q, b, p) + al) / b);
}

interface Tables {
  /** ln(k/64) at [k]. */
  log: Float64Array;
  logLow: Float64Array;
  /** sin(k/16) and cos(k/16) at [k], up to 2π. */
  sin: Float64Array;
  sinLow: Float64Array;
  cos: Float64Array;
  cosLow: Float64Array;
}

const LOG_STEPS = 64;
const ANGLE_STEPS = 16;
const LAST_LOG = Math.ceil(Math.SQRT2 * LOG_STEPS);
const LAST_ANGLE = Math.ceil(2 * Math.PI * ANGLE_STEPS);

let tables: Tables | undefined;

function makeTables(): Tables {
  const t: Tables = {
    log: new Float64Array(LAST_LOG + 1),
    logLow: new Float64Array(LAST_LOG + 1),
    sin: new Float64Array(LAST_ANGLE + 1),
    sinLow: new Float64Array(LAST_ANGLE + 1),
    cos: new Float64Array(LAST_ANGLE + 1),
    cosLow: new Float64Array(LAST_ANGLE + 1),
  };
  for (let k = LOG_STEPS / 2; k <= LAST_LOG; k++) {
    // ln c = 2 artanh z = 2 (z + z³/3 + z⁵/5 + …) with z = (c − 1)/(c + 1)
    const z = divide([k - LOG_STEPS, 0], k + LOG_STEPS);
    const square = multiply(z, z);
    let power = z;
    let sum = z;
    for (let n = 3; n < 80; n += 2) {
      power = multiply(power, square);
      sum = add(sum, divide(power, n));
    }
    [t.log[k], t.logLow[k]] = [2 * sum[0], 2 * sum[1]];
  }
  for (let k = 0; k <= LAST_ANGLE; k++) {
    const angle: Double = [k / ANGLE_STEPS, 0];
    let term: Double = [1, 0];
    let sin: Double = [0, 0];
    let cos: Double = [1, 0];
    for (let n = 1; n < 60; n++) {
      term = divide(multiply(term, angle), n);
      const signed: Double = n & 2 ? [-term[0], -term[1]] : term;
      if (n & 1) sin = add(sin, signed);
      else cos = add(cos, signed);
    }
    [t.sin[k], t.sinLow[k]] = sin;
    [t.cos[k], t.cosLow[k]] = cos;
  }
  return t;
}

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** The natural logarithm of a normal x > 0. */
export function log(x: number): number {
  const t = (tables ??= makeTables());
  let exponent = 0;
  let m = x;
  for (; m < Math.SQRT1_2; m *= 2) exponent--;
  for (; m > Math.SQRT2; m /= 2) exponent++;
  const k = Math.round(m * LOG_STEPS);
  const c = k / LOG_STEPS;
  // ln x = exponent·ln 2 + ln c + ln(1 + r), r = (m − c)/c in two parts
  const d = m - c;
  const r = d / c;
  const p = r * c;
  const rLow = (d - p - productError(r, c, p)) / c;
  const square = r * r;
  const squareLow = productError(r, r, square);
  const tail =
    r *
    square *
    (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7 - r * (1 / 8 - r * (1 / 9 - r / 10)))))));
  // LN2_HIGH ends in zeros, so that its product with an exponent is exact.
  let hi = exponent * LN2_HIGH;
  let lo = exponent * LN2_LOW + t.logLow[k] + (rLow - r * rLow - squareLow / 2 + tail);
  for (const part of [t.log[k], r, -square / 2]) {
    const s = hi + part;
    const bb = s - hi;
    lo += hi - (s - bb) + (part - bb);
    hi = s;
  }
  return hi + lo;
}

/** Sine and cosine of an angle from 0 to 2π, into out[0] and out[1]. */
export function sincos(angle: number, out: Float64Array): void {
  const t = (tables ??= makeTables());
  const k = Math.round(angle * ANGLE_STEPS);
  const b = angle - k / ANGLE_STEPS;
  const square = b * b;
  // cos b = 1 − half − cosTail, sin b = b − sinTail
  const half = square / 2;
  const cosTail =
    productError(b, b, square) / 2 -
    square * square * (1 / 24 - square * (1 / 720 - square * (1 / 40320 - square / 3628800)));
  const sinTail =
    b *
    square *
    (1 / 6 - square * (1 / 120 - square * (1 / 5040 - square * (1 / 362880 - square / 39916800))));
  out[0] = rotate(t.sin[k], t.sinLow[k], t.cos[k], t.cosLow[k], b, half, cosTail, sinTail);
  out[1] = rotate(t.cos[k], t.cosLow[k], -t.sin[k], -t.sinLow[k], b, half, cosTail, sinTail);
}

/** p·cos b + q·sin b, where p and q have two parts. */
function rotate(
  p: number,
  pLow: number,
  q: number,
  qLow: number,
  b: number,
  half: number,
  cosTail: number,
  sinTail: number,
): number {
  const first = q * b;
  const second = -p * half;
  let lo =
    productError(q, b, first) +
    productError(-p, half, second) +
    (pLow - pLow * half + qLow * b - p * cosTail - q * sinTail);
  const s = p + first;
  const sb = s - p;
  lo += p - (s - sb) + (first - sb);
  const u = s + second;
  const ub = u - s;
  lo += s - (u - ub) + (second - ub);
  return u + lo;
}
