// Owns the operations that move, repeat or convert elements. Each exported function is also a method of Tensor.
// Imports apply, shapes and dtypes.
import { shapeText } from "../check";
import { type DTypeName } from "../dtype";
import { gather, repeat } from "../engines/host/gather";
import { convert, copy } from "../memory";
import {
  checkShape, inferShape, normalizeDim, sameShape, type Shape, type ShapeArguments, sizeOf, stridesOf, toShape,
} from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";

interface Reshape {
  readonly shape: Shape;
  /** What PyTorch calls the operation in the graph. */
  readonly gradFn: string;
}

const reshapeOp: Op<Reshape> = new Op({
  name: "reshape",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  shares: true,
  infer: ([{ dtype }], { shape }) => ({ shape, dtype }),
  kernel: ([x]) => x.storage.data,
  pullback: (g, { specs }) => [reshape(g, specs[0].shape)],
});

/**
 * The same elements in another shape; one size may be −1, and is inferred. The elements are shared with this tensor.
 * @throws RangeError where the number of elements differs
 */
export function reshape(x: Tensor, ...sizes: ShapeArguments): Tensor {
  return apply(reshapeOp, [x], {
    shape: inferShape("reshape", toShape(sizes), x.numel()),
    gradFn: "ViewBackward0",
  });
}

/** `reshape`, under the name that PyTorch gives it for contiguous tensors, as all are here. */
export const view = reshape;

/**
 * The dims from `startDim` to `endDim`, by default all, as one. The elements are shared with this tensor, which is the
 * result itself where there is no dim but that one.
 * @throws RangeError where `startDim` comes after `endDim`
 * @see https://pytorch.org/docs/stable/generated/torch.flatten.html
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  const [start, end] = [startDim, endDim].map((dim) => normalizeDim("flatten", dim, Math.max(x.ndim, 1)));
  if (start > end) throw new RangeError("flatten() has invalid args: start_dim cannot come after end_dim");
  if (x.ndim === 0) return reshape(x, 1);
  if (start === end) return x;
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}

/** Without the dims of size 1, or without dim `dim` where its size is 1. The elements are shared with this tensor. */
export function squeeze(x: Tensor, dim?: number): Tensor {
  const only = dim === undefined ? null : normalizeDim("squeeze", dim, x.ndim);
  const shape = x.shape.filter((n, i) => n !== 1 || (only !== null && i !== only));
  return apply(reshapeOp, [x], { shape, gradFn: only === null ? "SqueezeBackward0" : "SqueezeBackward1" });
}

/** With a dim of size 1 put in at `dim`. The elements are shared with this tensor. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const at = normalizeDim("unsqueeze", dim, x.ndim + 1);
  const shape = [...x.shape.slice(0, at), 1, ...x.shape.slice(at)];
  return apply(reshapeOp, [x], { shape, gradFn: "UnsqueezeBackward0" });
}

interface Permutation {
  readonly order: readonly number[];
  readonly gradFn: string;
}

const permuteOp: Op<Permutation> = new Op({
  name: "permute",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  infer: ([{ shape, dtype }], { order }) => ({ shape: order.map((dim) => shape[dim]), dtype }),
  kernel([x], out, { order }) {
    const strides = stridesOf(x.shape);
    return gather(
      x.storage.data,
      out.dtype,
      out.shape,
      order.map((dim) => strides[dim]),
    );
  },
  pullback: (g, { attributes: { order } }) => [
    permute(
      g,
      order.map((_, i) => order.indexOf(i)),
    ),
  ],
});

/** The dims in another order: dim i of the result is dim `order[i]` of this tensor. The result is a copy. */
export function permute(x: Tensor, ...order: ShapeArguments): Tensor {
  const dims = toShape(order).map((dim) => normalizeDim("permute", dim, x.ndim));
  if (dims.length !== x.ndim || new Set(dims).size !== dims.length) {
    throw new RangeError(
      `permute: ${shapeText(toShape(order))} is not an order of the ${x.ndim} dims of ${shapeText(x.shape)}`,
    );
  }
  return apply(permuteOp, [x], { order: dims, gradFn: "PermuteBackward0" });
}

/** With two dims swapped. The result is a copy. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  const [i, j] = [dim0, dim1].map((dim) => normalizeDim("transpose", dim, x.ndim));
  const order = x.shape.map((_, dim) => (dim === i ? j : dim === j ? i : dim));
  return apply(permuteOp, [x], { order, gradFn: "TransposeBackward0" });
}

/** A matrix transposed; a tensor of fewer dims as it is. */
export function t(x: Tensor): Tensor {
  if (x.ndim > 2) throw new RangeError(`t: expects a tensor with <= 2 dimensions, but self is ${x.ndim}D`);
  return apply(permuteOp, [x], {
    order: x.ndim === 2 ? [1, 0] : x.shape.map((_, i) => i),
    gradFn: "TBackward0",
  });
}

const expandOp: Op<{ shape: Shape }> = new Op({
  name: "expand",
  kind: "movement",
  infer: ([{ dtype }], { shape }) => ({ shape, dtype }),
  kernel: ([x], out) => repeat(x.storage.data, out.dtype, x.shape, out.shape),
  pullback: (g, { specs }) => [g.sumToSize(specs[0].shape)],
});

/**
 * Repeated along dims of size 1, and along new dims in front, up to `shape`; −1 keeps a size. The result is a copy, or
 * this very tensor where its shape is that already.
 * @throws RangeError where a size other than 1 would change
 */
export function expand(x: Tensor, ...sizes: ShapeArguments): Tensor {
  const asked = toShape(sizes);
  const offset = asked.length - x.ndim;
  if (offset < 0) {
    throw new RangeError(
      `expand: the number of sizes provided (${asked.length}) must be greater or equal to the number of dimensions in the tensor (${x.ndim})`,
    );
  }
  const shape = asked.map((n, i) => (n === -1 && i >= offset ? x.shape[i - offset] : n));
  x.shape.forEach((n, i) => {
    if (n !== 1 && n !== shape[offset + i]) {
      throw new RangeError(
        `expand: The expanded size of the tensor (${shape[offset + i]}) must match the existing size (${n}) at non-singleton ` +
          `dimension ${offset + i}. Target sizes: ${shapeText(asked)}. Tensor sizes: ${shapeText(x.shape)}`,
      );
    }
  });
  checkShape("expand", shape);
  return sameShape(shape, x.shape) ? x : apply(expandOp, [x], { shape });
}

const cloneOp: Op<null> = new Op({
  name: "clone",
  kind: "movement",
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  kernel: ([x]) => copy(x.storage.data, x.dtype),
  ofOne: (x) => x,
  pullback: (g) => [g],
});

/** A copy with elements of its own; gradients pass through it. */
export function clone(x: Tensor): Tensor {
  return apply(cloneOp, [x], null);
}

const toOp: Op<{ dtype: DTypeName }> = new Op({
  name: "to",
  kind: "movement",
  gradFn: () => "ToCopyBackward0",
  infer: ([{ shape }], { dtype }) => ({ shape, dtype }),
  kernel: ([x], out) => convert(x.storage.data, x.dtype, out.dtype),
  pullback: (g, { specs }) => [to(g, specs[0].dtype)],
});

/** Converted to another dtype; this very tensor where it has that dtype already. Fractions are cut off for int64. */
export function to(x: Tensor, dtype: DTypeName): Tensor {
  return x.dtype === dtype ? x : apply(toOp, [x], { dtype });
}
