// Owns reading by index. Each exported function is also a method of Tensor. Imports apply, slices, shapes and dtypes.
import { checkInteger, describe, shapeText } from "../check";
import { allocate, copy, LONG_RUN } from "../memory";
import { broadcast, broadcastStrides, normalizeDim, type Shape, sizeOf, stridesOf } from "../shape";
import { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";
import { Slice, slice } from "./slice";

/**
 * What a dim can be indexed by: an integer (the dim goes), a slice, null (a new dim of size 1), "..." (all dims not
 * named), or integers in a tensor or array (one row each), or a bool tensor (the places where it is true).
 */
export type Index = number | Slice | null | "..." | Tensor | readonly number[];

/** A part of the result: the sizes of its dims, and for each place in them the offset into the source. */
interface Part {
  readonly shape: Shape;
  readonly offsets: readonly number[];
}

interface Indexed {
  readonly shape: Shape;
  /** Where in the source each run of neighbours begins. */
  readonly starts: ArrayLike<number>;
  /** How many elements each run has. */
  readonly run: number;
  readonly gradFn: string;
}

const indexOp: Op<Indexed> = new Op({
  name: "index",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  infer: (inputs, { shape }) => ({ shape, dtype: inputs[0].dtype }),
  kernel(inputs, out, { starts, run }) {
    const { data } = inputs[0].storage;
    // A batch of one number: an array for it would take longer than all else here.
    if (starts.length === 1 && run === 1) return data[starts[0]];
    if (starts.length === 1) return copy(data, out.dtype, starts[0], starts[0] + run);
    const result = allocate(out.dtype, starts.length * run);
    for (let i = 0, o = 0; i < starts.length; i++, o += run) {
      const start = starts[i];
      if (run >= LONG_RUN) result.set(data.subarray(start, start + run), o);
      else for (let j = 0; j < run; j++) result[o + j] = data[start + j];
    }
    return result;
  },
  pullback: (g, { specs, attributes }) => [apply(scatterOp, [g], { ...attributes, source: specs[0].shape })],
});

const scatterOp: Op<Indexed & { source: Shape }> = new Op({
  name: "scatter",
  kind: "movement",
  gradFn: () => "IndexPutBackward0",
  infer: ([{ dtype }], { source }) => ({ shape: source, dtype }),
  kernel([g], out, { starts, run }) {
    const { data } = g.storage;
    const result = allocate(out.dtype, sizeOf(out.shape));
    for (let i = 0, o = 0; i < starts.length; i++, o += run) {
      for (let j = 0; j < run; j++) result[starts[i] + j] += data[o + j];
    }
    return result;
  },
  pullback: (g, { attributes }) => [apply(indexOp, [g], attributes)],
});

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
  const { parts, gradFn } = parse(x, indices.map(unwrap));
  const shape = parts.flatMap((part) => part.shape);
  return apply(indexOp, [x], { shape, ...join(parts), gradFn });
}

/** The places that all parts together choose, in runs as long as the last parts leave them. */
function join(parts: readonly Part[]): { starts: number[]; run: number } {
  let run = 1;
  let outer = parts.length;
  // A part extends the runs behind it where its own places follow one another at their distance.
  while (outer > 0 && isStretch(parts[outer - 1].offsets, run)) run *= parts[--outer].offsets.length;
  const rest = parts.slice(outer);
  let starts = [rest.reduce((start, { offsets }) => start + (offsets[0] ?? 0), 0)];
  for (const { offsets } of parts.slice(0, outer).reverse()) {
    starts = offsets.flatMap((offset) => starts.map((start) => start + offset));
  }
  return { starts, run };
}

const isStretch = (offsets: readonly number[], distance: number): boolean =>
  offsets.every((offset, i) => offset === offsets[0] + i * distance);

/** The part of this tensor at place `index` of dim `dim`, which goes. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const d = normalizeDim("select", dim, x.ndim);
  const shape = x.shape.filter((_, i) => i !== d);
  const i = place(index, d, x.shape[d]);
  return apply(indexOp, [x], { shape, ...stretch(x.shape, d, i, 1), gradFn: "SelectBackward0" });
}

/**
 * The parts of this tensor at the places `index` of dim `dim`, one after another along that dim.
 * @param index integers, in an array or in a vector of int64
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
  return apply(indexOp, [x], selected(x.shape, shape, d, places));
}

/** The elements at `places` of dim d in a tensor of shape `from`, as a tensor of `shape`. */
function selected(from: Shape, shape: Shape, d: number, places: ArrayLike<number>): Indexed {
  const gradFn = "IndexSelectBackward0";
  const size = from[d];
  let inner = 1;
  for (let i = d + 1; i < from.length; i++) inner *= from[i];
  let outer = 1;
  for (let i = 0; i < d; i++) outer *= from[i];
  const n = places.length;
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

/** The `length` places of dim `dim` that begin at `start`. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const d = normalizeDim("narrow", dim, x.ndim);
  checkInteger("narrow", "start", start);
  checkInteger("narrow", "length", length);
  if (start < 0 || length < 0 || start + length > x.shape[d]) {
    throw new RangeError(
      `narrow: start (${start}) + length (${length}) exceeds dimension size (${x.shape[d]}).`,
    );
  }
  const shape = x.shape.map((n, i) => (i === d ? length : n));
  return apply(indexOp, [x], { shape, ...stretch(x.shape, d, start, length), gradFn: "SliceBackward0" });
}

/** The `length` neighbours along dim `d`, in a tensor of `shape`, as runs of elements. */
function stretch(shape: Shape, d: number, start: number, length: number): { starts: number[]; run: number } {
  const inner = sizeOf(shape.slice(d + 1));
  const starts = range(sizeOf(shape.slice(0, d))).map((i) => (i * shape[d] + start) * inner);
  return { starts, run: length * inner };
}

function place(index: number, dim: number, size: number): number {
  checkInteger("indexing", "an index", index);
  if (index < -size || index >= size) {
    throw new RangeError(`index ${index} is out of bounds for dimension ${dim} with size ${size}`);
  }
  return index < 0 ? index + size : index;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function slicePart({ start, stop, step }: Slice, size: number, stride: number): Part {
  const clamp = (value: number): number => Math.min(Math.max(value < 0 ? value + size : value, 0), size);
  const from = clamp(start ?? 0);
  const count = Math.max(0, Math.ceil((clamp(stop ?? size) - from) / step));
  return { shape: [count], offsets: range(count).map((i) => (from + i * step) * stride) };
}

/** Integers for one dim, and the dim. */
interface Advanced {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly dim: number;
}

/** A bool tensor counts as one list of integers for each of its dims. */
function maskToLists(mask: Tensor, x: Tensor, dim: number): Advanced[] {
  if (mask.ndim === 0) throw new TypeError("at: a bool tensor of no dims cannot be used as an index");
  mask.shape.forEach((n, i) => {
    if (n === x.shape[dim + i]) return;
    throw new RangeError(
      `The shape of the mask ${shapeText(mask.shape)} at index ${i} does not match the shape of the indexed tensor ` +
        `${shapeText(x.shape)} at index ${dim + i}`,
    );
  });
  const strides = stridesOf(mask.shape);
  const found = range(mask.numel()).filter((i) => mask.storage.data[i] !== 0);
  return mask.shape.map((n, d) => ({
    shape: [found.length],
    values: found.map((i) => Math.floor(i / strides[d]) % n),
    dim: dim + d,
  }));
}

function toLists(index: Tensor | readonly number[], x: Tensor, dim: number): Advanced[] {
  if (!(index instanceof Tensor)) return [{ shape: [index.length], values: index, dim }];
  if (index.dtype === "bool") return maskToLists(index, x, dim);
  if (index.dtype !== "int64") {
    throw new TypeError(`tensors used as indices must be int64 or bool tensors, this one is ${index.dtype}`);
  }
  return [{ shape: index.shape, values: index.storage.data, dim }];
}

/** How many dims of the source an index uses up. */
function dimsUsed(index: Index): number {
  if (index === null || index === "...") return 0;
  return index instanceof Tensor && index.dtype === "bool" ? index.ndim : 1;
}

/** A tensor of one integer and no dims counts as that integer. */
const unwrap = (index: Index): Index =>
  index instanceof Tensor && index.ndim === 0 && index.dtype === "int64" ? index.item() : index;

function parse(x: Tensor, indices: readonly Index[]): { parts: Part[]; gradFn: string } {
  for (const index of indices) {
    const known =
      index === null ||
      index === "..." ||
      typeof index === "number" ||
      index instanceof Slice ||
      index instanceof Tensor ||
      Array.isArray(index);
    if (!known)
      throw new TypeError(
        `at: cannot index with ${describe(index)}: use integers, pt.slice(…), null, "...", or a tensor of integers`,
      );
  }
  const used = indices.reduce<number>((n, index) => n + dimsUsed(index), 0);
  if (used > x.ndim) throw new RangeError(`too many indices for tensor of dimension ${x.ndim}`);
  const open = indices.indexOf("...");
  if (open !== indices.lastIndexOf("...")) throw new RangeError('at: an index can have only one "..."');

  const strides = stridesOf(x.shape);
  const all = slice();
  const rest = new Array<Index>(x.ndim - used).fill(all);
  const full =
    open < 0 ? [...indices, ...rest] : [...indices.slice(0, open), ...rest, ...indices.slice(open + 1)];
  const lists: Advanced[] = [];
  const parts: Part[] = [];
  // The dims of the lists go in the place of the first where all stand together, integers not counted; else in front.
  let slot = 0;
  let lastList = -1;
  let together = true;
  let gradFn = "AliasBackward0";
  let dim = 0;
  let position = 0;
  for (const index of full) {
    if (index === null) {
      parts.push({ shape: [1], offsets: [0] });
      gradFn = "UnsqueezeBackward0";
    } else if (index instanceof Slice) {
      parts.push(slicePart(index, x.shape[dim], strides[dim]));
      if (index !== all) gradFn = "SliceBackward0";
      dim++;
    } else if (typeof index === "number") {
      parts.push({ shape: [], offsets: [place(index, dim, x.shape[dim]) * strides[dim]] });
      gradFn = "SelectBackward0";
      dim++;
      continue;
    } else if (index !== "...") {
      const found = toLists(index, x, dim);
      if (lastList < 0) slot = parts.length;
      else if (position !== lastList + 1) together = false;
      lastList = position;
      lists.push(...found);
      dim += found.length;
    }
    position++;
  }
  if (lists.length === 0) return { parts, gradFn };
  parts.splice(together ? slot : 0, 0, combine(lists, x.shape, strides));
  return { parts, gradFn: "IndexBackward0" };
}

/** Several lists of integers, broadcast against one another, as one part. */
function combine(lists: readonly Advanced[], shape: Shape, strides: readonly number[]): Part {
  const common = lists.reduce<Shape>((all, list) => broadcast("at: index tensors", all, list.shape), []);
  const offsets = new Array<number>(sizeOf(common)).fill(0);
  const commonStrides = stridesOf(common);
  for (const { shape: own, values, dim } of lists) {
    const steps = broadcastStrides(own, common);
    for (let i = 0; i < offsets.length; i++) {
      let from = 0;
      for (let d = 0; d < common.length; d++)
        from += (Math.floor(i / commonStrides[d]) % common[d]) * steps[d];
      offsets[i] += place(values[from], dim, shape[dim]) * strides[dim];
    }
  }
  return { shape: common, offsets };
}
