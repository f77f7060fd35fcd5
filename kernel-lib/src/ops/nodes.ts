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
  /** What it makes of an only element, where the result has only one too. Absent where that takes more than it. */
  ofOne?(x: number): number;
  /** The operands' gradients from the result's. Absent where the operation has no gradient. */
  pullback?(g: Tensor, saved: SavedTensors<A>): readonly (Tensor | null)[];
  /** The name of the recorded operation, as PyTorch prints it. */
  gradFn?(attributes: A, inputs: readonly Spec[]): string;
  /** Whether the pullback reads the operands' elements, or those of which operands. */
  keepsInputs?: boolean | readonly number[];
  /** Whether the pullback reads the result's elements. */
  keepsOutput?: boolean;
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
  /** Operand i, of an operation that says that it keeps it. */
  input(i: number): Tensor;
  /** The result, of an operation that says that it keeps it. */
  output(): Tensor;
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

/** A recorded operation on tensors: where gradients go on to, and what their computation needs. */
abstract class TensorNode extends Node<Tensor> {
  override readonly parents: readonly (Node<Tensor> | null)[];

  constructor(inputs: readonly Tensor[]) {
    super();
    // Literals for the usual numbers of operands: map takes as long as all else here.
    const a = inputs[0];
    const b = inputs[1];
    if (inputs.length === 1) this.parents = [a.node];
    else if (inputs.length === 2) this.parents = [a.node, b.node];
    else this.parents = inputs.map((input) => input.node);
  }

  /** PyTorch's name of the operation. */
  abstract get name(): string;

  get nextFunctions(): readonly (TensorNode | null)[] {
    return this.parents as readonly (TensorNode | null)[];
  }

  needs(i: number): boolean {
    return this.parents[i] !== null;
  }

  /** A kept tensor; throws in PyTorch's words where it is gone, or no longer what it was. */
  protected unpack(kept: Kept | null): Tensor {
    if (kept === null) throw new Error(REUSED);
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
  /** Not the tensors themselves, which would keep their elements alive. */
  readonly specs: readonly Spec[];
  /** The operands in order, then the result; null where none are kept, or no longer. */
  private kept: readonly (Kept | null)[] | null;

  constructor(
    private readonly op: Op<A>,
    inputs: readonly Tensor[],
    readonly attributes: A,
    output: Tensor,
  ) {
    super(inputs);
    this.specs = inputs.length === 1 ? [inputs[0].spec] : inputs.map((input) => input.spec);
    this.kept = op.keepsInputs || op.keepsOutput ? keptOf(op, inputs, output) : null;
  }

  override get name(): string {
    return this.op.gradFn?.(this.attributes, this.specs) ?? backwardName(this.op.name);
  }

  override release(): void {
    this.kept = null;
  }

  input(i: number): Tensor {
    return this.unpack(this.kept && this.kept[i]);
  }

  output(): Tensor {
    return this.unpack(this.kept && this.kept[this.specs.length]);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.op.pullback!(g, this);
  }
}

function keptOf<A>({ keepsInputs, keepsOutput }: Op<A>, inputs: readonly Tensor[], output: Tensor): (Kept | null)[] {
  const keeps = (i: number): boolean => (typeof keepsInputs === "object" ? keepsInputs.includes(i) : keepsInputs === true);
  const kept = inputs.map((input, i) => (keeps(i) ? new Kept(input) : null));
  return keepsOutput ? [...kept, new Kept(output)] : kept;
}

/** What a node knows of a pointwise operation. */
export class RecordedRule {
  /** One an operand; null for one that has none. */
  readonly gradients: readonly (CompiledGradient | null)[];
  /** What those of them read that are needed, as bits, by which are needed, as bits. */
  readonly reads: readonly number[];
  /** What the recorded operation is called where the last operand is a number, and where it is a tensor. */
  readonly nameOfNumber: string;
  readonly nameOfTensor: string;

  constructor(readonly name: string, readonly rule: Rule) {
    this.gradients = compiledGradients(name, rule);
    const subsets = Array.from({ length: 1 << rule.value.length }, (_, needed) =>
      this.gradients.filter((_gradient, i) => (needed >> i) & 1),
    );
    const readsOf = (bits: number, gradient: CompiledGradient | null) => bits | (gradient ? bitsOf(gradient) : 0);
    this.reads = subsets.map((subset) => subset.reduce(readsOf, 0));
    const graphName = rule.graphName ?? name;
    this.nameOfNumber = backwardName(graphName, rule.numberVariant);
    this.nameOfTensor = backwardName(graphName, rule.tensorVariant);
  }
}

const [READS_A, READS_B, READS_C, READS_Y] = [1, 2, 4, 8];

const bitsOf = ({ reads: { a, b, c, y } }: CompiledGradient): number =>
  (a ? READS_A : 0) | (b ? READS_B : 0) | (c ? READS_C : 0) | (y ? READS_Y : 0);

/** A recorded pointwise operation: it keeps what the gradients that are needed read. */
export class PointwiseNode extends TensorNode implements Saved<Tensor> {
  private readonly recorded: RecordedRule;
  private readonly isOfNumber: boolean;
  /** The operands' shapes and types; null where those that need gradients have the result's. */
  private readonly specs: readonly Spec[] | null;
  private keptA: Kept | null = null;
  private keptB: Kept | null = null;
  private keptC: Kept | null = null;
  private keptY: Kept | null = null;

  constructor(recorded: RecordedRule, inputs: readonly Tensor[], output: Tensor) {
    super(inputs);
    this.recorded = recorded;
    this.isOfNumber = inputs[inputs.length - 1].isNumber;
    const { parents } = this;
    let needed = 0;
    let areAlike = true;
    for (let i = 0; i < parents.length; i++) {
      if (parents[i] === null) continue;
      needed |= 1 << i;
      if (!sameSpec(inputs[i].spec, output.spec)) areAlike = false;
    }
    this.specs = areAlike ? null : inputs.map((input) => input.spec);
    const read = recorded.reads[needed];
    if (read & READS_A) this.keptA = new Kept(inputs[0]);
    if (read & READS_B) this.keptB = new Kept(inputs[1]);
    if (read & READS_C) this.keptC = new Kept(inputs[2]);
    if (read & READS_Y) this.keptY = new Kept(output);
  }

  override get name(): string {
    return this.isOfNumber ? this.recorded.nameOfNumber : this.recorded.nameOfTensor;
  }

  get a(): Tensor {
    return this.unpack(this.keptA);
  }

  get b(): Tensor {
    return this.unpack(this.keptB);
  }

  get c(): Tensor {
    return this.unpack(this.keptC);
  }

  get y(): Tensor {
    return this.unpack(this.keptY);
  }

  override release(): void {
    this.keptA = this.keptB = this.keptC = this.keptY = null;
  }

  /** Before the result is written over the first operand: has its elements copied, where a gradient will read them. */
  expectWrite(target: Tensor): void {
    this.keptA = copied(this.keptA, target);
    this.keptB = copied(this.keptB, target);
    this.keptC = copied(this.keptC, target);
  }

  /** Notes that the result has just been written over the first operand. */
  wroteInPlace(): void {
    if (this.keptY) this.keptY.version++;
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
    const inOne = gradient.passesOn ? g : isGradEnabled() ? null : inOnePass(gradient, g, this);
    const result = inOne ?? rule.grad![i]!<Tensor>(g, this);
    return this.specs === null ? result : fit(result, this.specs[i]);
  }
}

/** What is kept, or a copy of it where it is `target`. */
function copied(kept: Kept | null, target: Tensor): Kept | null {
  if (kept?.tensor !== target) return kept;
  const before = target.detach().clone();
  before.node = target.node;
  return new Kept(before);
}

const sameSpec = (a: Spec, b: Spec): boolean => a === b || (a.dtype === b.dtype && sameShape(a.shape, b.shape));

/** A gradient as its operand needs it: summed over the dims that broadcasting repeated, in the operand's dtype. */
function fit(g: Tensor, { shape, dtype }: Spec): Tensor {
  const summed = sameShape(g.shape, shape) ? g : g.sumToSize(shape);
  return summed.dtype === dtype ? summed : summed.to(dtype);
}

const backwardName = (name: string, variant = 0): string =>
  `${name[0].toUpperCase()}${name.slice(1)}Backward${variant}`;
