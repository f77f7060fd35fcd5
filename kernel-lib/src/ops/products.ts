// Owns the products of vectors and matrices of given dims. Each exported function is also a method of Tensor.
// Imports the matrix product and indexing.
import { shapeText } from "../check";
import type { Tensor } from "../tensor";
import { at } from "./indexing";
import { matmul } from "./linalg";
import { checkTensors } from "./operands";
import { slice } from "./slice";

/** A shape as PyTorch has it in the errors of products: 2x3. */
const sizesText = (x: Tensor): string => x.shape.join("x");

function checkTypes(name: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new TypeError(`${name}: expected both to have the same dtype, but found ${a.dtype} and ${b.dtype}. Convert one with .to(…).`);
  }
}

/**
 * The sum of the products of two vectors' elements.
 * @throws RangeError unless both are vectors of one length
 * @see https://pytorch.org/docs/stable/generated/torch.dot.html
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkTensors("dot", [a, b]);
  if (a.ndim !== 1 || b.ndim !== 1) throw new RangeError(`dot: 1D tensors expected, but got ${a.ndim}D and ${b.ndim}D tensors`);
  checkTypes("dot", a, b);
  if (a.shape[0] !== b.shape[0]) {
    throw new RangeError(
      `dot: inconsistent tensor size, expected tensor ${shapeText(a.shape)} and src ${shapeText(b.shape)} to have the same ` +
        `number of elements, but got ${a.shape[0]} and ${b.shape[0]} elements respectively`,
    );
  }
  return matmul(a, b);
}

/**
 * The product of a matrix and a vector: [n, m] · [m] → [n].
 * @throws RangeError for other dims or sizes
 * @see https://pytorch.org/docs/stable/generated/torch.mv.html
 */
export function mv(a: Tensor, b: Tensor): Tensor {
  checkTensors("mv", [a, b]);
  if (a.ndim !== 2 || b.ndim !== 1) throw new RangeError(`mv: a matrix and a vector expected, got ${a.ndim}D and ${b.ndim}D tensors`);
  checkTypes("mv", a, b);
  if (a.shape[1] !== b.shape[0]) throw new RangeError(`mv: size mismatch, got mat (${sizesText(a)}), vec (${sizesText(b)})`);
  return matmul(a, b);
}

/**
 * The product of two matrices: [n, k] · [k, m] → [n, m].
 * @throws RangeError for other dims or sizes
 * @see https://pytorch.org/docs/stable/generated/torch.mm.html
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkTensors("mm", [a, b]);
  if (a.ndim !== 2) throw new RangeError(`mm: self must be a matrix, got ${shapeText(a.shape)}`);
  if (b.ndim !== 2) throw new RangeError(`mm: mat2 must be a matrix, got ${shapeText(b.shape)}`);
  checkTypes("mm", a, b);
  if (a.shape[1] !== b.shape[0]) {
    throw new RangeError(`mm: mat1 and mat2 shapes cannot be multiplied (${sizesText(a)} and ${sizesText(b)})`);
  }
  return matmul(a, b);
}

/**
 * The products of matrices, one by one: [b, n, k] · [b, k, m] → [b, n, m].
 * @throws RangeError for other dims or sizes
 * @see https://pytorch.org/docs/stable/generated/torch.bmm.html
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkTensors("bmm", [a, b]);
  if (a.ndim !== 3) throw new RangeError(`bmm: batch1 must be a 3D tensor, got ${shapeText(a.shape)}`);
  if (b.ndim !== 3) throw new RangeError(`bmm: batch2 must be a 3D tensor, got ${shapeText(b.shape)}`);
  checkTypes("bmm", a, b);
  const expected = [a.shape[0], a.shape[2]];
  if (b.shape[0] !== expected[0] || b.shape[1] !== expected[1]) {
    throw new RangeError(
      `bmm: Expected size for first two dimensions of batch2 tensor to be: ${shapeText(expected)} but got: ${shapeText(b.shape.slice(0, 2))}.`,
    );
  }
  return matmul(a, b);
}

/**
 * The products of each element of one vector with each of another: [n] and [m] → [n, m].
 * @throws RangeError unless both are vectors
 * @see https://pytorch.org/docs/stable/generated/torch.outer.html
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkTensors("outer", [a, b]);
  if (a.ndim !== 1) throw new RangeError(`outer: Expected 1-D argument self, but got ${a.ndim}-D`);
  if (b.ndim !== 1) throw new RangeError(`outer: Expected 1-D argument vec2, but got ${b.ndim}-D`);
  // Not unsqueeze, which would share a's elements, and so forbid to write to them.
  return at(a, slice(), null).mul(b);
}
