// The one door: every operation on tensors is checked, computed and recorded here.
// Imports tensor, operands, nodes, engines, rules and tape.
import { describe, shapeText } from "../check";
import { category, type DTypeName, getDefaultDtype, isFloat } from "../dtype";
import { type Computation, run, runInPlace } from "../engines/engine";
import { type PointwiseAttributes, pointwiseKernel } from "../engines/host/pointwise";
import { ruleTable, type RuleName } from "../rules";
import { broadcast, sameShape, type Shape } from "../shape";
import { isGradEnabled } from "../tape";
import { Tensor } from "../tensor";
import { type Op, OpNode, PointwiseNode, recordingOf, type RecordedRule } from "./nodes";
import { resultType, toOperand, wrapNumber } from "./operands";

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
  if (op.shares) storage.isShared = true;
  const out = new Tensor(storage, spec);
  if (op.pullback && isFloat(spec.dtype) && needsNode(inputs))
    out.node = new OpNode(op, inputs, attributes, out);
  return out;
}

/** A pointwise operation, with what follows from its rule. */
export interface PointwiseOp extends Computation<PointwiseAttributes>, RecordedRule {
  readonly name: RuleName;
}

/** The pointwise operations by name. */
export const pointwiseOps = Object.fromEntries(
  (Object.keys(ruleTable) as RuleName[]).map((name): [RuleName, PointwiseOp] => {
    const rule = ruleTable[name];
    return [name, { name, kind: "pointwise", kernel: pointwiseKernel(name), ...recordingOf(name, rule) }];
  }),
) as Record<RuleName, PointwiseOp>;

function operandsOf({ name, rule }: PointwiseOp, values: readonly unknown[]): Tensor[] {
  const arity = rule.value.length;
  if (values.length !== arity) {
    throw new TypeError(`${name}: expected ${arity} operand(s), got ${values.length}`);
  }
  if (!values.some((value) => value instanceof Tensor)) {
    const got = values.map(describe).join(" and ");
    throw new TypeError(`${name}: one operand at least must be a Tensor, got ${got}`);
  }
  return values.map((value) => toOperand(name, value));
}

/** The result of an operation on numbers alone, as in the exponent b − 1 of a gradient: again a number. */
function ofNumbers({ rule }: PointwiseOp, inputs: readonly Tensor[]): Tensor {
  const [a, b, c] = inputs.map(({ storage }) => storage.data[0]);
  const value = rule.value(a, b, c);
  return wrapNumber(rule.result === "bool" ? value !== 0 : value);
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

/** The result of a pointwise operation on tensors and numbers, broadcast and promoted. */
export function pointwise(op: PointwiseOp, values: readonly unknown[]): Tensor {
  const inputs = operandsOf(op, values);
  if (inputs.every(({ isNumber }) => isNumber)) return ofNumbers(op, inputs);
  const dtype = computeType(op, inputs);
  const spec = {
    shape: broadcastAll(op.name, inputs),
    dtype: op.rule.result === "bool" ? ("bool" as const) : dtype,
  };
  const out = new Tensor(run(op, inputs, spec, { dtype }), spec);
  if (op.rule.grad && isFloat(spec.dtype) && needsNode(inputs)) out.node = new PointwiseNode(op, inputs, out);
  return out;
}

/**
 * Puts the result of a pointwise operation into its first operand.
 * @throws Error where that would break recorded gradients, or where the result does not fit
 */
export function pointwiseInPlace(op: PointwiseOp, target: Tensor, rest: readonly unknown[]): Tensor {
  const { name } = op;
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
  // Made before the write, so that it knows the operands as they were.
  const node = recorded ? new PointwiseNode(op, inputs, target) : null;
  node?.expectWrite(target);
  runInPlace(op, inputs, { shape, dtype: target.dtype }, { dtype });
  if (node) {
    node.wroteInPlace();
    target.moveTo(node);
  }
  return target;
}

/** @throws Error where a write into `target` would break recorded gradients */
export function checkWritable(name: string, target: Tensor, inputs: readonly Tensor[]): void {
  if (!(target instanceof Tensor)) throw new TypeError(`${name}: expected a Tensor, got ${describe(target)}`);
  if (!needsNode(inputs)) return;
  if (target.storage.isShared) {
    throw new Error(
      `${name}: this tensor shares its elements with another (by reshape, view, squeeze or unsqueeze), whose history ` +
        "an in-place operation would not reach. Use the operation without the underscore, or clone() first.",
    );
  }
  if (target.isLeaf && target.requiresGrad) {
    throw new Error(
      `${name}: a leaf Variable that requires grad is being used in an in-place operation. Wrap the update in pt.noGrad(() => …).`,
    );
  }
}
