// Owns determinants, and gives `inverse` its name. Each exported function is also a method of Tensor.
// Imports apply, inverses, the factors of matrices, and dtypes.
import { eye } from "../creation";
import { float64, type TypedArray } from "../dtype";
import type { Operand, Spec } from "../engines/engine";
import { allocate } from "../memory";
import { sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { type Pivots, pivotsOf, squareSize } from "./factors";
import { Op } from "./nodes";
import { inv } from "./solve";

export { inv as inverse };

/** One number for each matrix, from its pivots. */
function fromPivots(
  [{ storage: { data }, shape }]: readonly Operand[], out: Spec, f: (pivots: Pivots) => number,
): TypedArray {
  const result = allocate(out.dtype, sizeOf(out.shape));
  const n = shape[shape.length - 1];
  for (let i = 0; i < result.length; i++) result[i] = f(pivotsOf(data, i * n * n, n));
  return result;
}

interface Named {
  /** What the caller called it. */
  readonly name: string;
}

function infer([x]: readonly Tensor[], { name }: Named): Spec {
  squareSize(name, x);
  return { shape: x.shape.slice(0, -2), dtype: x.dtype };
}

/** One number a matrix, as matrices of one element. */
const lifted = (x: Tensor): Tensor => x.unsqueeze(-1).unsqueeze(-1);
const transposed = (x: Tensor): Tensor => x.transpose(-2, -1);

/**
 * The adjugate of each matrix, Σ over its minors, by Faddeev and LeVerrier: A's powers added up, for n − 1 products.
 * It needs no inverse, and takes gradients of any order; but its digits go with the size of the powers.
 */
function adjugate(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1];
  // In doubles, for the sake of the digits.
  const a = x.to(float64);
  const unit = eye(n, { dtype: float64 });
  let sum = unit.expand(...a.shape);
  for (let k = 1; k < n; k++) {
    const product = a.matmul(sum);
    const trace = product.mul(unit).sum([-2, -1]);
    sum = product.sub(lifted(trace.div(k)).mul(unit));
  }
  return (n % 2 === 0 ? sum.neg() : sum).to(x.dtype);
}

const detOp: Op<Named> = new Op({
  name: "det",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  gradFn: () => "LinalgDetBackward0",
  infer,
  kernel: (inputs, out) =>
    fromPivots(inputs, out, ({ sign, diagonal }) => diagonal.reduce((product, pivot) => product * pivot, sign)),
  // det·A⁻ᵀ, which is the adjugate's transpose: that one is taken where there is no inverse.
  pullback(g, saved) {
    const [a, y] = [saved.input(0), saved.output()];
    // PyTorch has none for matrices without elements.
    if (a.numel() === 0) return [null];
    const isSingular = lifted(y.eq(0));
    if (!isSingular.any().item()) return [lifted(g.mul(y)).mul(transposed(inv(a)))];
    const unit = eye(a.shape[a.ndim - 1], { dtype: a.dtype });
    const regular = lifted(g.mul(y)).mul(transposed(inv(unit.where(isSingular, a))));
    return [lifted(g).mul(transposed(adjugate(a))).where(isSingular, regular)];
  },
});

const signOp: Op<Named> = new Op({
  name: "signOfDet",
  kind: "reduction",
  infer,
  // The sign of a NaN is 0, as PyTorch has it.
  kernel: (inputs, out) =>
    fromPivots(inputs, out, ({ sign, diagonal }) =>
      diagonal.reduce((product, pivot) => product * (Math.sign(pivot) || 0), sign)),
});

const logAbsOp: Op<Named> = new Op({
  name: "logAbsDet",
  kind: "reduction",
  keepsInputs: true,
  gradFn: () => "LinalgSlogdetBackward0",
  infer,
  kernel: (inputs, out) =>
    fromPivots(inputs, out, ({ diagonal }) => diagonal.reduce((sum, pivot) => sum + Math.log(Math.abs(pivot)), 0)),
  pullback: (g, saved) => [lifted(g).mul(transposed(inv(saved.input(0))))],
});

/**
 * The determinant of each matrix, computed in doubles. Its gradients, of any order, are right for singular matrices too
 * (to 9 digits for 30 × 30, fewer for larger ones), where PyTorch's is 0 unless it is to be differentiated again.
 * @param x [..., n, n], floating point
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.det.html
 */
export function det(x: Tensor): Tensor {
  return apply(detOp, [x], { name: "linalg.det" });
}

/** The determinant as its sign, which is −1, 0 or 1 and has no gradient, and the logarithm of its size. */
export interface Slogdet {
  sign: Tensor;
  logabsdet: Tensor;
}

/**
 * The sign of each matrix's determinant, and ln |determinant|, also where the determinant itself is too large or too
 * small for a number. For a singular matrix they are 0 and −∞, which has no gradient.
 * @param x [..., n, n], floating point
 * @throws Error in backward, where a matrix is singular
 * @see https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html
 */
export function slogdet(x: Tensor): Slogdet {
  return { sign: apply(signOp, [x], { name: "linalg.slogdet" }), logabsdet: apply(logAbsOp, [x], { name: "linalg.slogdet" }) };
}

/**
 * The logarithm of each matrix's determinant: NaN where that is negative, −∞ where it is 0.
 * @param x [..., n, n], floating point
 * @throws Error in backward, where a matrix is singular
 * @see https://pytorch.org/docs/stable/generated/torch.logdet.html
 */
export function logdet(x: Tensor): Tensor {
  const sign = apply(signOp, [x], { name: "logdet" });
  return apply(logAbsOp, [x], { name: "logdet" }).where(sign.ge(0), NaN);
}
