// Moving, choosing, mixing, writing, ordering and multiplying elements against PyTorch.
// Imports the library and cases.ts.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll, loose, onEngine, toTensor } from "./cases";
import { type GoldenNumber, type GoldenTensor, load, toNumber } from "./golden";

type Held =
  | GoldenNumber | null | boolean | Held[]
  | { input: number } | { indices: Held[] } | { slice: Held[] } | { index: GoldenTensor };

/** An argument as the call takes it. */
function toArgument(arg: Held, inputs: readonly pt.Tensor[]): unknown {
  if (typeof arg === "string") return ["nan", "inf", "-inf"].includes(arg) ? toNumber(arg) : arg;
  if (Array.isArray(arg)) return arg.map((item) => toArgument(item, inputs));
  if (arg === null || typeof arg !== "object") return arg;
  if ("input" in arg) return inputs[arg.input];
  if ("index" in arg) return toTensor(arg.index);
  if ("indices" in arg) return toArgument(arg.indices, inputs);
  const [start, stop, step] = arg.slice as (number | null)[];
  return pt.slice(start, stop, step ?? 1);
}

type Call = (...args: unknown[]) => unknown;

// What is no method: the function's arguments are all in the case.
const functions: Record<string, Call> = {
  searchsorted: pt.searchsorted as Call,
  tensordot: pt.tensordot as Call,
  einsum: pt.einsum as Call,
  where: pt.where as Call,
};

// What refuses to be recorded.
const UNRECORDED = new Set(["zero_", "fill_", "copy_"]);

function call({ op, args = [], options }: Case, inputs: pt.Tensor[]): pt.Tensor {
  const [name, part] = op.split(".");
  if (UNRECORDED.has(name)) inputs = inputs.map((input) => input.detach());
  const rest = [...args, ...(options ? [options] : [])].map((arg) => readOptions(arg, inputs));
  // A leaf refuses to be written to.
  const x = name.endsWith("_") ? inputs[0].clone() : inputs[0];
  const method = (x as unknown as Record<string, Call>)[name];
  const result =
    name === "pad" ? pt.nn.functional.pad(x, ...(rest as [number[]]))
    : name in functions ? functions[name](...rest)
    : method.apply(x, rest);
  if (part === undefined) return result as pt.Tensor;
  if (Array.isArray(result)) return (result as pt.Tensor[]).at(Number(part))!;
  return (result as Record<string, pt.Tensor>)[part];
}

const isOptions = (arg: unknown): arg is Record<string, Held> =>
  typeof arg === "object" && arg !== null && !Array.isArray(arg) && !["input", "indices", "index"].some((key) => key in arg);

function readOptions(arg: unknown, inputs: readonly pt.Tensor[]): unknown {
  if (!isOptions(arg)) return toArgument(arg as Held, inputs);
  return Object.fromEntries(Object.entries(arg).map(([key, value]) => [key, toArgument(value, inputs)]));
}

// Compositions have the name of their last step, and so have PyTorch's: not all of the same steps. Its name of what
// diag makes of a matrix is "DiagonalBackward0_copy".
const composed = new Set([
  "maskedFill", "maskedFill_", "indexPut_", "fillDiagonal_", "repeatInterleave", "tile", "diag", "bmm", "einsum",
  "tensordot", "indexAdd_", "sumToSize",
]);

// What stays as it is, is the tensor itself: movedim of no dims, and expand to the shape that is there.
const isSame = ({ op, inputs: [{ shape }] }: Case, result: pt.Tensor): boolean =>
  (op === "movedim" && shape.length === 0) || (op === "expand" && String(shape) === String(result.shape));

const hasGradFn = (golden: Case, result: pt.Tensor): boolean => !composed.has(golden.op) && !isSame(golden, result);

// Products are added up in an order that depends on the machine.
const PRODUCTS = new Set(["dot", "mv", "mm", "bmm", "einsum", "tensordot"]);

const tolerance = ({ op, inputs }: Case): number => (PRODUCTS.has(op) ? loose(inputs) : 0);

for (const file of ["basics", "movement", "order"]) {
  const groups = load<Record<string, Case[]>>(file);
  onEachEngine(`${file} as PyTorch has it`, (engine) => {
    for (const [group, cases] of Object.entries(groups)) {
      if (!Array.isArray(cases)) continue;
      const ops = [...new Set(cases.map(({ op }) => op.split(".")[0]))];
      for (const op of ops) {
        const own = cases.filter((golden) => golden.op.split(".")[0] === op);
        it(`${group}: ${op} (${own.length} cases)`, () => {
          checkAll(op, own, { call, tolerance: onEngine(engine, tolerance), hasGradFn });
        });
      }
    }
  });
}
