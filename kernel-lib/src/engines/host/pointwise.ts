// Owns the host's loops for pointwise rules, made once for each rule and pair of types.
// Imports rules, shapes and dtypes.
import { type DTypeName, exactInteger, round, type TypedArray, typePair } from "../../dtype";
import { allocate, convert } from "../../memory";
import { type Rule, ruleTable, type RuleName } from "../../rules";
import { broadcastStrides, sameShape, type Shape, sizeOf } from "../../shape";
import type { Kernel, Operand } from "../engine";

type Value = (a: number, b: number, c: number) => number;

/** Runs over `n` elements of the result, from offset `o`; each operand from its own offset by its own step. */
type Loop = (
  out: TypedArray, o: number, n: number,
  a: TypedArray, ao: number, as: number,
  b: TypedArray, bo: number, bs: number,
  c: TypedArray, co: number, cs: number,
) => void;

const valueOf = (rule: Rule, dtype: DTypeName): Value =>
  (dtype === "float32" && rule.float32) || (dtype === "int64" && rule.int64) || rule.value;

/**
 * The loop for one rule and one pair of types. One function shared by all rules would see every rule's value and every
 * array type, and V8 would inline none of them (ten times slower), so each gets code of its own; the name in its
 * source keeps V8 from sharing the compiled code, and shows in profiles.
 */
function makeLoop(name: string, rule: Rule, dtype: DTypeName, outDtype: DTypeName): Loop {
  const arity = rule.value.length;
  const operands = ["a[ao + i * as]", "b[bo + i * bs]", "c[co + i * cs]"].slice(0, arity).join(", ");
  const result = { bool: `f(${operands}) !== 0 ? 1 : 0`, int64: `exact(f(${operands}))` }[outDtype as string] ?? `f(${operands})`;
  const make = new Function(
    "f", "exact",
    `return function (out, o, n, a, ao, as, b, bo, bs, c, co, cs) {
      for (let i = 0; i < n; i++) out[o + i] = ${result};
    } //# sourceURL=torchlab/host/${name}.${dtype}.${outDtype}.js`,
  ) as (f: Value, exact: (value: number) => number) => Loop;
  return make(valueOf(rule, dtype), exactInteger);
}

const NONE = new Float64Array(1);
// Operands of one element are read through these, converted; kernels do not nest, so one set serves all.
const SCRATCH = (["float32", "float64", "int64", "bool"] as const).reduce(
  (all, dtype) => ({ ...all, [dtype]: [0, 1, 2].map(() => allocate(dtype, 1)) }),
  {} as Record<DTypeName, TypedArray[]>,
);

/** The type that the operands are converted to before the rule is applied. */
export interface PointwiseAttributes {
  readonly dtype: DTypeName;
}

/** The host's kernel for the rule `name`. */
export function pointwiseKernel(name: RuleName): Kernel<PointwiseAttributes> {
  const rule = ruleTable[name];
  const arity = rule.value.length;
  const loops: Loop[] = [];

  return (inputs, out, { dtype }, target) => {
    const n = sizeOf(out.shape);
    const result = target ?? allocate(out.dtype, n);
    const loop = (loops[typePair(dtype, out.dtype)] ??= makeLoop(name, rule, dtype, out.dtype));

    const operandType = (i: number): DTypeName => (i === rule.condition ? inputs[i].dtype : dtype);
    const a = read(inputs[0], operandType(0), 0);
    const b = arity > 1 ? read(inputs[1], operandType(1), 1) : NONE;
    const c = arity > 2 ? read(inputs[2], operandType(2), 2) : NONE;
    const as = step(inputs[0], out.shape);
    const bs = arity > 1 ? step(inputs[1], out.shape) : 0;
    const cs = arity > 2 ? step(inputs[2], out.shape) : 0;
    if (as >= 0 && bs >= 0 && cs >= 0) loop(result, 0, n, a, 0, as, b, 0, bs, c, 0, cs);
    else broadcastLoop(loop, result, out.shape, [a, b, c], inputs);
    return result;
  };
}

/** An operand's elements as `dtype`. */
function read(input: Operand, dtype: DTypeName, i: number): TypedArray {
  const { data } = input.storage;
  if (input.dtype === dtype) return data;
  if (data.length !== 1) return convert(data, input.dtype, dtype);
  const scratch = SCRATCH[dtype][i];
  scratch[0] = round(dtype, data[0]);
  return scratch;
}

/** How an operand is walked beside a result of `shape`: 1 element by element, 0 always the same, −1 neither. */
const step = (input: Operand, shape: Shape): number =>
  sameShape(input.shape, shape) ? 1 : input.storage.length === 1 ? 0 : -1;

/** Runs `loop` along the last dim, once for each place in the dims before it. */
function broadcastLoop(
  loop: Loop, out: TypedArray, shape: Shape, arrays: readonly TypedArray[], inputs: readonly Operand[],
): void {
  const strides = arrays.map((_, i) =>
    i < inputs.length ? broadcastStrides(inputs[i].shape, shape) : shape.map(() => 0),
  );
  const last = shape.length - 1;
  const inner = shape[last];
  if (out.length === 0) return;
  const place = new Array<number>(last).fill(0);
  const offsets = [0, 0, 0];
  for (let o = 0; o < out.length; o += inner) {
    loop(
      out, o, inner,
      arrays[0], offsets[0], strides[0][last],
      arrays[1], offsets[1], strides[1][last],
      arrays[2], offsets[2], strides[2][last],
    );
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
