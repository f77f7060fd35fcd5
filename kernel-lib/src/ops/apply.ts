// The one door: every operation on tensors is checked, computed and recorded here.
// Imports tensor, engines, rules and tape.
import { describe, shapeText } from "../check";
import { category, type DTypeName, getDefaultDtype, isFloat, promote } from "../dtype";
import { type Computation, run, runInPlace, Storage } from "../engines/engine";
import { type PointwiseAttributes, pointwiseKernel } from "../engines/host/pointwise";
import { type Rule, ruleTable, type RuleName } from "../rules";
import { broadcast, sameShape, type Shape } from "../shape";
import { isGradEnabled } from "../tape";
import { Tensor } from "../tensor";
import { type Op, OpNode, PointwiseNode } from "./nodes";

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
