// Owns what losses share: what becomes of those of the samples, what is refused, and warnings.
// Imports checks, shapes and dtypes.
import { describe, shapeText } from "../../check";
import { isFloat } from "../../dtype";
import { sameShape } from "../../shape";
import type { Tensor } from "../../tensor";

/** What becomes of the losses of the samples: their mean, their sum, or themselves. */
export type Reduction = "mean" | "sum" | "none";

export interface LossOptions {
  /** Default "mean". */
  reduction?: Reduction;
}

/** @throws RangeError unless `reduction` is one of these, or of `more` */
export function checkReduction<More extends string = never>(
  name: string, reduction: unknown, ...more: readonly More[]
): asserts reduction is Reduction | More {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return;
  if (more.includes(reduction as More)) return;
  const got = typeof reduction === "string" ? reduction : describe(reduction);
  const choices = ['"mean"', '"sum"', ...more.map(describe)].join(", ");
  throw new RangeError(`${name}: ${got} is not a valid value for reduction; choose ${choices} or "none"`);
}

/** @throws TypeError unless the elements are floating-point numbers */
export function checkFloats(name: string, { dtype }: Tensor): void {
  if (!isFloat(dtype)) throw new TypeError(`${name}: not implemented for ${dtype}. Convert with .to(pt.float32) first.`);
}

/** The mean of losses, or their sum, or themselves. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === "mean" ? losses.mean() : reduction === "sum" ? losses.sum() : losses;
}

const warned = new Set<string>();

/** Says a warning, but only once. */
export function warnOnce(warning: string): void {
  if (warned.has(warning)) return;
  warned.add(warning);
  console.warn(warning);
}

/** Says once for each pair of shapes that they differ: most often a dim was forgotten. */
export function warnOfShapes(name: string, { shape: input }: Tensor, { shape: target }: Tensor): void {
  if (sameShape(input, target)) return;
  warnOnce(
    `${name}: Using a target size ${shapeText(target)} that is different to the input size ${shapeText(input)}. ` +
      "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
  );
}
