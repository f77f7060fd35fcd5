// Owns the operations that put elements in another order or place. Each exported function is also a method of Tensor.
// Imports movement, places, shapes and dtypes.
import { checkInteger, integersOf, shapeText } from "../check";
import { allocate } from "../memory";
import {
  checkShape, lines, normalizeDim, normalizeDims, range, type Shape, type ShapeArguments, sizeOf, stridesOf, toShape,
} from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { expand, permute, reshape, transpose } from "./movement";
import { Op } from "./nodes";
import { checkTensors } from "./operands";
import { along, type Part, placesOf, read, spreadOut, stretch, withoutDim } from "./places";
import type { Dims } from "./reduced";

/**
 * With the dims `source` moved to the places `destination`; the others keep their order. The result is a copy.
 * @see https://pytorch.org/docs/stable/generated/torch.movedim.html
 */
export function movedim(x: Tensor, source: Dims, destination: Dims): Tensor {
  const given = [integersOf("movedim", "source", source), integersOf("movedim", "destination", destination)];
  if (given[0].length !== given[1].length) {
    throw new RangeError(
      `movedim: Invalid source or destination dims: source (${shapeText(given[0])} dims) should contain the same number ` +
        `of dims as destination (${shapeText(given[1])} dims)`,
    );
  }
  const [from, to] = given.map((dims) => dims.map((dim) => normalizeDim("movedim", dim, x.ndim)));
  for (const [what, dims, named] of [["source", from, given[0]], ["destination", to, given[1]]] as const) {
    if (new Set(dims).size < dims.length) {
      throw new RangeError(`movedim: repeated dim in \`${what}\` (${shapeText(named)})`);
    }
  }
  const others = range(x.ndim).filter((dim) => !from.includes(dim));
  const order = range(x.ndim).map((place) => (to.includes(place) ? from[to.indexOf(place)] : others.shift()!));
  return permute(x, order);
}

/** `transpose`, under NumPy's name. */
export const swapaxes = transpose;

/** `expand` to `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => expand(x, shape);

/**
 * Copies of this tensor side by side, as many along each dim as `counts` says; more counts than dims add dims in front.
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
 */
export function repeat(x: Tensor, ...counts: ShapeArguments): Tensor {
  const times = integersOf("repeat", "a count", toShape(counts));
  const extra = times.length - x.ndim;
  if (extra < 0) {
    throw new RangeError("repeat: Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
  }
  const shape = [...new Array<number>(extra).fill(1), ...x.shape];
  checkShape("repeat", times.map((n, i) => n * shape[i]));
  const repeated = (dim: number, size: number): number[] => range(times[dim]).flatMap(() => range(size));
  return read(x, placesOf(along(shape, repeated), "RepeatBackward0"));
}

/** `repeat`, where counts may also be fewer than the dims: they are those of the last ones. */
export function tile(x: Tensor, ...counts: ShapeArguments): Tensor {
  const times = toShape(counts);
  return repeat(x, [...new Array<number>(Math.max(0, x.ndim - times.length)).fill(1), ...times]);
}

/**
 * With the order of the elements reversed along `dims`.
 * @see https://pytorch.org/docs/stable/generated/torch.flip.html
 */
export function flip(x: Tensor, ...dims: ShapeArguments): Tensor {
  const named = toShape(dims);
  const reversed = named.length === 0 ? [] : normalizeDims("flip", named, x.ndim);
  const backwards = (dim: number, size: number): number[] | null =>
    reversed.includes(dim) ? range(size).reverse() : null;
  return read(x, placesOf(along(x.shape, backwards), "FlipBackward0"));
}

/**
 * With the elements moved on by `shifts` places along `dims`, those at the end coming in again at the beginning;
 * without dims, as if all elements lay in one.
 * @see https://pytorch.org/docs/stable/generated/torch.roll.html
 */
export function roll(x: Tensor, shifts: Dims, dims?: Dims): Tensor {
  const by = integersOf("roll", "shifts", shifts);
  if (by.length === 0) throw new RangeError("roll: `shifts` required");
  const named = dims === undefined ? [] : integersOf("roll", "dims", dims);
  const isFlat = named.length === 0 && by.length === 1;
  if (!isFlat && named.length !== by.length) {
    throw new RangeError(`roll: shifts and dimensions must align. shifts: ${by.length}, dims:${named.length}`);
  }
  const total = isFlat ? [...by] : new Array<number>(x.ndim).fill(0);
  named.forEach((dim, i) => (total[normalizeDim("roll", dim, x.ndim)] += by[i]));
  const rolled = (dim: number, size: number): number[] =>
    range(size).map((place) => (((place - total[dim]) % size) + size) % size);
  const places = placesOf(along(isFlat ? [x.numel()] : x.shape, rolled), "RollBackward0");
  return read(x, { ...places, shape: x.shape });
}

interface Triangle {
  readonly name: "tril" | "triu";
  readonly diagonal: number;
}

const triangleOp: Op<Triangle> = new Op({
  name: "triangle",
  kind: "movement",
  gradFn: ({ name }) => (name === "tril" ? "TrilBackward0" : "TriuBackward0"),
  infer([{ shape, dtype }], { name }) {
    if (shape.length < 2) throw new RangeError(`${name}: input tensor must have at least 2 dimensions`);
    return { shape, dtype };
  },
  kernel([x], { shape, dtype }, { name, diagonal }) {
    const { data } = x.storage;
    const result = allocate(dtype, data.length);
    const [rows, columns] = shape.slice(-2);
    for (let start = 0, row = 0; start < data.length; start += columns, row = (row + 1) % rows) {
      // The first column right of the triangle's edge.
      const edge = Math.min(Math.max(row + diagonal + (name === "tril" ? 1 : 0), 0), columns);
      const [from, to] = name === "tril" ? [0, edge] : [edge, columns];
      for (let i = start + from; i < start + to; i++) result[i] = data[i];
    }
    return result;
  },
  pullback: (g, { attributes }) => [apply(triangleOp, [g], attributes)],
});

function triangle(name: Triangle["name"], x: Tensor, diagonal: number): Tensor {
  checkInteger(name, "diagonal", diagonal);
  return apply(triangleOp, [x], { name, diagonal });
}

/**
 * The lower triangle of each matrix, zeros elsewhere; `diagonal` is the last one kept: 0 the main one, 1 the one
 * above.
 * @see https://pytorch.org/docs/stable/generated/torch.tril.html
 */
export const tril = (x: Tensor, diagonal = 0): Tensor => triangle("tril", x, diagonal);

/**
 * The upper triangle of each matrix, zeros elsewhere; `diagonal` is the first one kept: 0 the main one, 1 the one
 * above.
 * @see https://pytorch.org/docs/stable/generated/torch.triu.html
 */
export const triu = (x: Tensor, diagonal = 0): Tensor => triangle("triu", x, diagonal);

/** The diagonal over two dims of a tensor of `shape`, as the last dim of what is chosen. */
function diagonalOf(shape: Shape, offset: number, d0: number, d1: number): Part[] {
  const strides = stridesOf(shape);
  const [row, column] = [Math.max(0, -offset), Math.max(0, offset)];
  const n = Math.max(0, Math.min(shape[d0] - row, shape[d1] - column));
  const parts = along(shape, () => null).filter((_, dim) => dim !== d0 && dim !== d1);
  const offsets = range(n).map((i) => (row + i) * strides[d0] + (column + i) * strides[d1]);
  return [...parts, { shape: [n], offsets }];
}

/**
 * The diagonals over dims `dim0` and `dim1`, as the last dim of the result; `offset` 1 is the one above the main one.
 * The result is a copy.
 * @see https://pytorch.org/docs/stable/generated/torch.diagonal.html
 */
export function diagonal(x: Tensor, offset = 0, dim0 = 0, dim1 = 1): Tensor {
  checkInteger("diagonal", "offset", offset);
  const [d0, d1] = [dim0, dim1].map((dim) => normalizeDim("diagonal", dim, x.ndim));
  if (d0 === d1) throw new RangeError(`diagonal: diagonal dimensions cannot be identical ${dim0}, ${dim1}`);
  return read(x, placesOf(diagonalOf(x.shape, offset, d0, d1), "DiagonalBackward0"));
}

/**
 * Of a matrix its diagonal; of a vector the square matrix that has it as its diagonal, and zeros elsewhere.
 * @see https://pytorch.org/docs/stable/generated/torch.diag.html
 */
export function diag(x: Tensor, offset = 0): Tensor {
  checkInteger("diag", "diagonal", offset);
  if (x.ndim === 2) return diagonal(x, offset);
  if (x.ndim !== 1) throw new RangeError(`diag: Supports 1D or 2D tensors. Got ${x.ndim}D`);
  const size = x.shape[0] + Math.abs(offset);
  return spreadOut(x, [size, size], placesOf(diagonalOf([size, size], offset, 0, 1), "DiagEmbedBackward0"));
}

/** Neighbours along dim d, `sizes` of them one after another. */
function pieces(x: Tensor, sizes: readonly number[], d: number, gradFn: string): Tensor[] {
  let end = 0;
  return sizes.map((size) => read(x, stretch(x.shape, d, (end += size) - size, size, gradFn)));
}

/** Sizes of at most `most` that add up to `total`; one of 0 where there is nothing. */
const evenly = (total: number, most: number): number[] =>
  range(Math.max(1, Math.ceil(total / most))).map((i) => Math.min(most, total - i * most));

function dimToCut(name: string, x: Tensor, dim: number): number {
  if (x.ndim === 0) throw new RangeError(`${name}: ${name} expects at least a 1-dimensional tensor`);
  return normalizeDim(name, dim, x.ndim);
}

/**
 * This tensor cut along `dim` into pieces of `sizes`: of that many places, the last being what is left, or of as many
 * as each number says. The pieces are copies.
 * @see https://pytorch.org/docs/stable/generated/torch.split.html
 */
export function split(x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  const d = dimToCut("split", x, dim);
  const size = x.shape[d];
  integersOf("split", "sizes", sizes);
  if (typeof sizes === "number") {
    if (sizes < 0) throw new RangeError(`split: split expects split_size be non-negative, but got split_size=${sizes}`);
    if (sizes === 0 && size > 0) {
      throw new RangeError(`split: split_size can only be 0 if dimension size is 0, but got dimension size of ${size}`);
    }
    return pieces(x, evenly(size, Math.max(sizes, 1)), d, "SplitBackward0");
  }
  if (sizes.some((n) => n < 0)) {
    throw new RangeError(`split: expects split_sizes have only non-negative entries, but got split_sizes=${shapeText(sizes)}`);
  }
  if (sizes.reduce((sum, n) => sum + n, 0) !== size) {
    throw new RangeError(
      `split: expects split_sizes to sum exactly to ${size} (input tensor's size at dimension ${d}), but got split_sizes=${shapeText(sizes)}`,
    );
  }
  return pieces(x, sizes, d, "SplitWithSizesBackward0");
}

/**
 * This tensor cut along `dim` into `chunks` pieces of one size at most, or fewer where it has fewer places. The pieces
 * are copies.
 * @see https://pytorch.org/docs/stable/generated/torch.chunk.html
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  const d = dimToCut("chunk", x, dim);
  checkInteger("chunk", "chunks", chunks);
  if (chunks <= 0) throw new RangeError(`chunk: chunk expects \`chunks\` to be greater than 0, got: ${chunks}`);
  const size = x.shape[d];
  // Of nothing there are as many pieces as were asked for, of nothing each.
  const sizes = size === 0 ? new Array<number>(chunks).fill(0) : evenly(size, Math.ceil(size / chunks));
  return pieces(x, sizes, d, size === 0 ? "SplitWithSizesBackward0" : "SplitBackward0");
}

/**
 * The parts of this tensor at each place of `dim`, which goes. They are copies.
 * @see https://pytorch.org/docs/stable/generated/torch.unbind.html
 */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  if (x.ndim === 0) throw new RangeError("unbind: Dimension specified as 0 but tensor has no dimensions");
  const d = normalizeDim("unbind", dim, x.ndim);
  return range(x.shape[d]).map((i) => read(x, withoutDim(stretch(x.shape, d, i, 1, "UnbindBackward0"), d)));
}

/**
 * With dim `dim` as several dims of `sizes`, one of which may be −1. The elements are shared with this tensor.
 * @see https://pytorch.org/docs/stable/generated/torch.unflatten.html
 */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  const d = normalizeDim("unflatten", dim, x.ndim);
  if (integersOf("unflatten", "sizes", sizes).length === 0) throw new RangeError("unflatten: sizes must be non-empty");
  const unknown = sizes.filter((n) => n === -1).length;
  if (unknown > 1) throw new RangeError("unflatten: only one dimension can be inferred");
  const size = x.shape[d] ?? 1;
  const known = sizeOf(sizes.filter((n) => n !== -1));
  if (unknown === 0 ? known !== size : known === 0 || size % known !== 0) {
    throw new RangeError(
      `unflatten: Provided sizes ${shapeText(sizes)} don't multiply up to the size of dim ${d} (${size}) in the input tensor`,
    );
  }
  const inner = sizes.map((n) => (n === -1 ? size / known : n));
  return reshape(x, [...x.shape.slice(0, d), ...inner, ...x.shape.slice(d + 1)]);
}

/** How often each of `n` places is repeated. */
function timesOf(repeats: number | Tensor, n: number): readonly number[] {
  if (typeof repeats === "number") {
    checkInteger("repeatInterleave", "repeats", repeats);
    if (repeats < 0) throw new RangeError("repeatInterleave: Repeats must be non-negative");
    return new Array<number>(n).fill(repeats);
  }
  checkTensors("repeatInterleave", [repeats]);
  if (repeats.ndim > 1) throw new RangeError("repeatInterleave: repeats must be 0-dim or 1-dim tensor");
  if (repeats.dtype !== "int64") throw new TypeError(`repeatInterleave: repeats must be int64, got ${repeats.dtype}`);
  const all = Array.from(repeats.storage.data);
  const times = all.length === 1 ? new Array<number>(n).fill(all[0]) : all;
  if (times.length !== n) {
    throw new RangeError(
      `repeatInterleave: repeats must have the same size as input along dim, but got repeats.size(0) = ${times.length} and input.size(0) = ${n}`,
    );
  }
  if (times.some((count) => count < 0)) throw new RangeError("repeatInterleave: repeats can not be negative");
  return times;
}

/**
 * Each place of `dim` as often as `repeats` says, for all or one by one; without a dim, each element of all.
 * @param repeats a number, or a vector of int64
 * @see https://pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, dim?: number): Tensor {
  // Without a dim, as if all elements lay in one.
  const shape = dim === undefined || x.ndim === 0 ? [x.numel()] : x.shape;
  const d = dim === undefined ? 0 : normalizeDim("repeatInterleave", dim, x.ndim);
  const times = timesOf(repeats, shape[d]);
  const places = times.flatMap((count, place) => new Array<number>(count).fill(place));
  return read(x, placesOf(along(shape, (i) => (i === d ? places : null)), "IndexSelectBackward0"));
}

/**
 * All windows of `size` neighbours along `dim`, `step` apart: dim `dim` counts the windows, and a new last dim is in
 * them. The result is a copy.
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
  const d = normalizeDim("unfold", dim, x.ndim);
  checkInteger("unfold", "size", size);
  checkInteger("unfold", "step", step);
  const { n, step: stride } = lines(x.shape, d);
  if (size < 0) throw new RangeError(`unfold: size is ${size} but must be >= 0`);
  if (size > n) throw new RangeError(`unfold: maximum size for tensor at dimension ${d} is ${n} but size is ${size}`);
  if (step <= 0) throw new RangeError(`unfold: step is ${step} but must be > 0`);
  const first = range(Math.floor((n - size) / step) + 1).map((i) => i * step);
  const parts = x.ndim === 0 ? [] : along(x.shape, (i) => (i === d ? first : null));
  const inside = { shape: [size], offsets: range(size).map((i) => i * stride) };
  return read(x, placesOf([...parts, inside], "UnfoldBackward0"));
}
