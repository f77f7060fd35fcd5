// Owns inverses and the solutions of linear equations. Imports apply, the factors of matrices, and shapes.
import { allocate } from "../memory";
import { broadcast, sameShape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { solveAll, squareSize } from "./factors";
import { Op } from "./nodes";
import { checkTensors } from "./operands";

const transposed = (x: Tensor): Tensor => x.transpose(-2, -1);

// To the engines these are reductions: what that costs goes with the first operand, and there may be no second.
const invOp: Op<null> = new Op({
  name: "inv",
  kind: "reduction",
  keepsOutput: true,
  gradFn: () => "LinalgInvExBackward0",
  infer([x]) {
    squareSize("linalg.inv", x);
    return x.spec;
  },
  kernel([{ storage: { data } }], { shape, dtype }) {
    const out = allocate(dtype, data.length);
    solveAll(data, null, out, shape, (where, place) => new Error(
      `linalg.inv: ${where}The diagonal element ${place} is zero, the inversion could not be completed because the input ` +
        "matrix is singular.",
    ));
    return out;
  },
  // −Yᵀ·g·Yᵀ
  pullback(g, saved) {
    const y = transposed(saved.output());
    return [y.matmul(g).matmul(y).neg()];
  },
});

/**
 * The inverse of each matrix, computed in doubles.
 * @param x [..., n, n], floating point
 * @throws Error where elimination meets a pivot that is exactly 0: the matrix is singular
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.inv.html
 */
export function inv(x: Tensor): Tensor {
  return apply(invOp, [x], null);
}

// The operands have one batch, and are matrices.
const solveOp: Op<null> = new Op({
  name: "solve",
  kind: "reduction",
  keepsInputs: [0],
  keepsOutput: true,
  gradFn: () => "LinalgSolveExBackward0",
  infer: ([, b]) => b.spec,
  kernel([a, b], { shape, dtype }) {
    const out = allocate(dtype, sizeOf(shape));
    solveAll(a.storage.data, b.storage.data, out, shape, (where) => new Error(
      `linalg.solve: ${where}The solver failed because the input matrix is singular.`,
    ));
    return out;
  },
  // By B the solution of Aᵀ·G = g; by A −G·Xᵀ.
  pullback(g, saved) {
    const ofB = apply(solveOp, [transposed(saved.input(0)), g], null);
    return [saved.needs(0) ? ofB.matmul(transposed(saved.output())).neg() : null, ofB];
  },
});

/** Whether B is vectors, one a matrix of A: it is [n], or A's shape without the last dim. */
const isVectors = (a: Tensor, b: Tensor): boolean => b.ndim === 1 || sameShape(b.shape, a.shape.slice(0, -1));

/**
 * X with A·X = B, computed in doubles.
 * @param a [..., n, n], floating point
 * @param b [..., n, k] with a batch that broadcasts with A's, or vectors: [n], or A's shape without the last dim
 * @throws RangeError where the shapes do not fit
 * @throws Error where elimination meets a pivot that is exactly 0: a matrix is singular
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.solve.html
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const name = "linalg.solve";
  checkTensors(name, [a, b]);
  const n = squareSize(name, a);
  if (b.ndim === 0) throw new RangeError(`${name}: The input tensor B must have at least 1 dimension, got []`);
  if (a.dtype !== b.dtype) {
    throw new TypeError(`${name}: Expected A and B to have the same dtype, but found A of type ${a.dtype} and B of type ${b.dtype} instead`);
  }
  const areVectors = isVectors(a, b);
  const columns = areVectors ? b.unsqueeze(-1) : b;
  const [rows, k] = columns.shape.slice(-2);
  if (rows !== n) {
    throw new RangeError(`${name}: Incompatible shapes of A and B for the equation AX = B (${n}x${n} and ${rows}x${k})`);
  }
  const batch = broadcast(name, a.shape.slice(0, -2), columns.shape.slice(0, -2));
  const x = apply(solveOp, [a.expand(...batch, n, n), columns.expand(...batch, n, k)], null);
  return areVectors ? x.squeeze(-1) : x;
}
