// The one door: every operation on tensors is checked, computed and recorded here.
// Imports tensor, engines, rules and tape.
import { describe, shapeText } from "../check";
import { allocate, category, type DTypeName, getDefaultDtype, isFloat, promote } from "../dtype";
import { type Computation, run, runInPlace, Storage } from "../engines/engine";
import { type PointwiseAttributes, pointwiseKernel } from "../engines/host/pointwise";
import { ruleTable, type RuleName } from "../rules";
import { broadcast, sameShape, type Shape } from "../shape";
import { isGradEnabled } from "../tape";
import { Tensor } from "../tensor";
import { type Op, OpNode, PointwiseNode, readsOf, type RecordedRule } from "./nodes";

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
  const out = new Tensor(storage, spec);
  if (op.pullback && isFloat(spec.dtype) && needsNode(inputs))
    out.node = new OpNode(op, inputs, attributes);
  return out;
}

/** A number as an operand: a 0-dim tensor whose type yields to the others', and whose value keeps all its digits. */
function wrapNumber(value: number | boolean): Tensor {
  const dtype = typeof value === "boolean" ? "bool" : Number.isInteger(value) ? "int64" : "float64";
  const data = allocate(dtype, 1);
  data[0] = Number(value);
  const out = new Tensor(new Storage(data), NUMBER_SPECS[dtype]);
  out.isNumber = true;
  return out;
}

const NUMBER_SPECS = {
  bool: { shape: [], dtype: "bool" },
  int64: { shape: [], dtype: "int64" },
  float64: { shape: [], dtype: "float64" },
} as const;

function toOperand(name: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === "number" || typeof value === "boolean") return wrapNumber(value);
  throw new TypeError(`${name}: an operand must be a Tensor or a number, got ${describe(value)}`);
}

/**
 * The type that operands are promoted to: tensors with dims decide, then 0-dim tensors, then numbers; the weaker count
 * only where they are of a higher category (bool < integer < floating point).
 */
export function resultType(inputs: readonly Tensor[]): DTypeName {
  let ofTensors: DTypeName | null = null;
  let ofScalars: DTypeName | null = null;
  let ofNumbers: DTypeName | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const { dtype, ndim, isNumber } = inputs[i];
    if (isNumber) ofNumbers = stronger(ofNumbers, dtype);
    else if (ndim === 0) ofScalars = stronger(ofScalars, dtype);
    else ofTensors = stronger(ofTensors, dtype);
  }
  // Numbers among themselves, as in the exponent b − 1 of a gradient, keep their digits.
  if (ofTensors === null && ofScalars === null) return ofNumbers!;
  if (ofNumbers === "float64") ofNumbers = getDefaultDtype();
  return unlessHigher(ofTensors, unlessHigher(ofScalars, ofNumbers))!;
}

const stronger = (a: DTypeName | null, b: DTypeName): DTypeName => (a === null || a === b ? b : promote(a, b));

/** `strong`, unless `weak` is of a higher category. */
function unlessHigher(strong: DTypeName | null, weak: DTypeName | null): DTypeName | null {
  if (strong === null || weak === null) return strong ?? weak;
  return category(weak) <= category(strong) ? strong : promote(strong, weak);
}

interface PointwiseOp extends Computation<PointwiseAttributes>, RecordedRule {
  readonly name: RuleName;
}

const pointwiseOps = Object.fromEntries(
  (Object.keys(ruleTable) as RuleName[]).map((name): [RuleName, PointwiseOp] => [
    name,
    { name, rule: ruleTable[name], kernel: pointwiseKernel(name), reads: readsOf(ruleTable[name]) },
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
  const out = new Tensor(run(op, inputs, spec, { dtype }), spec);
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
