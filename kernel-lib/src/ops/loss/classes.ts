// Owns the losses of samples that belong to classes. Imports apply, softmax, reductions of losses, shapes and dtypes.
import { describe, shapeText } from "../../check";
import { isFloat, type TypedArray } from "../../dtype";
import type { Operand, Spec } from "../../engines/engine";
import { allocate } from "../../memory";
import { sameShape, type Shape, sizeOf } from "../../shape";
import type { Tensor } from "../../tensor";
import { apply } from "../apply";
import { Op, type SavedTensors } from "../nodes";
import { checkTensors } from "../operands";
import { logSoftmax } from "../softmax";
import { checkFloats, checkReduction, type LossOptions, reduced, type Reduction } from "./reduction";

export interface ClassLossOptions extends LossOptions {
  /** A weight for each class; the mean is then the weighted one. */
  weight?: Tensor;
  /** Samples of this class count for nothing. Default −100. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassLossOptions {
  /** How much of a target goes to all classes alike, 0 to 1. Default 0. */
  labelSmoothing?: number;
}

interface ClassLoss {
  readonly reduction: Reduction;
  readonly ignoreIndex: number;
}

// The operands are [input or g, target] or [input or g, target, weight].
const [TARGET, WEIGHT] = [1, 2];
const isImage = (shape: Shape): boolean => shape.length > 2;

/**
 * Calls `visit` for each sample that is not ignored, with its number, the place of its class in an array of `shape`,
 * which has the classes along dim 1 (0 where it is the only one), and the weight of that class.
 * @returns the sum of the weights
 */
function eachSample(
  [, target, weight]: readonly Operand[], shape: Shape, ignoreIndex: number,
  visit: (sample: number, place: number, weight: number) => void,
): number {
  const classes = shape[shape.length === 1 ? 0 : 1];
  const inner = sizeOf(shape.slice(2));
  const targets = target.storage.data;
  const weights = weight?.storage.data;
  let total = 0;
  for (let i = 0; i < targets.length; i++) {
    const index = targets[i];
    if (index === ignoreIndex) continue;
    if (!(index >= 0 && index < classes)) throw new RangeError(`nllLoss: Target ${index} is out of bounds.`);
    const own = weights ? weights[index] : 1;
    total += own;
    visit(i, (Math.floor(i / inner) * classes + index) * inner + (i % inner), own);
  }
  return total;
}

function checkWeight(name: string, weight: Tensor, classes: number): void {
  if (weight.ndim === 1 && weight.shape[0] === classes) return;
  throw new RangeError(
    `${name}: weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of ` +
      `shape: ${shapeText(weight.shape)}`,
  );
}

function checkClasses(input: Tensor, target: Tensor, weight: Tensor | undefined): void {
  const { shape, dtype, ndim } = input;
  checkFloats("nllLoss", input);
  if (ndim === 0) throw new RangeError("nllLoss: Expected 1 or more dimensions (got 0)");
  if (target.dtype !== "int64") {
    throw new TypeError(`nllLoss: expected scalar type int64 but found ${target.dtype}: a target is the number of a class`);
  }
  const expected = [...shape.slice(0, 1), ...shape.slice(2)];
  // One sample alone may have its class as a vector of one.
  const fits = ndim === 1 ? target.numel() === 1 && target.ndim <= 1 : sameShape(target.shape, expected);
  if (!fits) {
    throw new RangeError(
      isImage(shape)
        ? `nllLoss: Expected target size ${shapeText(expected)}, got ${shapeText(target.shape)}`
        : `nllLoss: Expected input batch_size (${ndim === 1 ? 1 : shape[0]}) to match target batch_size (${target.shape[0] ?? 0}).`,
    );
  }
  if (weight === undefined) return;
  checkWeight("nllLoss", weight, shape[ndim === 1 ? 0 : 1]);
  if (weight.dtype !== dtype) throw new TypeError(`nllLoss: expected scalar type ${dtype} but found ${weight.dtype}`);
  if (weight.requiresGrad) {
    throw new Error("nllLoss: not differentiable with respect to argument 'weight'. This input cannot have requiresGrad true.");
  }
}

const nllLossOp: Op<ClassLoss> = new Op({
  name: "nllLoss",
  kind: "movement",
  keepsInputs: [TARGET, WEIGHT],
  gradFn: (_, [{ shape }]) => (isImage(shape) ? "NllLoss2DBackward0" : "NllLossBackward0"),
  infer([input, target, weight], { reduction }) {
    checkClasses(input, target, weight);
    return { shape: reduction === "none" && input.ndim > 1 ? target.shape : [], dtype: input.dtype };
  },
  kernel(inputs, out, { reduction, ignoreIndex }) {
    const [{ storage: { data }, shape }] = inputs;
    const result = allocate(out.dtype, sizeOf(out.shape));
    let sum = 0;
    const total = eachSample(inputs, shape, ignoreIndex, (sample, place, weight) => {
      if (reduction === "none") result[sample] = -data[place] * weight;
      else sum -= data[place] * weight;
    });
    if (reduction !== "none") result[0] = reduction === "mean" ? sum / total : sum;
    return result;
  },
  pullback: (g, saved) => [
    apply(nllLossBackwardOp, [g, ...keptOf(saved)], { ...saved.attributes, source: saved.specs[0] }),
  ],
});

/** The target, and the weight where there is one. */
const keptOf = (saved: SavedTensors<ClassLoss>): Tensor[] =>
  saved.specs.slice(TARGET).map((_, i) => saved.input(TARGET + i));

/** −weight·g at the place of each sample's class, 0 elsewhere. */
const nllLossBackwardOp: Op<ClassLoss & { source: Spec }> = new Op({
  name: "nllLossBackward",
  kind: "movement",
  keepsInputs: [TARGET, WEIGHT],
  infer: (_, { source }) => source,
  kernel(inputs, out, { reduction, ignoreIndex }) {
    const g: TypedArray = inputs[0].storage.data;
    const result = allocate(out.dtype, sizeOf(out.shape));
    const places: number[] = [];
    const total = eachSample(inputs, out.shape, ignoreIndex, (sample, place, weight) => {
      result[place] = -weight * g[reduction === "none" ? sample : 0];
      places.push(place);
    });
    if (reduction === "mean") for (const place of places) result[place] /= total;
    return result;
  },
  // The loss is linear in its input, and so is this in g.
  pullback: (g, saved) => [apply(nllLossOp, [g, ...keptOf(saved)], saved.attributes)],
});

/**
 * The mean over the samples of −input at the sample's class: the negative log-likelihood, where the input holds
 * logarithms of probabilities.
 * @param input [N, C], [C] or [N, C, …]
 * @param target the classes, 0 to C − 1, int64: [N], [] or [N, …]
 * @throws RangeError for a class that there is not
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const { reduction = "mean", ignoreIndex = -100, weight } = options;
  checkTensors("nllLoss", [input, target, ...(weight ? [weight] : [])]);
  checkReduction("nllLoss", reduction);
  return apply(nllLossOp, weight ? [input, target, weight] : [input, target], { reduction, ignoreIndex });
}

/** `logs`, each times the weight of its class. */
const weighted = (logs: Tensor, dim: number, weight: Tensor | undefined): Tensor =>
  weight ? logs.mul(weight.reshape(logs.shape.map((_, i) => (i === dim ? -1 : 1)))) : logs;

/** The loss of targets that are all classes alike, reduced as that of `target` is. */
function lossOfAll(logs: Tensor, target: Tensor, dim: number, options: ClassLossOptions): Tensor {
  const { reduction = "mean", ignoreIndex = -100, weight } = options;
  const losses = weighted(logs, dim, weight).sum(dim).neg();
  const counts = target.reshape(losses.shape).ne(ignoreIndex);
  const kept = losses.where(counts, 0);
  if (reduction === "none") return kept;
  if (reduction === "sum") return kept.sum();
  return kept.sum().div(weight ? weight.at(target.flatten().at(counts.flatten())).sum() : counts.sum());
}

/** The loss of targets that are the probabilities of all classes. */
function lossOfProbabilities(input: Tensor, target: Tensor, dim: number, options: CrossEntropyOptions): Tensor {
  const { reduction = "mean", ignoreIndex = -100, weight, labelSmoothing: smoothing = 0 } = options;
  checkReduction("crossEntropy", reduction);
  if (!isFloat(target.dtype)) {
    throw new TypeError(
      `crossEntropy: Expected floating point type for target with class probabilities, got ${target.dtype}. A target that ` +
        "holds the numbers of classes has no dim of classes.",
    );
  }
  if (ignoreIndex >= 0) throw new RangeError("crossEntropy: ignoreIndex is not supported for floating point target");
  const classes = input.shape[dim];
  if (weight) {
    checkTensors("crossEntropy", [weight]);
    checkWeight("crossEntropy", weight, classes);
  }
  const spread = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes);
  return reduced(weighted(logSoftmax(input, dim), dim, weight).mul(spread).sum(dim).neg(), reduction);
}

/**
 * How far scores are from the classes that they should choose: `nllLoss` of `logSoftmax`; where the target holds
 * probabilities of classes, the mean over the samples of −Σ target·logSoftmax(input).
 * @param input scores, of any size: [N, C], [C] or [N, C, …]
 * @param target the classes, 0 to C − 1, int64: [N], [] or [N, …]; or their probabilities, of the input's shape
 * @throws RangeError for a class that there is not
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing: smoothing = 0, ...rest } = options;
  checkTensors("crossEntropy", [input, target]);
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be between 0.0 and 1.0. Got: ${describe(smoothing)}`);
  }
  const dim = input.ndim < 2 ? 0 : 1;
  if (input.ndim > 0 && sameShape(input.shape, target.shape)) return lossOfProbabilities(input, target, dim, options);
  const logs = logSoftmax(input, dim);
  const loss = nllLoss(logs, target, rest);
  if (smoothing === 0) return loss;
  return loss.mul(1 - smoothing).add(lossOfAll(logs, target, dim, rest).mul(smoothing / (input.shape[dim] ?? 1)));
}
