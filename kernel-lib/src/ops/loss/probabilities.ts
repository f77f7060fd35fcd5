// Owns the losses of probabilities: of one event each, and of distributions. Imports apply, reductions of losses,
// softplus, shapes and dtypes.
import { shapeText } from "../../check";
import { isFloat } from "../../dtype";
import { allocate } from "../../memory";
import { broadcast, sameShape, type Shape } from "../../shape";
import type { Tensor } from "../../tensor";
import { apply } from "../apply";
import { Op } from "../nodes";
import { checkTensors } from "../operands";
import { checkFloats, checkReduction, type LossOptions, reduced, type Reduction, warnOnce } from "./reduction";

export interface BinaryLossOptions extends LossOptions {
  /** What each loss is multiplied with, of a shape that broadcasts to the input's. */
  weight?: Tensor;
}

export interface LogitLossOptions extends BinaryLossOptions {
  /** How much more an event counts than its absence, of a shape that broadcasts to the input's. */
  posWeight?: Tensor;
}

export interface KlDivOptions {
  /** "batchmean" for the sum over the number of samples: the divergence. Default "mean", that of all elements. */
  reduction?: Reduction | "batchmean";
  /** Whether the target holds logarithms too. Default false. */
  logTarget?: boolean;
}

/** @throws Error where a weight does not fit, or wants a gradient */
function checkWeight(name: string, what: string, weight: Tensor | undefined, shape: Shape): void {
  if (weight === undefined) return;
  checkTensors(name, [weight]);
  const together = broadcast(name, shape, weight.shape);
  if (!sameShape(together, shape)) {
    throw new RangeError(`${name}: output with shape ${shapeText(shape)} doesn't match the broadcast shape ${shapeText(together)}`);
  }
  if (weight.requiresGrad) {
    throw new Error(`${name}: not differentiable with respect to argument '${what}'. This input cannot have requiresGrad true.`);
  }
}

const weighted = (losses: Tensor, weight: Tensor | undefined): Tensor =>
  weight ? losses.mul(weight).to(losses.dtype) : losses;

function checkUnits(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= 0 && values[i] <= 1)) {
      throw new RangeError(`binaryCrossEntropy: all elements of ${what} should be between 0 and 1, got ${values[i]}`);
    }
  }
}

// PyTorch's 1e−12, which is a float32 there for all types.
const LEAST_DIVISOR = Math.fround(1e-12);

// A record, since its gradient is not that of its value: both are kept finite, in ways of their own.
const binaryCrossEntropyOp: Op<null> = new Op({
  name: "binaryCrossEntropy",
  kind: "reduction",
  keepsInputs: true,
  infer([input, target]) {
    const { shape, dtype } = input;
    checkFloats("binaryCrossEntropy", input);
    if (target.dtype !== dtype) throw new TypeError(`binaryCrossEntropy: Found dtype ${target.dtype} but expected ${dtype}`);
    return { shape, dtype };
  },
  kernel([input, target], out) {
    const [x, t] = [input.storage.data, target.storage.data];
    checkUnits("input", x);
    checkUnits("target", t);
    const losses = allocate(out.dtype, x.length);
    for (let i = 0; i < losses.length; i++) {
      losses[i] = (t[i] - 1) * Math.max(Math.log1p(-x[i]), -100) - t[i] * Math.max(Math.log(x[i]), -100);
    }
    return losses;
  },
  // (x − t)/(x·(1 − x)), whose divisor is kept from 0, and ln(1 − x) − ln x
  pullback(g, saved) {
    const [x, t] = [saved.input(0), saved.input(1)];
    return [
      saved.needs(0) ? g.mul(x.sub(t)).div(x.neg().add(1).mul(x).clampMin(LEAST_DIVISOR)) : null,
      saved.needs(1) ? g.mul(x.neg().log1p().sub(x.log())) : null,
    ];
  },
});

/**
 * The mean of −(target·ln input + (1 − target)·ln(1 − input)), or their sum, or each of them: how far probabilities of
 * events are from what came about. Logarithms count as −100 at least; the gradient's divisor input·(1 − input) as
 * 1e−12.
 * @param input probabilities, 0 to 1
 * @param target of the same shape and type, 0 to 1
 * @throws RangeError for numbers below 0 or above 1, or shapes that differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryLossOptions = {}): Tensor {
  const { reduction = "mean", weight } = options;
  checkTensors("binaryCrossEntropy", [input, target]);
  checkReduction("binaryCrossEntropy", reduction);
  if (!sameShape(input.shape, target.shape)) {
    throw new RangeError(
      `binaryCrossEntropy: Using a target size ${shapeText(target.shape)} that is different to the input size ` +
        `${shapeText(input.shape)} is deprecated. Please ensure they have the same size.`,
    );
  }
  checkWeight("binaryCrossEntropy", "weight", weight, input.shape);
  return reduced(weighted(apply(binaryCrossEntropyOp, [input, target], null), weight), reduction);
}

// Where e^−x is less than half a unit in the last place of x, also of a double.
const SOFTPLUS_IS_LINEAR = 40;

/**
 * `binaryCrossEntropy` of sigmoid(input), exact also where the sigmoid is 0 or 1:
 * (1 − target)·input + ln(1 + e^−input), the logarithm times 1 + (posWeight − 1)·target.
 * @param input scores, of any size
 * @param target of the same shape, 0 to 1
 * @throws RangeError for shapes that differ
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, options: LogitLossOptions = {}): Tensor {
  const name = "binaryCrossEntropyWithLogits";
  const { reduction = "mean", weight, posWeight } = options;
  checkTensors(name, [input, target]);
  checkReduction(name, reduction);
  if (!sameShape(input.shape, target.shape)) {
    throw new RangeError(
      `${name}: Target size ${shapeText(target.shape)} must be the same as input size ${shapeText(input.shape)}`,
    );
  }
  for (const x of [input, target]) checkFloats(name, x);
  checkWeight(name, "weight", weight, input.shape);
  checkWeight(name, "posWeight", posWeight, input.shape);
  const log = input.neg().softplus(1, SOFTPLUS_IS_LINEAR);
  const ofEvents = posWeight ? log.mul(posWeight.sub(1).mul(target).add(1)) : log;
  const losses = target.neg().add(1).mul(input).add(ofEvents).to(target.dtype);
  return reduced(weighted(losses, weight), reduction);
}

/**
 * The Kullback–Leibler divergence of the input from the target: target·(ln target − input) of each element, reduced.
 * @param input logarithms of probabilities
 * @param target probabilities, or with `logTarget` their logarithms, of a shape that broadcasts with the input's
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 */
export function klDiv(input: Tensor, target: Tensor, { reduction = "mean", logTarget = false }: KlDivOptions = {}): Tensor {
  checkTensors("klDiv", [input, target]);
  checkReduction("klDiv", reduction, "batchmean");
  if (!isFloat(input.dtype) || !isFloat(target.dtype)) throw new TypeError("klDiv: Integral inputs not supported.");
  if (reduction === "mean") {
    warnOnce(
      "klDiv: reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides " +
        "only by the batch size, and aligns with the KL div math definition.",
    );
  }
  // 0·ln 0 is 0.
  const entropy = (): Tensor => target.mul(target.log()).where(target.ne(0), 0);
  const losses = logTarget ? target.exp().mul(target.sub(input)) : entropy().sub(target.mul(input));
  if (reduction !== "batchmean") return reduced(losses, reduction);
  return input.ndim === 0 ? losses.sum() : losses.sum().div(input.shape[0]);
}
