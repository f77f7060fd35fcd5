// Owns the comparison of gradients with differences: gradcheck and gradgradcheck, for Tensor and Scalar.
// Imports both, and grad.
import { describe } from "../check";
import { randn, zerosLike } from "../creation";
import { isFloat } from "../dtype";
import { Generator } from "../generator";
import { Scalar } from "../scalar";
import { Tensor } from "../tensor";
import { grad } from "./grad";

export interface GradcheckOptions {
  /** The step of the central difference. Default 1e-6. */
  eps?: number;
  /** Absolute tolerance. Default 1e-5. */
  atol?: number;
  /** Relative tolerance. Default 1e-3. */
  rtol?: number;
  /** Whether a difference is an error, rather than the result false. Default true. */
  raiseException?: boolean;
}

type Value = Scalar | Tensor;
type Values<T> = T | readonly T[];

class Mismatch extends Error {
  override name = "GradcheckError";
}

const listOf = <T>(values: Values<T>): readonly T[] => (Array.isArray(values) ? values : [values as T]);

/**
 * Compares the gradients that backward gives with central differences: true, or an error that shows where they differ.
 * Works on Scalars and on float64 tensors (float32 has too few digits for differences); tensors of integers or booleans
 * are taken as they are.
 *
 *     pt.gradcheck((x) => x.pow(3).add(x.mul(4)), [new pt.Scalar(3)]);
 * @param f from the inputs to a Scalar or Tensor, or to several; a tensor's elements are checked one by one
 * @throws Error with both values where they differ by more than atol + rtol·|numeric|
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck<T extends Value>(
  f: (...inputs: T[]) => Values<T>,
  inputs: readonly T[],
  { raiseException = true, ...options }: GradcheckOptions = {},
): boolean {
  try {
    compare(f as unknown as (...inputs: Value[]) => Values<Value>, inputs, options);
    return true;
  } catch (error) {
    if (raiseException || !(error instanceof Mismatch)) throw error;
    return false;
  }
}

/**
 * `gradcheck` of the gradients of `f`, for random gradients of its results: whether second gradients are right.
 * @param gradOutputs the gradients of the results, where they are not to be random
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
 */
export function gradgradcheck<T extends Value>(
  f: (...inputs: T[]) => Values<T>,
  inputs: readonly T[],
  gradOutputs?: Values<T>,
  options?: GradcheckOptions,
): boolean {
  const function_ = f as unknown as (...inputs: Value[]) => Values<Value>;
  const outputs = listOf(function_(...inputs.map(toVariable)));
  // A generator of its own, so that a check leaves no trace in what is drawn after it.
  const generator = new Generator();
  const seeds: readonly Value[] = gradOutputs === undefined
    ? outputs.filter(isDifferentiable).map((output) => randomLike(output, generator))
    : listOf<Value>(gradOutputs);
  const gradients = (...all: Value[]): Value[] => {
    const variables = all.slice(0, inputs.length);
    const results = listOf(function_(...variables)).filter(isDifferentiable);
    return weighed(results, variables, all.slice(inputs.length));
  };
  return gradcheck<Value>(gradients, [...inputs, ...seeds], options);
}

const isDifferentiable = (value: Value): boolean => value instanceof Scalar || isFloat(value.dtype);

const randomLike = (value: Value, generator: Generator): Value =>
  value instanceof Scalar
    ? new Scalar(randn([], { dtype: "float64", generator }).item())
    : randn(value.shape, { dtype: value.dtype as "float64", generator });

/** The gradients of `results`, each times its seed, by the variables that have one; recorded. */
function weighed(results: readonly Value[], variables: readonly Value[], seeds: readonly Value[]): Value[] {
  if (results[0] instanceof Scalar) {
    const total = results.map((result, i) => (result as Scalar).mul(seeds[i] as Scalar)).reduce((a, b) => a.add(b));
    return grad(total, variables as Scalar[], { createGraph: true });
  }
  const inputs = (variables as Tensor[]).filter((variable) => variable.requiresGrad);
  const reached = (results as Tensor[]).map((result, i) => ({ result, seed: seeds[i] as Tensor }))
    .filter(({ result }) => result.requiresGrad);
  if (reached.length === 0) return inputs.map((input) => zerosLike(input));
  const gradients = grad(reached.map(({ result }) => result), inputs, {
    gradOutputs: reached.map(({ seed }) => seed),
    createGraph: true,
    allowUnused: true,
  });
  return gradients.filter((gradient) => gradient !== null);
}

/** @throws Mismatch where a gradient and a difference are not close */
function compare(
  f: (...inputs: Value[]) => Values<Value>,
  inputs: readonly Value[],
  { eps = 1e-6, atol = 1e-5, rtol = 1e-3 }: GradcheckOptions,
): void {
  const variables = inputs.map(toVariable);
  const checked = variables.filter(isDifferentiable);
  if (checked.length === 0) {
    throw new TypeError(
      "gradcheck expects at least one input tensor to require gradient, but none of them can: they are integers or booleans.",
    );
  }
  const outputs = (): readonly Value[] => listOf(f(...variables)).filter(isDifferentiable);
  const numbers = (): number[] => outputs().flatMap(valuesOf);
  const analytic = jacobian(outputs(), checked);
  const elements = variables.flatMap((variable, i) =>
    isDifferentiable(variable) ? places(variable).map((place) => ({ ...place, name: `input ${i}${place.name}` })) : [],
  );
  elements.forEach(({ get, set, name }, column) => {
    const at = get();
    set(at + eps);
    const above = numbers();
    set(at - eps);
    const below = numbers();
    set(at);
    above.forEach((value, row) => {
      const numeric = (value - below[row]) / (2 * eps);
      const own = analytic[row][column];
      if (!(Math.abs(own - numeric) <= atol + rtol * Math.abs(numeric))) {
        throw new Mismatch(
          `gradcheck: for output ${row} with respect to ${name}: numerical ${numeric}, analytical ${own}`,
        );
      }
    });
  });
}

function toVariable(input: Value): Value {
  if (input instanceof Scalar) return new Scalar(input.val);
  if (!(input instanceof Tensor))
    throw new TypeError(`gradcheck: inputs must be Scalars or Tensors, got ${describe(input)}`);
  if (!isFloat(input.dtype)) return input;
  if (input.dtype !== "float64") {
    throw new TypeError(
      `gradcheck: expected float64 inputs, got ${input.dtype}: it has too few digits for differences`,
    );
  }
  return input.detach().clone().requiresGrad_();
}

/** Access to each number in an input, with its place for messages. */
function places(variable: Value): { name: string; get(): number; set(value: number): void }[] {
  if (variable instanceof Scalar)
    return [{ name: "", get: () => variable.val, set: (value) => (variable.val = value) }];
  const { storage } = variable;
  return Array.from(storage.data, (_, i) => ({
    name: `, element ${i}`,
    get: () => storage.data[i],
    set: (value) => (storage.write()[i] = value),
  }));
}

const valuesOf = (output: Value): number[] => (output instanceof Scalar ? [output.val] : [...output.storage.data]);

/** One row an element of the outputs, one column an element of the inputs. */
function jacobian(outputs: readonly Value[], variables: readonly Value[]): number[][] {
  return outputs.flatMap((output) => {
    if (output instanceof Scalar) return [grad(output, variables as Scalar[]).map((g) => g.val)];
    const inputs = variables as Tensor[];
    return Array.from(output.storage.data, (_, row) => {
      if (!output.requiresGrad) return inputs.flatMap((input) => [...zerosLike(input).storage.data]);
      const one = zerosLike(output);
      one.storage.write()[row] = 1;
      const gradients = grad(output, inputs, { gradOutputs: one, retainGraph: true, allowUnused: true });
      return gradients.flatMap((g, i) => [...(g ?? zerosLike(inputs[i])).storage.data]);
    });
  });
}
