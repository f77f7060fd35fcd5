// The reductions beyond sum and mean against PyTorch. Imports the library and cases.ts.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll, loose, onEngine } from "./cases";
import { type GoldenNumber, load, toNumber } from "./golden";

const groups = load<Record<string, Case[]>>("reductions");

type Call = (...args: unknown[]) => pt.Tensor & pt.Extrema;

const toArgument = (arg: unknown): unknown =>
  arg === null ? undefined : typeof arg === "object" || arg === "fro" ? arg : toNumber(arg as GoldenNumber);

function call({ op, args = [], options = {} }: Case, inputs: pt.Tensor[]): pt.Tensor {
  const { part, ...rest } = options as { part?: "values" | "indices" };
  const given = Object.keys(rest).length > 0 ? [rest] : [];
  const [first, ...others] = inputs;
  const result = (first as unknown as Record<string, Call>)[op](...others, ...args.map(toArgument), ...given);
  return part === undefined ? result : result[part];
}

// Sums and products are taken in another order than PyTorch's, whose own are not rounded correctly.
const LOOSE = new Set(["prod", "cumprod", "cumsum", "var", "std", "norm", "logsumexp"]);
const tolerance = ({ op, inputs }: Case): number => (LOOSE.has(op) ? loose(inputs) : 0);

onEachEngine("reductions as PyTorch computes them", (engine) => {
  for (const [group, cases] of Object.entries(groups)) {
    if (!Array.isArray(cases)) continue;
    for (const op of new Set(cases.map((golden) => golden.op))) {
      const own = cases.filter((golden) => golden.op === op);
      it(`${group}: ${op} (${own.length} cases)`, () => {
        checkAll(op, own, { call, tolerance: onEngine(engine, tolerance) });
      });
    }
  }
});
