// Owns recorded operations on tensors: what they keep of the forward step, and how gradients pass through them.
// Imports tensor, tape, the gradients of rules, and types.
import { shapeText } from "../check";
import type { Computation, Spec } from "../engines/engine";
import type { Storage } from "../engines/storage";
import type { Rule, Saved } from "../rules";
import { sameShape } from "../shape";
import { isGradEnabled, Node } from "../tape";
import { Tensor } from "../tensor";
import { type CompiledGradient, compiledGradients, inOnePass } from "./gradients";

/** A structural operation: what it gives, how the host computes it, and how gradients pass through it. */
export interface Op<A> extends Computation<A> {
  /** The result's shape and dtype; throws where the operands do not fit. */
  infer(inputs: readonly Tensor[], attributes: A): Spec;
  /** The operands' gradients from the result's. Absent where the operation has no gradient. */
  pullback?(g: Tensor, saved: SavedTensors<A>): readonly (Tensor | null)[];
  /** The name of the recorded operation, as PyTorch prints it. */
  gradFn?(attributes: A, inputs: readonly Spec[]): string;
  /** Whether the pullback reads the operands' elements. */
  keepsInputs?: boolean;
  /** Whether the result is the first operand's own elements, in another shape. */
  shares?: boolean;
}

/** What a pullback may use of the forward step. */
export interface SavedTensors<A> {
  readonly attributes: A;
  /** Shape and dtype of each operand, which are there even when its elements are no longer. */
  readonly specs: readonly Spec[];
  /** Whether operand i needs a gradient at all. */
  needs(i: number): boolean;
  /** Operand i, of an operation that says that it keeps them. */
  input(i: number): Tensor;
}

const REUSED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). " +
  "Saved intermediate values of the graph are freed when you call .backward() or pt.grad(). Specify { retainGraph: true } if you " +
  "need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

/** A tensor kept for backward, as it was. */
class Kept {
  readonly storage: Storage;
  version: number;

  constructor(readonly tensor: Tensor) {
    this.storage = tensor.storage;
    this.version = tensor.storage.version;
  }
}

/** What a node keeps that keeps nothing: one for all. */
const NOTHING: (Kept | null)[] = [];

/** A recorded operation on tensors: where gradients go on to, and what their computation needs. */
abstract class TensorNode extends Node<Tensor> {
  override readonly parents: readonly (Node<Tensor> | null)[];
  readonly specs: readonly Spec[];
  /** By slot; null once it is released. */
  private kept: (Kept | null)[] | null = NOTHING;

  constructor(inputs: readonly Tensor[]) {
    super();
    // Not the tensors themselves, which would keep their elements alive.
    // Literals for the usual numbers of operands: far cheaper than map.
    const [a, b] = inputs;
    if (inputs.length === 1) {
      this.parents = [a.node];
      this.specs = [a.spec];
    } else if (inputs.length === 2) {
      this.parents = [a.node, b.node];
      this.specs = [a.spec, b.spec];
    } else {
      this.parents = inputs.map((input) => input.node);
      this.specs = inputs.map((input) => input.spec);
    }
  }

  /** PyTorch's name of the operation. */
  abstract get name(): string;

  get nextFunctions(): readonly (TensorNode | null)[] {
    return this.parents as readonly (TensorNode | null)[];
  }

  needs(i: number): boolean {
    return this.parents[i] !== null;
  }

  protected keepTensor(slot: number, tensor: Tensor): void {
    if (this.kept === NOTHING) this.kept = [null, null, null, null];
    this.kept![slot] = new Kept(tensor);
  }

  override release(): void {
    this.kept = null;
  }

  /** The tensor kept in `slot`; throws in PyTorch's words where it is gone, or no longer what it was. */
  protected unpack(slot: number): Tensor {
    if (this.kept === null) throw new Error(REUSED);
    const kept = this.kept[slot]!;
    const { tensor, storage } = kept;
    if (tensor.storage !== storage) return replaced(kept);
    if (storage.version !== kept.version) {
      throw new Error(
        "one of the variables needed for gradient computation has been modified by an inplace operation: " +
          `[${tensor.dtype} ${shapeText(tensor.shape)}], which is operand or output of ${this.name}, is at version ` +
          `${storage.version}; expected version ${kept.version} instead.`,
      );
    }
    return tensor;
  }

  /** Puts a copy in place of `target`, if that is what is kept in `slot`. */
  protected keepCopy(slot: number, target: Tensor): void {
    if (this.kept?.[slot]?.tensor !== target) return;
    const before = target.detach().clone();
    before.node = target.node;
    this.keepTensor(slot, before);
  }

  /** Notes that the operation has just written its result into its first operand, which may be kept in `slot`. */
  protected wroteInto(slot: number): void {
    const kept = this.kept?.[slot];
    if (kept) kept.version++;
  }

  override toString(): string {
    return `<${this.name}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A kept tensor whose `data` was set since: as in PyTorch a leaf counts as it is now, anything else as it was. */
function replaced({ tensor, storage }: Kept): Tensor {
  if (tensor.isLeaf) return tensor;
  const before = new Tensor(storage, tensor.spec);
  before.node = tensor.node;
  return before;
}

/** A recorded structural operation. */
export class OpNode<A> extends TensorNode implements SavedTensors<A> {
  constructor(
    private readonly op: Op<A>,
    inputs: readonly Tensor[],
    readonly attributes: A,
  ) {
    super(inputs);
    if (op.keepsInputs) inputs.forEach((input, i) => this.keepTensor(i, input));
  }

  override get name(): string {
    return this.op.gradFn?.(this.attributes, this.specs) ?? backwardName(this.op.name);
  }

  input(i: number): Tensor {
    return this.unpack(i);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.op.pullback!(g, this);
  }
}

/** What a node knows of a pointwise operation. */
export interface RecordedRule {
  readonly rule: Rule;
  /** One an operand; null for one that has none. */
  readonly gradients: readonly (CompiledGradient | null)[];
  /** What the recorded operation is called, where the last operand is a number and where it is a tensor. */
  readonly gradFn: { readonly ofNumber: string; readonly ofTensor: string };
}

/** What a node is to know of the rule `name`. */
export function recordingOf(name: string, rule: Rule): RecordedRule {
  const gradFn = { ofNumber: backwardName(name), ofTensor: backwardName(name, rule.tensorVariant) };
  return { rule, gradients: compiledGradients(name, rule), gradFn };
}

// The slots in which a pointwise operation keeps tensors: the operands in order, then the result.
const Y = 3;

/** A recorded pointwise operation: it keeps what the gradients that are needed read. */
export class PointwiseNode extends TensorNode implements Saved<Tensor> {
  private readonly recorded: RecordedRule;
  private readonly isOfNumber: boolean;

  constructor(recorded: RecordedRule, inputs: readonly Tensor[], output: Tensor) {
    super(inputs);
    this.recorded = recorded;
    this.isOfNumber = inputs[inputs.length - 1].isNumber;
    const { gradients } = recorded;
    const { parents } = this;
    let [a, b, c, y] = [false, false, false, false];
    for (let i = 0; i < parents.length; i++) {
      const gradient = gradients[i];
      if (parents[i] === null || gradient === null) continue;
      const { reads } = gradient;
      a ||= reads.a;
      b ||= reads.b;
      c ||= reads.c;
      y ||= reads.y;
    }
    if (a) this.keepTensor(0, inputs[0]);
    if (b) this.keepTensor(1, inputs[1]);
    if (c) this.keepTensor(2, inputs[2]);
    if (y) this.keepTensor(Y, output);
  }

  override get name(): string {
    const { gradFn } = this.recorded;
    return this.isOfNumber ? gradFn.ofNumber : gradFn.ofTensor;
  }

  get a(): Tensor {
    return this.unpack(0);
  }

  get b(): Tensor {
    return this.unpack(1);
  }

  get c(): Tensor {
    return this.unpack(2);
  }

  get y(): Tensor {
    return this.unpack(Y);
  }

  /** Before the result is written over the first operand: has its elements copied, where a gradient will read them. */
  expectWrite(target: Tensor): void {
    for (let slot = 0; slot < Y; slot++) this.keepCopy(slot, target);
  }

  /** Notes that the result has just been written over the first operand. */
  wroteInPlace(): void {
    this.wroteInto(Y);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    const { parents } = this;
    if (parents.length === 1) return [this.gradient(0, g)];
    if (parents.length === 2) return [this.gradient(0, g), this.gradient(1, g)];
    return [this.gradient(0, g), this.gradient(1, g), this.gradient(2, g)];
  }

  /** The gradient of operand i, where it needs one. */
  private gradient(i: number, g: Tensor): Tensor | null {
    const { rule, gradients } = this.recorded;
    const gradient = gradients[i];
    if (this.parents[i] === null || gradient === null) return null;
    if (gradient.passesOn) return fit(g, this.specs[i]);
    const inOne = isGradEnabled() ? null : inOnePass(gradient, g, this);
    return fit(inOne ?? rule.grad![i]!<Tensor>(g, this), this.specs[i]);
  }
}

/** A gradient as its operand needs it: summed over the dims that broadcasting repeated, in the operand's dtype. */
function fit(g: Tensor, { shape, dtype }: Spec): Tensor {
  const summed = sameShape(g.shape, shape) ? g : g.sumToSize(shape);
  return summed.dtype === dtype ? summed : summed.to(dtype);
}

const backwardName = (name: string, variant = 0): string =>
  `${name[0].toUpperCase()}${name.slice(1)}Backward${variant}`;
