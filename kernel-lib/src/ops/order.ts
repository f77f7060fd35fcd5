// Owns what rests on the order of the elements. Each exported function is also a method of Tensor.
// Imports apply, places, shapes and dtypes.
import { checkCount, checkInteger, describe, shapeText } from "../check";
import { type DTypeName, isFloat, round, type TypedArray } from "../dtype";
import { Storage } from "../engines/storage";
import { allocate } from "../memory";
import { eachLine, lines, normalizeDim, range, type Shape, sizeOf, stridesOf } from "../shape";
import { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";
import { checkTensors } from "./operands";
import { along, placesOf, placesOfNonzero, read } from "./places";
import type { ReduceOptions } from "./reduced";

/** Elements, and their places along the dim that they were chosen from. */
export interface ValuesAndIndices {
  readonly values: Tensor;
  /** int64, of the values' shape. */
  readonly indices: Tensor;
}

const integers = (data: TypedArray, shape: Shape): Tensor => new Tensor(new Storage(data), { shape, dtype: "int64" });

/** −1, 0 or 1 as `a` comes before, with or after `b`: NaN is greater than all else, as in PyTorch. */
function compare(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** The places 0 … n − 1 of a line in the order of its elements; those of equal ones in their own order. */
function orderOf(data: TypedArray, start: number, n: number, step: number, descending: boolean): Int32Array {
  const sign = descending ? -1 : 1;
  return Int32Array.from(range(n)).sort(
    (i, j) => sign * compare(data[start + i * step], data[start + j * step]) || i - j,
  );
}

interface Choice {
  readonly descending: boolean;
  /** How many of each line are chosen. */
  readonly count: number;
  /** The rank of the first that is chosen. */
  first(order: Int32Array, elementAt: (place: number) => number): number;
  /** The result's shape. */
  readonly shape: Shape;
}

/** Places along a dim, and the same among all elements. */
interface Ranked {
  readonly indices: TypedArray;
  readonly starts: Float64Array;
}

/** Of each line along dim d the places of those that are chosen by their rank. */
function ranked({ storage: { data }, shape }: Tensor, d: number, choice: Choice): Ranked {
  const { outer, n, step } = lines(shape, d);
  const { count, descending } = choice;
  const starts = new Float64Array(outer * count * step);
  const indices = allocate("int64", starts.length);
  const begins: number[] = [];
  eachLine({ outer, n: count, step }, (start) => begins.push(start));
  eachLine({ outer, n, step }, (start, line) => {
    const order = orderOf(data, start, n, step, descending);
    const first = choice.first(order, (place) => data[start + place * step]);
    for (let i = 0, o = begins[line]; i < count; i++, o += step) {
      indices[o] = order[first + i];
      starts[o] = start + order[first + i] * step;
    }
  });
  return { indices, starts };
}

function choose(x: Tensor, d: number, choice: Choice, gradFn: string): ValuesAndIndices {
  const { indices, starts } = ranked(x, d, choice);
  const { shape } = choice;
  return { values: read(x, { shape, starts, run: 1, gradFn }), indices: integers(indices, shape) };
}

/** All of each line, in order. */
const inOrder = (x: Tensor, d: number, descending: boolean): Choice =>
  ({ descending, count: x.shape[d] ?? 1, first: () => 0, shape: x.shape });

export interface SortOptions {
  /** The greatest first. Default false. */
  descending?: boolean;
  /** Equal elements keep their order, whatever is said here. */
  stable?: boolean;
}

/**
 * The elements along `dim` in ascending order, and the places where they were. Equal elements keep their order; NaN
 * counts as greater than all else.
 * @see https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export function sort(x: Tensor, dim = -1, { descending = false }: SortOptions = {}): ValuesAndIndices {
  checkTensors("sort", [x]);
  const d = normalizeDim("sort", dim, x.ndim);
  return choose(x, d, inOrder(x, d, descending), "SortBackward0");
}

/** The places along `dim` that put the elements in order, as `sort` does. */
export function argsort(x: Tensor, dim = -1, { descending = false }: SortOptions = {}): Tensor {
  checkTensors("argsort", [x]);
  const d = normalizeDim("argsort", dim, x.ndim);
  return integers(ranked(x, d, inOrder(x, d, descending)).indices, x.shape);
}

export interface TopkOptions {
  /** The greatest, or the smallest. Default true. */
  largest?: boolean;
  /** They are in order, whatever is said here. */
  sorted?: boolean;
}

/**
 * The `k` greatest elements along `dim`, the greatest first, and their places; of equal ones the first. NaN counts as
 * greater than all else.
 * @throws RangeError where there are fewer than k
 * @see https://pytorch.org/docs/stable/generated/torch.topk.html
 */
export function topk(x: Tensor, k: number, dim = -1, { largest = true }: TopkOptions = {}): ValuesAndIndices {
  checkTensors("topk", [x]);
  const d = normalizeDim("topk", dim, x.ndim);
  checkInteger("topk", "k", k);
  if (k < 0 || k > (x.shape[d] ?? 1)) throw new RangeError(`topk: selected index k out of range, got ${k} for shape ${shapeText(x.shape)}`);
  if (x.dtype === "bool") throw new TypeError("topk: does not support bool. Convert with .to(pt.int64) first.");
  // A 0-dim tensor has its one element whatever k is, as in PyTorch.
  const count = x.ndim === 0 ? 1 : k;
  const shape = x.shape.map((n, i) => (i === d ? k : n));
  return choose(x, d, { descending: largest, count, first: () => 0, shape }, "TopkBackward0");
}

/** Checks what the choice of one element along a dim asks for; returns the dim and the result's shape. */
function one(name: string, x: Tensor, dim: number, { keepdim = false }: ReduceOptions): { d: number; shape: Shape } {
  checkTensors(name, [x]);
  const d = normalizeDim(name, dim, x.ndim);
  if (x.dtype === "bool") throw new TypeError(`${name}: not implemented for bool. Convert with .to(pt.int64) first.`);
  if (x.shape[d] === 0) throw new RangeError(`${name}: Expected reduction dim ${d} to have non-zero size.`);
  return { d, shape: keepdim ? x.shape.map((n, i) => (i === d ? 1 : n)) : x.shape.filter((_, i) => i !== d) };
}

/**
 * The `k`-th smallest element along `dim`, the first being k = 1, and its place.
 * @throws RangeError where there are fewer than k
 * @see https://pytorch.org/docs/stable/generated/torch.kthvalue.html
 */
export function kthvalue(x: Tensor, k: number, dim = -1, options: ReduceOptions = {}): ValuesAndIndices {
  const { d, shape } = one("kthvalue", x, dim, options);
  checkInteger("kthvalue", "k", k);
  if (k < 1 || k > (x.shape[d] ?? 1)) {
    throw new RangeError(`kthvalue: selected number k out of range for dimension ${d}, got ${k} for shape ${shapeText(x.shape)}`);
  }
  return choose(x, d, { descending: false, count: 1, first: () => k - 1, shape }, "KthvalueBackward0");
}

/** The rank of the median of n elements: the lower of two. */
const middle = (n: number): number => (n - 1) >> 1;

const medianOp: Op<null> = new Op({
  name: "median",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  infer([{ shape, dtype }]) {
    if (dtype === "bool") throw new TypeError("median: not implemented for bool. Convert with .to(pt.int64) first.");
    if (!isFloat(dtype) && sizeOf(shape) === 0) throw new RangeError("median: there is none of no integers");
    return { shape: [], dtype };
  },
  kernel([x], { dtype }) {
    const result = allocate(dtype, 1);
    // Typed arrays sort by size, and NaN to the end.
    const sorted = x.storage.data.slice().sort();
    const last = sorted[sorted.length - 1] ?? NaN;
    result[0] = Number.isNaN(last) ? NaN : sorted[middle(sorted.length)];
    return result;
  },
  // All elements that are equal to it have the same part, as in PyTorch.
  pullback(g, saved) {
    const [x, y] = [saved.input(0), saved.output()];
    const isOne = Number.isNaN(y.item()) ? x.ne(x) : x.eq(y);
    return [g.div(isOne.sum()).where(isOne, 0)];
  },
});

/**
 * The median: of all elements as a tensor of no dims, or along `dim` with its places. Of an even number of elements it
 * is the lower of the two in the middle; NaN where one is.
 * @see https://pytorch.org/docs/stable/generated/torch.median.html
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function median(x: Tensor, dim?: number, options: ReduceOptions = {}): Tensor | ValuesAndIndices {
  if (dim === undefined) return apply(medianOp, [x], null);
  const { d, shape } = one("median", x, dim, options);
  const first = (order: Int32Array, elementAt: (place: number) => number): number => {
    const firstNaN = order.findIndex((place) => Number.isNaN(elementAt(place)));
    return firstNaN < 0 ? middle(order.length) : firstNaN;
  };
  return choose(x, d, { descending: false, count: 1, first, shape }, "MedianBackward1");
}

export interface UniqueDim {
  /** The dim whose slices are compared. Elements by themselves where left out. */
  dim?: number;
}

/** What is asked for beside the elements that differ. */
export type UniqueOptions = UniqueDim &
  ({ returnInverse: true; returnCounts?: boolean } | { returnInverse?: boolean; returnCounts: true });

/** The elements that differ, and what is known of them. */
export interface UniqueResult {
  readonly values: Tensor;
  /** For each element or slice its place among the values: int64, of the tensor's shape or the dim's length. */
  readonly inverse: Tensor;
  /** How often each value is there. */
  readonly counts: Tensor;
}

/** The slices along dim d of a tensor of `shape`: their number, distance, and the offsets of a slice's elements. */
function slices(shape: Shape, d: number): { n: number; step: number; offsets: number[] } {
  const { outer, n, step } = lines(shape, d);
  return { n, step, offsets: range(outer).flatMap((line) => range(step).map((i) => line * n * step + i)) };
}

/**
 * The elements without repetition, in ascending order, in one dim; each NaN by itself. With `{ dim }` the slices of
 * it without repetition, ordered by the first element in which they differ. No gradient passes through.
 * Asked for the inverse or the counts, it gives all three.
 * @throws RangeError with `dim`, where another dim has the size 0
 * @see https://pytorch.org/docs/stable/generated/torch.unique.html
 */
export function unique(x: Tensor, options: UniqueOptions): UniqueResult;
export function unique(x: Tensor, options?: UniqueDim): Tensor;
export function unique(x: Tensor, options: UniqueDim & Partial<UniqueOptions> = {}): Tensor | UniqueResult {
  checkTensors("unique", [x]);
  const { dim } = options;
  const shape = dim === undefined ? [x.numel()] : x.shape;
  const d = dim === undefined ? 0 : normalizeDim("unique", dim, x.ndim);
  if (shape.length === 0) throw new RangeError(`unique: Dimension specified as ${dim} but tensor has no dimensions`);
  if (shape.some((size, i) => size === 0 && i !== d)) {
    throw new RangeError(
      "unique: There are 0 sized dimensions, and they aren't selected, so unique cannot be applied, " +
        `got shape ${shapeText(shape)} and dim ${d}`,
    );
  }
  const { data } = x.storage;
  const { n, step, offsets } = slices(shape, d);
  const compareSlices = (i: number, j: number): number => {
    for (const offset of offsets) {
      const found = compare(data[offset + i * step], data[offset + j * step]);
      if (found !== 0) return found;
    }
    return i - j;
  };
  // NaN differs from NaN.
  const differ = (i: number, j: number): boolean =>
    offsets.some((offset) => data[offset + i * step] !== data[offset + j * step]);
  const order = dim === undefined ? orderOf(data, 0, n, 1, false) : Int32Array.from(range(n)).sort(compareSlices);
  const inverse = allocate("int64", n);
  const chosen: number[] = [];
  const counts: number[] = [];
  order.forEach((place, i) => {
    if (i === 0 || differ(place, order[i - 1])) {
      chosen.push(place);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    inverse[place] = counts.length - 1;
  });
  const values = read(x.detach(), placesOf(along(shape, (i) => (i === d ? chosen : null)), ""));
  if (!options.returnInverse && !options.returnCounts) return values;
  return {
    values,
    inverse: integers(inverse, dim === undefined ? x.shape : [n]),
    counts: integers(Float64Array.from(counts), [counts.length]),
  };
}

/**
 * Where this tensor is not 0: one row of indices an element, [n, ndim]; with `{ asTuple: true }` one vector a dim, with
 * which `x.at(…)` reads those elements.
 * @see https://pytorch.org/docs/stable/generated/torch.nonzero.html
 */
export function nonzero(x: Tensor): Tensor;
export function nonzero(x: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, { asTuple = false }: { asTuple?: boolean } = {}): Tensor | Tensor[] {
  checkTensors("nonzero", [x]);
  const found = placesOfNonzero(x.storage.data);
  const strides = stridesOf(x.shape);
  const index = (i: number, dim: number): number => Math.floor(i / strides[dim]) % x.shape[dim];
  const rows = found.flatMap((i) => strides.map((_, dim) => index(i, dim)));
  if (!asTuple) return integers(Float64Array.from(rows), [found.length, x.ndim]);
  // A 0-dim tensor counts as a vector of one.
  if (x.ndim === 0) return [integers(Float64Array.from(found), [found.length])];
  return strides.map((_, dim) => integers(Float64Array.from(found, (i) => index(i, dim)), [found.length]));
}

export interface BincountOptions {
  /** The least number of counts. Default 0. */
  minlength?: number;
}

/**
 * How often each of 0, 1, 2, … is among the elements of a vector; with `weights`, the sum of the weights of these.
 * @see https://pytorch.org/docs/stable/generated/torch.bincount.html
 */
export function bincount(x: Tensor, weights?: Tensor | null, { minlength = 0 }: BincountOptions = {}): Tensor {
  checkTensors("bincount", weights ? [x, weights] : [x]);
  checkCount("bincount", "minlength", minlength);
  const { data } = x.storage;
  if (x.ndim !== 1 || x.dtype !== "int64" || data.some((value) => value < 0)) {
    throw new RangeError(`bincount: only supports 1-d non-negative integral inputs, got ${x.dtype} ${shapeText(x.shape)}`);
  }
  if (weights && (weights.ndim !== 1 || weights.shape[0] !== data.length)) {
    throw new RangeError(`bincount: weights should be 1-d and have the same length as input, got ${shapeText(weights.shape)}`);
  }
  let size = minlength;
  for (const value of data) size = Math.max(size, value + 1);
  // Of nothing the counts are integers, whatever the weights.
  const dtype: DTypeName = !weights || data.length === 0 ? "int64" : weights.dtype === "float32" ? "float32" : "float64";
  const counts = allocate(dtype, size);
  const parts = weights?.storage.data;
  data.forEach((value, i) => (counts[value] += parts ? parts[i] : 1));
  return new Tensor(new Storage(counts), { shape: [size], dtype });
}

export interface HistcOptions {
  /** The lower end of the first bin. Default: the least element. */
  min?: number;
  /** The upper end of the last bin. Default: the greatest element. */
  max?: number;
}

/**
 * How many elements are in each of `bins` bins of one width from `min` to `max`; those outside are not counted.
 * @see https://pytorch.org/docs/stable/generated/torch.histc.html
 */
export function histc(x: Tensor, bins = 100, { min = 0, max = 0 }: HistcOptions = {}): Tensor {
  checkTensors("histc", [x]);
  if (!isFloat(x.dtype)) throw new TypeError(`histc: not implemented for ${x.dtype}. Convert with .to(pt.float32) first.`);
  if (!(Number.isInteger(bins) && bins > 0)) throw new RangeError(`histc: bins must be > 0, but got ${describe(bins)}`);
  const { data } = x.storage;
  const r = (value: number): number => round(x.dtype, value);
  let [low, high] = [r(min), r(max)];
  if (low === high && data.length > 0) {
    [low, high] = [Infinity, -Infinity];
    // Of numbers among which one is NaN both are NaN.
    for (const value of data) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  if (low === high) [low, high] = [r(low - 1), r(high + 1)];
  if (!(Number.isFinite(low) && Number.isFinite(high))) throw new RangeError(`histc: range of [${low}, ${high}] is not finite`);
  if (low > high) throw new RangeError("histc: max must be larger than min");
  const counts = allocate(x.dtype, bins);
  for (const value of data) {
    if (!(value >= low && value <= high)) continue;
    // Each step rounded as PyTorch rounds it: an element near an edge is then in the same bin.
    const bin = Math.floor(r(r(r(value - low) * bins) / r(high - low)));
    counts[Math.min(bin, bins - 1)]++;
  }
  return new Tensor(new Storage(counts), { shape: [bins], dtype: x.dtype });
}
