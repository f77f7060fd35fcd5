// Owns how each pointwise rule is computed from kernels of tfjs. Imports execution, shapes and the rules' names.
import type { RuleName } from "../../rules";
import type { Shape } from "../../shape";
import type { Operand, Spec } from "../engine";
import type { BackendName, Value } from "./backend";
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

/** Powers by small numbers are products and roots, as in the rule. */
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

/** Truth values: what is not 0, NaN among it. */
const isTrue = (e: Execution, a: Value): Value => e.call("NotEqual", { a, b: e.constant(0) });

const atLeast = extremum("Maximum");
const atMost = extremum("Minimum");

/** a where it is positive, else `otherwise`. */
const ifPositive = (e: Execution, a: Value, otherwise: Value, shape: Shape): Value =>
  select(e, e.call("Greater", { a, b: e.constant(0) }), a, otherwise, shape);

const dividedBy = (kernel: string, divisor: number): Compute => (e, [x]) =>
  e.call("RealDiv", { a: e.call(kernel, { x }), b: e.constant(divisor) });

const onePlus = (e: Execution, a: Value): Value => e.call("Add", { a, b: e.constant(1) });

/** 1 / a by a division, since TensorFlow's own kernel takes an approximation. */
const inverse = (e: Execution, a: Value): Value => e.call("RealDiv", { a: e.constant(1), b: a });

/**
 * A rule without an entry is computed by the host. So are, on purpose, fmod and remainder, whose kernels have other
 * values, and what is of integers only, which no engine computes with.
 */
const pointwise: Readonly<Partial<Record<RuleName, Compute>>> = {
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
    const special = inputs[1].isNumber ? POWERS.get(inputs[1].storage.first) : undefined;
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
  addcdiv: (e, [a, b, c]) => e.call("Add", { a, b: e.call("RealDiv", { a: b, b: c }) }),

  sin: unary("Sin"),
  cos: unary("Cos"),
  tan: unary("Tan"),
  asin: unary("Asin"),
  acos: unary("Acos"),
  atan: unary("Atan"),
  atan2: binary("Atan2"),
  sinh: unary("Sinh"),
  cosh: unary("Cosh"),
  square: unary("Square"),
  reciprocal: (e, [x]) => inverse(e, x),
  rsqrt: (e, [x]) => inverse(e, e.call("Sqrt", { x })),
  expm1: unary("Expm1"),
  log1p: unary("Log1p"),
  log2: dividedBy("Log", Math.LN2),
  log10: dividedBy("Log", Math.LN10),
  erf: unary("Erf"),

  floor: unary("Floor"),
  ceil: unary("Ceil"),
  round: unary("Round"),
  trunc: (e, [x], { shape }) =>
    select(e, e.call("Less", { a: x, b: e.constant(0) }), e.call("Ceil", { x }), e.call("Floor", { x }), shape),
  clamp: (e, [a, b, c], out, inputs) => atMost(e, [atLeast(e, [a, b], out, inputs), c], out, inputs),
  clampMin: atLeast,
  clampMax: atMost,

  isnan: unary("IsNan"),
  isinf: unary("IsInf"),
  isfinite: unary("IsFinite"),
  logicalAnd: (e, [a, b]) => e.call("LogicalAnd", { a: isTrue(e, a), b: isTrue(e, b) }),
  logicalOr: (e, [a, b]) => e.call("LogicalOr", { a: isTrue(e, a), b: isTrue(e, b) }),
  logicalXor: (e, [a, b]) => e.call("NotEqual", { a: isTrue(e, a), b: isTrue(e, b) }),
  logicalNot: (e, [a]) => e.call("Equal", { a, b: e.constant(0) }),

  sigmoid: unary("Sigmoid"),
  leakyRelu: (e, [a, b], { shape }) => ifPositive(e, a, mul(e, a, b), shape),
  elu: (e, [a, b], { shape }) => ifPositive(e, a, mul(e, b, e.call("Expm1", { x: a })), shape),
  gelu(e, [a]) {
    const erf = e.call("Erf", { x: mul(e, a, e.constant(Math.SQRT1_2)) });
    return mul(e, mul(e, a, e.constant(0.5)), onePlus(e, erf));
  },
  geluTanh(e, [a]) {
    const cubic = mul(e, a, onePlus(e, mul(e, mul(e, a, a), e.constant(0.044715))));
    const tanh = e.call("Tanh", { x: mul(e, cubic, e.constant(0.7978845608028654)) });
    return mul(e, mul(e, a, e.constant(0.5)), onePlus(e, tanh));
  },
  silu: (e, [a]) => e.call("RealDiv", { a, b: onePlus(e, e.call("Exp", { x: e.call("Neg", { x: a }) })) }),
  softplus(e, [a, b, c], { shape }) {
    const scaled = mul(e, a, b);
    const rest = e.call("Exp", { x: e.call("Neg", { x: e.call("Abs", { x: scaled }) }) });
    const logarithm = e.call("Add", { a: e.call("Relu", { x: scaled }), b: e.call("Log1p", { x: rest }) });
    const soft = e.call("RealDiv", { a: logarithm, b });
    return select(e, e.call("Greater", { a: scaled, b: c }), a, soft, shape);
  },
};

/** wasm's kernels lose the digits of large angles, of what is near 0, and most of erf's. */
const NOT_ON_WASM: ReadonlySet<RuleName> = new Set<RuleName>([
  "sin", "cos", "tan", "expm1", "log1p", "erf", "elu", "gelu", "softplus",
]);

/** How `engine` computes the rule `name`; null where the host does. */
export const computeOf = (engine: BackendName, name: RuleName): Compute | null =>
  engine === "wasm" && NOT_ON_WASM.has(name) ? null : (pointwise[name] ?? null);
