// Owns the loops for gradients of pointwise rules: all steps of one in one pass, without arrays for what lies between,
// each rounded as it would be by itself, so that the bits are the same. Imports rules, dtypes and expressions.
import { type DTypeName, exactInteger, isFloat, promote, rank, type TypedArray } from "../../dtype";
import type { Expression, Gradient, Slot } from "../../ops/symbolic";
import { ruleTable, type RuleName } from "../../rules";
import { forEachElement } from "./loop";
import { givenAt, type OfOne, valueOf } from "./pointwise";

/** What is in a slot that a gradient reads. */
export interface SlotType {
  readonly dtype: DTypeName;
  /** Whether it is a number, which is not rounded before it meets a tensor. */
  readonly isNumber: boolean;
  /** Whether it is walked element by element, or has only one. */
  readonly isWalked: boolean;
  /** The number that it is, where the loop is for that alone. */
  readonly known?: number;
}

/** What is in the slots that a gradient reads. */
export type Slots = Readonly<Record<Slot, SlotType | null>>;

/** Writes the gradient's n elements; g, a, b, c and y are the elements in the slots. */
export type GradientLoop = (
  out: TypedArray, n: number,
  g: TypedArray, a: TypedArray, b: TypedArray, c: TypedArray, y: TypedArray,
) => void;

/** Gives the gradient's only element, where there is one in each slot that it reads; see `ValueOfOne`. */
export type GradientOfOne = (g: OfOne, a: OfOne, b: OfOne, c: OfOne, y: OfOne) => number;

/** A value in the code of a loop. */
interface Typed {
  readonly code: string;
  readonly isNumber: boolean;
  readonly isWalked: boolean;
  /** Undefined for a number that may turn out whole or not. */
  readonly dtype: DTypeName | undefined;
  /** Which number it is, where that is known. */
  readonly known?: number;
}

/** Thrown where steps in one pass might not give the same as one by one. */
class NotInOnePass extends Error {}

/**
 * The loop for a gradient of elements of `dtype` from what `slots` hold; null where its steps must be taken one by one.
 * `name` is for profiles.
 */
export const gradientLoop = (
  name: string, { expression }: Gradient, dtype: DTypeName, slots: Slots,
): GradientLoop | null => attempt(() => new Writer(slots, dtype, false).loop(name, expression));

/** `gradientLoop`, for one element. */
export const gradientOfOne = (
  name: string, { expression }: Gradient, dtype: DTypeName, slots: Slots,
): GradientOfOne | null => attempt(() => new Writer(slots, dtype, true).ofOne(name, expression));

function attempt<R>(write: () => R): R | null {
  try {
    return write();
  } catch (error) {
    if (error instanceof NotInOnePass) return null;
    throw error;
  }
}

/** Writes one function. Each step follows the types that its operands would have as tensors: see apply.ts. */
class Writer {
  private readonly before: string[] = [];
  private readonly inside: string[] = [];
  private readonly functions: ((...operands: number[]) => number)[] = [];
  private readonly written = new Map<Expression, Typed>();
  private isLong = false;

  constructor(
    private readonly slots: Slots,
    private readonly dtype: DTypeName,
    /** Whether slots are numbers rather than arrays. */
    private readonly isOfOne: boolean,
  ) {}

  loop(name: string, expression: Expression): GradientLoop {
    const result = this.result(expression);
    return this.make(name, `function (out, n, g, a, b, c, y) {
      ${this.before.join("\n      ")}
      ${forEachElement([...this.inside, `out[i] = ${result};`].join(" "), this.isLong)}
    }`);
  }

  ofOne(name: string, expression: Expression): GradientOfOne {
    const result = this.result(expression);
    return this.make(name, `function (g, a, b, c, y) {
      ${[...this.before, ...this.inside].join("\n      ")}
      return ${result};
    }`);
  }

  private make<F>(name: string, code: string): F {
    const parameters = this.functions.map((_, i) => `f${i}`);
    const make = new Function(
      ...parameters, "fround", "exact",
      `return ${code} //# sourceURL=torchlab/host/${name}.js`,
    ) as (...args: unknown[]) => F;
    return make(...this.functions, Math.fround, exactInteger);
  }

  private result(expression: Expression): string {
    const { isNumber, dtype, code } = this.value(expression);
    if (isNumber || dtype !== this.dtype) throw new NotInOnePass();
    return code;
  }

  private value(expression: Expression): Typed {
    let typed = this.written.get(expression);
    if (typed === undefined) this.written.set(expression, (typed = this.writeValue(expression)));
    return typed;
  }

  private writeValue(expression: Expression): Typed {
    switch (expression.kind) {
      case "slot":
        return this.slot(expression.slot);
      case "literal":
        return literal(expression.value);
      case "step":
        return this.step(expression.rule, expression.operands.map((operand) => this.value(operand)));
    }
  }

  private slot(slot: Slot): Typed {
    const type = this.slots[slot]!;
    if (type.known !== undefined) return literal(type.known);
    // A second type of floats: which of them wins depends on the tensors' dims.
    if (!type.isNumber && isFloat(type.dtype) && type.dtype !== this.dtype) throw new NotInOnePass();
    return this.named(this.isOfOne ? `${slot}.first` : `${slot}[${type.isWalked ? "i" : "0"}]`, type);
  }

  private step(name: RuleName, operands: readonly Typed[]): Typed {
    const rule = ruleTable[name];
    const isWalked = operands.some((operand) => operand.isWalked);
    const toBool = (code: string): string => `${code} !== 0 ? 1 : 0`;
    if (operands.every(({ isNumber }) => isNumber)) {
      // Numbers among themselves keep all their digits.
      const known = operands.map((operand) => operand.known);
      if (rule.result !== "bool" && known.every(isKnown)) {
        const [a, b, c] = known;
        return literal(valueOf(rule, "float64", true)(a, b, c));
      }
      const code = this.call(valueOf(rule, "float64", true), operands.map((operand) => operand.code));
      return rule.result === "bool"
        ? this.named(toBool(code), { isNumber: true, isWalked, dtype: "bool" })
        : this.named(code, { isNumber: true, isWalked, dtype: undefined });
    }
    const type = computeType(operands.filter((_, i) => i !== rule.condition));
    const hasBool = operands.some(({ dtype }) => dtype === "bool");
    const rejected = type === "bool" ? rule.rejectsBool : rule.rejectsAnyBool && hasBool;
    const needsFloat = rule.result === "float" && !isFloat(type);
    if (rejected || needsFloat || rule.result === "integer") throw new NotInOnePass();
    const converted = operands.map((operand, i) => (i === rule.condition ? operand.code : convertTo(type, operand)));
    const given = givenAt(rule, type, operands[1]?.known);
    const code = given < 0
      ? this.call(valueOf(rule, type, operands[operands.length - 1].isNumber), converted)
      : this.call(rule.given![given].value, converted.slice(0, 1));
    this.isLong ||= given < 0 && rule.isLong === true;
    const dtype = rule.result === "bool" ? "bool" : type;
    const rounded = { bool: toBool(code), int64: `exact(${code})`, float32: `fround(${code})`, float64: code }[dtype];
    return this.named(rounded, { isNumber: false, isWalked, dtype });
  }

  private call(f: (...operands: number[]) => number, operands: readonly string[]): string {
    let i = this.functions.indexOf(f);
    if (i < 0) i = this.functions.push(f) - 1;
    return `f${i}(${operands.join(", ")})`;
  }

  /** Gives a value a name: inside the loop, or before it where the value is the same for all elements. */
  private named(code: string, type: Omit<Typed, "code">): Typed {
    const [lines, prefix] = type.isWalked ? [this.inside, "v"] : [this.before, "k"];
    const name = `${prefix}${lines.length}`;
    lines.push(`const ${name} = ${code};`);
    return { code: name, ...type };
  }
}

const isKnown = (value: number | undefined): value is number => value !== undefined;

/** A number that is known. */
function literal(value: number): Typed {
  const code = Object.is(value, -0) ? "-0" : String(value);
  return { code, isNumber: true, isWalked: false, dtype: Number.isSafeInteger(value) ? "int64" : "float64", known: value };
}

/** `resultType` in operands.ts, for tensors whose floating-point types are all the same. */
function computeType(operands: readonly Typed[]): DTypeName {
  const strongest = (some: readonly Typed[]): DTypeName | undefined =>
    some.map(({ dtype }) => {
      if (dtype === undefined) throw new NotInOnePass();
      return dtype;
    }).reduce<DTypeName | undefined>((all, dtype) => (all === undefined ? dtype : promote(all, dtype)), undefined);

  const ofTensors = strongest(operands.filter(({ isNumber }) => !isNumber));
  if (ofTensors !== undefined && isFloat(ofTensors)) return ofTensors;
  const ofNumbers = strongest(operands.filter(({ isNumber }) => isNumber));
  // A fraction that meets no tensor of floating-point type takes the default type, which may change.
  if (ofNumbers === "float64") throw new NotInOnePass();
  return [ofTensors, ofNumbers].reduce<DTypeName>((all, dtype) => (dtype ? promote(all, dtype) : all), "bool");
}

/** A value as an operand of a step that computes in `type`. Only float32 rounds what is not of it. */
function convertTo(type: DTypeName, { code, dtype }: Typed): string {
  if (type !== "float32" || dtype === "float32") return code;
  if (dtype !== undefined && rank(dtype) === 0) return code;
  return `fround(${code})`;
}
