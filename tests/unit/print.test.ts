// Number formats against exact decimals, and the print options.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatExponential,
  formatFixed,
  formatTensor,
  getPrintoptions,
  setPrintoptions,
} from "../../kernel-lib/dist/print.js";

/** x as the fraction numerator / 2^shift, x ≥ 0. */
function fraction(x: number): { numerator: bigint; shift: bigint } {
  let y = x;
  let shift = 0n;
  for (; !Number.isInteger(y); shift++) y *= 2;
  return { numerator: BigInt(y), shift };
}

/** numerator / denominator rounded to an integer, ties to even. */
function divideEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const rest = 2n * (numerator % denominator);
  if (rest > denominator || (rest === denominator && quotient % 2n === 1n)) return quotient + 1n;
  return quotient;
}

function fixed(x: number, digits: number): string {
  const { numerator, shift } = fraction(Math.abs(x));
  const text = divideEven(numerator * 10n ** BigInt(digits), 1n << shift)
    .toString()
    .padStart(digits + 1, "0");
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  return sign + (digits > 0 ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text);
}

function exponential(x: number, digits: number): string {
  const { numerator, shift } = fraction(Math.abs(x));
  const scale = 10n ** BigInt(digits);
  let exponent = numerator === 0n ? 0 : Math.floor(Math.log10(Math.abs(x))) - 1;
  let mantissa: bigint;
  do {
    const up = 10n ** BigInt(Math.abs(exponent));
    mantissa =
      exponent < 0
        ? divideEven(numerator * scale * up, 1n << shift)
        : divideEven(numerator * scale, (1n << shift) * up);
    exponent++;
  } while (mantissa >= 10n * scale);
  exponent--;
  const text = mantissa.toString();
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  const point = digits > 0 ? `${text[0]}.${text.slice(1).padEnd(digits, "0")}` : text[0];
  return `${sign}${point}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

// Any numbers, and multiples of small powers of two, among which ties are common.
const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), fc.integer({ min: -12, max: 40 }))
    .map(([m, e]) => m * 2 ** e),
);

describe("number formats", () => {
  it("formatFixed rounds the exact value, ties to even", () => {
    fc.assert(
      fc.property(numbers, fc.nat(20), (x, digits) => assert.equal(formatFixed(x, digits), fixed(x, digits))),
      { numRuns: 2000 },
    );
  });

  it("formatExponential rounds the exact value, ties to even", () => {
    fc.assert(
      fc.property(numbers, fc.nat(20), (x, digits) => {
        assert.equal(formatExponential(x, digits), exponential(x, digits));
      }),
      { numRuns: 2000 },
    );
  });

  it("goes to the even digit where toFixed and toExponential go up", () => {
    assert.equal(formatFixed(0.03125, 4), "0.0312");
    assert.equal(formatFixed(2.5, 0), "2");
    assert.equal(formatFixed(-0.5, 0), "-0");
    assert.equal(formatExponential(125.125, 4), "1.2512e+02");
  });
});

describe("print options", () => {
  afterEach(() => setPrintoptions({ profile: "default" }));

  const numbersTensor = { data: [1.5, 2.25, 1000], shape: [3], dtype: "float32" as const };

  it("stay until changed, but sciMode only until the next call", () => {
    setPrintoptions({ precision: 2, sciMode: true });
    assert.equal(formatTensor(numbersTensor), "tensor([1.50e+00, 2.25e+00, 1.00e+03])");
    setPrintoptions({ linewidth: 100 });
    assert.deepEqual(getPrintoptions(), {
      precision: 2,
      threshold: 1000,
      edgeitems: 3,
      linewidth: 100,
      sciMode: null,
    });
    assert.equal(formatTensor(numbersTensor), "tensor([   1.50,    2.25, 1000.00])");
  });

  it("can be given for one text only", () => {
    assert.equal(formatTensor(numbersTensor, { precision: 1 }), "tensor([   1.5,    2.2, 1000.0])");
    assert.equal(formatTensor(numbersTensor), "tensor([   1.5000,    2.2500, 1000.0000])");
  });

  it("are copied out, not handed out", () => {
    getPrintoptions().precision = 9;
    assert.equal(getPrintoptions().precision, 4);
  });

  it("refuse values out of range, and then change nothing", () => {
    const refused = (options: object, message: RegExp): void => {
      assert.throws(() => setPrintoptions(options), { name: "RangeError", message });
    };
    refused({ precision: -1 }, /precision must be an integer from 0 to 99, got -1/);
    refused({ precision: 2, edgeitems: 1.5 }, /edgeitems must be an integer .* got 1\.5/);
    refused({ threshold: NaN }, /threshold must be an integer .* got NaN/);
    refused({ linewidth: 0 }, /linewidth must be an integer from 1/);
    refused({ profile: "wide" }, /profile must be "default", "short" or "full", got "wide"/);
    assert.equal(getPrintoptions().precision, 4);
  });
});

describe("formatTensor", () => {
  it("reads only what it shows of a large tensor", () => {
    let reads = 0;
    const data = new Proxy(new Float32Array(1e6), {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads++;
        return Reflect.get(target, key) as unknown;
      },
    });
    assert.match(
      formatTensor({ data, shape: [1000, 1000], dtype: "float32" }),
      /^tensor\(\[\[0\., 0\., 0\., {2}\.\.\., 0/,
    );
    assert.ok(reads > 0 && reads < 1000, `${reads} reads`);
  });
});
