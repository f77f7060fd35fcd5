// Asserts that numbers are close, in PyTorch's words. Imports the conversion of values.
import type { Plain } from "./values.js";
import { flatten, shapeOf, toPlain } from "./values.js";

export interface CloseOptions {
  /** Relative tolerance; default 1.3e-6 with a float32 tensor, 0 for integer tensors, else 1e-7. */
  rtol?: number;
  /** Absolute tolerance; default 1e-5 with a float32 tensor, 0 for integer tensors, else 1e-7. */
  atol?: number;
  /** Whether NaN equals NaN; default false. */
  equalNaN?: boolean;
  /** Stands before the message. */
  message?: string;
}

// torch.testing.assert_close has these defaults.
const TOLERANCES: Record<string, readonly [rtol: number, atol: number]> = {
  float32: [1.3e-6, 1e-5],
  float64: [1e-7, 1e-7],
  int64: [0, 0],
  bool: [0, 0],
};

function dtypeOf(value: unknown): string | undefined {
  const dtype = (value as { dtype?: unknown } | null | undefined)?.dtype;
  if (dtype === undefined) return value instanceof Float32Array ? "float32" : undefined;
  const name = typeof dtype === "object" && dtype !== null ? (dtype as { name?: unknown }).name : dtype;
  return String(name).replace("torch.", "");
}

function tolerances(actual: unknown, expected: unknown): readonly [number, number] {
  const known = [dtypeOf(actual), dtypeOf(expected)].flatMap((dtype) => TOLERANCES[dtype ?? ""] ?? []);
  const pairs = known.length > 0 ? [] : [1e-7, 1e-7];
  const all = [...known, ...pairs];
  return [Math.max(...all.filter((_, i) => i % 2 === 0)), Math.max(...all.filter((_, i) => i % 2 === 1))];
}

function numbers(value: Plain, what: string): number[] {
  return flatten(value).map((v) => {
    if (typeof v === "number") return v;
    if (typeof v === "boolean") return Number(v);
    throw new TypeError(
      `assertClose: ${what} holds ${JSON.stringify(v) ?? "undefined"}, which is not a number`,
    );
  });
}

function indexOf(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `(${index.join(", ")}${index.length === 1 ? "," : ""})`;
}

/**
 * Throws unless |actual − expected| ≤ atol + rtol · |expected| for every element, with the number of mismatched
 * elements and the greatest differences. Takes numbers, arrays, typed arrays and tensors of one shape.
 * After torch.testing.assert_close.
 */
export function assertClose(actual: unknown, expected: unknown, options: CloseOptions = {}): void {
  const [defaultRtol, defaultAtol] = tolerances(actual, expected);
  const { rtol = defaultRtol, atol = defaultAtol, equalNaN = false } = options;
  const fail = (text: string): never => {
    throw new Error(options.message === undefined ? text : `${options.message}\n${text}`);
  };
  const a = toPlain(actual);
  const b = toPlain(expected);
  const [shapeA, shapeB] = [shapeOf(a), shapeOf(b)];
  if (shapeA.join() !== shapeB.join()) {
    fail(`The values for attribute 'shape' do not match: [${shapeA.join(", ")}] != [${shapeB.join(", ")}].`);
  }
  const [xs, ys] = [numbers(a, "actual"), numbers(b, "expected")];
  if (xs.length !== ys.length)
    fail(`assertClose: ${xs.length} values against ${ys.length}: rows differ in length`);

  let mismatched = 0;
  let absolute = { difference: -1, at: 0 };
  let relative = { difference: -1, at: 0 };
  xs.forEach((x, i) => {
    const y = ys[i];
    if (x === y || (equalNaN && Number.isNaN(x) && Number.isNaN(y))) return;
    const difference = Math.abs(x - y);
    const close = Number.isFinite(x) && Number.isFinite(y) && difference <= atol + rtol * Math.abs(y);
    if (close) return;
    mismatched += 1;
    // A NaN is worse than any number, as in PyTorch.
    const share = difference / Math.abs(y);
    if (!(difference <= absolute.difference)) absolute = { difference, at: i };
    if (!(share <= relative.difference)) relative = { difference: share, at: i };
  });
  if (mismatched === 0) return;
  if (!Array.isArray(a)) {
    fail(
      `Scalars are not close!\n\nExpected ${ys[0]} but got ${xs[0]}.\n` +
        `Absolute difference: ${absolute.difference} (up to ${atol} allowed)\n` +
        `Relative difference: ${relative.difference} (up to ${rtol} allowed)`,
    );
  }
  const percent = ((100 * mismatched) / xs.length).toFixed(1);
  fail(
    `Tensor-likes are not close!\n\nMismatched elements: ${mismatched} / ${xs.length} (${percent}%)\n` +
      `Greatest absolute difference: ${absolute.difference} at index ${indexOf(absolute.at, shapeA)} (up to ${atol} allowed)\n` +
      `Greatest relative difference: ${relative.difference} at index ${indexOf(relative.at, shapeA)} (up to ${rtol} allowed)`,
  );
}
