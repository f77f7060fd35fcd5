// Owns the functions whose operands come in another order than their method's. Imports apply.
import type { Tensor } from "../tensor";
import { pointwise, pointwiseOps } from "./apply";

/**
 * `a` where `condition` holds, `b` elsewhere, element by element.
 * @see https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where = (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor =>
  pointwise(pointwiseOps.where, [a, condition, b]);
