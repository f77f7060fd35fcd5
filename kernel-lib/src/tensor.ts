// Owns Tensor: elements, shape, dtype and gradient. Holds no operation: index.ts attaches them, and ops/ types them.
import { describe, shapeText } from "./check";
import { type DTypeName, getDefaultDtype, isFloat, type TypedArray } from "./dtype";
import type { Spec } from "./engines/engine";
import { Storage } from "./engines/storage";
import { addHook, type HookHandle } from "./autograd/hooks";
import type { TensorMethods } from "./ops/methods";
import { formatTensor } from "./print";
import { sameShape, type Shape, sizeOf } from "./shape";
import { type Hook, isGradEnabled, isInferenceModeEnabled, Node, sweep } from "./tape";

/** Numbers (or booleans, from a bool tensor) nested as deep as a tensor has dims. */
export type NestedArray = (number | boolean | NestedArray)[];

/** What `backward` can be asked for beyond the gradients. */
export interface BackwardOptions {
  /** Keep the graph, so that backward can go through it again. Default: the value of `createGraph`. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated. Default false. */
  createGraph?: boolean;
}

const NO_OPTIONS: BackwardOptions = {};

/** The end of the graph at a tensor that the user made: it adds gradients up in `grad`. */
class AccumulateGrad extends Node<Tensor> {
  override readonly parents = [];
  /** Who is told when `grad` has been added to. */
  readonly afterwards: { hooks: readonly Hook<Tensor>[] | null } = { hooks: null };

  constructor(private readonly leaf: Tensor) {
    super();
  }

  /** PyTorch's name of it. */
  get name(): string {
    return "AccumulateGrad";
  }

  get nextFunctions(): readonly GradFn[] {
    return [];
  }

  override pullback(): readonly null[] {
    return [];
  }

  override keep(g: Tensor): void {
    accumulate(this.leaf, g);
    if (this.afterwards.hooks !== null) for (const hook of this.afterwards.hooks) hook.see(this.leaf);
  }
}

/** Adds a gradient to what `tensor` has. */
function accumulate(tensor: Tensor, g: Tensor): void {
  if (tensor.grad !== null) {
    if (isGradEnabled()) tensor.grad = tensor.grad.add(g);
    else tensor.grad.add_(g);
  } else if (g.storage.isOwn && !g.isNumber) {
    g.hold();
    // Whoever shared the elements is gone.
    g.storage.isShared = false;
    tensor.grad = g;
  } else {
    // A copy, since several tensors may be handed one gradient, and each must be free to change its own in place.
    tensor.grad = isGradEnabled() ? g.clone() : g.detach().clone();
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the methods are attached in index.ts
export interface Tensor extends TensorMethods {}

/** A multi-dimensional array of one element type, dense and row-major. Make one with `pt.tensor`, `pt.zeros`, … */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class Tensor {
  private gradient: Tensor | null = null;
  /** How this tensor was computed, where it needs a gradient. @internal */
  node: Node<Tensor> | null = null;
  /** Whether this stands for a number among the operands, whose type then yields to the tensors'. @internal */
  isNumber = false;
  /** @internal */
  storage: Storage;
  /** @internal */
  spec: Spec;

  /** @internal */
  constructor(storage: Storage, spec: Spec) {
    this.storage = storage;
    this.spec = spec;
  }

  /**
   * The gradient that backward has added up; null before, and on tensors that keep none.
   * @throws TypeError or RangeError where one of another shape or dtype is put there
   */
  get grad(): Tensor | null {
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    if (value !== null) {
      if (!(value instanceof Tensor)) throw new TypeError(`grad: expected a Tensor or null, got ${describe(value)}`);
      if (!sameShape(value.shape, this.shape)) {
        const [given, own] = [shapeText(value.shape), shapeText(this.shape)];
        throw new RangeError(`attempting to assign a gradient of size ${given} to a tensor of size ${own}`);
      }
      if (value.dtype !== this.dtype) {
        throw new TypeError(`attempting to assign a gradient of type ${value.dtype} to a tensor of type ${this.dtype}`);
      }
    }
    this.gradient = value;
  }

  /** The size of each dim; empty for a tensor of one number. */
  get shape(): Shape {
    return this.spec.shape;
  }

  /** The element type: "float32", "float64", "int64" or "bool". */
  get dtype(): DTypeName {
    return this.spec.dtype;
  }

  /** The number of dims. */
  get ndim(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  numel(): number {
    return sizeOf(this.shape);
  }

  /** The size along one dim, or all sizes. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    if (dim === undefined) return this.shape;
    const size = this.shape.at(dim);
    if (size === undefined)
      throw new RangeError(`size: dim ${dim} is out of range for shape ${shapeText(this.shape)}`);
    return size;
  }

  /** The size of the first dim: a tensor is a dataset of its rows. */
  get length(): number {
    if (this.shape.length === 0) throw new TypeError("length: a 0-dim tensor has no length");
    return this.shape[0];
  }

  /** Whether operations on this tensor are recorded for backward. Can be set on leaves of floating-point type. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }

  set requiresGrad(value: boolean) {
    this.requiresGrad_(value);
  }

  /** This tensor, with `requiresGrad` set. */
  requiresGrad_(value = true): this {
    if (value === this.requiresGrad) return this;
    if (!value && !this.isLeaf) {
      throw new Error(
        "you can only change requiresGrad flags of leaf variables. Use y.detach() for a tensor without history.",
      );
    }
    if (value && !isFloat(this.dtype)) {
      throw new TypeError(
        `only Tensors of floating point dtype can require gradients, this one is ${this.dtype}`,
      );
    }
    if (value && this.storage.isInference && !isInferenceModeEnabled()) {
      throw new Error("Setting requiresGrad=true on inference tensor outside InferenceMode is not allowed.");
    }
    this.node = value ? new AccumulateGrad(this) : null;
    return this;
  }

  /** Whether this tensor was made by the user rather than computed from tensors that need gradients. */
  get isLeaf(): boolean {
    return this.node === null || this.node instanceof AccumulateGrad;
  }

  /** The recorded operation that this tensor came from, null for a leaf. */
  get gradFn(): GradFn | null {
    return this.isLeaf ? null : (this.node as Node<Tensor> & GradFn);
  }

  /** Makes backward keep the gradient of this tensor in `grad`, also if it is not a leaf. */
  retainGrad(): void {
    if (this.node === null) throw new Error("can't retainGrad on Tensor that has requiresGrad=false");
    if (this.isLeaf) return;
    this.node.keep = (g) => accumulate(this, g);
  }

  /**
   * Has `hook` called with the gradient of this tensor whenever backward, or `pt.grad`, has computed it, before it is
   * used: what the hook returns is used instead, if it returns a tensor. Hooks are called in the order in which they
   * were registered. A gradient is not to be changed in place.
   *
   *     const handle = h.registerHook((g) => g.mul(2));
   *     handle.remove();
   * @throws Error where this tensor requires no gradient
   * @see https://pytorch.org/docs/stable/generated/torch.Tensor.register_hook.html
   */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a hook that only looks returns nothing
  registerHook(hook: (gradient: Tensor) => Tensor | null | undefined | void): HookHandle {
    if (this.node === null) throw new Error("cannot register a hook on a tensor that doesn't require gradient");
    if (typeof hook !== "function") throw new TypeError(`registerHook: expected a function, got ${describe(hook)}`);
    return addHook(this.node, { see: (g) => checkReplacement(hook, g, hook(g)) });
  }

  /**
   * Has `hook` called with this leaf whenever backward has added to its `grad`.
   * @throws Error unless this is a leaf that requires a gradient
   */
  registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): HookHandle {
    if (this.node === null) throw new Error("cannot register a hook on a tensor that doesn't require gradient");
    if (!(this.node instanceof AccumulateGrad))
      throw new Error("post accumulate grad hooks cannot be registered on non-leaf tensors");
    if (typeof hook !== "function")
      throw new TypeError(`registerPostAccumulateGradHook: expected a function, got ${describe(hook)}`);
    return addHook(this.node.afterwards, { see: (leaf) => void hook(leaf) });
  }

  /** Makes this tensor the result of `node`, which wrote into it; keeping its gradient moves along. @internal */
  moveTo(node: Node<Tensor>): void {
    const keeps = this.node !== null && Object.hasOwn(this.node, "keep");
    if (keeps) Reflect.deleteProperty(this.node!, "keep");
    this.node = node;
    if (keeps) this.retainGrad();
  }

  /** @internal */
  hold(): void {
    this.storage.hold();
  }

  /** @internal */
  letGo(): void {
    this.storage.letGo();
  }

  /** @internal */
  escape(): Tensor {
    this.storage.escape();
    // A number that stands for a gradient would yield to the types of what it meets.
    return this.isNumber ? this.detach() : this;
  }

  /** @internal */
  addUp(other: Tensor): Tensor {
    if (this.storage.isOwn && this.dtype === other.dtype && sameShape(this.shape, other.shape)) return this.add_(other);
    const sum = this.add(other);
    sum.hold();
    this.letGo();
    return sum;
  }

  /** Whether this tensor was made in inference mode. */
  isInference(): boolean {
    return this.storage.isInference;
  }

  /** The same elements (shared: a write to one shows in the other), cut off from the graph. */
  detach(): Tensor {
    return new Tensor(this.storage, this.spec);
  }

  /** The elements without the graph, as from `detach()`. Setting it puts other elements in this tensor's place. */
  get data(): Tensor {
    return this.detach();
  }

  set data(value: Tensor) {
    if (!(value instanceof Tensor)) throw new TypeError(`data: expected a Tensor, got ${describe(value)}`);
    if (value.dtype !== this.dtype) {
      throw new TypeError(
        `data: this tensor is ${this.dtype} and the new data ${value.dtype}. Convert with .to("${this.dtype}") first.`,
      );
    }
    this.storage = value.storage;
    this.spec = value.spec;
  }

  /**
   * Adds the gradient of this tensor with respect to every leaf that it was computed from to the leaf's `grad`.
   * @param gradient of something with respect to this tensor; may be left out where this is a single number
   * @throws Error in PyTorch's words where there is no graph, no single number, or the graph has been used up
   */
  backward(options?: BackwardOptions): void;
  backward(gradient: Tensor, options?: BackwardOptions): void;
  backward(first?: Tensor | BackwardOptions, second?: BackwardOptions): void {
    const isGradient = first instanceof Tensor;
    const { createGraph = false, retainGraph = createGraph } = (isGradient ? second : first) ?? NO_OPTIONS;
    const node = differentiable(this, 0);
    sweep([node], [seed(this, isGradient ? first : undefined)], { retainGraph, createGraph });
  }

  /**
   * The only element, as a number: 1 or 0 from a bool tensor.
   * @throws RangeError unless there is exactly one
   */
  item(): number {
    const { storage } = this;
    if (storage.length !== 1)
      throw new RangeError(`a Tensor with ${storage.length} elements cannot be converted to Scalar`);
    return storage.first;
  }

  /**
   * The elements as nested arrays of numbers (of booleans from a bool tensor); one bare value from a 0-dim tensor.
   * How deep they nest is for the caller to say: `x.toArray<number[][]>()` of a matrix.
   */
  toArray<A = number[]>(): A {
    return nest(this.dtype, this.storage.data, this.shape) as A;
  }

  /** The rows, one after another. */
  *[Symbol.iterator](): Generator<Tensor> {
    if (this.ndim === 0) throw new TypeError("iteration over a 0-d tensor");
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** The tensor as PyTorch prints it. */
  toString(): string {
    return formatTensor(
      {
        data: this.storage.data,
        shape: this.shape,
        dtype: this.dtype,
        requiresGrad: this.requiresGrad,
        gradFn: this.gradFn?.name,
      },
      { defaultDtype: getDefaultDtype() },
    );
  }

  /** What JSON holds of it: the elements. */
  toJSON(): unknown {
    return this.toArray();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** What a hook gave in the place of `g`; undefined for nothing. */
function checkReplacement({ name }: { name: string }, g: Tensor, result: unknown): Tensor | undefined {
  if (result === undefined || result === null) return undefined;
  if (!(result instanceof Tensor)) throw new TypeError(`expected a Tensor, but hook returned ${describe(result)}`);
  if (result.dtype !== g.dtype) {
    throw new TypeError(`hook '${name}' has changed the type of value (was ${g.dtype} got ${result.dtype})`);
  }
  if (!sameShape(result.shape, g.shape)) {
    const [was, got] = [shapeText(g.shape), shapeText(result.shape)];
    throw new RangeError(`hook '${name}' has changed the size of value (was ${was} got ${got})`);
  }
  return result;
}

/** A recorded operation, as `gradFn` shows it. */
export interface GradFn {
  /** PyTorch's name of it, such as MulBackward0. */
  readonly name: string;
  /** The operations that the operands came from; null for an operand that needs no gradient. */
  readonly nextFunctions: readonly (GradFn | null)[];
}

const element = (dtype: DTypeName, value: number): number | boolean =>
  dtype === "bool" ? value !== 0 : value;

function nest(dtype: DTypeName, data: TypedArray, shape: Shape): unknown {
  if (shape.length === 0) return element(dtype, data[0]);
  const level = (depth: number, offset: number, step: number): NestedArray => {
    const inner = step / shape[depth];
    return Array.from({ length: shape[depth] }, (_, i) =>
      depth === shape.length - 1
        ? element(dtype, data[offset + i])
        : level(depth + 1, offset + i * inner, inner),
    );
  };
  return level(0, 0, data.length);
}

/** The node of `tensor`, the i-th of those asked to go backward. */
export function differentiable(tensor: Tensor, i: number): Node<Tensor> {
  if (tensor.node !== null) return tensor.node;
  throw new Error(`element ${i} of tensors does not require grad and does not have a gradFn`);
}

/** The gradient that a sweep starts with at `output`. */
export function seed(output: Tensor, gradient?: Tensor | null): Tensor {
  if (gradient) {
    if (shapeText(gradient.shape) !== shapeText(output.shape)) {
      throw new RangeError(
        `Mismatch in shape: the gradient has a shape of ${shapeText(gradient.shape)} and the output has a shape of ${shapeText(output.shape)}.`,
      );
    }
    return gradient.to(output.dtype);
  }
  if (output.numel() !== 1) {
    throw new Error(
      `grad can be implicitly created only for scalar outputs, and this one has shape ${shapeText(output.shape)}. ` +
        `Reduce it first, with sum() or mean(), or pass its gradient.`,
    );
  }
  return new Tensor(Storage.of(1, output.dtype), output.spec);
}
