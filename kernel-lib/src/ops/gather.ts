// Owns gathering from and scattering to places that tensors name. Each exported function is also a method of Tensor.
// Imports apply, places, shapes and dtypes.
import { describe, shapeText } from "../check";
import { round } from "../dtype";
import { broadcast, normalizeDim, range, sameShape, type Shape, stridesOf } from "../shape";
import { Tensor } from "../tensor";
import { checkWritable, pointwise, pointwiseInPlace, pointwiseOps } from "./apply";
import { type Fold, folded } from "./fold";
import { checkTensors } from "./operands";
import { along, elementFor, type Places, placesOf, placesOfNonzero, read, walk, write, type Writing, written } from "./places";

/** The place that an index names along a dim, where indices from the back are none. */
function placeFromFront(index: number, dim: number, size: number): number {
  if (index >= 0 && index < size) return index;
  throw new RangeError(`index ${index} is out of bounds for dimension ${dim} with size ${size}`);
}

function checkInt64(name: string, index: Tensor): void {
  if (index.dtype !== "int64") throw new TypeError(`${name}: Expected dtype int64 for index, got ${index.dtype}`);
}

// A 0-dim tensor counts as a vector of one.
const asVector = (shape: Shape): Shape => (shape.length === 0 ? [1] : shape);

/** Whether `index` has at most the sizes of `shape`, apart from dim `except`. */
const isWithin = (index: Shape, shape: Shape, except = -1): boolean =>
  index.every((n, d) => d === except || n <= shape[d]);

/** The places in a tensor of `shape` that have the coordinates of each index, but along dim `d` the index itself. */
function placesAlong(shape: Shape, d: number, index: Tensor, gradFn: string): Places {
  const strides = stridesOf(shape);
  const starts = walk(asVector(index.shape), strides.map((step, dim) => (dim === d ? 0 : step)));
  const { data } = index.storage;
  for (let i = 0; i < starts.length; i++) starts[i] += placeFromFront(data[i], d, shape[d]) * strides[d];
  return { shape: index.shape, starts, run: 1, gradFn };
}

/**
 * The elements at the places `index` along `dim`: out[i][j] = x[index[i][j]][j] for dim 0 of a matrix.
 * @param index int64, of as many dims, and no larger apart from `dim`
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  checkTensors("gather", [x, index]);
  const d = normalizeDim("gather", dim, x.ndim);
  checkInt64("gather", index);
  const gradFn = "GatherBackward0";
  if (index.numel() === 0) return read(x, { shape: index.shape, starts: [], run: 1, gradFn });
  const [from, of] = [asVector(x.shape), asVector(index.shape)];
  if (from.length !== of.length) {
    throw new RangeError("gather: Index tensor must have the same number of dimensions as input tensor");
  }
  if (!isWithin(of, from, d)) {
    throw new RangeError(
      `gather: Size does not match: expected index ${shapeText(of)} to be no larger than self ${shapeText(from)} apart from dimension ${d}`,
    );
  }
  return read(x, placesAlong(from, d, index, gradFn));
}

/** What a scatter writes, and where. */
interface Scattered {
  readonly values: Tensor;
  readonly writing: Writing;
}

function scattered(
  name: string, x: Tensor, dim: number, index: Tensor, source: Tensor | number, accumulate: boolean,
): Scattered {
  checkTensors(name, [x, index]);
  const d = normalizeDim(name, dim, x.ndim);
  checkInt64(name, index);
  const ofNumber = typeof source === "number";
  if (!ofNumber) checkTensors(name, [source]);
  const values = ofNumber ? elementFor(name, x, source) : source;
  if (values.dtype !== x.dtype) {
    throw new TypeError(`${name}: Expected self.dtype to be equal to src.dtype, got ${x.dtype} and ${values.dtype}`);
  }
  const gradFn = accumulate ? "ScatterAddBackward0" : ofNumber ? "ScatterBackward1" : "ScatterBackward0";
  if (index.numel() === 0) {
    return { values: elementFor(name, x, 0), writing: { shape: [0], starts: [], run: 1, gradFn, accumulate } };
  }
  const [to, of] = [asVector(x.shape), asVector(index.shape)];
  if (of.length !== to.length) {
    throw new RangeError(`${name}: Index tensor must have the same number of dimensions as self tensor`);
  }
  const from = ofNumber ? of : asVector(values.shape);
  if (from.length !== of.length) {
    throw new RangeError(`${name}: Index tensor must have the same number of dimensions as src tensor`);
  }
  if (!isWithin(of, to, d) || !isWithin(of, from)) {
    throw new RangeError(
      `${name}: Expected index ${shapeText(of)} to be no larger than self ${shapeText(to)} apart from dimension ${d}` +
        (ofNumber ? "" : ` and to be no larger size than src ${shapeText(from)}`),
    );
  }
  const writing = { ...placesAlong(to, d, index, gradFn), accumulate };
  if (ofNumber || sameShape(values.shape, index.shape)) return { values, writing };
  // Of a larger source the part that there are indices for.
  const part = { shape: index.shape, starts: walk(of, stridesOf(from)), run: 1, gradFn: "SliceBackward0" };
  return { values: read(values, part), writing };
}

/**
 * A copy with the elements of `source`, or a number, put at the places `index` along `dim`:
 * out[index[i][j]][j] = source[i][j] for dim 0 of a matrix. What comes last stays where a place is named twice.
 * @param index int64, of as many dims as this tensor and `source`, and no larger than either, apart from `dim` in this
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
 */
export function scatter(x: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  const { values, writing } = scattered("scatter", x, dim, index, source, false);
  return written(x, values, writing);
}

/** `scatter` into this tensor itself. */
export function scatter_(x: Tensor, dim: number, index: Tensor, source: Tensor | number): Tensor {
  const { values, writing } = scattered("scatter_", x, dim, index, source, false);
  return write("scatter_", x, values, writing);
}

/**
 * A copy with the elements of `source` added at the places `index` along `dim`, as `scatter` names them.
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensors("scatterAdd", [source]);
  const { values, writing } = scattered("scatterAdd", x, dim, index, source, true);
  return written(x, values, writing);
}

/** `scatterAdd` into this tensor itself. */
export function scatterAdd_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensors("scatterAdd_", [source]);
  const { values, writing } = scattered("scatterAdd_", x, dim, index, source, true);
  return write("scatterAdd_", x, values, writing);
}

export interface ScatterReduceOptions {
  /** Whether what is at a place counts as one of those that become one there. Default true. */
  includeSelf?: boolean;
}

const FOLDS: readonly unknown[] = ["sum", "prod", "mean", "amax", "amin"];

/**
 * A copy with the elements of `source` reduced into the places `index` along `dim`, as `scatter` names them: what is
 * there becomes the sum, product, mean, greatest or smallest of it and of what is scattered there.
 * @throws RangeError for a place out of bounds, or another `reduce`
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
 */
export function scatterReduce(
  x: Tensor, dim: number, index: Tensor, source: Tensor, reduce: Fold,
  { includeSelf = true }: ScatterReduceOptions = {},
): Tensor {
  checkTensors("scatterReduce", [source]);
  if (!FOLDS.includes(reduce)) {
    throw new RangeError(
      `scatterReduce: reduce argument must be either sum, prod, mean, amax or amin, got ${describe(reduce)}`,
    );
  }
  const { values, writing } = scattered("scatterReduce", x, dim, index, source, false);
  if (reduce === "mean" && x.dtype === "bool") {
    throw new TypeError("scatterReduce: mean is not implemented for bool tensors");
  }
  const chosen = index.numel() === 0 ? read(source, { ...writing, gradFn: "SliceBackward0" }) : values;
  return folded(x, chosen, { ...writing, fold: reduce, includeSelf });
}

export interface IndexAddOptions {
  /** What the source is multiplied by. Default 1. */
  alpha?: number;
}

function indexAdded(
  name: string, x: Tensor, dim: number, index: Tensor, source: Tensor, { alpha = 1 }: IndexAddOptions,
): Scattered {
  checkTensors(name, [x, index, source]);
  const d = normalizeDim(name, dim, x.ndim);
  checkInt64(name, index);
  if (index.ndim > 1) throw new RangeError(`${name}: Index is supposed to be a vector, but got shape ${shapeText(index.shape)}`);
  if (x.dtype !== source.dtype) {
    throw new TypeError(`${name}: self (${x.dtype}) and source (${source.dtype}) must have the same scalar type`);
  }
  const size = source.ndim === 0 ? 1 : source.shape[d];
  const fits = source.ndim === x.ndim && source.shape.every((n, i) => i === d || n === x.shape[i]);
  if (!fits) {
    throw new RangeError(
      `${name}: source tensor shape must match self tensor shape, excluding the specified dimension. ` +
        `Got self.shape = ${shapeText(x.shape)} source.shape = ${shapeText(source.shape)}`,
    );
  }
  if (index.numel() !== size) {
    throw new RangeError(`${name}: Number of indices (${index.numel()}) should be equal to source.size(dim): (${size}), for dim: ${d}`);
  }
  const places = Array.from(index.storage.data, (i) => placeFromFront(i, d, asVector(x.shape)[d]));
  const parts = along(x.shape, (i) => (i === d ? places : null));
  const factor = x.dtype === "int64" ? Math.trunc(alpha) : alpha;
  const values = factor === 1 ? source : source.mul(factor);
  return { values, writing: { ...placesOf(parts, "IndexAddBackward0"), accumulate: true } };
}

/**
 * A copy with the parts of `source` along `dim` added at the places `index` of `dim`.
 * @param index a vector of int64, as long as `source` is along `dim`
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html
 */
export function indexAdd(x: Tensor, dim: number, index: Tensor, source: Tensor, options: IndexAddOptions = {}): Tensor {
  const { values, writing } = indexAdded("indexAdd", x, dim, index, source, options);
  return written(x, values, writing);
}

/** `indexAdd` into this tensor itself. */
export function indexAdd_(
  x: Tensor, dim: number, index: Tensor, source: Tensor, options: IndexAddOptions = {},
): Tensor {
  const { values, writing } = indexAdded("indexAdd_", x, dim, index, source, options);
  return write("indexAdd_", x, values, writing);
}

/**
 * The elements at the places `index`, as if all lay in one dim; negative places count from the end.
 * @param index int64; the result has its shape
 * @throws RangeError for a place out of bounds
 * @see https://pytorch.org/docs/stable/generated/torch.take.html
 */
export function take(x: Tensor, index: Tensor): Tensor {
  checkTensors("take", [x, index]);
  checkInt64("take", index);
  const n = x.numel();
  if (n === 0 && index.numel() > 0) throw new RangeError("take: tried to take from an empty tensor");
  const starts = Array.from(index.storage.data, (i) => {
    if (i >= -n && i < n) return i < 0 ? i + n : i;
    throw new RangeError(`take: out of range: tried to access index ${i} on a tensor of ${n} elements.`);
  });
  return read(x, { shape: index.shape, starts, run: 1, gradFn: "TakeBackward0" });
}

/**
 * The elements where `mask` is true, in one dim. This tensor and the mask broadcast.
 * @see https://pytorch.org/docs/stable/generated/torch.masked_select.html
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkTensors("maskedSelect", [x, mask]);
  if (mask.dtype !== "bool") throw new TypeError(`maskedSelect: expected a bool tensor for mask, got ${mask.dtype}`);
  const shape = broadcast("maskedSelect", x.shape, mask.shape);
  const starts = placesOfNonzero(mask.expand(shape).storage.data);
  return read(x.expand(shape), { shape: [starts.length], starts, run: 1, gradFn: "MaskedSelectBackward0" });
}

/** The operands of `where` that fill the places where `mask` is true. */
function filling(name: string, x: Tensor, mask: Tensor, value: Tensor | number): unknown[] {
  checkTensors(name, [x, mask]);
  if (mask.dtype !== "bool") throw new TypeError(`${name}: only supports boolean masks, but got mask with dtype ${mask.dtype}`);
  if (!(value instanceof Tensor)) {
    if (typeof value !== "number") throw new TypeError(`${name}: expected a number or a 0-dim tensor, got ${describe(value)}`);
    const held = round(x.dtype, value);
    return [x, mask.eq(0), x.dtype === "bool" ? held !== 0 : held];
  }
  if (value.ndim > 0) {
    throw new RangeError(`${name}: only supports a 0-dimensional value tensor, but got tensor with ${value.ndim} dimension(s).`);
  }
  return [x, mask.eq(0), value.to(x.dtype)];
}

/**
 * A copy with `value` wherever `mask` is true. This tensor and the mask broadcast.
 * @param value a number, or a tensor of no dims
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Tensor | number): Tensor {
  return pointwise(pointwiseOps.where, filling("maskedFill", x, mask, value));
}

/** `maskedFill` of this tensor itself, to which the mask must broadcast. */
export function maskedFill_(x: Tensor, mask: Tensor, value: Tensor | number): Tensor {
  const operands = filling("maskedFill_", x, mask, value);
  checkWritable("maskedFill_", x, value instanceof Tensor ? [x, value] : [x]);
  const shape = broadcast("maskedFill_", x.shape, mask.shape);
  if (!sameShape(shape, x.shape)) {
    throw new RangeError(
      `maskedFill_: output with shape ${shapeText(x.shape)} doesn't match the broadcast shape ${shapeText(shape)}`,
    );
  }
  return pointwiseInPlace(pointwiseOps.where, x, operands);
}

export interface FillDiagonalOptions {
  /** Whether in a matrix taller than wide the diagonal begins again, with a row between. Default false. */
  wrap?: boolean;
}

/**
 * Sets the main diagonal to `value`: the elements all of whose indices are equal.
 * @throws RangeError for fewer than 2 dims, or for more of different sizes
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
 */
export function fillDiagonal_(x: Tensor, value: number, { wrap = false }: FillDiagonalOptions = {}): Tensor {
  checkTensors("fillDiagonal_", [x]);
  if (x.ndim < 2) throw new RangeError("fillDiagonal_: dimensions must larger than 1");
  if (x.ndim > 2 && x.shape.some((n) => n !== x.shape[0])) {
    throw new RangeError("fillDiagonal_: all dimensions of input must be of equal length");
  }
  const step = stridesOf(x.shape).reduce((sum, stride) => sum + stride, 0);
  const count = wrap && x.ndim === 2 ? Math.ceil(x.numel() / step) : Math.min(...x.shape);
  const starts = range(count).map((i) => i * step);
  const writing = { shape: [count], starts, run: 1, gradFn: "IndexPutBackward0", accumulate: false };
  return write("fillDiagonal_", x, elementFor("fillDiagonal_", x, value), writing);
}
