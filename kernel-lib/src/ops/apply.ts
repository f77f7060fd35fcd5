// The one door: every operation on tensors is checked, computed and recorded here.
// Imports tensor, operands, nodes, engines, rules and tape.
import { describe, shapeText } from "../check";
import { category, type DTypeName, getDefaultDtype, isFloat, rank } from "../dtype";
import { type Computation, type Kernel, run, runInPlace, type Spec } from "../engines/engine";
import { isOfNumber, makeOfOne, type PointwiseAttributes, pointwiseKernel, valueOf, type ValueOfOne } from "../engines/host/pointwise";
import { stayOnHost } from "../engines/selection";
import { Storage } from "../engines/storage";
import { complete, ruleTable, type RuleName, takesFewer } from "../rules";
import { broadcast, sameShape, type Shape, sizeOf } from "../shape";
import { isGradEnabled, isInferenceModeEnabled } from "../tape";
import { Tensor } from "../tensor";
import { meter } from "./meter";
import { type Op, OpNode, PointwiseNode, RecordedRule } from "./nodes";
import { resultType, toOperand, wrapNumber } from "./operands";

// Every operation passes here, and most are small: loops instead of array methods, which cost a call an operand.
function needsNode(inputs: readonly Tensor[]): boolean {
  if (!isGradEnabled()) return false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i].node !== null) return true;
  return false;
}

/** The result of a structural operation on `inputs`, recorded where one of them needs a gradient. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return meter === null
    ? structural(op, inputs, attributes)
    : meter.measure(op.name, inputs, () => structural(op, inputs, attributes));
}

function structural<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  for (let i = 0; i < inputs.length; i++) {
    if (!(inputs[i] instanceof Tensor))
      throw new TypeError(`${op.name}: expected a Tensor, got ${describe(inputs[i])}`);
  }
  const spec = op.infer(inputs, attributes);
  const storage = op.shares ? inputs[0].storage : (ofOneElement(op, inputs, spec) ?? run(op, inputs, spec, attributes));
  if (op.shares) storage.isShared = true;
  const out = new Tensor(storage, spec);
  if (op.pullback && isFloat(spec.dtype) && needsNode(inputs))
    out.node = new OpNode(op, inputs, attributes, out);
  return out;
}

/**
 * Puts the result of a structural operation into its first operand, whose shape and type it has.
 * @param name what the caller called it
 * @throws Error where that would break recorded gradients
 */
export function applyInPlace<A>(name: string, op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return meter === null
    ? structuralInPlace(name, op, inputs, attributes)
    : meter.measure(name, inputs, () => structuralInPlace(name, op, inputs, attributes));
}

function structuralInPlace<A>(name: string, op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  const target = inputs[0];
  checkWritable(name, target, inputs);
  const recorded = op.pullback && isFloat(target.dtype) && needsNode(inputs);
  const node = recorded ? new OpNode(op, inputs, attributes, target) : null;
  runInPlace(op, inputs, target.spec, attributes);
  if (node) target.moveTo(node);
  return target;
}

/** The result of an operation that makes one element of one, where it is at hand; else null. */
function ofOneElement<A>({ ofOne }: Op<A>, inputs: readonly Tensor[], { shape, dtype }: Spec): Storage | null {
  if (ofOne === undefined || !stayOnHost(1)) return null;
  const { storage } = inputs[0];
  return storage.length === 1 && storage.isHome && sizeOf(shape) === 1 ? Storage.of(ofOne(storage.first), dtype) : null;
}

/**
 * A pointwise operation, with what follows from its rule. A class, so that all are alike to V8, which then finds their
 * fields without a search; rules differ in what they have, so what every call asks of them stands here too.
 */
export class PointwiseOp extends RecordedRule implements Computation<PointwiseAttributes> {
  readonly kind = "pointwise";
  readonly inPlaceName: string;
  readonly arity: number;
  readonly kernel: Kernel<PointwiseAttributes>;
  readonly givesBool: boolean;
  /** Whether operands that are all of one floating-point type are not a case without questions. */
  readonly isSpecial: boolean;
  readonly takesFewer: boolean;
  readonly hasGradient: boolean;
  /** The numbers that the operation met last, by their place among the operands: loops give the same ones again. */
  readonly lastNumbers: (Tensor | null)[] = [null, null, null];
  /** What computes one element, by the rank of the operands' type; made when first used. */
  readonly ofOne: (ValueOfOne | null)[] = [null, null, null, null];
  /** The same where the last operand is a number for which the rule has another value. */
  readonly ofOneByNumber: (ValueOfOne | null)[] = [null, null, null, null];

  constructor(override readonly name: RuleName) {
    const rule = ruleTable[name];
    super(name, rule);
    this.inPlaceName = `${name}_`;
    this.arity = rule.value.length;
    this.kernel = pointwiseKernel(name);
    this.givesBool = rule.result === "bool";
    this.isSpecial = rule.condition !== undefined || rule.rejectsFloats !== undefined;
    this.takesFewer = takesFewer(rule);
    this.hasGradient = rule.grad !== undefined;
  }
}

/** The pointwise operations by name. */
export const pointwiseOps = Object.fromEntries(
  (Object.keys(ruleTable) as RuleName[]).map((name) => [name, new PointwiseOp(name)]),
) as Record<RuleName, PointwiseOp>;

/** Operands as they were given, numbers among them wrapped in their places. */
function operandsOf(op: PointwiseOp, values: unknown[]): Tensor[] {
  const { arity } = op;
  let tensors = 0;
  for (let i = 0; i < values.length; i++) if (values[i] instanceof Tensor) tensors++;
  if (values.length !== arity || tensors === 0) refuse(op, values);
  if (tensors === arity) return values as Tensor[];
  for (let i = 0; i < arity; i++) if (!(values[i] instanceof Tensor)) values[i] = numberOperand(op, i, values[i]);
  return values as Tensor[];
}

function refuse({ name, arity }: PointwiseOp, values: readonly unknown[]): never {
  if (values.length !== arity) throw new TypeError(`${name}: expected ${arity} operand(s), got ${values.length}`);
  const got = values.map(describe).join(" and ");
  throw new TypeError(`${name}: one operand at least must be a Tensor, got ${got}`);
}

function numberOperand({ name, lastNumbers }: PointwiseOp, i: number, value: unknown): Tensor {
  if (typeof value !== "number") return toOperand(name, value);
  const last = lastNumbers[i];
  if (last !== null && Object.is(last.storage.first, value)) return last;
  const wrapped = wrapNumber(value);
  // Held for good: should a gradient be this very number, it is not to be changed.
  wrapped.hold();
  return (lastNumbers[i] = wrapped);
}

const allNumbers = (inputs: readonly Tensor[]): boolean => inputs.every(({ isNumber }) => isNumber);

/**
 * The shape and the floating-point type that all operands have, apart from numbers and from tensors of one element and
 * as many dims at most, which yield to it: the usual case, in which there is nothing to promote, and no shape to make.
 * Else null.
 */
function commonSpec({ isSpecial }: PointwiseOp, inputs: readonly Tensor[]): Spec | null {
  if (isSpecial) return null;
  let spec: Spec | null = null;
  let isOfOne = false;
  for (let i = 0; i < inputs.length; i++) {
    const { isNumber, spec: own, storage } = inputs[i];
    if (isNumber) {
      if (own.dtype === "bool") return null;
    } else if (spec === null) {
      if (!isFloat(own.dtype)) return null;
      spec = own;
      isOfOne = storage.length === 1;
    } else if (own !== spec) {
      if (own.dtype !== spec.dtype) return null;
      if (sameShape(own.shape, spec.shape)) continue;
      if (isOfOne && spec.shape.length <= own.shape.length) {
        spec = own;
        isOfOne = storage.length === 1;
      } else if (storage.length !== 1 || own.shape.length > spec.shape.length) {
        return null;
      }
    }
  }
  return spec;
}

/** The result of an operation on numbers alone, as in the exponent b − 1 of a gradient: again a number. */
function ofNumbers({ rule }: PointwiseOp, inputs: readonly Tensor[]): Tensor {
  const [a, b, c] = inputs.map(({ storage }) => storage.first);
  const value = valueOf(rule, "float64", true)(a, b, c);
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
  if (rule.rejectsFloats && isFloat(dtype)) throw new TypeError(`${op.name}: ${rule.rejectsFloats}`);
  if (rule.needsFloats?.operands.every((i) => !inputs[i].isNumber && !isFloat(inputs[i].dtype)))
    throw new TypeError(`${op.name}: ${rule.needsFloats.message}`);
  if (rule.result === "integer" && dtype === "bool") return "int64";
  return rule.result === "float" && !isFloat(dtype) ? getDefaultDtype() : dtype;
}

function broadcastAll(name: string, inputs: readonly Tensor[]): Shape {
  let { shape } = inputs[0];
  for (let i = 1; i < inputs.length; i++) shape = broadcast(name, shape, inputs[i].shape);
  return shape;
}

/**
 * The element of the result, where the operands have one each, of the floating-point type `dtype` or numbers; undefined
 * for others. To reach a kernel, with arrays for it, takes longer than to compute one element.
 */
function ofOne(op: PointwiseOp, inputs: readonly Tensor[], dtype: DTypeName): number | undefined {
  if (!stayOnHost(1)) return undefined;
  for (let i = 0; i < inputs.length; i++) {
    const { storage } = inputs[i];
    if (storage.length !== 1 || !storage.isHome) return undefined;
  }
  const byNumber = isOfNumber(op.rule, inputs);
  const f = ((byNumber ? op.ofOneByNumber : op.ofOne)[rank(dtype)] ??= makeOfOne(op.name, op.rule, dtype, byNumber));
  const n = inputs.length;
  const a = inputs[0].storage;
  return f(a, n > 1 ? inputs[1].storage : a, n > 2 ? inputs[2].storage : a);
}

// One object a type, since one an operation would be made for nothing.
const ATTRIBUTES: Record<DTypeName, PointwiseAttributes> = {
  float32: { dtype: "float32" },
  float64: { dtype: "float64" },
  int64: { dtype: "int64" },
  bool: { dtype: "bool" },
};

/**
 * The result of a pointwise operation on tensors and numbers, broadcast and promoted.
 * @param values the operands, in an array that nobody else uses
 */
export function pointwise(op: PointwiseOp, values: unknown[]): Tensor {
  return meter === null ? elementwise(op, values) : meter.measure(op.name, values, () => elementwise(op, values));
}

function elementwise(op: PointwiseOp, values: unknown[]): Tensor {
  if (op.takesFewer) op = pointwiseOps[complete(op.name, values)];
  const inputs = operandsOf(op, values);
  const common = commonSpec(op, inputs);
  if (common === null && allNumbers(inputs)) return ofNumbers(op, inputs);
  const { shape, dtype } = common ?? { dtype: computeType(op, inputs), shape: broadcastAll(op.name, inputs) };
  const spec = op.givesBool ? { shape, dtype: "bool" as const } : (common ?? { shape, dtype });
  const one = common === null ? undefined : ofOne(op, inputs, dtype);
  const storage = one === undefined ? run(op, inputs, spec, ATTRIBUTES[dtype]) : Storage.of(one, spec.dtype);
  const out = new Tensor(storage, spec);
  if (op.hasGradient && isFloat(spec.dtype) && needsNode(inputs)) {
    out.node = new PointwiseNode(op, inputs, out);
  }
  return out;
}

/**
 * Puts the result of a pointwise operation into its first operand.
 * @param values the operands, `target` first, in an array that nobody else uses
 * @throws Error where that would break recorded gradients, or where the result does not fit
 */
export function pointwiseInPlace(op: PointwiseOp, target: Tensor, values: unknown[]): Tensor {
  return meter === null
    ? elementwiseInPlace(op, target, values)
    : meter.measure(op.inPlaceName, values, () => elementwiseInPlace(op, target, values));
}

function elementwiseInPlace(op: PointwiseOp, target: Tensor, values: unknown[]): Tensor {
  if (op.takesFewer) op = pointwiseOps[complete(op.name, values)];
  const inputs = operandsOf(op, values);
  checkWritable(op.inPlaceName, target, inputs);
  const common = commonSpec(op, inputs);
  const dtype = common === null ? computeType(op, inputs) : common.dtype;
  if (common === null || !sameShape(common.shape, target.shape)) checkFits(op, dtype, target, inputs);
  const recorded = op.hasGradient && needsNode(inputs);
  // Made before the write, so that it knows the operands as they were.
  const node = recorded ? new PointwiseNode(op, inputs, target) : null;
  node?.expectWrite(target);
  const one = common === null ? undefined : ofOne(op, inputs, dtype);
  if (one === undefined) runInPlace(op, inputs, target.spec, ATTRIBUTES[dtype]);
  else target.storage.write()[0] = one;
  if (node) {
    node.wroteInPlace();
    target.moveTo(node);
  }
  return target;
}

/** @throws Error where the result of an operation in `dtype` cannot be put into `target` */
function checkFits(op: PointwiseOp, dtype: DTypeName, target: Tensor, inputs: readonly Tensor[]): void {
  const { name, inPlaceName, rule } = op;
  const result = rule.result === "bool" ? "bool" : dtype;
  if (category(result) > category(target.dtype)) {
    throw new TypeError(
      `${inPlaceName}: result type ${result} can't be cast to the desired output type ${target.dtype}`,
    );
  }
  const shape = broadcastAll(name, inputs);
  if (!sameShape(shape, target.shape)) {
    throw new RangeError(
      `${inPlaceName}: output with shape ${shapeText(target.shape)} doesn't match the broadcast shape ${shapeText(shape)}`,
    );
  }
}

/** @throws Error where a write into `target` would break recorded gradients */
export function checkWritable(name: string, target: Tensor, inputs: readonly Tensor[]): void {
  if (!(target instanceof Tensor)) throw new TypeError(`${name}: expected a Tensor, got ${describe(target)}`);
  if (target.storage.isInference && !isInferenceModeEnabled()) {
    throw new Error(
      `${name}: Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a ` +
        "normal tensor before doing inplace update.",
    );
  }
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
