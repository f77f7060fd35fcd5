// Owns the random generator: mt19937, as PyTorch seeds and reads it, bit for bit.
// Imports elementary only. Source: ATen's MT19937RNGEngine.h, PyTorch 2.11.
import { sincos } from "./elementary";

/** Sine and cosine of the angle in hand. */
const circle = new Float64Array(2);

const N = 624;
const M = 397;
const DEFAULT_SEED = 67280421310721n;
const TWO_53 = 2 ** 53;
const STATE_BYTES = 5056;

/** A stream of random numbers with its own seed: PyTorch's CPU generator, bit for bit. */
export class Generator {
  private readonly state = new Int32Array(N);
  private left = 1;
  private next = 0;
  private seedValue = DEFAULT_SEED;
  private cachedNormal: number | undefined;

  constructor() {
    this.manualSeed(DEFAULT_SEED);
  }

  /**
   * Starts the stream anew from `seed`, an integer from −2⁶³ to 2⁶⁴−1, and returns the generator. A negative
   * seed counts from 2⁶⁴; only the low 32 bits choose the stream, as in PyTorch.
   * @throws TypeError unless the seed is an integer
   * @throws RangeError where it does not fit, or a number cannot hold it exactly
   */
  manualSeed(seed: number | bigint): this {
    this.seedValue = checkSeed(seed);
    const state = this.state;
    state[0] = Number(this.seedValue & 0xffffffffn) | 0;
    for (let j = 1; j < N; j++) {
      const previous = state[j - 1];
      state[j] = (Math.imul(1812433253, previous ^ (previous >>> 30)) + j) | 0;
    }
    this.left = 1;
    this.next = 0;
    this.cachedNormal = undefined;
    return this;
  }

  /** Seeds the generator from the system's entropy and returns the seed. */
  seed(): bigint {
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0];
    this.manualSeed(seed);
    return seed;
  }

  /** The seed that the stream started from, 0 to 2⁶⁴−1: a number where that is exact, otherwise a bigint. */
  initialSeed(): number | bigint {
    const seed = this.seedValue;
    return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
  }

  /** The next 32 random bits, 0 to 2³²−1. */
  random(): number {
    if (--this.left === 0) this.refill();
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** The next 64 random bits, 0 to 2⁶⁴−1: two outputs, the first the high word. */
  random64(): bigint {
    const high = this.random();
    return (BigInt(high) << 32n) | BigInt(this.random());
  }

  /** The next 63 random bits, 0 to 2⁶³−1, as a data loader draws its seeds: two outputs. */
  nextInt63(): bigint {
    return this.random64() & 0x7fffffffffffffffn;
  }

  /** A float64 uniform on [0, 1): two outputs. */
  nextUniform64(): number {
    // The low 53 of 64 bits: 21 of the first output, all of the second.
    const high = this.random() & 0x1fffff;
    return (high * 4294967296 + this.random()) / TWO_53;
  }

  /** A float64 standard normal: of each pair of outputs the second is kept for the next call. */
  nextNormal64(): number {
    const cached = this.cachedNormal;
    if (cached !== undefined) {
      this.cachedNormal = undefined;
      return cached;
    }
    const u1 = this.nextUniform64();
    const u2 = this.nextUniform64();
    const r = Math.sqrt(-2 * Math.log1p(-u2));
    const theta = 2 * Math.PI * u1;
    sincos(theta, circle);
    this.cachedNormal = r * circle[0];
    return r * circle[1];
  }

  /** The whole state, as the 5056 bytes of PyTorch's `get_state()`. */
  getState(): Uint8Array {
    const bytes = new Uint8Array(STATE_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, this.seedValue, true);
    view.setInt32(8, this.left, true);
    view.setInt32(12, 1, true);
    view.setBigUint64(16, BigInt(this.next), true);
    for (let j = 0; j < N; j++) view.setUint32(24 + 8 * j, this.state[j] >>> 0, true);
    if (this.cachedNormal !== undefined) {
      view.setFloat64(NORMAL_AT + 8, this.cachedNormal, true);
      view.setInt32(NORMAL_AT + 24, 1, true);
    }
    return bytes;
  }

  /**
   * Continues from a state that `getState` gave, here or in PyTorch, and returns the generator.
   * @throws TypeError or RangeError unless it is such a state
   */
  setState(bytes: Uint8Array): this {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("setState: RNG state must be a Uint8Array");
    if (bytes.length !== STATE_BYTES) {
      throw new RangeError(
        `setState: RNG state is wrong size: expected ${STATE_BYTES} bytes, got ${bytes.length}`,
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const left = view.getInt32(8, true);
    const next = Number(view.getBigUint64(16, true));
    if (view.getInt32(12, true) !== 1 || left < 1 || left > N || next > N) {
      throw new RangeError("setState: Invalid mt19937 state");
    }
    this.seedValue = view.getBigUint64(0, true);
    this.left = left;
    this.next = next;
    for (let j = 0; j < N; j++) this.state[j] = view.getInt32(24 + 8 * j, true);
    this.cachedNormal =
      view.getInt32(NORMAL_AT + 24, true) !== 0 ? view.getFloat64(NORMAL_AT + 8, true) : undefined;
    return this;
  }

  private refill(): void {
    const s = this.state;
    for (let j = 0; j < N - M; j++) s[j] = s[j + M] ^ twist(s[j], s[j + 1]);
    for (let j = N - M; j < N - 1; j++) s[j] = s[j + M - N] ^ twist(s[j], s[j + 1]);
    s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
    this.left = N;
    this.next = 0;
  }
}

const NORMAL_AT = 24 + 8 * N;

function twist(u: number, v: number): number {
  return (((u & 0x80000000) | (v & 0x7fffffff)) >>> 1) ^ (v & 1 ? 0x9908b0df : 0);
}

function checkSeed(seed: number | bigint): bigint {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    if (!Number.isInteger(seed)) throw new TypeError(`manualSeed: the seed must be an integer, got ${seed}`);
    throw new RangeError(
      `manualSeed: a number cannot hold the seed ${seed} exactly; pass a bigint, such as ${2n ** 60n}n`,
    );
  }
  if (typeof seed !== "number" && typeof seed !== "bigint") {
    throw new TypeError(`manualSeed: the seed must be an integer, got ${typeof seed}`);
  }
  const value = BigInt(seed);
  if (value < -(2n ** 63n) || value >= 2n ** 64n) {
    throw new RangeError(`manualSeed: the seed must be from -2**63 to 2**64 - 1, got ${value}`);
  }
  return BigInt.asUintN(64, value);
}

/** The generator that draws come from where none is named; seeded from the system's entropy at the start. */
export const defaultGenerator = new Generator();
defaultGenerator.seed();

/** Seeds the default generator and returns it. */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}
