// Owns what the indices of `x.at(…)` mean: which places of a tensor they choose. Imports places, slices and shapes.
// Nothing here is a method.
import { describe, shapeText } from "../check";
import { broadcast, broadcastStrides, range, type Shape, sizeOf, stridesOf } from "../shape";
import { Tensor } from "../tensor";
import { type Part, place, type Places, placesOf, placesOfNonzero, walk } from "./places";
import { Slice, slice } from "./slice";

/**
 * What a dim can be indexed by: an integer (the dim goes), a slice, null (a new dim of size 1), "..." (all dims not
 * named), or integers in a tensor or array (one row each), or a bool tensor (the places where it is true).
 */
export type Index = number | Slice | null | "..." | Tensor | readonly number[];

/** The places that indices choose in a tensor. */
export interface Chosen {
  readonly places: Places;
  /** Whether lists of integers or masks are among the indices. */
  readonly hasLists: boolean;
}

/** The places of `x` that the indices choose, dim by dim. */
export function choose(x: Tensor, indices: readonly Index[]): Chosen {
  const { parts, gradFn } = parse(x, indices.map(unwrap));
  return { places: placesOf(parts, gradFn), hasLists: gradFn === "IndexBackward0" };
}

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
  const found = placesOfNonzero(mask.storage.data);
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
  for (const { shape: own, values, dim } of lists) {
    const from = walk(common, broadcastStrides(own, common));
    for (let i = 0; i < offsets.length; i++) offsets[i] += place(values[from[i]], dim, shape[dim]) * strides[dim];
  }
  return { shape: common, offsets };
}
