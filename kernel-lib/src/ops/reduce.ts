// Owns sums, means and truths over dims. Each exported function is also a method of Tensor.
// Imports apply, what reductions share, and the host's loops.
import { isFloat, round } from "../dtype";
import type { Spec } from "../engines/engine";
import { filled, repeat } from "../engines/host/gather";
import { type Floats, sumAll, sumDims } from "../engines/host/sum";
import { allocate } from "../memory";
import { reducedShape, sameShape, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";
import { counted, type Dims, linesOver, type ReduceOptions, type Reduction, reduction, shapeOf } from "./reduced";

/** A reduction undone: its results repeated over the dims that it reduced, and divided by their size for a mean. */
interface Spread {
  readonly reduction: Reduction;
  /** What was reduced. */
  readonly source: Spec;
  readonly isMean: boolean;
}

const spreadOp: Op<Spread> = new Op({
  name: "spread",
  kind: "movement",
  gradFn: ({ isMean }) => (isMean ? "DivBackward0" : "ExpandBackward0"),
  infer: (_, { source }) => source,
  kernel(inputs, out, { reduction: { dims }, isMean }) {
    const { storage } = inputs[0];
    // Rounded like any number that meets a tensor.
    const n = isMean ? round(out.dtype, counted(out.shape, dims)) : 1;
    if (storage.length === 1) return filled(round(out.dtype, storage.first / n), out.dtype, sizeOf(out.shape));
    const { data } = storage;
    const kept = reducedShape(out.shape, dims, true);
    if (!isMean) return repeat(data, out.dtype, kept, out.shape);
    const shares = allocate(out.dtype, data.length);
    for (let i = 0; i < data.length; i++) shares[i] = data[i] / n;
    return shares.length === sizeOf(out.shape) ? shares : repeat(shares, out.dtype, kept, out.shape);
  },
  ofOne: (g) => g,
  pullback: (g, { attributes }) => [apply(attributes.isMean ? meanOp : sumOp, [g], attributes.reduction)],
});

/** Sums begin with 0, which makes 0 of −0. */
const ofOne = (x: number): number => 0 + x;

/** Whether a result, of a sum over some dims, is one of all elements, floating-point numbers. */
const isOfAll = ({ shape, dtype }: Spec): boolean => isFloat(dtype) && sizeOf(shape) === 1;

const sumOp: Op<Reduction> = new Op({
  name: "sum",
  kind: "reduction",
  gradFn: ({ named }) => (named ? "SumBackward1" : "SumBackward0"),
  infer(inputs, { dims, keepdim, shape: asked }) {
    const { shape, dtype } = inputs[0].spec;
    return { shape: asked ?? reducedShape(shape, dims, keepdim), dtype: isFloat(dtype) ? dtype : "int64" };
  },
  kernel(inputs, out, { dims }) {
    const { storage: { data }, dtype, shape } = inputs[0];
    return isOfAll(out) ? sumAll(data as Floats) : sumDims(data, dtype, shape, dims);
  },
  ofOne,
  pullback: (g, { specs, attributes }) => [spread(g, specs[0], attributes, false)],
});

const spread = (g: Tensor, source: Spec, reduction: Reduction, isMean: boolean): Tensor =>
  apply(spreadOp, [g], { reduction, source, isMean });

/**
 * The sum over `dim` (all elements where left out), added up in PyTorch's order. Integers and truth values give int64.
 * @see https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export function sum(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return apply(sumOp, [x], reduction("sum", x, dim, options));
}

const meanOp: Op<Reduction> = new Op({
  name: "mean",
  kind: "reduction",
  gradFn: ({ named }) => (named ? "MeanBackward1" : "MeanBackward0"),
  infer(inputs, { dims, keepdim, shape: asked }) {
    const { shape, dtype } = inputs[0].spec;
    if (!isFloat(dtype)) {
      throw new TypeError(
        `mean: could not infer output dtype. Input dtype must be a floating point dtype. Got: ${dtype}. Convert with .to(pt.float32) first.`,
      );
    }
    return { shape: asked ?? reducedShape(shape, dims, keepdim), dtype };
  },
  kernel(inputs, out, { dims }) {
    const x = inputs[0];
    const { data } = x.storage;
    if (isOfAll(out)) return round(out.dtype, sumAll(data as Floats) / data.length);
    const sums = sumDims(data, x.dtype, x.shape, dims);
    const n = counted(x.shape, dims);
    for (let i = 0; i < sums.length; i++) sums[i] /= n;
    return sums;
  },
  ofOne,
  pullback: (g, { specs, attributes }) => [spread(g, specs[0], attributes, true)],
});

/**
 * The mean over `dim` (all elements where left out) of a floating-point tensor; NaN over no elements.
 * @see https://pytorch.org/docs/stable/generated/torch.mean.html
 */
export function mean(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return apply(meanOp, [x], reduction("mean", x, dim, options));
}

/** The sum over the dims along which `shape` broadcasts to this tensor's: what undoes a broadcast in a gradient. */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(lastToSize.from, x.shape) || !sameShape(lastToSize.shape, shape)) lastToSize = toSize(x.shape, shape);
  // What is only of dims of size 1 more is not summed: a sum makes 0 of −0.
  return lastToSize.dims.length > 0 ? apply(sumOp, [x], lastToSize) : x.reshape(shape);
}

/** The reduction that makes `shape` of the shape `from`. */
interface ToSize extends Reduction {
  readonly from: Shape;
  readonly shape: Shape;
}

function toSize(from: Shape, shape: Shape): ToSize {
  const extra = from.length - shape.length;
  const fits = extra >= 0 && shape.every((n, i) => n === 1 || n === from[extra + i]);
  if (!fits)
    throw new RangeError(`sumToSize: size {[${shape.join(", ")}]} is not expandable to size {[${from.join(", ")}]}.`);
  const isSummed = (n: number, i: number): boolean => i < extra || (shape[i - extra] === 1 && n !== 1);
  const dims = Array.from(from.keys()).filter((i) => isSummed(from[i], i));
  return { dims, keepdim: true, named: true, from, shape };
}

// A training loop asks for the same one again and again.
let lastToSize = toSize([], []);

/**
 * Whether any element over `dim` (of all where left out) is not zero.
 * @see https://pytorch.org/docs/stable/generated/torch.any.html
 */
export function any(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return apply(truthOp, [x], { ...reduction("any", x, dim, options), name: "any" });
}

/**
 * Whether every element over `dim` (of all where left out) is not zero.
 * @see https://pytorch.org/docs/stable/generated/torch.all.html
 */
export function all(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return apply(truthOp, [x], { ...reduction("all", x, dim, options), name: "all" });
}

const truthOp: Op<Reduction & { name: "any" | "all" }> = new Op({
  name: "truth",
  kind: "reduction",
  infer: ([{ shape }], attributes) => ({ shape: shapeOf(shape, attributes), dtype: "bool" }),
  kernel([x], out, { dims, name }) {
    const { data } = x.storage;
    const { starts, offsets } = linesOver(x.shape, dims);
    const result = allocate(out.dtype, starts.length);
    // An element that is so settles it.
    const settles = name === "any";
    for (let line = 0; line < starts.length; line++) {
      let found = false;
      for (let i = 0; i < offsets.length && !found; i++) found = (data[starts[line] + offsets[i]] !== 0) === settles;
      result[line] = Number(found === settles);
    }
    return result;
  },
});
