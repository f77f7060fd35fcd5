// Owns recorded operations on tensors: what they keep of the forward step, and how gradients pass through them.
// Imports tensor, tape and the types of rules and engines.
import { shapeText } from "../check";
import type { Computation, Spec, Storage } from "../engines/engine";
import type { Rule } from "../rules";
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
  input(i: number): Tensor;
  readonly output: Tensor;
}

const REUSED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). " +
  "Saved intermediate values of the graph are freed when you call .backward() or pt.grad(). Specify { retainGraph: true } if you " +
  "need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

/** A recorded operation on tensors: its operands and result, as they were. */
abstract class TensorNode extends Node<Tensor> {
  override readonly parents: readonly (Node<Tensor> | null)[];
  readonly specs: readonly Spec[];
  // The operands, then the result; null once backward has freed them.
  private saved: readonly Tensor[] | null;
  private storages: readonly Storage[] | null;
  private readonly versions: number[];

  constructor(
    readonly name: string,
    inputs: readonly Tensor[],
    output: Tensor,
  ) {
    super();
    this.parents = inputs.map((input) => input.node);
    // Not the tensors themselves, which would keep their elements alive after release.
    this.specs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.saved = [...inputs, output];
    this.storages = this.saved.map(({ storage }) => storage);
    this.versions = this.storages.map(({ version }) => version);
  }

  get nextFunctions(): readonly (TensorNode | null)[] {
    return this.parents as readonly (TensorNode | null)[];
  }

  override release(): void {
    this.saved = null;
    this.storages = null;
  }

  /** Notes that the operation has just written its result into its first operand. */
  wroteInPlace(): void {
    this.versions[this.specs.length]++;
  }

  protected unpack(i: number): Tensor {
    if (this.saved === null || this.storages === null) throw new Error(REUSED);
    const tensor = this.saved[i];
    const storage = this.storages[i];
    if (tensor.storage !== storage) return this.replaced(tensor, storage, i);
    if (storage.version !== this.versions[i]) {
      throw new Error(
        "one of the variables needed for gradient computation has been modified by an inplace operation: " +
          `[${tensor.dtype} ${shapeText(tensor.shape)}], which is operand or output of ${this.name}, is at version ` +
          `${storage.version}; expected version ${this.versions[i]} instead.`,
      );
    }
    return tensor;
  }

  /** A saved tensor whose `data` was set since: as in PyTorch a leaf counts as it is now, anything else as it was. */
  private replaced(tensor: Tensor, storage: Storage, i: number): Tensor {
    if (tensor.isLeaf) return tensor;
    const spec = this.specs[i] ?? tensor;
    const before = new Tensor(storage, spec.shape, spec.dtype);
    before.node = tensor.node;
    return before;
  }

  needs(i: number): boolean {
    return this.parents[i] !== null;
  }

  input(i: number): Tensor {
    return this.unpack(i);
  }

  get output(): Tensor {
    return this.unpack(this.specs.length);
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
  constructor(
    private readonly op: Op<A>,
    inputs: readonly Tensor[],
    readonly attributes: A,
    output: Tensor,
  ) {
    super(op.gradFn?.(attributes, inputs) ?? backwardName(op.name), inputs, output);
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.op.pullback!(g, this);
  }
}

/** A pointwise operation, as a node knows it. */
export interface RecordedRule {
  readonly name: string;
  readonly rule: Rule;
}

/** A recorded pointwise operation: what a rule's gradients read. */
export class PointwiseNode extends TensorNode {
  private readonly rule: Rule;

  constructor({ rule, name }: RecordedRule, inputs: readonly Tensor[], output: Tensor) {
    super(backwardName(name, inputs[inputs.length - 1].isNumber ? 0 : rule.tensorVariant), inputs, output);
    this.rule = rule;
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
    return this.output;
  }

  override pullback(g: Tensor): readonly (Tensor | null)[] {
    return this.parents.map((parent, i) => {
      const rule = parent && this.rule.grad?.[i];
      return rule ? fit(rule<Tensor>(g, this), this.specs[i]) : null;
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
