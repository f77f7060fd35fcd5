// Owns recorded operations on tensors: what they keep of the forward step, and how gradients pass through them.
// Imports tensor, tape and the types of rules and engines.
import { shapeText } from "../check";
import type { Computation, Spec } from "../engines/engine";
import type { Storage } from "../engines/storage";
import type { Rule, Saved } from "../rules";
import { sameShape } from "../shape";
import { Node } from "../tape";
import { Tensor } from "../tensor";

/** A structural operation: what it gives, how the host computes it, and how gradients pass through it. */
export interface Op<A> extends Computation<A> {
  /** The result's shape and dtype; throws where the operands do not fit. */
  infer(inputs: readonly Tensor[], attributes: A): Spec;
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
interface Kept {
  readonly tensor: Tensor;
  readonly storage: Storage;
  version: number;
}

/** A recorded operation on tensors: where gradients go on to, and what their computation needs. */
abstract class TensorNode extends Node<Tensor> {
  override readonly parents: readonly (Node<Tensor> | null)[];
  readonly specs: readonly Spec[];
  private readonly kept: (Kept | null)[] = [];
  private released = false;

  constructor(
    readonly name: string,
    inputs: readonly Tensor[],
  ) {
    super();
    this.parents = inputs.map((input) => input.node);
    // Not the tensors themselves, which would keep their elements alive.
    this.specs = inputs.map((input) => input.spec);
  }

  get nextFunctions(): readonly (TensorNode | null)[] {
    return this.parents as readonly (TensorNode | null)[];
  }

  needs(i: number): boolean {
    return this.parents[i] !== null;
  }

  protected keepTensor(slot: number, tensor: Tensor): void {
    this.kept[slot] = { tensor, storage: tensor.storage, version: tensor.storage.version };
  }

  override release(): void {
    this.released = true;
    this.kept.length = 0;
  }

  /** The tensor kept in `slot`; throws in PyTorch's words where it is gone, or no longer what it was. */
  protected unpack(slot: number): Tensor {
    if (this.released) throw new Error(REUSED);
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
    if (this.kept[slot]?.tensor !== target) return;
    const before = target.detach().clone();
    before.node = target.node;
    this.keepTensor(slot, before);
  }

  /** Notes that the operation has just written its result into its first operand, which may be kept in `slot`. */
  protected wroteInto(slot: number): void {
    const kept = this.kept[slot];
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
    output: Tensor,
  ) {
    super(op.gradFn?.(attributes, inputs) ?? backwardName(op.name), inputs);
    const { keepsInputs } = op;
    if (keepsInputs) {
      for (let i = 0; i < inputs.length; i++) {
        if (keepsInputs === true || keepsInputs.includes(i)) this.keepTensor(i, inputs[i]);
      }
    }
    if (op.keepsOutput) this.keepTensor(inputs.length, output);
  }

  input(i: number): Tensor {
    return this.unpack(i);
  }

  output(): Tensor {
    return this.unpack(this.specs.length);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.op.pullback!(g, this);
  }
}

const SLOTS = ["a", "b", "c", "y"] as const;
const Y = SLOTS.indexOf("y");

/** What a node knows of a pointwise operation. */
export interface RecordedRule {
  readonly rule: Rule;
  /** For each operand's gradient, which of a, b, c, y it reads. */
  readonly reads: readonly (readonly boolean[])[];
  /** What the recorded operation is called, where the last operand is a number and where it is a tensor. */
  readonly gradFn: { readonly ofNumber: string; readonly ofTensor: string };
}

/** What a node is to know of the rule `name`. */
export function recordingOf(name: string, rule: Rule): RecordedRule {
  const gradFn = { ofNumber: backwardName(name), ofTensor: backwardName(name, rule.tensorVariant) };
  return { rule, reads: readsOf(rule), gradFn };
}

/** What each gradient of a rule reads, found by running it on values that stand for nothing. */
function readsOf({ grad = [] }: Rule): boolean[][] {
  const nothing: Tensor = new Proxy({} as Tensor, { get: () => () => nothing });
  return grad.map((pullback) => {
    const reads = SLOTS.map(() => false);
    const saved = new Proxy({} as Saved<Tensor>, {
      get(_, slot) {
        reads[SLOTS.indexOf(slot as (typeof SLOTS)[number])] = true;
        return nothing;
      },
    });
    pullback?.(nothing, saved);
    return reads;
  });
}

/** A recorded pointwise operation: it keeps what the gradients that are needed read. */
export class PointwiseNode extends TensorNode implements Saved<Tensor> {
  private readonly rule: Rule;

  constructor({ rule, reads, gradFn }: RecordedRule, inputs: readonly Tensor[], output: Tensor) {
    super(inputs[inputs.length - 1].isNumber ? gradFn.ofNumber : gradFn.ofTensor, inputs);
    this.rule = rule;
    for (let i = 0; i < inputs.length; i++) {
      if (!this.needs(i)) continue;
      for (let slot = 0; slot < SLOTS.length; slot++) {
        if (reads[i][slot]) this.keepTensor(slot, slot === Y ? output : inputs[slot]);
      }
    }
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
    return this.parents.map((parent, i) => {
      const pullback = parent && this.rule.grad?.[i];
      return pullback ? fit(pullback<Tensor>(g, this), this.specs[i]) : null;
    });
  }
}

/** A gradient as its operand needs it: summed over the dims that broadcasting repeated, in the operand's dtype. */
function fit(g: Tensor, { shape, dtype }: Spec): Tensor {
  const summed = sameShape(g.shape, shape) ? g : g.sumToSize(shape);
  return summed.dtype === dtype ? summed : summed.to(dtype);
}

const backwardName = (name: string, variant = 0): string =>
  `${name[0].toUpperCase()}${name.slice(1)}Backward${variant}`;
