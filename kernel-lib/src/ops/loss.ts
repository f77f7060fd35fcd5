// Owns the loss functions. Imports apply, softmax, the host's sums, shapes and dtypes.
import { describe, shapeText } from "../check";
import { isFloat, round, type TypedArray } from "../dtype";
import type { Operand, Spec } from "../engines/engine";
import { type Floats, sumAll } from "../engines/host/sum";
import { allocate } from "../memory";
import { broadcast, sameShape, type Shape, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op, type SavedTensors } from "./nodes";
import { checkTensors, resultType } from "./operands";
import { logSoftmax } from "./softmax";

/** What becomes of the losses of the samples: their mean, their sum, or themselves. */
export type Reduction = "mean" | "sum" | "none";

export interface LossOptions {
  /** Default "mean". */
  reduction?: Reduction;
}

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

function checkReduction(name: string, reduction: unknown): asserts reduction is Reduction {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return;
  const got = typeof reduction === "string" ? reduction : describe(reduction);
  throw new RangeError(`${name}: ${got} is not a valid value for reduction; choose "mean", "sum" or "none"`);
}

interface SquaredError {
  readonly reduction: Reduction;
}

const mseLossOp: Op<SquaredError> = new Op({
  name: "mseLoss",
  kind: "reduction",
  keepsInputs: true,
  infer([{ shape, dtype }], { reduction }) {
    if (!isFloat(dtype)) throw new TypeError(`mseLoss: not implemented for ${dtype}. Convert with .to(pt.float32) first.`);
    return { shape: reduction === "none" ? shape : [], dtype };
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

const warned = new Set<string>();

/** Says once for each pair of shapes that they differ: most often a dim was forgotten. */
function warnOfShapes(input: Shape, target: Shape): void {
  const shapes = `a target size ${shapeText(target)} that is different to the input size ${shapeText(input)}`;
  if (warned.has(shapes)) return;
  warned.add(shapes);
  console.warn(
    `mseLoss: Using ${shapes}. This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.`,
  );
}

/**
 * The mean of (input − target)², or their sum, or each of them.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 */
export function mseLoss(input: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  checkTensors("mseLoss", [input, target]);
  checkReduction("mseLoss", reduction);
  const shape = broadcast("mseLoss", input.shape, target.shape);
  if (!sameShape(input.shape, target.shape)) warnOfShapes(input.shape, target.shape);
  const dtype = resultType([input, target]);
  const [a, b] = [input, target].map((x) => x.expand(shape).to(dtype));
  return apply(mseLossOp, [a, b], { reduction });
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

function checkClasses({ shape, dtype, ndim }: Tensor, target: Tensor, weight: Tensor | undefined): void {
  if (!isFloat(dtype)) throw new TypeError(`nllLoss: not implemented for ${dtype}. Convert with .to(pt.float32) first.`);
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
  const classes = shape[ndim === 1 ? 0 : 1];
  if (weight.ndim !== 1 || weight.shape[0] !== classes) {
    throw new RangeError(
      `nllLoss: weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of ` +
        `shape: ${shapeText(weight.shape)}`,
    );
  }
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

/** The loss of targets that are all classes alike, reduced as that of `target` is. */
function lossOfAll(logs: Tensor, target: Tensor, dim: number, options: ClassLossOptions): Tensor {
  const { reduction = "mean", ignoreIndex = -100, weight } = options;
  const weighted = weight ? logs.mul(weight.reshape(logs.shape.map((_, i) => (i === dim ? -1 : 1)))) : logs;
  const losses = weighted.sum(dim).neg();
  const counts = target.reshape(losses.shape).ne(ignoreIndex);
  const kept = losses.where(counts, 0);
  if (reduction === "none") return kept;
  if (reduction === "sum") return kept.sum();
  return kept.sum().div(weight ? weight.at(target.flatten().at(counts.flatten())).sum() : counts.sum());
}

/**
 * `nllLoss` of `logSoftmax`: how far scores are from the classes that they should choose.
 * @param input scores, of any size: [N, C], [C] or [N, C, …]
 * @param target the classes, 0 to C − 1, int64: [N], [] or [N, …]
 * @throws RangeError for a class that there is not
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing: smoothing = 0, ...rest } = options;
  checkTensors("crossEntropy", [input, target]);
  if (isFloat(target.dtype)) {
    throw new TypeError("crossEntropy: a target is the number of a class, of type int64; probabilities of classes are not supported");
  }
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be between 0.0 and 1.0. Got: ${describe(smoothing)}`);
  }
  const dim = input.ndim < 2 ? 0 : 1;
  const logs = logSoftmax(input, dim);
  const loss = nllLoss(logs, target, rest);
  if (smoothing === 0) return loss;
  return loss.mul(1 - smoothing).add(lossOfAll(logs, target, dim, rest).mul(smoothing / (input.shape[dim] ?? 1)));
}
