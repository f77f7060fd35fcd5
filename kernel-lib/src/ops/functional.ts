// Owns the functions that take operands or options otherwise than their method does. Imports apply.
import type { Tensor } from "../tensor";
import { pointwise, pointwiseOps } from "./apply";

/**
 * `a` where `condition` holds, `b` elsewhere, element by element.
 * @see https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where = (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor =>
  pointwise(pointwiseOps.where, [a, condition, b]);

export interface GeluOptions {
  /** "tanh" for the approximation by `geluTanh`. Default "none". */
  approximate?: "none" | "tanh";
}

/**
 * x · Φ(x), with Φ the distribution function of the normal distribution.
 * @throws RangeError for another `approximate` than "none" and "tanh"
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html
 */
export function gelu(x: Tensor, { approximate = "none" }: GeluOptions = {}): Tensor {
  if (approximate !== "none" && approximate !== "tanh")
    throw new RangeError("gelu: approximate argument must be either none or tanh.");
  return pointwise(approximate === "tanh" ? pointwiseOps.geluTanh : pointwiseOps.gelu, [x]);
}
