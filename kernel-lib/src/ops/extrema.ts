// Owns the greatest and smallest elements over dims, and their places. Each exported function is also a method of
// Tensor. Imports apply, what reductions share, and shapes.
import type { Operand } from "../engines/engine";
import { allocate } from "../memory";
import { normalizeDim, type Shape, sizeOf } from "../shape";
import { Tensor } from "../tensor";
import { apply, pointwise, pointwiseOps } from "./apply";
import { Op } from "./nodes";
import { type Dims, keptShape, linesOver, type ReduceOptions, type Reduction, reduction, shapeOf } from "./reduced";

/** The greatest or smallest elements along a dim, and where along it they are. */
export interface Extrema {
  values: Tensor;
  /** int64; the first place, where there are several. */
  indices: Tensor;
}

type Direction = "max" | "min";

/** Whether x is to be preferred to what was found before: NaN to everything. */
const isBetter = (x: number, found: number, direction: Direction): boolean =>
  Number.isNaN(x) ? !Number.isNaN(found) : direction === "max" ? x > found : x < found;

/** Where in the array the first greatest or smallest element of each line is, and which of the line it is. */
function search(
  x: Operand, dims: readonly number[], direction: Direction,
  visit: (line: number, place: number, nth: number) => void,
): void {
  const { data } = x.storage;
  const { starts, offsets } = linesOver(x.shape, dims);
  for (let line = 0; line < starts.length; line++) {
    let best = 0;
    for (let i = 1; i < offsets.length; i++) {
      if (isBetter(data[starts[line] + offsets[i]], data[starts[line] + offsets[best]], direction)) best = i;
    }
    visit(line, starts[line] + offsets[best], best);
  }
}

/** @throws RangeError where there is nothing to choose from, in PyTorch's words */
function checkNotEmpty(name: string, shape: Shape, dims: readonly number[], named: boolean): void {
  if (!named && sizeOf(shape) === 0) {
    throw new RangeError(
      `${name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.`,
    );
  }
  const empty = dims.find((dim) => shape[dim] === 0);
  if (empty !== undefined)
    throw new RangeError(`${name}(): Expected reduction dim ${empty} to have non-zero size.`);
}

interface Extremum extends Reduction {
  readonly name: "max" | "min" | "amax" | "amin";
}

const directionOf = ({ name }: Extremum): Direction => (name.endsWith("max") ? "max" : "min");

const GRAD_FNS = { max: "MaxBackward1", min: "MinBackward1", amax: "AmaxBackward0", amin: "AminBackward0" };

const extremumOp: Op<Extremum> = new Op({
  name: "extremum",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  gradFn: ({ name }) => GRAD_FNS[name],
  infer([{ shape, dtype }], attributes) {
    checkNotEmpty(attributes.name, shape, attributes.dims, attributes.named);
    return { shape: shapeOf(shape, attributes), dtype };
  },
  kernel([x], out, attributes) {
    const result = allocate(out.dtype, sizeOf(out.shape));
    search(x, attributes.dims, directionOf(attributes), (line, place) => (result[line] = x.storage.data[place]));
    return result;
  },
  // To all that are as great, in equal parts.
  pullback(g, saved) {
    const { attributes, specs: [{ shape, dtype }] } = saved;
    const kept = keptShape(shape, attributes);
    const [x, y] = [saved.input(0), saved.output().reshape(kept)];
    let chosen = x.eq(y);
    // PyTorch gives the whole tensor's NaN a gradient, but divides by their number, 0, over dims.
    const takesNaN = attributes.name === "max" || attributes.name === "min";
    if (takesNaN) chosen = chosen.logicalOr(x.isnan().logicalAnd(y.isnan()));
    const counts = chosen.sum(attributes.dims, { keepdim: true }).to(dtype);
    return [g.reshape(kept).div(counts).mul(chosen)];
  },
});

const extremum = (name: Extremum["name"], x: Tensor, dim: Dims | undefined, options: ReduceOptions): Tensor =>
  apply(extremumOp, [x], { ...reduction(name, x, dim, options), name });

interface Along {
  readonly name: string;
  readonly dim: number;
}

/** The elements of which the indices, one a line, say which of the line they are. */
const chooseOp: Op<Along> = new Op({
  name: "choose",
  kind: "movement",
  keepsInputs: [1],
  gradFn: ({ name }) => `${name[0].toUpperCase()}${name.slice(1)}Backward0`,
  infer: ([{ dtype }, { shape }]) => ({ shape, dtype }),
  kernel([x, indices], out, { dim }) {
    const { starts, offsets } = linesOver(x.shape, x.shape.length === 0 ? [] : [dim]);
    const result = allocate(out.dtype, starts.length);
    for (let line = 0; line < starts.length; line++)
      result[line] = x.storage.data[starts[line] + offsets[indices.storage.data[line]]];
    return result;
  },
  pullback(g, saved) {
    const attributes = { ...saved.attributes, shape: saved.specs[0].shape };
    return [apply(placeOp, [g, saved.input(1)], attributes), null];
  },
});

/** Each line's element at the place that its index says, zeros elsewhere. */
const placeOp: Op<Along & { shape: Shape }> = new Op({
  name: "place",
  kind: "movement",
  keepsInputs: [1],
  gradFn: () => "ValueSelectingReductionBackward0",
  infer: ([{ dtype }], { shape }) => ({ shape, dtype }),
  kernel([g, indices], out, { dim, shape }) {
    const { starts, offsets } = linesOver(shape, shape.length === 0 ? [] : [dim]);
    const result = allocate(out.dtype, sizeOf(shape));
    for (let line = 0; line < starts.length; line++)
      result[starts[line] + offsets[indices.storage.data[line]]] = g.storage.data[line];
    return result;
  },
  pullback: (g, saved) => [apply(chooseOp, [g, saved.input(1)], saved.attributes), null],
});

interface Place extends Reduction {
  readonly name: string;
  readonly direction: Direction;
}

const placeOfOp: Op<Place> = new Op({
  name: "placeOf",
  kind: "reduction",
  infer([{ shape }], attributes) {
    checkNotEmpty(attributes.name, shape, attributes.dims, attributes.named);
    return { shape: shapeOf(shape, attributes), dtype: "int64" };
  },
  kernel([x], out, { dims, direction }) {
    const result = allocate("int64", sizeOf(out.shape));
    search(x, dims, direction, (line, _, nth) => (result[line] = nth));
    return result;
  },
});

function alongDim(direction: Direction, x: Tensor, dim: number, options: ReduceOptions): Extrema {
  const reduced = reduction(direction, x, dim, options);
  const along = { name: direction, dim: normalizeDim(direction, dim, x.ndim) };
  const kept = apply(placeOfOp, [x], { ...reduced, name: direction, direction });
  return { values: apply(chooseOp, [x, kept], along), indices: kept };
}

/**
 * The greatest element; with a dim, the greatest along it and their places; with a tensor, the greater of the two,
 * element by element. NaN counts as greater than anything.
 * @see https://pytorch.org/docs/stable/generated/torch.max.html
 */
export function max(x: Tensor, other?: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): Extrema;
export function max(x: Tensor, dim?: number | Tensor, options: ReduceOptions = {}): Tensor | Extrema {
  if (dim instanceof Tensor) return pointwise(pointwiseOps.maximum, [x, dim]);
  return dim === undefined ? extremum("max", x, undefined, {}) : alongDim("max", x, dim, options);
}

/**
 * The smallest element; with a dim, the smallest along it and their places; with a tensor, the smaller of the two,
 * element by element. NaN counts as smaller than anything.
 * @see https://pytorch.org/docs/stable/generated/torch.min.html
 */
export function min(x: Tensor, other?: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): Extrema;
export function min(x: Tensor, dim?: number | Tensor, options: ReduceOptions = {}): Tensor | Extrema {
  if (dim instanceof Tensor) return pointwise(pointwiseOps.minimum, [x, dim]);
  return dim === undefined ? extremum("min", x, undefined, {}) : alongDim("min", x, dim, options);
}

/**
 * The greatest elements over `dim` (of all where left out). Those that are as great share the gradient.
 * @see https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export function amax(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return extremum("amax", x, dim, options);
}

/**
 * The smallest elements over `dim` (of all where left out). Those that are as small share the gradient.
 * @see https://pytorch.org/docs/stable/generated/torch.amin.html
 */
export function amin(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return extremum("amin", x, dim, options);
}

function placeOf(
  name: string, direction: Direction, x: Tensor, dim: number | undefined, options: ReduceOptions,
): Tensor {
  if (x instanceof Tensor && x.dtype === "bool") throw new TypeError(`${name}(): does not support bool input`);
  return apply(placeOfOp, [x], { ...reduction(name, x, dim, options), name, direction });
}

/**
 * Where the greatest element along `dim` is, the first if there are several; where `dim` is left out, its number among
 * all elements in a row.
 * @see https://pytorch.org/docs/stable/generated/torch.argmax.html
 */
export function argmax(x: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  return placeOf("argmax", "max", x, dim, options);
}

/**
 * Where the smallest element along `dim` is, the first if there are several; where `dim` is left out, its number among
 * all elements in a row.
 * @see https://pytorch.org/docs/stable/generated/torch.argmin.html
 */
export function argmin(x: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  return placeOf("argmin", "min", x, dim, options);
}
