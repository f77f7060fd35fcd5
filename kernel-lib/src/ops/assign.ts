// Owns writing by index. Each exported function is also a method of Tensor.
// Imports places, the meaning of indices, and shapes.
import { describe, shapeText } from "../check";
import { sameShape, type Shape } from "../shape";
import { Tensor } from "../tensor";
import { choose, type Index } from "./indices";
import { checkTensors } from "./operands";
import { elementFor, write, type Writing, written } from "./places";

/** Where to write: indices as `at` takes them, in an array, or one alone that is no array itself. */
export type Indices = readonly Index[] | Exclude<Index, readonly number[]>;

export interface IndexPutOptions {
  /** Add to what is there, as often as a place is named. Default false: the last value stays. */
  accumulate?: boolean;
}

/** The value as it is written to places of `shape`: as many elements, or one. Dims of size 1 in front do not count. */
function fitted(name: string, value: Tensor, shape: Shape): Tensor {
  const first = value.shape.findIndex((n) => n !== 1);
  if (first < 0) return value;
  const own = value.shape.slice(first);
  if (sameShape(own, shape)) return value;
  const extra = shape.length - own.length;
  if (extra < 0 || own.some((n, i) => n !== 1 && n !== shape[extra + i])) {
    throw new RangeError(
      `${name}: shape mismatch: value tensor of shape ${shapeText(value.shape)} cannot be broadcast to indexing result of shape ${shapeText(shape)}`,
    );
  }
  // A reshape would share the value's elements, and so forbid to write to them.
  let few = value;
  while (few.ndim > shape.length) few = few.select(0, 0);
  return few.expand(shape);
}

function assignment(
  name: string, x: Tensor, indices: Indices, value: Tensor | number, { accumulate = false }: IndexPutOptions,
): { values: Tensor; writing: Writing } {
  checkTensors(name, [x]);
  const { places, hasLists } = choose(x, Array.isArray(indices) ? (indices as readonly Index[]) : [indices as Index]);
  const writing = { ...places, gradFn: hasLists ? "IndexPutBackward0" : "CopySlices", accumulate };
  if (!(value instanceof Tensor)) {
    if (typeof value !== "number") throw new TypeError(`${name}: expected a Tensor or a number, got ${describe(value)}`);
    return { values: elementFor(name, x, value), writing };
  }
  if (hasLists && value.dtype !== x.dtype) {
    throw new TypeError(
      `${name}: Index put requires the source and destination dtypes match, got ${x.dtype} for the destination and ` +
        `${value.dtype} for the source. Convert with .to("${x.dtype}") first.`,
    );
  }
  return { values: fitted(name, value, places.shape).to(x.dtype), writing };
}

/**
 * Writes `value`, broadcast, to the part of this tensor that the indices choose: PyTorch's x[i, j, …] = value.
 *
 *     x.indexPut_(0, 1)                      // the first row
 *     x.indexPut_([pt.slice(), -1], column)  // the last column
 *     x.indexPut_([[0, 2]], rows)            // rows 0 and 2
 *     x.indexPut_(x.lt(0), 0)                // what is negative
 * @throws RangeError for an index out of bounds, or a value that does not broadcast to that part
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
 */
export function indexPut_(x: Tensor, indices: Indices, value: Tensor | number, options: IndexPutOptions = {}): Tensor {
  const { values, writing } = assignment("indexPut_", x, indices, value, options);
  return write("indexPut_", x, values, writing);
}

/** A copy with `value` written as `indexPut_` does. */
export function indexPut(x: Tensor, indices: Indices, value: Tensor | number, options: IndexPutOptions = {}): Tensor {
  const { values, writing } = assignment("indexPut", x, indices, value, options);
  return written(x, values, writing);
}
