// Owns reading by index. Each exported function is also a method of Tensor.
// Imports places, the meaning of indices, and shapes.
import { checkInteger, describe, shapeText } from "../check";
import { normalizeDim, type Shape } from "../shape";
import { Tensor } from "../tensor";
import { choose, type Index } from "./indices";
import { place, type Places, read, stretch, withoutDim } from "./places";

/**
 * The part of this tensor that the indices choose, dim by dim, as `x[i, j, …]` does in PyTorch. The result is a copy.
 *
 *     x.at(0)                  // the first row
 *     x.at(pt.slice(), -1)     // the last column
 *     x.at([0, 0, 2])          // rows 0, 0 and 2
 * @throws RangeError for an index out of bounds, or more indices than dims
 * @see https://pytorch.org/docs/stable/tensor_view.html
 */
export function at(x: Tensor, ...indices: Index[]): Tensor {
  if (indices.length === 1 && typeof indices[0] === "number" && x.ndim > 0) return select(x, 0, indices[0]);
  return read(x, choose(x, indices).places);
}

/** The part of this tensor at place `index` of dim `dim`, which goes. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  if (x.ndim === 0) throw new RangeError("select() cannot be applied to a 0-dim tensor.");
  const d = normalizeDim("select", dim, x.ndim);
  return read(x, withoutDim(stretch(x.shape, d, place(index, d, x.shape[d]), 1, "SelectBackward0"), d));
}

/**
 * The parts of this tensor at the places `index` of dim `dim`, one after another along that dim.
 * @param index integers, in an array or in a vector of int64; none is negative
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.index_select.html
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor | readonly number[]): Tensor {
  const d = normalizeDim("indexSelect", dim, x.ndim);
  if (index instanceof Tensor && (index.ndim > 1 || index.dtype !== "int64")) {
    throw new TypeError(`indexSelect: Index is supposed to be a vector of int64, got ${index.dtype} ${shapeText(index.shape)}`);
  }
  if (!(index instanceof Tensor || Array.isArray(index))) {
    throw new TypeError(`indexSelect: expected an array or a vector of integers, got ${describe(index)}`);
  }
  if (x.ndim === 0) throw new RangeError("indexSelect: a 0-dim tensor has no places to select");
  const places: ArrayLike<number> = index instanceof Tensor ? index.storage.data : index;
  const shape = x.shape.slice();
  shape[d] = places.length;
  return read(x, selected(x.shape, shape, d, places));
}

/** The elements at `places` of dim d in a tensor of shape `from`, as a tensor of `shape`. */
function selected(from: Shape, shape: Shape, d: number, places: ArrayLike<number>): Places {
  const gradFn = "IndexSelectBackward0";
  const size = from[d];
  let inner = 1;
  for (let i = d + 1; i < from.length; i++) inner *= from[i];
  let outer = 1;
  for (let i = 0; i < d; i++) outer *= from[i];
  const n = places.length;
  // Unlike other indices, these do not count from the end.
  for (let i = 0; i < n; i++) if (places[i] < 0) throw new RangeError(`indexSelect: index out of range in self: ${places[i]}`);
  const first = n > 0 ? place(places[0], d, size) : 0;
  let areNeighbours = outer === 1;
  for (let i = 1; i < n; i++) areNeighbours = place(places[i], d, size) === first + i && areNeighbours;
  // Neighbours, as in a batch that is not shuffled, are one run.
  if (areNeighbours) return { shape, starts: [first * inner], run: n * inner, gradFn };
  const starts: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) starts.push((o * size + place(places[i], d, size)) * inner);
  }
  return { shape, starts, run: inner, gradFn };
}

/**
 * The `length` places of dim `dim` that begin at `start`, which counts from the end where it is negative.
 * @throws RangeError where they are not all there
 * @see https://pytorch.org/docs/stable/generated/torch.narrow.html
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  if (x.ndim === 0) throw new RangeError("narrow() cannot be applied to a 0-dim tensor.");
  const d = normalizeDim("narrow", dim, x.ndim);
  checkInteger("narrow", "start", start);
  checkInteger("narrow", "length", length);
  const first = start < 0 ? start + x.shape[d] : start;
  if (first < 0 || length < 0 || first + length > x.shape[d]) {
    throw new RangeError(
      `narrow: start (${start}) + length (${length}) exceeds dimension size (${x.shape[d]}).`,
    );
  }
  return read(x, stretch(x.shape, d, first, length, "SliceBackward0"));
}
