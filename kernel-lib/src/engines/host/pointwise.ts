// Owns the host's loops for pointwise rules, made once for each rule and pair of types.
// Imports rules, shapes and dtypes.
import { type DTypeName, exactInteger, rank, round, TYPE_PAIRS, type TypedArray, typePair } from "../../dtype";
import { allocate, convert } from "../../memory";
import { type Rule, ruleTable, type RuleName } from "../../rules";
import { broadcastStrides, sameShape, type Shape, sizeOf } from "../../shape";
import type { Kernel, Operand } from "../engine";
import { forEachElement } from "./loop";

/** A result's element from the operands'. */
export type Value = (a: number, b: number, c: number) => number;

/** What has an only element. */
export interface OfOne {
  readonly first: number;
}

/**
 * A result's only element from the operands'; what the operation has no operand for is not read. They come as they are
 * kept, since a number that goes into a call that is not inlined gets an object of its own.
 */
export type ValueOfOne = (a: OfOne, b: OfOne, c: OfOne) => number;

/** Runs over `n` elements of the result, from offset `o`; each operand from its own offset. */
type Loop = (
  out: TypedArray, o: number, n: number,
  a: TypedArray, ao: number, b: TypedArray, bo: number, c: TypedArray, co: number,
) => void;

/** The function that gives a rule's result for operands of `dtype`, of which the last one may be a number. */
export function valueOf(rule: Rule, dtype: DTypeName, isOfNumber: boolean): Value {
  if (dtype === "int64") return rule.int64 ?? rule.value;
  if (dtype === "bool") return rule.bool ?? rule.value;
  const { value, float32 } = (isOfNumber && rule.ofNumber) || rule;
  return (dtype === "float32" && float32) || value;
}

/** Whether the rule has another value for these operands since the last one is a number. */
export const isOfNumber = ({ ofNumber }: Rule, inputs: readonly Operand[]): boolean =>
  ofNumber !== undefined && inputs[inputs.length - 1].isNumber;

/** Which of the rule's `given` is for operands of `dtype` and this number as b; −1 for none. */
export function givenAt({ given }: Rule, dtype: DTypeName, b: number | undefined): number {
  if (given === undefined || dtype === "int64") return -1;
  for (let i = 0; i < given.length; i++) if (given[i].b === b) return i;
  return -1;
}

/** Added to the way that operands are walked where not all begin at their first element. */
const WITH_OFFSETS = 8;
/** Added to it where the last operand is a number for which the rule has another value. */
const OF_NUMBER = 16;
const WAYS = 32;

/**
 * The loop for one rule, one pair of types, and one way to walk each operand: element by element, or always the same
 * one (bit i of `walked` is operand i's); with or without offsets, by a number or not. One function shared by all
 * rules would see every rule's value and every array type, and V8 would inline none of them (ten times slower), so each
 * gets code of its own; the name in its source keeps V8 from sharing the compiled code, and shows in profiles. Where b
 * is a number that the rule has a value for, `given` says which.
 */
function makeLoop(
  name: string, rule: Rule, dtype: DTypeName, outDtype: DTypeName, walked: number, given: number,
): Loop {
  const value = given < 0 ? valueOf(rule, dtype, (walked & OF_NUMBER) !== 0) : rule.given![given].value;
  const isLong = given < 0 && rule.isLong === true;
  const operands = ["a", "b", "c"].slice(0, value.length);
  // Steps of 0 or 1 that the loop had to ask for would cost as much again as the arithmetic, offsets a third.
  const isWalked = (i: number): boolean => ((walked >> i) & 1) === 1;
  const from = (offset: string): string => (walked & WITH_OFFSETS ? `${offset} + ` : "");
  const constants = operands.map((x, i) => (isWalked(i) ? "" : `const ${x}0 = ${x}[${from(`${x}o`)}0];`)).join(" ");
  const elements = operands.map((x, i) => (isWalked(i) ? `${x}[${from(`${x}o`)}i]` : `${x}0`)).join(", ");
  const result = { bool: `f(${elements}) !== 0 ? 1 : 0`, int64: `exact(f(${elements}))` }[outDtype as string] ?? `f(${elements})`;
  const make = new Function(
    "f", "exact",
    `return function (out, o, n, a, ao, b, bo, c, co) {
      ${constants}
      ${forEachElement(`out[${from("o")}i] = ${result};`, isLong)}
    } //# sourceURL=torchlab/host/${name}.${dtype}.${outDtype}.${walked}.${given}.js`,
  ) as (f: Value, exact: (value: number) => number) => Loop;
  return make(value, exactInteger);
}

/**
 * A rule's result for one element each of `dtype`, a floating-point type, as an array would hold it; numbers among them
 * are rounded as they would be beside a tensor. `byNumber` as in `isOfNumber`.
 */
export function makeOfOne(name: string, rule: Rule, dtype: DTypeName, byNumber: boolean): ValueOfOne {
  const rounded = (code: string): string => (dtype === "float32" ? `fround(${code})` : code);
  const operands = ["a.first", "b.first", "c.first"].slice(0, rule.value.length);
  const result = `f(${operands.map(rounded).join(", ")})`;
  const make = new Function(
    "f", "fround",
    `return function (a, b, c) {
      return ${rule.result === "bool" ? `${result} !== 0 ? 1 : 0` : rounded(result)};
    } //# sourceURL=torchlab/host/${name}.${dtype}.one.js`,
  ) as (f: Value, round: (value: number) => number) => ValueOfOne;
  return make(valueOf(rule, dtype, byNumber), Math.fround);
}

const NONE = new Float64Array(1);
// Operands of one element are read through these, converted; kernels do not nest, so one set serves all.
const SCRATCH = (["bool", "int64", "float32", "float64"] as const).map((dtype) =>
  [0, 1, 2].map(() => allocate(dtype, 1)),
);

/** The type that the operands are converted to before the rule is applied. */
export interface PointwiseAttributes {
  readonly dtype: DTypeName;
}

/** The host's kernel for the rule `name`. */
export function pointwiseKernel(name: RuleName): Kernel<PointwiseAttributes> {
  const rule = ruleTable[name];
  const arity = rule.value.length;
  const condition = rule.condition ?? -1;
  // One a pair of types, a way to walk the operands, and a number that b may be.
  const loops: Loop[] = [];

  return (inputs, out, { dtype }, target) => {
    const { shape } = out;
    const n = sizeOf(shape);
    const result = target ?? allocate(out.dtype, n);

    const first = inputs[0];
    const a = read(first, condition === 0 ? first.dtype : dtype, 0);
    let walked = walk(first, shape, n);
    let isBroadcast = walked < 0;
    let b: TypedArray = NONE;
    let c: TypedArray = NONE;
    if (arity > 1) {
      const second = inputs[1];
      b = read(second, condition === 1 ? second.dtype : dtype, 1);
      const own = walk(second, shape, n);
      isBroadcast ||= own < 0;
      walked += own * 2;
    }
    if (arity > 2) {
      const third = inputs[2];
      c = read(third, condition === 2 ? third.dtype : dtype, 2);
      const own = walk(third, shape, n);
      isBroadcast ||= own < 0;
      walked += own * 4;
    }
    const strides = isBroadcast ? stridesOfAll(inputs, shape) : null;
    if (strides) walked = walkedInside(strides) + WITH_OFFSETS;
    const given = walked === 1 ? givenAt(rule, dtype, b[0]) : -1;
    if (isOfNumber(rule, inputs)) walked += OF_NUMBER;
    const key = ((given + 1) * TYPE_PAIRS + typePair(dtype, out.dtype)) * WAYS + walked;
    const loop = (loops[key] ??= makeLoop(name, rule, dtype, out.dtype, walked, given));
    if (strides) broadcastLoop(loop, result, shape, [a, b, c], strides);
    else loop(result, 0, n, a, 0, b, 0, c, 0);
    return result;
  };
}

/** An operand's elements as `dtype`. */
function read(input: Operand, dtype: DTypeName, i: number): TypedArray {
  const { data } = input.storage;
  if (input.dtype === dtype) return data;
  if (data.length !== 1) return convert(data, input.dtype, dtype);
  const scratch = SCRATCH[rank(dtype)][i];
  scratch[0] = round(dtype, data[0]);
  return scratch;
}

/** How an operand is walked beside a result of `shape`, of n elements: 1 one by one, 0 always the same, −1 neither. */
function walk(input: Operand, shape: Shape, n: number): number {
  // Of one element each, whatever their shapes: the commonest loop will do.
  if (input.storage.length === 1) return n === 1 ? 1 : 0;
  return sameShape(input.shape, shape) ? 1 : -1;
}

const stridesOfAll = (inputs: readonly Operand[], shape: Shape): number[][] =>
  [0, 1, 2].map((i) => (i < inputs.length ? broadcastStrides(inputs[i].shape, shape) : shape.map(() => 0)));

/** How the operands are walked along the last dim, where the elements of each are neighbours or the same. */
const walkedInside = (strides: readonly number[][]): number =>
  strides.reduce((walked, own, i) => walked | (own[own.length - 1] << i), 0);

/** Runs `loop` along the last dim, once for each place in the dims before it. */
function broadcastLoop(
  loop: Loop, out: TypedArray, shape: Shape, arrays: readonly TypedArray[], strides: readonly number[][],
): void {
  const last = shape.length - 1;
  const inner = shape[last];
  if (out.length === 0) return;
  const place = new Array<number>(last).fill(0);
  const offsets = [0, 0, 0];
  for (let o = 0; o < out.length; o += inner) {
    loop(out, o, inner, arrays[0], offsets[0], arrays[1], offsets[1], arrays[2], offsets[2]);
    // The next place, as an odometer counts.
    for (let d = last - 1; d >= 0; d--) {
      place[d]++;
      const turned = place[d] === shape[d];
      for (let i = 0; i < 3; i++) offsets[i] += turned ? -strides[i][d] * (shape[d] - 1) : strides[i][d];
      if (!turned) break;
      place[d] = 0;
    }
  }
}
