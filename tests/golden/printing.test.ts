// Printed tensors against PyTorch's, character for character.
import assert from "node:assert/strict";
import {
  type FormatOptions,
  type PrintProfile,
  formatExponential,
  formatFixed,
  formatTensor,
  setPrintoptions,
} from "../../kernel-lib/dist/print.js";
import { type DTypeName, type GoldenNumber, load, ramp, toArray } from "./golden";

interface Case {
  text: string;
  tensor: { dtype: DTypeName; shape: number[]; values?: GoldenNumber[]; ramp?: number; scale?: number };
  requiresGrad?: boolean;
  gradFn?: string;
  defaultDtype?: DTypeName;
  options?: Partial<FormatOptions> & { profile?: PrintProfile };
}

interface Printing {
  tensors: Case[];
  options: Case[];
  formats: { x: number; digits: number; fixed: string; exponential: string }[];
}

const golden = load<Printing>("printing");

function elements({ dtype, shape, values, ramp: seed, scale }: Case["tensor"]): ArrayLike<number> {
  if (values !== undefined) return toArray(values, dtype);
  const base = ramp(
    shape.reduce((a, b) => a * b, 1),
    seed!,
    "float64",
  ).map((x) => x * scale!);
  if (dtype === "bool") return Uint8Array.from(base, (x) => Number(x > 0));
  if (dtype === "int64") return base.map((x) => Math.trunc(x));
  return dtype === "float32" ? Float32Array.from(base) : base;
}

function check({ text, tensor, requiresGrad, gradFn, defaultDtype, options }: Case): void {
  setPrintoptions({ profile: "default" });
  if (options !== undefined) setPrintoptions(options);
  try {
    const { dtype, shape } = tensor;
    const printed = formatTensor(
      { data: elements(tensor), shape, dtype, requiresGrad, gradFn },
      { defaultDtype },
    );
    assert.equal(printed, text);
  } finally {
    setPrintoptions({ profile: "default" });
  }
}

const title = (text: string): string =>
  (text.length > 70 ? `${text.slice(0, 70)}…` : text).replace(/\s+/g, " ");

describe("golden: printed tensors", () => {
  for (const c of golden.tensors) it(title(c.text), () => check(c));
});

describe("golden: print options", () => {
  for (const c of golden.options) it(`${JSON.stringify(c.options)}: ${title(c.text)}`, () => check(c));
});

describe("golden: Python's formats", () => {
  for (const digits of new Set(golden.formats.map((c) => c.digits))) {
    it(`%.${digits}f and %.${digits}e`, () => {
      for (const { x, fixed, exponential } of golden.formats.filter((c) => c.digits === digits)) {
        assert.equal(formatFixed(x, digits), fixed);
        assert.equal(formatExponential(x, digits), exponential);
      }
    });
  }
});
