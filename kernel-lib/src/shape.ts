// Owns the arithmetic of shapes: sizes, dims, broadcasting. Pure; imports check.ts only.
import { checkInteger, describe, shapeText } from "./check";

export type Shape = readonly number[];

/** A shape as one array or as separate sizes. */
export type ShapeArguments = number[] | [Shape];

/** The shape that arguments name. */
export const toShape = (sizes: ShapeArguments): Shape => (Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;

/** The number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/**
 * The shape that `a` and `b` broadcast to: aligned at the right, sizes equal or one of them 1.
 * @throws RangeError where they do not, in PyTorch's words
 */
export function broadcast(name: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b) || b.length === 0) return a;
  if (a.length === 0) return b;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `${name}: ${shapeText(a)} and ${shapeText(b)}: The size of tensor a (${m}) must match ` +
          `the size of tensor b (${n}) at non-singleton dimension ${rank - i}`,
      );
    }
    out[rank - i] = m === 1 ? n : m;
  }
  return out;
}

/** The strides with which an array of `shape` is read as `target`: 0 along the dims that are repeated. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = stridesOf(shape);
  const offset = target.length - shape.length;
  return target.map((_, i) => (i < offset || shape[i - offset] === 1 ? 0 : strides[i - offset]));
}

/**
 * `dim` counted from the front: −1 is the last.
 * @param rank the number of dims to choose from; a 0-dim tensor has dim 0 and −1, as in PyTorch
 * @throws RangeError where there is no such dim
 */
export function normalizeDim(name: string, dim: number, rank: number): number {
  checkInteger(name, "dim", dim);
  const n = Math.max(rank, 1);
  if (dim < -n || dim >= n) {
    throw new RangeError(
      `${name}: Dimension out of range (expected to be in range of [${-n}, ${n - 1}], but got ${dim})`,
    );
  }
  return dim < 0 ? dim + n : dim;
}

// Reductions over everything are the usual ones: their dims are listed once for each number of dims.
const ALL_DIMS: (readonly number[])[] = [];

const allDims = (rank: number): readonly number[] => (ALL_DIMS[rank] ??= range(rank));

/** The dims to reduce over, ascending; all of them where none is named. */
export function normalizeDims(
  name: string,
  dims: number | readonly number[] | undefined,
  rank: number,
): readonly number[] {
  if (dims === undefined || (Array.isArray(dims) && dims.length === 0)) return allDims(rank);
  const named = Array.isArray(dims) ? (dims as readonly number[]) : [dims as number];
  const list = named.map((dim) => normalizeDim(name, dim, rank));
  list.sort((a, b) => a - b);
  const twice = list.find((dim, i) => dim === list[i + 1]);
  if (twice !== undefined)
    throw new RangeError(`${name}: dim ${twice} appears multiple times in the list of dims`);
  // A 0-dim tensor answers to dim 0, but has nothing to reduce.
  return rank === 0 ? [] : list;
}

/** How a product sees its left operand: a vector is a row. */
export const asRow = (shape: Shape): Shape => (shape.length === 1 ? [1, shape[0]] : shape);

/** How a product sees its right operand: a vector is a column. */
export const asColumn = (shape: Shape): Shape => (shape.length === 1 ? [shape[0], 1] : shape);

/** `shape` after reducing over `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): Shape {
  if (keepdim) return shape.map((n, i) => (dims.includes(i) ? 1 : n));
  return dims.length === shape.length ? [] : shape.filter((_, i) => !dims.includes(i));
}

/** @throws TypeError or RangeError unless `shape` is an array of non-negative integers */
export function checkShape(name: string, shape: Shape): void {
  if (!Array.isArray(shape)) {
    throw new TypeError(`${name}: a shape must be an array of sizes, got ${describe(shape)}`);
  }
  for (const n of shape) {
    if (!Number.isInteger(n)) throw new TypeError(`${name}: sizes must be integers, got ${shapeText(shape)}`);
    if (n < 0)
      throw new RangeError(
        `${name}: Trying to create tensor with negative dimension ${n}: ${shapeText(shape)}`,
      );
  }
}

/**
 * `shape` with its one −1 replaced by the size that fits n elements.
 * @throws RangeError where no size fits
 */
export function inferShape(name: string, shape: Shape, n: number): number[] {
  const unknown = shape.indexOf(-1);
  if (unknown !== shape.lastIndexOf(-1)) throw new RangeError(`${name}: only one dimension can be inferred`);
  const known = shape.reduce((product, size, i) => (i === unknown ? product : product * size), 1);
  const out = [...shape];
  if (unknown >= 0) {
    if (known === 0) {
      throw new RangeError(
        `${name}: cannot reshape tensor of ${n} elements into shape ${shapeText(shape)} because the unspecified ` +
          `dimension size -1 can be any value and is ambiguous`,
      );
    }
    out[unknown] = n / known;
  }
  checkInferred(name, shape, out, n);
  return out;
}

function checkInferred(name: string, asked: Shape, out: Shape, n: number): void {
  if (out.some((size) => !Number.isInteger(size) || size < 0) || sizeOf(out) !== n) {
    throw new RangeError(`${name}: shape '${shapeText(asked)}' is invalid for input of size ${n}`);
  }
}

/** The numbers from 0 up to n, not included. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The elements along one dim of a tensor: `n` of them, `step` apart, and that `outer` times `step` times. */
export interface Lines {
  readonly outer: number;
  readonly n: number;
  readonly step: number;
}

/** How the elements of a tensor of `shape` lie along `dim`; those of a 0-dim tensor are a line of one. */
export function lines(shape: Shape, dim: number): Lines {
  return { outer: sizeOf(shape.slice(0, dim)), n: shape[dim] ?? 1, step: sizeOf(shape.slice(dim + 1)) };
}

/** Calls `visit` with the place of the first element of each line. */
export function eachLine({ outer, n, step }: Lines, visit: (start: number, line: number) => void): void {
  for (let o = 0, line = 0; o < outer; o++) {
    for (let i = 0; i < step; i++, line++) visit(o * n * step + i, line);
  }
}
