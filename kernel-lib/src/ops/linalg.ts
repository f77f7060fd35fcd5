// Owns the matrix product. Each exported function is also a method of Tensor. Imports apply, shapes and dtypes.
import { shapeText } from "../check";
import { exactInteger, type TypedArray } from "../dtype";
import { allocate } from "../memory";
import { broadcast, broadcastStrides, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import type { Op } from "./nodes";

// Vectors take part as a row at the left, a column at the right.
const asLeft = (shape: Shape): Shape => (shape.length === 1 ? [1, shape[0]] : shape);
const asRight = (shape: Shape): Shape => (shape.length === 1 ? [shape[0], 1] : shape);
const batchOf = (shape: Shape): Shape => shape.slice(0, -2);

function checkOperands(a: Tensor, b: Tensor): void {
  if (a.ndim === 0 || b.ndim === 0) {
    throw new RangeError(`matmul: both arguments need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`);
  }
  if (a.dtype !== b.dtype) {
    throw new TypeError(`matmul: expected both tensors to have the same dtype, but got ${a.dtype} and ${b.dtype}. Convert one with .to(…).`);
  }
  if (a.dtype === "bool") throw new TypeError("matmul: not defined for bool tensors");
  const k = a.shape[a.ndim - 1];
  const l = asRight(b.shape).at(-2);
  if (k !== l) {
    throw new RangeError(`matmul: ${shapeText(a.shape)} × ${shapeText(b.shape)}: inner sizes ${k} and ${l} differ`);
  }
}

const GRAD_FN: Readonly<Record<string, string>> = {
  "1,1": "DotBackward0",
  "2,1": "MvBackward0",
  "2,2": "MmBackward0",
  "1,2": "SqueezeBackward4",
};

const matmulOp: Op<null> = {
  name: "matmul",
  keepsInputs: true,
  gradFn: (_, [a, b]) => GRAD_FN[`${a.shape.length},${b.shape.length}`] ?? "UnsafeViewBackward0",
  infer([a, b]) {
    checkOperands(a, b);
    const batch = broadcast("matmul", batchOf(asLeft(a.shape)), batchOf(asRight(b.shape)));
    const rows = a.ndim === 1 ? [] : [a.shape[a.ndim - 2]];
    const columns = b.ndim === 1 ? [] : [b.shape[b.ndim - 1]];
    return { shape: [...batch, ...rows, ...columns], dtype: a.dtype };
  },
  kernel([a, b], out) {
    const [left, right] = [asLeft(a.shape), asRight(b.shape)];
    const [n, k] = left.slice(-2);
    const m = right[right.length - 1];
    const batch = broadcast("matmul", batchOf(left), batchOf(right));
    // One stride a batch dim, in matrices.
    const aSteps = broadcastStrides(batchOf(left), batch);
    const bSteps = broadcastStrides(batchOf(right), batch);
    const result = allocate(out.dtype, sizeOf(out.shape));
    const finish = out.dtype === "int64" ? exactInteger : null;
    for (let i = 0; i < sizeOf(batch); i++) {
      const [ao, bo] = [matrixAt(i, batch, aSteps), matrixAt(i, batch, bSteps)];
      multiply(a.storage.data, ao * n * k, b.storage.data, bo * k * m, result, i * n * m, n, k, m, finish);
    }
    return result;
  },
  pullback(g, saved) {
    const [{ shape: aShape }, { shape: bShape }] = saved.specs;
    const [left, right] = [asLeft(aShape), asRight(bShape)];
    const batch = broadcast("matmul", batchOf(left), batchOf(right));
    const g2 = g.reshape([...batch, left[left.length - 2], right[right.length - 1]]);
    const fold = (shape: Shape, lifted: Shape, product: Tensor): Tensor => product.sumToSize(lifted).reshape(shape);
    return [
      saved.needs(0) ? fold(aShape, left, matmul(g2, saved.input(1).reshape(right).transpose(-1, -2))) : null,
      saved.needs(1) ? fold(bShape, right, matmul(saved.input(0).reshape(left).transpose(-1, -2), g2)) : null,
    ];
  },
};

/** The index of the matrix that the i-th of `batch` reads. */
function matrixAt(i: number, batch: Shape, steps: readonly number[]): number {
  let at = 0;
  for (let d = batch.length - 1, rest = i; d >= 0; d--) {
    at += (rest % batch[d]) * steps[d];
    rest = Math.floor(rest / batch[d]);
  }
  return at;
}

/** out[n, m] = a[n, k] · b[k, m], each from its offset. Products are added up in doubles and rounded once. */
function multiply(
  a: TypedArray, ao: number, b: TypedArray, bo: number, out: TypedArray, oo: number,
  n: number, k: number, m: number, finish: ((value: number) => number) | null,
): void {
  const row = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    // Four rows of b at a time: the sums are then loaded and stored once in four products, which is what takes time.
    // They are still added one by one, from the left.
    let l = 0;
    for (; l + 4 <= k; l += 4) {
      const at = ao + i * k + l;
      const [b0, b1, b2, b3] = [bo + l * m, bo + (l + 1) * m, bo + (l + 2) * m, bo + (l + 3) * m];
      const [x0, x1, x2, x3] = [a[at], a[at + 1], a[at + 2], a[at + 3]];
      for (let j = 0; j < m; j++) {
        row[j] = row[j] + x0 * b[b0 + j] + x1 * b[b1 + j] + x2 * b[b2 + j] + x3 * b[b3 + j];
      }
    }
    for (; l < k; l++) {
      const x = a[ao + i * k + l];
      const start = bo + l * m;
      for (let j = 0; j < m; j++) row[j] += x * b[start + j];
    }
    for (let j = 0; j < m; j++) out[oo + i * m + j] = finish ? finish(row[j]) : row[j];
  }
}

/**
 * The matrix product: [n, k] × [k, m] → [n, m]. A vector is a row at the left and a column at the right, and that dim
 * is dropped; dims in front are a batch, and broadcast.
 * @throws RangeError where the inner sizes differ
 * @see https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return apply(matmulOp, [a, b], null);
}
