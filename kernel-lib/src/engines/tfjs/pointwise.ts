// Owns how each pointwise rule is computed from kernels of tfjs. Imports execution, shapes and the rules' names.
import type { RuleName } from "../../rules";
import type { Shape } from "../../shape";
import type { Operand, Spec } from "../engine";
import type { Value } from "./backend";
import { type Execution, NoKernelError } from "./execution";

/** From the operands on the backend, float32 (the condition bool), to the result, of the shape they broadcast to. */
type Compute = (e: Execution, values: readonly Value[], out: Spec, inputs: readonly Operand[]) => Value;

const unary = (kernel: string): Compute => (e, [x]) => e.call(kernel, { x });
const binary = (kernel: string): Compute => (e, [a, b]) => e.call(kernel, { a, b });

const mul = (e: Execution, a: Value, b: Value): Value => e.call("Multiply", { a, b });

/** The number that an operand is, where it is one that can be read without a transfer. */
function numberOf({ storage }: Operand): number | undefined {
  return storage.length === 1 && storage.isHome ? storage.data[0] : undefined;
}

/** Powers by small constants are products and roots, as in the rule. */
const POWERS = new Map<number, (e: Execution, a: Value) => Value>([
  [2, (e, x) => e.call("Square", { x })],
  [3, (e, a) => mul(e, mul(e, a, a), a)],
  [1, (_, a) => a],
  [0.5, (e, x) => e.call("Sqrt", { x })],
  [-0.5, (e, x) => e.call("Reciprocal", { x: e.call("Sqrt", { x }) })],
  [-1, (e, x) => e.call("Reciprocal", { x })],
  [-2, (e, x) => e.call("Reciprocal", { x: e.call("Square", { x }) })],
]);

/** t where the condition holds, f elsewhere, each broadcast to `shape`. */
function select(e: Execution, condition: Value, t: Value, f: Value, shape: Shape): Value {
  if (e.has("SelectV2")) return e.call("SelectV2", { condition, t, e: f });
  return e.call("Select", { condition: e.expand(condition, shape), t: e.expand(t, shape), e: e.expand(f, shape) });
}

/** NaN where either operand is. wasm's kernels compare, and so miss one in the second operand. */
const extremum = (kernel: string): Compute => (e, [a, b], { shape }) => {
  const result = e.call(kernel, { a, b });
  return e.name === "wasm" ? select(e, e.call("NotEqual", { a: b, b }), b, result, shape) : result;
};

/** The truth value of a comparison as 1 and 0. */
const indicator = (e: Execution, comparison: string, a: Value, b: Value): Value =>
  e.cast(e.call(comparison, { a, b }), "float32");

export const pointwise: Readonly<Record<RuleName, Compute>> = {
  neg: unary("Neg"),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  abs: unary("Abs"),
  // PyTorch's sign of NaN is 0. The backends' own kernels differ in that, and wasm's calls small numbers 0.
  sign(e, [x]) {
    const zero = e.constant(0);
    return e.call("Sub", { a: indicator(e, "Greater", x, zero), b: indicator(e, "Less", x, zero) });
  },
  tanh: unary("Tanh"),
  relu: unary("Relu"),
  add: binary("Add"),
  sub: binary("Sub"),
  mul: binary("Multiply"),
  div: binary("RealDiv"),
  pow(e, [a, b], out, inputs) {
    const exponent = numberOf(inputs[1]);
    const special = exponent === undefined ? undefined : POWERS.get(exponent);
    if (special && a.shape.length === out.shape.length) return special(e, a);
    return e.call(e.has("FloatPow") ? "FloatPow" : "Pow", { a, b });
  },
  maximum: extremum("Maximum"),
  minimum: extremum("Minimum"),
  eq: binary("Equal"),
  ne: binary("NotEqual"),
  lt: binary("Less"),
  le: binary("LessEqual"),
  gt: binary("Greater"),
  ge: binary("GreaterEqual"),
  where(e, [a, condition, c], { shape }, inputs) {
    const known = numberOf(inputs[1]);
    if (known !== undefined) return e.expand(known !== 0 ? a : c, shape);
    return select(e, condition, a, c, shape);
  },
  addcmul: (e, [a, b, c]) => e.call("Add", { a, b: mul(e, b, c) }),
  lerp(e, [a, b, c], _, inputs) {
    const weight = numberOf(inputs[2]);
    if (weight === undefined) throw new NoKernelError("lerp by a tensor goes from the nearer end, element by element");
    // From the nearer end, as the rule does.
    const way = e.call("Sub", { a: b, b: a });
    return Math.abs(weight) < 0.5
      ? e.call("Add", { a, b: mul(e, way, c) })
      : e.call("Sub", { a: b, b: mul(e, way, e.constant(1 - weight)) });
  },
};
