// Owns the draws made from a generator: uniform, normal, integers, permutations, as PyTorch makes them, bit for bit.
// Imports generator, numeric and elementary. Source: ATen's DistributionTemplates.h, PyTorch 2.11.
import { log, sincos } from "./elementary";
import { defaultGenerator, type Generator } from "./generator";
import { fma32, fma64 } from "./numeric";

/** Sine and cosine of the angle in hand. */
const circle = new Float64Array(2);

type FloatName = "float32" | "float64";

/** n draws uniform on [from, to). */
export function uniform(
  n: number,
  dtype: "float32",
  gen?: Generator,
  from?: number,
  to?: number,
): Float32Array;
export function uniform(
  n: number,
  dtype: "float64",
  gen?: Generator,
  from?: number,
  to?: number,
): Float64Array;
export function uniform(
  n: number,
  dtype: FloatName,
  gen?: Generator,
  from?: number,
  to?: number,
): Float32Array | Float64Array;
export function uniform(
  n: number,
  dtype: FloatName,
  gen: Generator = defaultGenerator,
  from = 0,
  to = 1,
): Float32Array | Float64Array {
  if (!(from <= to))
    throw new RangeError(`uniform_ expects to return a [from, to) range, but found from=${from} > to=${to}`);
  const unit = from === 0 && to === 1;
  if (dtype === "float32") {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = (gen.random() & 0xffffff) / 16777216;
    if (!unit) {
      const low = Math.fround(from);
      const range = Math.fround(Math.fround(to) - low);
      for (let i = 0; i < n; i++) out[i] = fma32(out[i], range, low);
    }
    return out;
  }
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = gen.nextUniform64();
  if (!unit) for (let i = 0; i < n; i++) out[i] = fma64(out[i], to - from, from);
  return out;
}

/** n draws from the normal distribution; as in PyTorch, 16 and more are drawn in blocks, fewer one by one. */
export function normal(
  n: number,
  dtype: "float32",
  gen?: Generator,
  mean?: number,
  std?: number,
): Float32Array;
export function normal(
  n: number,
  dtype: "float64",
  gen?: Generator,
  mean?: number,
  std?: number,
): Float64Array;
export function normal(
  n: number,
  dtype: FloatName,
  gen?: Generator,
  mean?: number,
  std?: number,
): Float32Array | Float64Array;
export function normal(
  n: number,
  dtype: FloatName,
  gen: Generator = defaultGenerator,
  mean = 0,
  std = 1,
): Float32Array | Float64Array {
  if (!(std >= 0)) throw new RangeError(`normal expects std >= 0.0, but found std ${std}`);
  if (n < BLOCK) {
    const out = dtype === "float32" ? new Float32Array(n) : new Float64Array(n);
    const standard = mean === 0 && std === 1;
    for (let i = 0; i < n; i++) {
      const z = gen.nextNormal64();
      out[i] = standard ? z : fma64(z, std, mean);
    }
    return out;
  }
  if (dtype === "float32")
    return normalBlocks(uniform(n, dtype, gen), gen, Math.fround(mean), Math.fround(std), block32);
  return normalBlocks(uniform(n, dtype, gen), gen, mean, std, block64);
}

const BLOCK = 16;

/** Turns uniform draws into normal ones, 16 at a time. */
function normalBlocks<A extends Float32Array | Float64Array>(
  data: A,
  gen: Generator,
  mean: number,
  std: number,
  transform: (data: A, start: number, mean: number, std: number) => void,
): A {
  const n = data.length;
  for (let i = 0; i + BLOCK <= n; i += BLOCK) transform(data, i, mean, std);
  if (n % BLOCK !== 0) {
    // The last 16 are drawn afresh, over values that were done already: PyTorch does so.
    const start = n - BLOCK;
    data.set(
      data instanceof Float32Array ? uniform(BLOCK, "float32", gen) : uniform(BLOCK, "float64", gen),
      start,
    );
    transform(data, start, mean, std);
  }
  return data;
}

function block64(data: Float64Array, start: number, mean: number, std: number): void {
  const standard = mean === 0 && std === 1;
  for (let i = start; i < start + BLOCK / 2; i++) {
    const r = Math.sqrt(-2 * log(1 - data[i]));
    sincos(2 * Math.PI * data[i + BLOCK / 2], circle);
    data[i] = standard ? r * circle[1] : fma64(r * circle[1], std, mean);
    data[i + BLOCK / 2] = standard ? r * circle[0] : fma64(r * circle[0], std, mean);
  }
}

// The float32 path is PyTorch's vectorised one: the Cephes polynomials of logf, sinf and cosf, with the
// multiply-adds that its compiler fuses. Every operation rounds to float32.
const f = Math.fround;
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);
const SQRT_HALF = f(0.707106781186547524);
const LN2_LOW = f(-2.1219444e-4);
const LN2_HIGH = f(0.693359375);
const FOUR_OVER_PI = f(1.27323954473516);
const PI4_1 = f(-0.78515625);
const PI4_2 = f(-2.4187564849853515625e-4);
const PI4_3 = f(-3.77489497744594108e-8);
const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);
const COS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);
const TWO_PI = f(2 * Math.PI);

const one32 = new Float32Array(1);
const bits32 = new Int32Array(one32.buffer);

/** Natural logarithm of a positive normal float32. */
function log32(value: number): number {
  one32[0] = value;
  let e = (bits32[0] >>> 23) - 126;
  bits32[0] = (bits32[0] & 0x807fffff) | 0x3f000000;
  const m = one32[0];
  let x = f(m - 1);
  if (m < SQRT_HALF) {
    e -= 1;
    x = f(x + m);
  }
  const z = f(x * x);
  let y = LOG[0];
  for (let k = 1; k < LOG.length; k++) y = fma32(y, x, LOG[k]);
  y = f(y * x);
  y = fma32(y, z, f(e * LN2_LOW));
  y = fma32(-z, 0.5, y);
  x = f(x + y);
  return fma32(e, LN2_HIGH, x);
}

function block32(data: Float32Array, start: number, mean: number, std: number): void {
  const standard = mean === 0 && std === 1;
  for (let i = start; i < start + BLOCK / 2; i++) {
    const r = f(Math.sqrt(f(-2 * log32(f(1 - data[i])))));
    const theta = f(TWO_PI * data[i + BLOCK / 2]);

    // sin and cos by octants: j is the octant, x the rest of the angle in [-π/4, π/4].
    const j = (Math.trunc(f(theta * FOUR_OVER_PI)) + 1) & ~1;
    const x = fma32(j, PI4_3, fma32(j, PI4_2, fma32(j, PI4_1, theta)));
    const z = f(x * x);
    let c = fma32(fma32(COS[0], z, COS[1]), z, COS[2]);
    c = f(c * z);
    c = f(fma32(c, z, -f(z * 0.5)) + 1);
    let s = fma32(fma32(SIN[0], z, SIN[1]), z, SIN[2]);
    s = f(s * z);
    s = fma32(s, x, x);
    const swap = (j & 2) !== 0;
    const sin = j & 4 ? -(swap ? c : s) : swap ? c : s;
    const cos = (j - 2) & 4 ? (swap ? s : c) : -(swap ? s : c);

    const n1 = f(r * cos);
    const n2 = f(r * sin);
    data[i] = standard ? n1 : fma32(n1, std, mean);
    data[i + BLOCK / 2] = standard ? n2 : fma32(n2, std, mean);
  }
}

/**
 * n integers from low to high − 1, all equally likely but for PyTorch's modulo bias.
 * @throws RangeError unless low < high and both are exact
 */
export function randint(
  low: number,
  high: number,
  n: number,
  gen: Generator = defaultGenerator,
): Float64Array {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new RangeError(
      `randint: low and high must be integers within ±(2**53 - 1), got low=${low}, high=${high}`,
    );
  }
  if (low >= high)
    throw new RangeError(`random_ expects 'from' to be less than 'to', but got from=${low} >= to=${high}`);
  const out = new Float64Array(n);
  const range = high - low;
  if (range < 2 ** 28) {
    for (let i = 0; i < n; i++) out[i] = low + (gen.random() % range);
  } else if (range <= 2 ** 37) {
    for (let i = 0; i < n; i++) {
      // (first·2³² + second) mod range, sixteen bits at a time: nothing passes 2⁵³.
      const first = gen.random();
      const second = gen.random();
      const upper = ((first % range) * 65536 + (second >>> 16)) % range;
      out[i] = low + ((upper * 65536 + (second & 0xffff)) % range);
    }
  } else {
    const from = BigInt(low);
    const modulus = BigInt(high) - from;
    for (let i = 0; i < n; i++) out[i] = Number(from + (gen.random64() % modulus));
  }
  return out;
}

/**
 * A random permutation of 0 … n − 1.
 * @throws RangeError where n is negative
 */
export function randperm(n: number, gen: Generator = defaultGenerator): Float64Array {
  if (n < 0) throw new RangeError(`Trying to create tensor with negative dimension ${n}: [${n}]`);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const left = n - i;
    const j = i + (n < PERM_64_BIT ? gen.random() % left : Number(gen.random64() % BigInt(left)));
    const kept = out[i];
    out[i] = out[j];
    out[j] = kept;
  }
  return out;
}

/** From this size on PyTorch's randperm draws 64 bits a step: ⌊(2³² − 1) / 20⌋. */
const PERM_64_BIT = 214748364;
