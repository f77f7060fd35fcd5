// Owns what one asks of gradients beyond backward: grad and gradcheck, for Tensor and Scalar.
// Imports both, and the tape.
import { describe } from "./check";
import { zerosLike } from "./creation";
import { Scalar } from "./scalar";
import { type Node, sweep } from "./tape";
import { differentiable, seed, Tensor } from "./tensor";

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

export interface GradcheckOptions {
  /** The step of the central difference. Default 1e-6. */
  eps?: number;
  /** Absolute tolerance. Default 1e-5. */
  atol?: number;
  /** Relative tolerance. Default 1e-3. */
  rtol?: number;
}

/**
 * Compares the gradients that backward gives with central differences: true, or an error that shows where they differ.
 * Works on Scalars and on float64 tensors (float32 has too few digits for differences).
 *
 *     pt.gradcheck((x) => x.pow(3).add(x.mul(4)), [new pt.Scalar(3)]);
 * @param f from the inputs to one Scalar or Tensor; a tensor's elements are checked one by one
 * @throws Error with both values where they differ by more than atol + rtol·|numeric|
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.html
 */
export function gradcheck<T extends Scalar | Tensor>(
  f: (...inputs: T[]) => T,
  inputs: readonly T[],
  options: GradcheckOptions = {},
): true {
  const variables = inputs.map(toVariable);
  const elements = variables.flatMap((variable, i) =>
    places(variable).map((place) => ({ ...place, name: `input ${i}${place.name}` })),
  );
  const outputs = (): number[] => valuesOf(f(...(variables as T[])));
  const analytic = jacobian(f(...(variables as T[])), variables);
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  elements.forEach(({ get, set, name }, column) => {
    const at = get();
    set(at + eps);
    const above = outputs();
    set(at - eps);
    const below = outputs();
    set(at);
    above.forEach((value, row) => {
      const numeric = (value - below[row]) / (2 * eps);
      const own = analytic[row][column];
      if (!(Math.abs(own - numeric) <= atol + rtol * Math.abs(numeric))) {
        throw new Error(
          `gradcheck: for output ${row} with respect to ${name}: numerical ${numeric}, analytical ${own}`,
        );
      }
    });
  });
  return true;
}

function toVariable(input: Scalar | Tensor): Scalar | Tensor {
  if (input instanceof Scalar) return new Scalar(input.val);
  if (!(input instanceof Tensor))
    throw new TypeError(`gradcheck: inputs must be Scalars or Tensors, got ${describe(input)}`);
  if (input.dtype !== "float64") {
    throw new TypeError(
      `gradcheck: expected float64 inputs, got ${input.dtype}: it has too few digits for differences`,
    );
  }
  return input.detach().clone().requiresGrad_();
}

/** Access to each number in an input, with its place for messages. */
function places(variable: Scalar | Tensor): { name: string; get(): number; set(value: number): void }[] {
  if (variable instanceof Scalar)
    return [{ name: "", get: () => variable.val, set: (value) => (variable.val = value) }];
  const { storage } = variable;
  return Array.from(storage.data, (_, i) => ({
    name: `, element ${i}`,
    get: () => storage.data[i],
    set: (value) => (storage.write()[i] = value),
  }));
}

const valuesOf = (output: Scalar | Tensor): number[] =>
  output instanceof Scalar ? [output.val] : [...output.storage.data];

/** One row an output element, one column an input element. */
function jacobian(output: Scalar | Tensor, variables: readonly (Scalar | Tensor)[]): number[][] {
  if (output instanceof Scalar) return [grad(output, variables as Scalar[]).map((g) => g.val)];
  const inputs = variables as Tensor[];
  return Array.from(output.storage.data, (_, row) => {
    const one = zerosLike(output);
    one.storage.write()[row] = 1;
    const gradients = grad(output, inputs, { gradOutputs: one, retainGraph: true, allowUnused: true });
    return gradients.flatMap((g, i) => [...(g ?? zerosLike(inputs[i])).storage.data]);
  });
}
