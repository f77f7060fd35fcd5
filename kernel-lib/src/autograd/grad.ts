// Owns grad: gradients that nobody's `grad` takes, for Tensor and Scalar.
// Imports both, and the tape.
import { describe } from "../check";
import { Scalar } from "../scalar";
import { type Node, sweep } from "../tape";
import { differentiable, seed, Tensor } from "../tensor";

export interface GradOptions {
  /** The gradients of something with respect to the outputs; needed where an output is not a single number. */
  gradOutputs?: Tensor | readonly (Tensor | null)[];
  /** Keep the graph for another pass. Default: the value of `createGraph`. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Give null for an input that the outputs do not depend on, instead of an error. Default false. */
  allowUnused?: boolean;
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const UNUSED =
  "One of the differentiated Tensors appears to not have been used in the graph. Set { allowUnused: true } if this is the desired behavior.";

/**
 * The gradients of `outputs`, added up, with respect to each of `inputs`; nobody's `grad` changes.
 *
 *     const [dx] = pt.grad(y, [x], { createGraph: true });
 * @returns one gradient an input, of its shape
 * @throws Error in PyTorch's words where an input takes no part
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 */
export function grad(
  outputs: Scalar | readonly Scalar[],
  inputs: Scalar | readonly Scalar[],
  options?: GradOptions,
): Scalar[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Scalar | Tensor | readonly (Scalar | Tensor)[],
  inputs: Scalar | Tensor | readonly (Scalar | Tensor)[],
  options: GradOptions = {},
): (Scalar | Tensor | null)[] {
  const from = listOf(outputs);
  const to = listOf(inputs);
  if (from[0] instanceof Scalar) return scalarGrad(from as Scalar[], to as Scalar[], options);
  return tensorGrad(from as Tensor[], to as Tensor[], options);
}

function passOptions({ createGraph = false, retainGraph = createGraph }: GradOptions) {
  return { createGraph, retainGraph };
}

function scalarGrad(outputs: readonly Scalar[], inputs: readonly Scalar[], options: GradOptions): Scalar[] {
  const gradients = sweep<Scalar>(
    outputs,
    outputs.map(() => new Scalar(1)),
    passOptions(options),
    inputs,
  );
  // A number that plays no part has the derivative 0: there is no shape that could be wrong.
  return gradients.map((g) => g ?? new Scalar(0));
}

function tensorGrad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions,
): (Tensor | null)[] {
  const nodes = outputs.map(differentiable);
  const targets = inputs.map((input): Node<Tensor> => {
    if (!(input instanceof Tensor))
      throw new TypeError(`grad: inputs must be Tensors, got ${describe(input)}`);
    if (input.node === null) throw new Error("One of the differentiated Tensors does not require grad");
    return input.node;
  });
  const { gradOutputs } = options;
  const given = gradOutputs === undefined ? [] : listOf<Tensor | null>(gradOutputs);
  const seeds = outputs.map((output, i) => seed(output, given[i]));
  const gradients = sweep(nodes, seeds, passOptions(options), targets);
  if (!options.allowUnused && gradients.includes(null)) throw new Error(UNUSED);
  return gradients;
}
