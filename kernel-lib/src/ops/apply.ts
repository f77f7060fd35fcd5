// The one door: every operation on tensors is checked, computed and recorded here.
// Imports tensor, engines, rules and tape.
import { describe, shapeText } from "../check";
import { category, type DTypeName, getDefaultDtype, isFloat, promote } from "../dtype";
import { type Computation, run, runInPlace, type Spec, Storage } from "../engines/engine";
import { type PointwiseAttributes, pointwiseKernel } from "../engines/host/pointwise";
import { type Rule, ruleTable, type RuleName } from "../rules";
import { broadcast, sameShape, type Shape } from "../shape";
import { isGradEnabled, Node } from "../tape";
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
class OpNode<A> extends TensorNode implements SavedTensors<A> {
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

/** A recorded pointwise operation: what a rule's gradients read. */
class PointwiseNode extends TensorNode {
  private readonly rule: Rule;

  constructor({ rule, name }: PointwiseOp, inputs: readonly Tensor[], output: Tensor) {
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

const needsNode = (inputs: readonly Tensor[]): boolean =>
  isGradEnabled() && inputs.some((input) => input.node !== null);

/** The result of a structural operation on `inputs`, recorded where one of them needs a gradient. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  for (const input of inputs) {
    if (!(input instanceof Tensor))
      throw new TypeError(`${op.name}: expected a Tensor, got ${describe(input)}`);
  }
  const spec = op.infer(inputs, attributes);
  const storage = op.shares ? inputs[0].storage : run(op, inputs, spec, attributes);
  const out = new Tensor(storage, spec.shape, spec.dtype);
  if (op.pullback && isFloat(spec.dtype) && needsNode(inputs))
    out.node = new OpNode(op, inputs, attributes, out);
  return out;
}

/** A number as an operand: a 0-dim tensor whose type yields to the others', and whose value keeps all its digits. */
function wrapNumber(value: number): Tensor {
  const out = new Tensor(
    new Storage(Float64Array.of(value)),
    [],
    Number.isInteger(value) ? "int64" : "float64",
  );
  out.isNumber = true;
  return out;
}

function toOperand(name: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === "number") return wrapNumber(value);
  if (typeof value === "boolean") {
    const out = new Tensor(new Storage(Uint8Array.of(Number(value))), [], "bool");
    out.isNumber = true;
    return out;
  }
  throw new TypeError(`${name}: an operand must be a Tensor or a number, got ${describe(value)}`);
}

/**
 * The type that operands are promoted to: tensors with dims decide, then 0-dim tensors, then numbers; the weaker count
 * only where they are of a higher category (bool < integer < floating point).
 */
export function resultType(inputs: readonly Tensor[]): DTypeName {
  // Numbers among themselves, as in the exponent b − 1 of a gradient, stay numbers.
  const float = inputs.every(({ isNumber }) => isNumber) ? "float64" : getDefaultDtype();
  const best: (DTypeName | null)[] = [null, null, null];
  for (const { dtype, ndim, isNumber } of inputs) {
    const rank = isNumber ? 2 : ndim === 0 ? 1 : 0;
    const own = isNumber && dtype === "float64" ? float : dtype;
    const other = best[rank];
    best[rank] = other === null ? own : promote(other, own);
  }
  return best.reduceRight<DTypeName | null>((weaker, stronger) => {
    if (stronger === null) return weaker;
    if (weaker === null || category(weaker) <= category(stronger)) return stronger;
    return promote(stronger, weaker);
  }, null)!;
}

interface PointwiseOp extends Computation<PointwiseAttributes> {
  readonly name: RuleName;
  readonly rule: Rule;
}

const pointwiseOps = Object.fromEntries(
  (Object.keys(ruleTable) as RuleName[]).map((name): [RuleName, PointwiseOp] => [
    name,
    { name, rule: ruleTable[name], kernel: pointwiseKernel(name) },
  ]),
) as Record<RuleName, PointwiseOp>;

function operandsOf(op: PointwiseOp, values: readonly unknown[]): Tensor[] {
  const arity = op.rule.value.length;
  if (values.length !== arity)
    throw new TypeError(`${op.name}: expected ${arity} operand(s), got ${values.length}`);
  if (!values.some((value) => value instanceof Tensor)) {
    throw new TypeError(
      `${op.name}: one operand at least must be a Tensor, got ${values.map(describe).join(" and ")}`,
    );
  }
  return values.map((value) => toOperand(op.name, value));
}

/** The type that a pointwise operation computes in. */
function computeType(op: PointwiseOp, inputs: readonly Tensor[]): DTypeName {
  const { rule } = op;
  const dtype = resultType(
    rule.condition === undefined ? inputs : inputs.filter((_, i) => i !== rule.condition),
  );
  if (
    dtype === "bool"
      ? rule.rejectsBool
      : rule.rejectsAnyBool && inputs.some((input) => input.dtype === "bool")
  ) {
    throw new TypeError(`${op.name}: ${rule.rejectsBool}`);
  }
  return rule.result === "float" && !isFloat(dtype) ? getDefaultDtype() : dtype;
}

function broadcastAll(name: string, inputs: readonly Tensor[]): Shape {
  let { shape } = inputs[0];
  for (let i = 1; i < inputs.length; i++) shape = broadcast(name, shape, inputs[i].shape);
  return shape;
}

/** The result of the pointwise operation `name` on tensors and numbers, broadcast and promoted. */
export function pointwise(name: RuleName, values: readonly unknown[]): Tensor {
  const op = pointwiseOps[name];
  const inputs = operandsOf(op, values);
  const dtype = computeType(op, inputs);
  const spec = {
    shape: broadcastAll(name, inputs),
    dtype: op.rule.result === "bool" ? ("bool" as const) : dtype,
  };
  const out = new Tensor(run(op, inputs, spec, { dtype }), spec.shape, spec.dtype);
  out.isNumber = inputs.every(({ isNumber }) => isNumber);
  if (op.rule.grad && isFloat(spec.dtype) && needsNode(inputs)) out.node = new PointwiseNode(op, inputs, out);
  return out;
}

/**
 * Puts the result of the pointwise operation `name` into its first operand.
 * @throws Error where that would break recorded gradients, or where the result does not fit
 */
export function pointwiseInPlace(name: RuleName, target: Tensor, rest: readonly unknown[]): Tensor {
  const op = pointwiseOps[name];
  const inputs = operandsOf(op, [target, ...rest]);
  checkWritable(`${name}_`, target, inputs);
  const dtype = computeType(op, inputs);
  const result = op.rule.result === "bool" ? "bool" : dtype;
  if (category(result) > category(target.dtype)) {
    throw new TypeError(
      `${name}_: result type ${result} can't be cast to the desired output type ${target.dtype}`,
    );
  }
  const shape = broadcastAll(name, inputs);
  if (!sameShape(shape, target.shape)) {
    throw new RangeError(
      `${name}_: output with shape ${shapeText(target.shape)} doesn't match the broadcast shape ${shapeText(shape)}`,
    );
  }
  const recorded = op.rule.grad && needsNode(inputs);
  // Made before the write, so that it knows the operands as they were; the write then outdates the target among them.
  const node = recorded ? new PointwiseNode(op, inputs, target) : null;
  runInPlace(op, inputs, { shape, dtype: target.dtype }, { dtype });
  if (node) {
    node.wroteInPlace();
    target.node = node;
  }
  return target;
}

/** @throws Error where a write into `target` would break recorded gradients */
export function checkWritable(name: string, target: Tensor, inputs: readonly Tensor[]): void {
  if (!(target instanceof Tensor)) throw new TypeError(`${name}: expected a Tensor, got ${describe(target)}`);
  if (!needsNode(inputs)) return;
  if (target.isLeaf && target.requiresGrad) {
    throw new Error(
      `${name}: a leaf Variable that requires grad is being used in an in-place operation. Wrap the update in pt.noGrad(() => …).`,
    );
  }
}
