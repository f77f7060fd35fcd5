// Owns what PyTorch has in torch.autograd.functional: products with Jacobians and Hessians, and these themselves.
// Imports tensor and grad. Source: torch/autograd/functional.py, PyTorch 2.11.
import { describe, shapeText } from "../check";
import { zerosLike } from "../creation";
import { stack } from "../ops/join";
import { sameShape } from "../shape";
import { enableGrad } from "../tape";
import { Tensor } from "../tensor";
import { grad } from "./grad";

/** One tensor or several, as inputs, outputs and vectors are given here. */
export type Tensors = Tensor | readonly Tensor[];

/** One tensor for one, a list for a list. */
export type Like<T extends Tensors> = T extends Tensor ? Tensor : Tensor[];

/** A function of one tensor or several. */
export type TensorFunction<O extends Tensors> = (...inputs: Tensor[]) => O;

export interface FunctionalOptions {
  /** Whether the results can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Whether a result that does not depend on an input is an error, rather than zeros. Default false. */
  strict?: boolean;
}

/** Tensors as a list; and whether they were one. */
interface List {
  readonly tensors: readonly Tensor[];
  readonly isList: boolean;
}

function listOf(value: Tensors, what: string, name: string): List {
  const isList = Array.isArray(value);
  const tensors = (isList ? value : [value]) as readonly Tensor[];
  tensors.forEach((tensor, i) => {
    if (tensor instanceof Tensor) return;
    const which = isList ? `value at index ${i}` : `given ${what}`;
    throw new TypeError(
      `The ${what} given to ${name} must be either a Tensor or a list of Tensors but the ${which} is ${describe(tensor)}.`,
    );
  });
  return { tensors, isList };
}

const OUTPUTS = "outputs of the user-provided function";

/** Inputs that are new to the graph: a function may use the very tensors that it is given the values of, too. */
const prepared = (tensors: readonly Tensor[], createGraph: boolean, needsGraph = true): Tensor[] =>
  tensors.map((x) => (createGraph && x.requiresGrad ? x.clone() : x.detach().requiresGrad_(needsGraph)));

/** Results as they go out: with a history only where that was asked for, one for one. */
function finished<T extends Tensors>(tensors: readonly Tensor[], { isList }: List, createGraph: boolean): Like<T> {
  const all = createGraph ? [...tensors] : tensors.map((x) => x.detach());
  return (isList ? all : all[0]) as Like<T>;
}

function checkVector(vector: List, { tensors, isList }: List): void {
  if (vector.tensors.length !== tensors.length) {
    throw new RangeError(
      isList
        ? `v is a list of invalid length: should be ${tensors.length} but got ${vector.tensors.length}.`
        : "The given v should contain a single Tensor.",
    );
  }
  vector.tensors.forEach((v, i) => {
    const { shape } = tensors[i];
    if (sameShape(v.shape, shape)) return;
    const entry = isList ? `Entry ${i} in ` : "";
    throw new RangeError(`${entry}v has invalid size: should be ${shapeText(shape)} but got ${shapeText(v.shape)}.`);
  });
}

const isSingle = ({ tensors, isList }: List): boolean => !isList && tensors[0].numel() === 1;

/** The vector that a product with the inputs is with; may be left out for a single number. */
function vectorOf(v: Tensors | undefined, inputs: List, name: string, createGraph: boolean): Tensor[] | undefined {
  if (v === undefined) {
    if (isSingle(inputs)) return undefined;
    throw new Error(
      "The vector v can only be undefined if the input to the user-provided function is a single Tensor with a single element.",
    );
  }
  const vector = listOf(v, "v", name);
  checkVector(vector, inputs);
  return prepared(vector.tensors, createGraph, false);
}

function checkReached(outputs: readonly Tensor[], strict: boolean): void {
  const at = outputs.findIndex((output) => !output.requiresGrad);
  if (!strict || at < 0) return;
  throw new Error(
    `Output ${at} of the user-provided function does not require gradients. ` +
      "The outputs must be computed in a differentiable manner from the input when running in strict mode.",
  );
}

/** The gradients of those outputs that have a graph. */
function gradients(
  outputs: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  vector: readonly Tensor[] | undefined,
  createGraph = false,
  retainGraph = createGraph,
): (Tensor | null)[] {
  const reached = outputs.flatMap((output, i) => (output?.requiresGrad ? [{ output, v: vector?.[i] ?? null }] : []));
  if (reached.length === 0) return inputs.map(() => null);
  const gradOutputs = reached.map(({ v }) => v);
  const from = reached.map(({ output }) => output);
  return grad(from, inputs, { gradOutputs, createGraph, retainGraph, allowUnused: true });
}

type Subject = "output" | "jacobian" | "hessian";

/** Zeros where there is no gradient; in strict mode an error. */
function filled(
  found: readonly (Tensor | null)[],
  like: readonly Tensor[],
  { strict = false, createGraph = false }: FunctionalOptions,
  subject: Subject,
): Tensor[] {
  return found.map((gradient, i) => {
    if (strict && (gradient === null || (createGraph && !gradient.requiresGrad))) {
      const what = gradient !== null && subject === "output" ? "jacobian" : subject;
      const mode = gradient === null ? "strict mode" : "strict mode when createGraph=true";
      throw new Error(`The ${what} of the user-provided function is independent of input ${i}. This is not allowed in ${mode}.`);
    }
    return gradient ?? zerosLike(like[i]);
  });
}

/** Zeros that stand for gradients yet to be chosen: what is linear in them can then be differentiated by them. */
const dummies = (like: readonly Tensor[]): Tensor[] => like.map((x) => zerosLike(x).requiresGrad_());

/**
 * `[f(inputs), vᵀ·J]`, where J is the Jacobian of `f`.
 * @param v of the outputs' shapes; may be left out where the output is a single number
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html
 */
export function vjp<I extends Tensors, O extends Tensors>(
  f: TensorFunction<O>,
  inputs: I,
  v?: Tensors,
  options: FunctionalOptions = {},
): [Like<O>, Like<I>] {
  const { createGraph = false, strict = false } = options;
  return enableGrad(() => {
    const given = listOf(inputs, "inputs", "vjp");
    const from = prepared(given.tensors, createGraph);
    const outputs = listOf(f(...from), OUTPUTS, "vjp");
    checkReached(outputs.tensors, strict);
    if (v === undefined && !isSingle(outputs)) {
      throw new Error(
        "The vector v can only be undefined if the user-provided function returns a single Tensor with a single element.",
      );
    }
    const vector = v === undefined ? undefined : listOf(v, "v", "vjp");
    if (vector) checkVector(vector, outputs);
    const seeds = vector && prepared(vector.tensors, createGraph, false);
    const found = filled(gradients(outputs.tensors, from, seeds, createGraph), from, options, "output");
    return [finished<O>(outputs.tensors, outputs, createGraph), finished<I>(found, given, createGraph)];
  });
}

/**
 * `[f(inputs), J·v]`, where J is the Jacobian of `f`: the gradient, by a stand-in for the outputs' gradients, of what
 * backward gives of it.
 * @param v of the inputs' shapes; may be left out where the input is a single number
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html
 */
export function jvp<I extends Tensors, O extends Tensors>(
  f: TensorFunction<O>,
  inputs: I,
  v?: Tensors,
  options: FunctionalOptions = {},
): [Like<O>, Like<O>] {
  const { createGraph = false, strict = false } = options;
  return enableGrad(() => {
    const given = listOf(inputs, "inputs", "jvp");
    const from = prepared(given.tensors, createGraph);
    const vector = vectorOf(v, given, "jvp", createGraph);
    const outputs = listOf(f(...from), OUTPUTS, "jvp");
    checkReached(outputs.tensors, strict);
    const seeds = dummies(outputs.tensors);
    const back = gradients(outputs.tensors, from, seeds, true);
    if (strict) filled(back, from, { strict }, "output");
    const found = filled(gradients(back, seeds, vector, createGraph), outputs.tensors, options, "output");
    return [finished<O>(outputs.tensors, outputs, createGraph), finished<O>(found, outputs, createGraph)];
  });
}

/** The Jacobian of one output by each input, each of shape [...output, ...input]. */
function rows(output: Tensor, from: readonly Tensor[], options: FunctionalOptions): Tensor[] {
  const { createGraph = false } = options;
  const ofElements = Array.from({ length: output.numel() }, (_, i) => {
    const one = zerosLike(output);
    one.storage.write()[i] = 1;
    return filled(gradients([output], from, [one], createGraph, true), from, options, "output");
  });
  return from.map((input, i) => {
    const shape = [...output.shape, ...input.shape];
    return ofElements.length === 0
      ? zerosLike(input).expand([0, ...input.shape]).reshape(shape)
      : stack(ofElements.map((gradient) => gradient[i])).reshape(shape);
  });
}

/** A Jacobian: one matrix for one output and one input, else a list, of lists where there are several of both. */
export type Jacobian<O extends Tensors, I extends Tensors> = O extends Tensor
  ? Like<I>
  : I extends Tensor ? Tensor[] : Tensor[][];

/**
 * The Jacobian of `f`: the gradient of every element of every output by every input, of shape [...output, ...input].
 * A list of outputs gives a list, and of it a list of inputs a list of lists.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html
 */
export function jacobian<I extends Tensors, O extends Tensors>(
  f: TensorFunction<O>,
  inputs: I,
  options: FunctionalOptions = {},
): Jacobian<O, I> {
  const { createGraph = false, strict = false } = options;
  return enableGrad(() => {
    const given = listOf(inputs, "inputs", "jacobian");
    const from = prepared(given.tensors, createGraph);
    const outputs = listOf(f(...from), OUTPUTS, "jacobian");
    checkReached(outputs.tensors, strict);
    const all = outputs.tensors.map((output) => finished(rows(output, from, options), given, createGraph));
    return (outputs.isList ? all : all[0]) as Jacobian<O, I>;
  });
}

/** The result of `f`, which must be one number. */
function singleOf(f: TensorFunction<Tensor>, from: readonly Tensor[], name: string, strict: boolean): Tensor {
  const output = f(...from);
  const { tensors, isList } = listOf(output, OUTPUTS, name);
  if (isList) throw new TypeError(`The function given to ${name} should return a single Tensor`);
  if (tensors[0].numel() !== 1)
    throw new RangeError(`The Tensor returned by the function given to ${name} should contain a single element`);
  checkReached(tensors, strict);
  return output;
}

/**
 * The matrix of second derivatives of `f`, which gives one number: of shape [...input, ...input], for several inputs a
 * list of lists.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html
 */
export function hessian<I extends Tensors>(
  f: TensorFunction<Tensor>,
  inputs: I,
  options: FunctionalOptions = {},
): I extends Tensor ? Tensor : Tensor[][] {
  const { isList } = listOf(inputs, "inputs", "hessian");
  const { strict = false } = options;
  const first = (...from: Tensor[]): Tensor | Tensor[] => {
    const output = singleOf(f, from, "hessian", strict).reshape([]);
    const found = filled(gradients([output], from, undefined, true), from, { strict }, "output");
    const at = found.findIndex((gradient) => !gradient.requiresGrad);
    if (strict && at >= 0) {
      throw new Error(
        "While computing the hessian, found that the jacobian of the user-provided function with respect to input " +
          `${at} is independent of the input. This is not allowed in strict mode. You should ensure that your function ` +
          "is twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear " +
          "function for example).",
      );
    }
    return isList ? found : found[0];
  };
  const second: unknown = jacobian(first as TensorFunction<Tensors>, inputs, options);
  return second as I extends Tensor ? Tensor : Tensor[][];
}

type Product = (first: readonly (Tensor | null)[], from: readonly Tensor[], vector?: readonly Tensor[]) => Tensor[];

/** `f(inputs)` and what `product` makes of its first gradients, which are recorded, the inputs and the vector. */
function productWithHessian<I extends Tensors>(
  name: string, f: TensorFunction<Tensor>, inputs: I, v: Tensors | undefined, options: FunctionalOptions,
  product: Product,
): [Tensor, Like<I>] {
  const { createGraph = false, strict = false } = options;
  return enableGrad(() => {
    const given = listOf(inputs, "inputs", name);
    const from = prepared(given.tensors, createGraph);
    const vector = vectorOf(v, given, name, createGraph);
    const output = singleOf(f, from, name, strict);
    const found = product(gradients([output], from, undefined, true), from, vector);
    return [createGraph ? output : output.detach(), finished<I>(found, given, createGraph)];
  });
}

/**
 * `[f(inputs), vᵀ·H]`, where H is the matrix of second derivatives of `f`, which gives one number.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html
 */
export function vhp<I extends Tensors>(
  f: TensorFunction<Tensor>,
  inputs: I,
  v?: Tensors,
  options: FunctionalOptions = {},
): [Tensor, Like<I>] {
  return productWithHessian("vhp", f, inputs, v, options, (first, from, vector) =>
    filled(gradients(first, from, vector, options.createGraph), from, options, "jacobian"));
}

/**
 * `[f(inputs), H·v]`, where H is the matrix of second derivatives of `f`, which gives one number. It is symmetric, so
 * that `vhp` gives the same for less.
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html
 */
export function hvp<I extends Tensors>(
  f: TensorFunction<Tensor>,
  inputs: I,
  v?: Tensors,
  options: FunctionalOptions = {},
): [Tensor, Like<I>] {
  return productWithHessian("hvp", f, inputs, v, options, (first, from, vector) => {
    const seeds = dummies(from);
    const second = gradients(first, from, seeds, true);
    return filled(gradients(second, seeds, vector, options.createGraph), from, options, "hessian");
  });
}

export { valueAndGrad } from "./func";
