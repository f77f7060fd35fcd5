// Owns padding, which is found under `pt.nn.functional`.
// Imports places, making tensors, shapes and dtypes.
import { checkInteger, describe } from "../check";
import { round } from "../dtype";
import { Storage } from "../engines/storage";
import { allocate } from "../memory";
import { range, sizeOf } from "../shape";
import { Tensor } from "../tensor";
import { narrow } from "./indexing";
import { checkTensors } from "./operands";
import { along, placesOf, spreadOut, written } from "./places";

export interface PadOptions {
  /** How the new places are filled. Only "constant", the default. */
  mode?: "constant";
  /** What the new places hold. Default 0. */
  value?: number;
}

function checkWidths(x: Tensor, widths: readonly number[]): void {
  if (!Array.isArray(widths)) throw new TypeError(`pad: expected an array of integers, got ${describe(widths)}`);
  widths.forEach((width) => checkInteger("pad", "a width", width));
  if (widths.length % 2 !== 0) throw new RangeError("pad: Padding length must be divisible by 2");
  if (widths.length > 2 * x.ndim) {
    throw new RangeError(
      "pad: Padding length should be less than or equal to two times the input dimension but got padding length " +
        `${widths.length} and input of dimension ${x.ndim}`,
    );
  }
}

/**
 * This tensor with places added at both ends of its last dims.
 * @param widths for the last dim how many before and after it, then the same for the one before it, and so on; places
 *   are taken away where a number is negative
 * @throws RangeError for more pairs than dims, or more to take away than there is
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(x: Tensor, widths: readonly number[], { mode = "constant", value = 0 }: PadOptions = {}): Tensor {
  checkTensors("pad", [x]);
  checkWidths(x, widths);
  if (mode !== "constant") throw new RangeError(`pad: ${describe(mode)} is not a mode that there is; choose "constant"`);
  if (typeof value !== "number") throw new TypeError(`pad: value must be a number, got ${describe(value)}`);
  const ends = x.shape.map((_, dim) => {
    const at = 2 * (x.ndim - 1 - dim);
    return [widths[at] ?? 0, widths[at + 1] ?? 0] as const;
  });
  const kept = ends.reduce((part, [before, after], dim) => {
    const [from, cut] = [Math.max(0, -before), Math.max(0, -after)];
    const size = x.shape[dim] - from - cut;
    if (size < 0) throw new RangeError(`pad: narrow(): length must be non-negative, got ${size} for dim ${dim}`);
    return from + cut === 0 ? part : narrow(part, dim, from, size);
  }, x);
  const added = ends.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  const shape = kept.shape.map((n, dim) => n + added[dim][0] + added[dim][1]);
  const parts = along(shape, (dim) => range(kept.shape[dim]).map((i) => added[dim][0] + i));
  const places = placesOf(parts, "ConstantPadNdBackward0");
  // From zeros there is an operation that engines have too.
  if (value === 0) return spreadOut(kept, shape, places);
  const filled = new Storage(allocate(x.dtype, sizeOf(shape)).fill(round(x.dtype, value)));
  return written(new Tensor(filled, { shape, dtype: x.dtype }), kept, { ...places, accumulate: false });
}
