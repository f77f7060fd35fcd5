// Owns the factors of square matrices, which a library finds: P·L·U, with rows swapped, by elimination.
// Imports checks and types, and the library when it is first needed.
import type { LuDecomposition, Matrix } from "ml-matrix";
import { shapeText } from "../check";
import { isFloat, type TypedArray } from "../dtype";
import type { Shape } from "../shape";
import type { Tensor } from "../tensor";

interface Library {
  readonly LuDecomposition: typeof LuDecomposition;
  readonly Matrix: typeof Matrix;
}

let loaded: Library | null = null;

/** ml-matrix, loaded by the first call: most who import torchlab invert no matrix. */
function library(): Library {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads late, and in the middle of an operation
  return (loaded ??= require("ml-matrix") as Library);
}

/**
 * The size n of the square matrices [..., n, n] that an operation takes.
 * @throws RangeError or TypeError where they are not that, or hold no floats
 */
export function squareSize(name: string, { shape, dtype, ndim }: Tensor): number {
  if (ndim < 2) throw new RangeError(`${name}: The input tensor A must have at least 2 dimensions, got ${shapeText(shape)}`);
  const [rows, columns] = shape.slice(-2);
  if (rows !== columns) {
    throw new RangeError(`${name}: A must be batches of square matrices, but they are ${rows} by ${columns} matrices`);
  }
  if (!isFloat(dtype)) throw new TypeError(`${name}: Expected a floating point tensor as input. Got ${dtype}`);
  return rows;
}

/** The rows × columns elements from `start` on, as a matrix of the library, in doubles. */
function matrixOf(data: TypedArray, start: number, rows: number, columns: number): Matrix {
  const out = new (library().Matrix)(rows, columns);
  for (let i = 0, at = start; i < rows; i++) for (let j = 0; j < columns; j++) out.set(i, j, data[at++]);
  return out;
}

/** The factors of the n × n matrix that begins at `start`. */
const factorsOf = (data: TypedArray, start: number, n: number): LuDecomposition =>
  new (library().LuDecomposition)(matrixOf(data, start, n, n));

/** 1 for an even permutation, −1 for an odd one. */
function signOf(permutation: readonly number[]): number {
  const next = [...permutation];
  let sign = 1;
  for (let i = 0; i < next.length; i++) {
    // Each swap puts one number where it belongs.
    for (let at = next[i]; at !== i; at = next[i]) {
      [next[i], next[at]] = [next[at], at];
      sign = -sign;
    }
  }
  return sign;
}

/** What the determinant of a matrix is the product of. */
export interface Pivots {
  /** 1 or −1, as the rows were swapped. */
  readonly sign: number;
  /** The diagonal of U. */
  readonly diagonal: readonly number[];
}

/** The pivots of the n × n matrix that begins at `start`. */
export function pivotsOf(data: TypedArray, start: number, n: number): Pivots {
  if (n === 0) return { sign: 1, diagonal: [] };
  const { pivotPermutationVector, upperTriangularMatrix } = factorsOf(data, start, n);
  return { sign: signOf(pivotPermutationVector), diagonal: upperTriangularMatrix.diagonal() };
}

/** Says that a matrix is singular: which one of a batch, in words, and at which place of the diagonal, from 1. */
export type Refusal = (where: string, place: number) => Error;

/**
 * Solves A·X = B for each n × n matrix A of a batch, into `out`, of [n, k] each.
 * @param b null for the unit matrix
 * @throws what `refuse` makes, where a pivot is 0
 */
export function solveAll(
  a: TypedArray, b: TypedArray | null, out: TypedArray, shape: Shape, refuse: Refusal,
): void {
  const [n, k] = shape.slice(-2);
  if (out.length === 0) return;
  for (let i = 0; i * n * k < out.length; i++) {
    const factors = factorsOf(a, i * n * n, n);
    if (factors.isSingular()) {
      const place = factors.upperTriangularMatrix.diagonal().indexOf(0) + 1;
      throw refuse(shape.length > 2 ? `(Batch element ${i}): ` : "", place);
    }
    const right = b === null ? library().Matrix.eye(n, n) : matrixOf(b, i * n * k, n, k);
    const solution = factors.solve(right);
    for (let row = 0, at = i * n * k; row < n; row++) {
      for (let column = 0; column < k; column++) out[at++] = solution.get(row, column);
    }
  }
}
