// Owns recorded operations on tensors: what they keep of the forward step, and how gradients pass through them.
// Imports tensor, tape, what is kept, the gradients of rules, and types.
import type { Computation, Spec } from "../engines/engine";
import type { Rule, Saved } from "../rules";
import { sameShape } from "../shape";
import { isGradEnabled, Node } from "../tape";
import { Tensor } from "../tensor";
import { type Kept, keep, unpack } from "./kept";
import { type CompiledGradient, compiledGradients, inOnePass } from "./gradients";

/**
 * A structural operation as it is written down: what it gives, how the host computes it, and its gradients.
 *
 * Those that small steps are made of take their operands by number: to take an array apart, V8 goes through its
 * iterator, at the cost of an addition of thirty elements.
 */
export interface Structure<A> extends Computation<A> {
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

/**
 * A structural operation. A class, so that all are alike to V8, whatever each has and leaves out: every operation asks
 * for all of it.
 */
export class Op<A> implements Structure<A> {
  readonly name: string;
  readonly kind: Structure<A>["kind"];
  readonly kernel: Structure<A>["kernel"];
  readonly infer: Structure<A>["infer"];
  readonly ofOne: Structure<A>["ofOne"];
  readonly pullback: Structure<A>["pullback"];
  readonly gradFn: Structure<A>["gradFn"];
  readonly keepsInputs: boolean | readonly number[];
  readonly keepsOutput: boolean;
  readonly shares: boolean;

  constructor(structure: Structure<A>) {
    this.name = structure.name;
    this.kind = structure.kind;
    this.kernel = structure.kernel;
    this.infer = structure.infer;
    this.ofOne = structure.ofOne;
    this.pullback = structure.pullback;
    this.gradFn = structure.gradFn;
    this.keepsInputs = structure.keepsInputs ?? false;
    this.keepsOutput = structure.keepsOutput ?? false;
    this.shares = structure.shares ?? false;
  }
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

function specsOf(inputs: readonly Tensor[]): Spec[] {
  if (inputs.length === 1) return [inputs[0].spec];
  if (inputs.length === 2) return [inputs[0].spec, inputs[1].spec];
  return inputs.map((input) => input.spec);
}

/** A recorded operation on tensors: where gradients go on to, and what their computation needs. */
export abstract class TensorNode extends Node<Tensor> {
  override readonly parents: readonly (Node<Tensor> | null)[];

  constructor(inputs: readonly Pick<Tensor, "node">[]) {
    super();
    // Literals for the usual numbers of operands: map takes as long as all else here.
    const n = inputs.length;
    if (n === 1) this.parents = [inputs[0].node];
    else if (n === 2) this.parents = [inputs[0].node, inputs[1].node];
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

  override toString(): string {
    return `<${this.name}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
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
    this.specs = specsOf(inputs);
    this.kept = op.keepsInputs || op.keepsOutput ? keptOf(op, inputs, output, this) : null;
  }

  override get name(): string {
    return this.op.gradFn?.(this.attributes, this.specs) ?? backwardName(this.op.name);
  }

  override release(): void {
    this.kept = null;
  }

  input(i: number): Tensor {
    return unpack(this.kept && this.kept[i]);
  }

  output(): Tensor {
    return unpack(this.kept && this.kept[this.specs.length]);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.op.pullback!(g, this);
  }
}

function keptOf<A>(
  { keepsInputs, keepsOutput }: Op<A>,
  inputs: readonly Tensor[],
  output: Tensor,
  node: Node<Tensor>,
): (Kept | null)[] {
  const keeps = (i: number): boolean => (typeof keepsInputs === "object" ? keepsInputs.includes(i) : keepsInputs === true);
  const kept = inputs.map((input, i) => (keeps(i) ? keep(input) : null));
  return keepsOutput ? [...kept, keep(output, node)] : kept;
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
    this.specs = areAlike ? null : specsOf(inputs);
    const read = recorded.reads[needed];
    if (read & READS_A) this.keptA = keep(inputs[0]);
    if (read & READS_B) this.keptB = keep(inputs[1]);
    if (read & READS_C) this.keptC = keep(inputs[2]);
    if (read & READS_Y) this.keptY = keep(output, this);
  }

  override get name(): string {
    return this.isOfNumber ? this.recorded.nameOfNumber : this.recorded.nameOfTensor;
  }

  get a(): Tensor {
    return unpack(this.keptA);
  }

  get b(): Tensor {
    return unpack(this.keptB);
  }

  get c(): Tensor {
    return unpack(this.keptC);
  }

  get y(): Tensor {
    return unpack(this.keptY);
  }

  override release(): void {
    this.keptA = this.keptB = this.keptC = this.keptY = null;
  }

  /** Before the result is written over the first operand: has its elements copied, where a gradient will read them. */
  expectWrite(target: Tensor): void {
    copy(this.keptA, target);
    copy(this.keptB, target);
    copy(this.keptC, target);
  }

  /** Notes that the result has just been written over the first operand. */
  wroteInPlace(): void {
    if (this.keptY) this.keptY.version++;
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    const { parents } = this;
    if (parents.length === 1) return [this.gradient(0, g, true)];
    if (parents.length === 2) {
      const first = this.gradient(0, g, parents[1] === null);
      return [first, this.gradient(1, g, isApart(first, g))];
    }
    const first = this.gradient(0, g, parents[1] === null && parents[2] === null);
    const second = this.gradient(1, g, parents[2] === null && isApart(first, g));
    return [first, second, this.gradient(2, g, isApart(first, g) && isApart(second, g))];
  }

  /** The gradient of operand i, where it needs one; it may be made of `g` where that `isLast` read here. */
  private gradient(i: number, g: Tensor, isLast: boolean): Tensor | null {
    const { rule, gradients } = this.recorded;
    const gradient = gradients[i];
    if (this.parents[i] === null || gradient === null) return null;
    const inOne = gradient.passesOn ? g : isGradEnabled() ? null : inOnePass(gradient, g, this, isLast);
    const result = inOne ?? rule.grad![i]!<Tensor>(g, this);
    return this.specs === null ? result : fit(result, this.specs[i]);
  }
}

/** Whether writing into `g` leaves `gradient` as it is. */
const isApart = (gradient: Tensor | null, g: Tensor): boolean => gradient === null || gradient.storage !== g.storage;

/** Has a copy kept, where `target` itself is. */
function copy(kept: Kept | null, target: Tensor): void {
  if (kept?.tensor !== target) return;
  const before = target.detach().clone();
  before.node = target.node;
  kept.hold(before);
}

const sameSpec = (a: Spec, b: Spec): boolean => a === b || (a.dtype === b.dtype && sameShape(a.shape, b.shape));

/** A gradient as its operand needs it: summed over the dims that broadcasting repeated, in the operand's dtype. */
export function fit(g: Tensor, { shape, dtype }: Spec): Tensor {
  const summed = sameShape(g.shape, shape) ? g : g.sumToSize(shape);
  return summed.dtype === dtype ? summed : summed.to(dtype);
}

const backwardName = (name: string, variant = 0): string =>
  `${name[0].toUpperCase()}${name.slice(1)}Backward${variant}`;
