// From values to rows of inline data. Imports the conversion of values.
import type { Values } from "../values.js";
import { toNumbers } from "../values.js";
import type { Row } from "./spec.js";

/**
 * The numbers as they go into a figure: seven significant digits, what float32 holds and far more than a
 * figure shows, unless they differ only beyond those. What is not finite becomes null.
 */
export function compact(numbers: readonly number[]): (number | null)[] {
  const finite = numbers.filter(Number.isFinite);
  const greatest = finite.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  const low = finite.reduce((a, v) => Math.min(a, v), Infinity);
  const high = finite.reduce((a, v) => Math.max(a, v), -Infinity);
  const close = high > low && high - low < 1e-4 * greatest;
  return numbers.map((v) => (Number.isFinite(v) ? (close ? v : Number(v.toPrecision(7))) : null));
}

/** x and y as numbers. Throws RangeError where their lengths differ, with both. */
export function pair(mark: string, x: Values, y: Values): [number[], number[]] {
  const xs = toNumbers(x, `${mark}: x`);
  const ys = toNumbers(y, `${mark}: y`);
  if (xs.length !== ys.length) {
    throw new RangeError(
      `${mark}: x has ${xs.length} values and y has ${ys.length}: one y for each x is needed`,
    );
  }
  return [xs, ys];
}

/** Rows {x, y} and, for a named series, {series}. */
export function points(xs: readonly number[], ys: readonly number[], series?: string): Row[] {
  const cx = compact(xs);
  const cy = compact(ys);
  return cx.map((x, i) => ({ x, y: cy[i] ?? null, ...(series === undefined ? {} : { series }) }));
}
