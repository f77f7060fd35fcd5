// Owns the reductions over dims. Each exported function is also a method of Tensor. Imports apply and the host's sums.
import { isFloat } from "../dtype";
import { allocate } from "../memory";
import { sumDims } from "../engines/host/sum";
import { normalizeDims, reducedShape, sameShape, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import type { Op } from "./nodes";

/** The dims to reduce over, counted from the front or (negative) from the back; all where left out. */
export type Dims = number | readonly number[];

export interface ReduceOptions {
  /** Keep the reduced dims, with size 1. Default false. */
  keepdim?: boolean;
}

interface Reduction {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  /** Whether dims were named: PyTorch records that as another operation. */
  readonly named: boolean;
}

function reduction(
  name: string,
  x: Tensor,
  dim: Dims | undefined,
  { keepdim = false }: ReduceOptions,
): Reduction {
  return { dims: normalizeDims(name, dim, x.ndim), keepdim, named: dim !== undefined };
}

const counted = (shape: Shape, dims: readonly number[]): number => dims.reduce((n, dim) => n * shape[dim], 1);

/** A reduction's gradient, repeated over the dims that were reduced. */
function spread(g: Tensor, shape: Shape, { dims }: Reduction): Tensor {
  if (g.ndim === 0) return g.expand(shape);
  return g.reshape(shape.map((n, i) => (dims.includes(i) ? 1 : n))).expand(shape);
}

const sumOp: Op<Reduction> = {
  name: "sum",
  kind: "reduction",
  gradFn: ({ named }) => (named ? "SumBackward1" : "SumBackward0"),
  infer: ([{ shape, dtype }], { dims, keepdim }) => ({
    shape: reducedShape(shape, dims, keepdim),
    dtype: isFloat(dtype) ? dtype : "int64",
  }),
  kernel: ([x], _, { dims }) => sumDims(x.storage.data, x.dtype, x.shape, dims),
  pullback: (g, { specs, attributes }) => [spread(g, specs[0].shape, attributes)],
};

/**
 * The sum over `dim` (all elements where left out), added up in PyTorch's order. Integers and truth values give int64.
 * @see https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export function sum(x: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor {
  return apply(sumOp, [x], reduction("sum", x, dim, options));
}

const meanOp: Op<Reduction> = {
  name: "mean",
  kind: "reduction",
  gradFn: ({ named }) => (named ? "MeanBackward1" : "MeanBackward0"),
  infer([{ shape, dtype }], { dims, keepdim }) {
    if (!isFloat(dtype)) {
      throw new TypeError(
        `mean: could not infer output dtype. Input dtype must be a floating point dtype. Got: ${dtype}. Convert with .to(pt.float32) first.`,
      );
    }
    return { shape: reducedShape(shape, dims, keepdim), dtype };
  },
  kernel([x], out, { dims }) {
    const sums = sumDims(x.storage.data, x.dtype, x.shape, dims);
    const n = counted(x.shape, dims);
    const means = allocate(out.dtype, sums.length);
    for (let i = 0; i < sums.length; i++) means[i] = sums[i] / n;
    return means;
  },
  pullback: (g, { specs: [{ shape }], attributes }) => [
    spread(g.div(counted(shape, attributes.dims)), shape, attributes),
  ],
};

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
  const extra = x.ndim - shape.length;
  const fits = extra >= 0 && shape.every((n, i) => n === 1 || n === x.shape[extra + i]);
  if (!fits)
    throw new RangeError(
      `sumToSize: size {[${shape.join(", ")}]} is not expandable to size {[${x.shape.join(", ")}]}.`,
    );
  const dims = x.shape.flatMap((n, i) => (i < extra || (shape[i - extra] === 1 && n !== 1) ? [i] : []));
  const summed = dims.length > 0 ? sum(x, dims, { keepdim: true }) : x;
  return summed.reshape(shape);
}

/** Whether any element is not zero, as a bool tensor of no dims. */
export function any(x: Tensor): Tensor {
  return apply(truthOp, [x], { name: "any", stopAt: true });
}

/** Whether every element is not zero, as a bool tensor of no dims. */
export function all(x: Tensor): Tensor {
  return apply(truthOp, [x], { name: "all", stopAt: false });
}

const truthOp: Op<{ name: string; stopAt: boolean }> = {
  name: "truth",
  kind: "reduction",
  infer: () => ({ shape: [], dtype: "bool" }),
  kernel([x], _, { stopAt }) {
    const { data } = x.storage;
    let found = false;
    for (let i = 0; i < sizeOf(x.shape) && !found; i++) found = (data[i] !== 0) === stopAt;
    return Uint8Array.of(Number(found === stopAt));
  },
};
