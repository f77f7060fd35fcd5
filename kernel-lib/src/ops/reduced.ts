// Owns what reductions share: the dims that go, the shapes before and after, where the elements lie.
// Imports shapes and types.
import { normalizeDims, reducedShape, type Shape, sizeOf, stridesOf } from "../shape";
import type { Tensor } from "../tensor";

/** The dims to reduce over, counted from the front or (negative) from the back; all where left out. */
export type Dims = number | readonly number[];

export interface ReduceOptions {
  /** Keep the reduced dims, with size 1. Default false. */
  keepdim?: boolean;
}

export interface Reduction {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  /** Whether dims were named: PyTorch records that as another operation. */
  readonly named: boolean;
  /** The result's shape, where it is known already. */
  readonly shape?: Shape;
}

// Over everything, to no dims: the usual reduction, made once for each number of dims.
const FULL: Reduction[] = [];

export function reduction(
  name: string,
  x: Tensor,
  dim: Dims | undefined,
  { keepdim = false }: ReduceOptions,
): Reduction {
  if (dim === undefined && !keepdim) {
    return (FULL[x.ndim] ??= { dims: normalizeDims(name, dim, x.ndim), keepdim, named: false, shape: [] });
  }
  return { dims: normalizeDims(name, dim, x.ndim), keepdim, named: dim !== undefined };
}

/** The shape of the result. */
export const shapeOf = (source: Shape, { shape, dims, keepdim }: Reduction): Shape =>
  shape ?? reducedShape(source, dims, keepdim);

/** The shape of the result with the reduced dims kept, in which it broadcasts against the source. */
export const keptShape = (source: Shape, { dims }: Reduction): Shape => reducedShape(source, dims, true);

/** How many elements become one. */
export function counted(shape: Shape, dims: readonly number[]): number {
  let n = 1;
  for (let i = 0; i < dims.length; i++) n *= shape[dims[i]];
  return n;
}

/** Where the elements lie along some dims, in order. */
function placesAlong(shape: Shape, dims: readonly number[]): Float64Array {
  const strides = stridesOf(shape);
  let places = new Float64Array(1);
  for (const dim of dims) {
    const next = new Float64Array(places.length * shape[dim]);
    for (let i = 0, o = 0; i < places.length; i++) {
      for (let j = 0; j < shape[dim]; j++) next[o++] = places[i] + j * strides[dim];
    }
    places = next;
  }
  return places;
}

/** Where what becomes one element begins, for each of them in order, and where its parts lie from there, in order. */
export interface Lines {
  readonly starts: Float64Array;
  readonly offsets: Float64Array;
}

export const linesOver = (shape: Shape, dims: readonly number[]): Lines => ({
  starts: placesAlong(shape, shape.map((_, i) => i).filter((i) => !dims.includes(i))),
  offsets: placesAlong(shape, dims),
});

/** Lines of n elements along a dim, which are `step` apart; line i begins at `start(i)`. */
interface Along {
  readonly count: number;
  readonly n: number;
  readonly step: number;
  start(i: number): number;
}

export function linesAlong(shape: Shape, dim: number): Along {
  const [n, step] = [shape[dim] ?? 1, sizeOf(shape.slice(dim + 1))];
  return {
    count: sizeOf(shape.slice(0, dim)) * step,
    n,
    step,
    start: (i) => Math.floor(i / step) * n * step + (i % step),
  };
}
