// Owns padding, which is found under `pt.nn.functional`.
// Imports places, making tensors, shapes and dtypes.
import { checkInteger, describe, shapeText } from "../check";
import { round } from "../dtype";
import { Storage } from "../engines/storage";
import { allocate } from "../memory";
import { range, sizeOf } from "../shape";
import { Tensor } from "../tensor";
import { narrow } from "./indexing";
import { checkTensors } from "./operands";
import { along, placesOf, read, spreadOut, written } from "./places";

export interface PadOptions {
  /**
   * What the new places hold: "constant", the default, `value`; the others elements of the tensor. "reflect": those
   * before the end, going back; "replicate": the one at the end; "circular": those from the other end on.
   */
  mode?: "constant" | "reflect" | "replicate" | "circular";
  /** What the new places hold where `mode` is "constant". Default 0. */
  value?: number;
}

/** How many places are added before and after a dim. */
type Ends = readonly [before: number, after: number];

/** A way to fill new places with elements of the tensor itself. */
interface Mode {
  /** What PyTorch calls the operation on this many dims in the graph. */
  gradFn(dims: number): string;
  /** @throws RangeError where a dim of x cannot be continued so */
  check(x: Tensor, ends: readonly Ends[], dims: number): void;
  /** Which of `size` places is continued to place i, counted from the first one: negative before it, `size` after. */
  place(i: number, size: number, ends: Ends): number;
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

/** @throws RangeError unless elements are left along each of the last `dims` dims, of which none may be empty */
function checkSizes(x: Tensor, ends: readonly Ends[], dims: number): void {
  const outer = x.ndim - dims;
  // Only a batch may be empty, which is what is before the channels.
  if (x.shape.some((size, dim) => size === 0 && (dim > 0 || outer < 2))) {
    throw new RangeError(
      `pad: Expected ${dims + 1}D or ${dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero ` +
        `dimensions for input, but got: ${shapeText(x.shape)}`,
    );
  }
  const sizes = x.shape.slice(outer);
  const padded = sizes.map((size, i) => size + ends[outer + i][0] + ends[outer + i][1]);
  const named = (of: readonly number[]): string[] => of.map((size, i) => `${"DHW"[3 - dims + i]}: ${size}`);
  if (padded.some((size) => size < 1)) {
    throw new RangeError(
      `pad: input (${named(sizes).join(", ")}) is too small. Calculated output ${named(padded).join(" ")}`,
    );
  }
}

const modes: Readonly<Record<string, Mode>> = {
  reflect: {
    gradFn: (dims) => `ReflectionPad${dims}DBackward0`,
    check(x, ends, dims) {
      ends.forEach(([before, after], dim) => {
        const size = x.shape[dim];
        // An empty dim has an error of its own.
        if (dim < x.ndim - dims || size === 0 || (before < size && after < size)) return;
        throw new RangeError(
          "pad: Padding size should be less than the corresponding input dimension, but got: padding " +
            `(${before}, ${after}) at dimension ${dim} of input ${shapeText(x.shape)}`,
        );
      });
      checkSizes(x, ends, dims);
    },
    place: (i, size) => (i < 0 ? -i : i < size ? i : 2 * (size - 1) - i),
  },
  replicate: {
    gradFn: (dims) => `ReplicationPad${dims}DBackward0`,
    check: checkSizes,
    place: (i, size) => Math.min(Math.max(i, 0), size - 1),
  },
  circular: {
    gradFn: () => "CopySlices",
    check(x, ends) {
      ends.forEach(([before, after], dim) => {
        const size = x.shape[dim];
        if (before > size || after > size)
          throw new RangeError("pad: Padding value causes wrapping around more than once.");
        if (size + before + after < 0)
          throw new RangeError("pad: Negative padding value is resulting in an empty dimension");
        if (size + Math.min(before, 0) + Math.min(after, 0) <= 0 && size + before + after > 0)
          throw new RangeError("pad: Negative padding value leaves nothing to wrap around");
      });
    },
    // Around what is left of the dim.
    place(i, size, [before, after]) {
      const from = Math.max(0, -before);
      const left = size - from - Math.max(0, -after);
      return from + ((((i - from) % left) + left) % left);
    },
  },
};

/** This tensor with places added that hold elements of its own. */
function continued(x: Tensor, ends: readonly Ends[], dims: number, name: string): Tensor {
  if (dims < 1 || dims > 3 || (x.ndim !== dims + 1 && x.ndim !== dims + 2))
    throw new RangeError(`pad: Padding size ${2 * dims} is not supported for ${x.ndim}D input tensor.`);
  if (x.dtype === "bool" && name !== "circular")
    throw new TypeError(`pad: mode ${describe(name)} is not implemented for bool tensors.`);
  const mode = modes[name];
  mode.check(x, ends, dims);
  const parts = along(x.shape, (dim, size) => {
    const [before, after] = ends[dim];
    return range(Math.max(0, size + before + after)).map((i) => mode.place(i - before, size, ends[dim]));
  });
  return read(x, placesOf(parts, mode.gradFn(dims)));
}

/**
 * This tensor with places added at both ends of its last dims. Where they are filled from the tensor itself, these are
 * all dims but the first one (channels) or two (a batch of channels), and three at most.
 * @param widths for the last dim how many before and after it, then the same for the one before it, and so on; places
 *   are taken away where a number is negative
 * @throws RangeError for more pairs than dims, or more to take away than there is; in the other modes also where the
 *   tensor has not as many dims as `widths` are for, and where there are more new places than "reflect" and "circular"
 *   can fill
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(x: Tensor, widths: readonly number[], { mode = "constant", value = 0 }: PadOptions = {}): Tensor {
  checkTensors("pad", [x]);
  checkWidths(x, widths);
  if (mode !== "constant" && !Object.hasOwn(modes, mode)) {
    const known = ["constant", ...Object.keys(modes)].map(describe).join(", ");
    throw new RangeError(`pad: Unrecognised padding mode ${describe(mode)}; choose one of ${known}`);
  }
  if (typeof value !== "number") throw new TypeError(`pad: value must be a number, got ${describe(value)}`);
  const ends = x.shape.map((_, dim): Ends => {
    const at = 2 * (x.ndim - 1 - dim);
    return [widths[at] ?? 0, widths[at + 1] ?? 0];
  });
  if (mode !== "constant") {
    if (value !== 0) throw new RangeError(`pad: Padding mode ${describe(mode)} doesn't take in value argument`);
    return continued(x, ends, widths.length / 2, mode);
  }
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
