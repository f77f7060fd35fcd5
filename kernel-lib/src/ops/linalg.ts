// Owns the matrix product. Each exported function is also a method of Tensor. Imports apply, shapes and dtypes.
import { shapeText } from "../check";
import { exactInteger, type TypedArray } from "../dtype";
import { allocate } from "../memory";
import type { Operand, Spec } from "../engines/engine";
import { asColumn, asRow, broadcast, broadcastStrides, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";

const batchOf = (shape: Shape): Shape => shape.slice(0, -2);

interface Product {
  /** Whether the left operand's last two dims are swapped first. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const PLAIN: Product = { transposeA: false, transposeB: false };

const swapped = (shape: Shape, swap: boolean): Shape =>
  swap ? [...batchOf(shape), shape[shape.length - 1], shape[shape.length - 2]] : shape;

/** The operands' shapes as they are multiplied: [..., n, k] and [..., k, m]. */
const factors = ([a, b]: readonly Spec[], { transposeA, transposeB }: Product): readonly [Shape, Shape] =>
  [swapped(asRow(a.shape), transposeA), swapped(asColumn(b.shape), transposeB)];

function checkOperands(a: Tensor, b: Tensor, [left, right]: readonly [Shape, Shape]): void {
  if (a.ndim === 0 || b.ndim === 0) {
    throw new RangeError(`matmul: both arguments need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`);
  }
  if (a.dtype !== b.dtype) {
    throw new TypeError(`matmul: expected both tensors to have the same dtype, but got ${a.dtype} and ${b.dtype}. Convert one with .to(…).`);
  }
  if (a.dtype === "bool") throw new TypeError("matmul: not defined for bool tensors");
  const [k, l] = [left[left.length - 1], right[right.length - 2]];
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

const matmulOp: Op<Product> = new Op({
  name: "matmul",
  kind: "matmul",
  keepsInputs: true,
  gradFn: (_, [a, b]) => GRAD_FN[`${a.shape.length},${b.shape.length}`] ?? "UnsafeViewBackward0",
  infer([a, b], product) {
    const [left, right] = factors([a, b], product);
    checkOperands(a, b, [left, right]);
    const batch = broadcast("matmul", batchOf(left), batchOf(right));
    const rows = a.ndim === 1 ? [] : [left[left.length - 2]];
    const columns = b.ndim === 1 ? [] : [right[right.length - 1]];
    return { shape: [...batch, ...rows, ...columns], dtype: a.dtype };
  },
  kernel([a, b], out, product) {
    const [left, right] = factors([a, b], product);
    const [n, k] = left.slice(-2);
    const m = right[right.length - 1];
    const batch = broadcast("matmul", batchOf(left), batchOf(right));
    // One stride a batch dim, in matrices.
    const aSteps = broadcastStrides(batchOf(left), batch);
    const bSteps = broadcastStrides(batchOf(right), batch);
    const aData = product.transposeA ? transposed(a, n, k) : a.storage.data;
    const bData = product.transposeB ? transposed(b, k, m) : b.storage.data;
    const result = allocate(out.dtype, sizeOf(out.shape));
    const finish = out.dtype === "int64" ? exactInteger : null;
    for (let i = 0; i < sizeOf(batch); i++) {
      const [ao, bo] = [matrixAt(i, batch, aSteps), matrixAt(i, batch, bSteps)];
      multiply(aData, ao * n * k, bData, bo * k * m, result, i * n * m, n, k, m, finish);
    }
    return result;
  },
  pullback(g, saved) {
    const { specs, attributes } = saved;
    const { transposeA, transposeB } = attributes;
    const [left, right] = factors(specs, attributes);
    const batch = broadcast("matmul", batchOf(left), batchOf(right));
    const g2 = g.reshape([...batch, left[left.length - 2], right[right.length - 1]]);
    // The operands as they are kept: matrices, not yet swapped.
    const [aLifted, bLifted] = [asRow(specs[0].shape), asColumn(specs[1].shape)];
    const ofA = (): Tensor => {
      const b = saved.input(1).reshape(bLifted);
      return transposeA ? multiplied(b, g2, transposeB, true) : multiplied(g2, b, false, !transposeB);
    };
    const ofB = (): Tensor => {
      const a = saved.input(0).reshape(aLifted);
      return transposeB ? multiplied(g2, a, true, transposeA) : multiplied(a, g2, !transposeA, false);
    };
    return [
      saved.needs(0) ? ofA().sumToSize(aLifted).reshape(specs[0].shape) : null,
      saved.needs(1) ? ofB().sumToSize(bLifted).reshape(specs[1].shape) : null,
    ];
  },
});

const multiplied = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
  apply(matmulOp, [a, b], { transposeA, transposeB });

/** The elements of matrices that are kept as [columns, rows], as [rows, columns]. */
function transposed({ storage: { data }, dtype }: Operand, rows: number, columns: number): TypedArray {
  const out = allocate(dtype, data.length);
  for (let start = 0; start < data.length; start += rows * columns) {
    for (let i = 0, o = start; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[o++] = data[start + j * rows + i];
    }
  }
  return out;
}

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
  return apply(matmulOp, [a, b], PLAIN);
}
