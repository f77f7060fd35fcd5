// Owns the losses of differences: how far numbers are from those that they should be.
// Imports apply, reductions of losses, the host's sums, shapes and dtypes.
import { describe } from "../../check";
import { round } from "../../dtype";
import { type Floats, sumAll } from "../../engines/host/sum";
import { allocate } from "../../memory";
import { broadcast, sizeOf } from "../../shape";
import type { Tensor } from "../../tensor";
import { apply } from "../apply";
import { Op } from "../nodes";
import { checkTensors, resultType } from "../operands";
import { checkFloats, checkReduction, type LossOptions, reduced, type Reduction, warnOfShapes } from "./reduction";

export interface HuberLossOptions extends LossOptions {
  /** From which difference on the loss is a line. Default 1. */
  delta?: number;
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Up to which difference the loss is a parabola; with 0 it is `l1Loss`. Default 1. */
  beta?: number;
}

interface SquaredError {
  readonly reduction: Reduction;
}

const mseLossOp: Op<SquaredError> = new Op({
  name: "mseLoss",
  kind: "reduction",
  keepsInputs: true,
  infer([x], { reduction }) {
    checkFloats("mseLoss", x);
    return { shape: reduction === "none" ? x.shape : [], dtype: x.dtype };
  },
  kernel([a, b], out, { reduction }) {
    const [x, y] = [a.storage.data, b.storage.data];
    const squares = allocate(out.dtype, x.length);
    // Storing rounds the difference, as PyTorch does before it squares.
    for (let i = 0; i < squares.length; i++) squares[i] = x[i] - y[i];
    for (let i = 0; i < squares.length; i++) squares[i] *= squares[i];
    if (reduction === "none") return squares;
    const total = sumAll(squares as Floats);
    return reduction === "mean" ? round(out.dtype, total / squares.length) : total;
  },
  // 2·(a − b)·g, divided by their number for the mean
  pullback(g, saved) {
    const factor = saved.attributes.reduction === "mean" ? 2 / sizeOf(saved.specs[0].shape) : 2;
    const gradient = saved.input(0).sub(saved.input(1)).mul(factor).mul(g);
    return [saved.needs(0) ? gradient : null, saved.needs(1) ? gradient.neg() : null];
  },
});

function checkPair(name: string, input: Tensor, target: Tensor, reduction: Reduction): void {
  checkTensors(name, [input, target]);
  checkReduction(name, reduction);
  warnOfShapes(name, input, target);
}

/**
 * The mean of (input − target)², or their sum, or each of them.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export function mseLoss(input: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  checkPair("mseLoss", input, target, reduction);
  const shape = broadcast("mseLoss", input.shape, target.shape);
  const dtype = resultType([input, target]);
  const [a, b] = [input, target].map((x) => x.expand(shape).to(dtype));
  return apply(mseLossOp, [a, b], { reduction });
}

/**
 * The mean of |input − target|, or their sum, or each of them. Its gradient where both are equal is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html
 */
export function l1Loss(input: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  checkPair("l1Loss", input, target, reduction);
  return reduced(input.sub(target).abs(), reduction);
}

/**
 * d²/2 up to |d| = delta, delta·(|d| − delta/2) from there on. With q, which is d kept within ±delta, both are
 * q·(d − q/2), whose gradients are right at 0 and at infinity too.
 */
function huber(difference: Tensor, delta: number): Tensor {
  const q = difference.clamp(-delta, delta);
  return q.mul(difference.sub(q.mul(0.5)));
}

/**
 * The mean of the Huber losses of d = input − target, or their sum, or each of them: d²/2 where |d| ≤ delta,
 * delta·(|d| − delta/2) elsewhere. It has the input's type.
 * @throws RangeError unless `delta` is positive
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huberLoss(input: Tensor, target: Tensor, { delta = 1, reduction = "mean" }: HuberLossOptions = {}): Tensor {
  checkPair("huberLoss", input, target, reduction);
  if (!(delta > 0)) {
    throw new RangeError(`huberLoss: does not support non-positive values for delta. Got: ${describe(delta)}`);
  }
  checkFloats("huberLoss", input);
  return reduced(huber(input.sub(target), delta).to(input.dtype), reduction);
}

/**
 * `huberLoss` divided by beta, as delta is called here: the mean of d²/(2·beta) where |d| < beta and of |d| − beta/2
 * elsewhere, or their sum, or each of them.
 * @throws RangeError where `beta` is negative
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss(input: Tensor, target: Tensor, { beta = 1, reduction = "mean" }: SmoothL1LossOptions = {}): Tensor {
  checkPair("smoothL1Loss", input, target, reduction);
  if (!(beta >= 0)) {
    throw new RangeError(`smoothL1Loss: does not support negative values for beta. Got: ${describe(beta)}`);
  }
  const difference = input.sub(target);
  checkFloats("smoothL1Loss", difference);
  return reduced(beta === 0 ? difference.abs() : huber(difference, beta).div(beta), reduction);
}
