// Fused multiply-add and the elementary functions against exact arithmetic.
import assert from "node:assert/strict";
import fc from "fast-check";
import { log, sincos } from "../../kernel-lib/dist/elementary.js";
import { fma32, fma64, productError } from "../../kernel-lib/dist/numeric.js";

const f = Math.fround;

/** x · 2^1074, exactly: an integer for every finite float64. */
function scaled(x: number): bigint {
  // A quotient by a power of two is exact where the result is normal, so large numbers go down, small ones up.
  if (Number.isInteger(x)) return BigInt(x) << 1074n;
  let shift = 0;
  let y = x;
  while (!Number.isInteger(y)) {
    y *= 2;
    shift++;
  }
  return BigInt(y) << BigInt(1074 - shift);
}

interface Format {
  max: number;
  /** The largest value that still rounds to max rather than to infinity, excluded: max plus half a unit. */
  limit: bigint;
  next(x: number): number;
  previous(x: number): number;
  even(x: number): boolean;
}

const f64 = new Float64Array(1);
const i64 = new BigInt64Array(f64.buffer);
const f32 = new Float32Array(1);
const i32 = new Int32Array(f32.buffer);

const binary64: Format = {
  max: Number.MAX_VALUE,
  limit: (1n << (1024n + 1074n)) - (1n << (970n + 1074n)),
  next(x) {
    f64[0] = x === 0 ? 0 : x;
    i64[0] += x >= 0 ? 1n : -1n;
    return f64[0];
  },
  previous: (x) => -binary64.next(-x),
  even(x) {
    f64[0] = x;
    return (i64[0] & 1n) === 0n;
  },
};

const binary32: Format = {
  max: 3.4028234663852886e38,
  limit: (1n << (128n + 1074n)) - (1n << (103n + 1074n)),
  next(x) {
    f32[0] = x === 0 ? 0 : x;
    i32[0] += x >= 0 ? 1 : -1;
    return f32[0];
  },
  previous: (x) => -binary32.next(-x),
  even(x) {
    f32[0] = x;
    return (i32[0] & 1) === 0;
  },
};

/** Fails unless `result` is a·b + c rounded to nearest, ties to even, in that format. All are finite. */
function assertRounded(format: Format, a: number, b: number, c: number, result: number): void {
  const exact = scaled(a) * scaled(b) + (scaled(c) << 1074n);
  const distance = (x: number): bigint => {
    const d = (scaled(x) << 1074n) - exact;
    return d < 0n ? -d : d;
  };
  const where = `${a} · ${b} + ${c} = ${result}`;
  const size = exact < 0n ? -exact : exact;
  if (size >= format.limit << 1074n) {
    assert.equal(result, exact < 0n ? -Infinity : Infinity, where);
    return;
  }
  assert.ok(Number.isFinite(result), where);
  if (exact === 0n) assert.equal(result + 0, 0, where);
  for (const neighbour of [format.next(result), format.previous(result)]) {
    if (!Number.isFinite(neighbour)) continue;
    assert.ok(distance(result) <= distance(neighbour), `${where}: ${neighbour} is closer`);
    if (distance(result) === distance(neighbour))
      assert.ok(format.even(result), `${where}: a tie goes to even`);
  }
}

const finite64 = fc.double({ noNaN: true, noDefaultInfinity: true });
const finite32 = fc.float({ noNaN: true, noDefaultInfinity: true });
// Few bits and close exponents, where sums cancel and ties are common.
const close = fc
  .tuple(fc.integer({ min: -(2 ** 27), max: 2 ** 27 }), fc.integer({ min: -30, max: 30 }))
  .map(([m, e]) => m * 2 ** e);

describe("fma64", () => {
  it("rounds once, for any finite numbers", () => {
    fc.assert(
      fc.property(finite64, finite64, finite64, (a, b, c) =>
        assertRounded(binary64, a, b, c, fma64(a, b, c)),
      ),
      {
        numRuns: 2000,
      },
    );
  });

  it("rounds once where the sum nearly cancels", () => {
    fc.assert(
      fc.property(finite64, finite64, fc.integer({ min: -3, max: 3 }), (a, b, k) => {
        const p = a * b;
        fc.pre(Number.isFinite(p));
        let c = -p;
        for (let i = 0; i < Math.abs(k); i++) c = k > 0 ? binary64.next(c) : binary64.previous(c);
        fc.pre(Number.isFinite(c));
        assertRounded(binary64, a, b, c, fma64(a, b, c));
      }),
      { numRuns: 2000 },
    );
  });

  it("rounds once on ties, among subnormals and at the edge of overflow", () => {
    fc.assert(
      fc.property(close, close, close, fc.integer({ min: -1100, max: 1000 }), (a, b, c, e) => {
        const [x, z] = [a * 2 ** Math.floor(e / 2), c * 2 ** e];
        const y = b * 2 ** Math.ceil(e / 2);
        fc.pre([x, y, z].every(Number.isFinite));
        assertRounded(binary64, x, y, z, fma64(x, y, z));
      }),
      { numRuns: 4000 },
    );
  });

  it("breaks a tie by a term far below it", () => {
    const half = 2 ** -53;
    assert.equal(fma64(1, 1, half), 1);
    assert.equal(fma64(1 + 2 ** -52, 1, half), 1 + 2 ** -51);
    assert.equal(fma64(2 ** -500, 2 ** -500, 1), 1);
    assert.equal(fma64(half * (1 + 2 ** -52), 1 + 2 ** -52, 1), 1 + 2 ** -52);
    assert.equal(fma64(half * (1 - 2 ** -53), 1 - 2 ** -53, 1), 1);
  });

  it("follows IEEE 754 for zeros, infinities and nan", () => {
    assert.ok(Object.is(fma64(-0, 1, -0), -0));
    assert.ok(Object.is(fma64(-0, 1, 0), 0));
    assert.ok(Object.is(fma64(2, 3, -6), 0));
    assert.ok(Object.is(fma64(-1e-200, 1e-200, -0), -0));
    assert.equal(fma64(Infinity, 2, 5), Infinity);
    assert.equal(fma64(1e200, 1e200, -Infinity), -Infinity);
    assert.equal(fma64(1e200, 1e200, -1e300), Infinity);
    assert.equal(fma64(2, Number.MAX_VALUE, -Number.MAX_VALUE), Number.MAX_VALUE);
    for (const [a, b, c] of [
      [NaN, 1, 1],
      [1, 1, NaN],
      [Infinity, 0, 1],
      [Infinity, 1, -Infinity],
    ]) {
      assert.ok(Number.isNaN(fma64(a, b, c)));
    }
  });
});

describe("fma32", () => {
  it("rounds once, for any finite float32", () => {
    fc.assert(
      fc.property(finite32, finite32, finite32, (a, b, c) =>
        assertRounded(binary32, a, b, c, fma32(a, b, c)),
      ),
      {
        numRuns: 3000,
      },
    );
  });

  it("rounds once on ties, among subnormals and at the edge of overflow", () => {
    const few = fc.integer({ min: -(2 ** 14), max: 2 ** 14 });
    fc.assert(
      fc.property(few, few, close, fc.integer({ min: -160, max: 130 }), (a, b, c, e) => {
        const [x, y, z] = [f(a * 2 ** Math.floor(e / 2)), f(b * 2 ** Math.ceil(e / 2)), f(c * 2 ** e)];
        fc.pre([x, y, z].every(Number.isFinite));
        assertRounded(binary32, x, y, z, fma32(x, y, z));
      }),
      { numRuns: 4000 },
    );
  });

  it("does not round twice", () => {
    // 1 + 2⁻²⁴ is a tie in float32; what is below float64's last place decides it.
    const a = f(1 + 2 ** -23);
    assert.equal(fma32(f(2 ** -24), 1, 1), 1);
    assert.equal(fma32(f(2 ** -24 * (1 + 2 ** -23)), a, 1), a);
    assert.equal(fma32(f(2 ** -60), f(2 ** -60), f(1)), 1);
    assert.equal(fma32(f(1 + 2 ** -12), f(2 ** -24 * (1 - 2 ** -12)), 1), 1);
    assert.equal(fma32(f(-(2 ** 64)), f(2 ** 39), f(-3.4028234663852886e38)), -Infinity);
    assert.equal(fma32(f(2 ** 64), f(2 ** 38), 3.4028234663852886e38), 3.4028234663852886e38);
  });
});

describe("productError", () => {
  it("is what the product lost", () => {
    fc.assert(
      fc.property(close, close, fc.integer({ min: -100, max: 100 }), (a, b, e) => {
        const [x, y] = [a * (1 + 2 ** -30), b * 2 ** e];
        const p = x * y;
        assert.equal(scaled(x) * scaled(y), (scaled(p) + scaled(productError(x, y, p))) << 1074n);
      }),
    );
  });
});

// Fixed-point numbers with 200 bits behind the point, and functions of them.
const BITS = 200n;
const ONE = 1n << BITS;
const toFixed = (x: number): bigint => scaled(x) >> (1074n - BITS);

function sinFixed(x: bigint): bigint {
  let term = x;
  let sum = x;
  for (let n = 2n; term !== 0n; n += 2n) {
    term = (-term * ((x * x) >> BITS)) / (n * (n + 1n)) / ONE;
    sum += term;
  }
  return sum;
}

function cosFixed(x: bigint): bigint {
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term !== 0n; n += 2n) {
    term = (-term * ((x * x) >> BITS)) / (n * (n + 1n)) / ONE;
    sum += term;
  }
  return sum;
}

function logFixed(x: bigint): bigint {
  // 2 artanh((x − 1)/(x + 1)), for x in (0, 1]; fast enough above 1/100.
  const z = ((x - ONE) * ONE) / (x + ONE);
  const square = (z * z) >> BITS;
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) / ONE;
    sum += power / n;
  }
  return 2n * sum;
}

/** The error of a result in units of its last place. */
function ulps(result: number, exact: bigint): number {
  const unit = Math.abs(binary64.next(result) - result);
  return Number(toFixed(result) - exact) / Number(ONE) / unit;
}

describe("elementary functions", () => {
  it("log is within 0.5005 units in the last place", () => {
    const everywhere = Array.from({ length: 3000 }, (_, i) => (i + 1) / 3001 + 2 ** -40);
    const closeToOne = Array.from({ length: 2000 }, (_, i) => 1 - ((i + 1) / 2000) * 0.0078);
    for (const x of [...everywhere, ...closeToOne]) {
      const error = Math.abs(ulps(log(x), logFixed(toFixed(x))));
      assert.ok(error < 0.5005, `log(${x}) = ${log(x)} is off by ${error} units`);
    }
    assert.ok(Object.is(log(1), 0));
    for (const k of [1, 10, 52, 53]) assert.ok(Math.abs(log(2 ** -k) + k * Math.LN2) <= 2 ** -52 * k);
  });

  it("sincos is within 0.505 units in the last place, but next to its zeros", () => {
    const out = new Float64Array(2);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), (x) => {
        sincos(x, out);
        const fixed = toFixed(x);
        for (const [value, exact] of [
          [out[0], sinFixed(fixed)],
          [out[1], cosFixed(fixed)],
        ] as const) {
          if (Math.abs(value) > 0.01) assert.ok(Math.abs(ulps(value, exact)) < 0.505, `${value} at ${x}`);
        }
        assert.ok(Math.abs(out[0] - Math.sin(x)) <= 2 ** -53);
        assert.ok(Math.abs(out[1] - Math.cos(x)) <= 2 ** -53);
      }),
      { numRuns: 300 },
    );
    sincos(0, out);
    assert.deepEqual([...out], [0, 1]);
  });
});
