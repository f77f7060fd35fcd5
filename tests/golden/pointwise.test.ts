// The pointwise operations beyond arithmetic against PyTorch. Imports the library and cases.ts.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll, loose, onEngine } from "./cases";
import { type GoldenNumber, load, toNumber } from "./golden";

const groups = load<Record<string, Case[]>>("pointwise");

type Call = (...args: unknown[]) => pt.Tensor;

const toArgument = (arg: unknown): unknown =>
  arg === null ? undefined : typeof arg === "boolean" ? arg : toNumber(arg as GoldenNumber);

function call({ op, args = [], options }: Case, inputs: pt.Tensor[]): pt.Tensor {
  if (op === "gelu" && options) return pt.nn.functional.gelu(inputs[0], options);
  const [first, ...rest] = inputs;
  const last = options ? [options] : [];
  return (first as unknown as Record<string, Call>)[op](...rest, ...args.map(toArgument), ...last);
}

// What is exact in PyTorch too. Of the others PyTorch's are within an ulp or two, as V8's are.
const EXACT = new Set([
  "floor", "ceil", "round", "trunc", "square", "isnan", "isinf", "isfinite", "logicalNot", "logicalAnd", "logicalOr",
  "logicalXor", "bitwiseAnd", "bitwiseOr", "bitwiseXor", "bitwiseNot", "bitwiseLeftShift", "bitwiseRightShift", "fmod", "remainder", "clamp", "leakyRelu",
]);

const tolerance = ({ op, inputs }: Case): number => (EXACT.has(op) ? 0 : loose(inputs));

/** In float32 all steps of a GELU's gradient are rounded on an engine; 1 + erf and 1 + tanh cancel. */
const onThisEngine = (engine: pt.EngineName, golden: Case): number =>
  onEngine(engine, tolerance)(golden) * (engine !== "host" && golden.op.startsWith("gelu") ? 5 : 1);

onEachEngine("pointwise operations as PyTorch computes them", (engine) => {
  for (const [group, cases] of Object.entries(groups)) {
    if (!Array.isArray(cases)) continue;
    for (const op of new Set(cases.map((golden) => golden.op))) {
      const own = cases.filter((golden) => golden.op === op);
      it(`${group}: ${op} (${own.length} cases)`, () => {
        // Where edge values are what counts: 0's sign, and what is smallest.
        const isStrict = ["powers", "decimals"].includes(group) && engine === "host";
        checkAll(op, own, { call, tolerance: (golden) => onThisEngine(engine, golden), isStrict });
      });
    }
  }
});
