// Owns ranges of places along a dim. Imports check.ts only.
import { checkInteger } from "../check";

/** A range of places along a dim, as Python's start:stop:step; made by `pt.slice`. */
export class Slice {
  constructor(
    readonly start: number | null,
    readonly stop: number | null,
    readonly step: number,
  ) {}

  toString(): string {
    const { start, stop, step } = this;
    return `${start ?? ""}:${stop ?? ""}${step === 1 ? "" : `:${step}`}`;
  }
}

/**
 * The places from `start` up to, not including, `stop`, every `step`-th: `x.at(pt.slice(1, 3))` is Python's `x[1:3]`.
 * Left out or null, `start` and `stop` are the ends; negative ones count from the end.
 * @throws RangeError unless `step` is positive
 */
export function slice(start: number | null = null, stop: number | null = null, step = 1): Slice {
  if (start !== null) checkInteger("slice", "start", start);
  if (stop !== null) checkInteger("slice", "stop", stop);
  checkInteger("slice", "step", step);
  if (step <= 0) throw new RangeError(`slice: step must be greater than zero, got ${step}`);
  return new Slice(start, stop, step);
}
