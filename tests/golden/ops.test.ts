// The operations against PyTorch: result, dtype, name in the graph, gradients of the operands, and what is refused.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll, loose, onEngine, toTensor } from "./cases";
import { type GoldenNumber, type GoldenTensor, load, toNumber } from "./golden";

const groups = load<Record<string, Case[]>>("ops");

type Call = (...inputs: pt.Tensor[]) => pt.Tensor;

const compositions: Record<string, Call> = {
  mse: (x, w, y) => x.mul(w).sub(y).pow(2).mean(),
  shared: (x) => x.mul(x).add(x).mul(x.exp()).add(x),
  layer: (x, w, b) => x.matmul(w).add(b).tanh().sum(),
  cubic: (x) => x.pow(3).add(x.mul(4)).add(1),
  reversed: (x) => pt.sub(2, x).add(pt.div(3, x.add(5))),
  softmax: (x) => x.exp().div(x.exp().sum(1, { keepdim: true })),
};

/** An argument as the call takes it. */
function toArgument(op: string, arg: unknown): unknown {
  if (typeof arg === "string") return toNumber(arg as GoldenNumber);
  if (op !== "at" || arg === null || typeof arg !== "object") return arg;
  const { slice, index } = arg as {
    slice?: [number | null, number | null, number | null];
    index?: GoldenTensor;
  };
  return slice ? pt.slice(slice[0], slice[1], slice[2] ?? 1) : toTensor(index!);
}

function call({ op, args = [], options }: Case, inputs: pt.Tensor[]): pt.Tensor {
  if (op in compositions) return compositions[op](...inputs);
  const rest = args.map((arg) => toArgument(op, arg));
  if (op === "T") return inputs[0].T;
  if (op === "cat" || op === "stack") return pt[op](inputs, ...(rest as number[]));
  if (op === "reshape") return inputs[0].reshape(rest as number[]);
  const method = (inputs[0] as unknown as Record<string, (...args: unknown[]) => pt.Tensor>)[op];
  return method.call(inputs[0], ...inputs.slice(1), ...rest, ...(options ? [options] : []));
}

// Transcendental functions are within an ulp or two of PyTorch's, as are its own square roots; products are added up in
// an order that depends on the machine. All else is exact.
const LOOSE = new Set([
  "exp",
  "log",
  "sqrt",
  "tanh",
  "pow",
  "matmul",
  "layer",
  "softmax",
  "mse",
  "cubic",
  "shared",
  "reversed",
]);

const tolerance = ({ op, inputs }: Case): number => (LOOSE.has(op) ? loose(inputs) : 0);

// PyTorch folds a batch of products in several ways, and the last step names the result.
const hasGradFn = ({ op }: Case, result: pt.Tensor): boolean => !(op === "matmul" && result.ndim > 2);

// PyTorch refuses bool ** bool, but hands back bool ** True as it is; here both are refused.
const isRefusedHere = ({ op, inputs, args }: Case): boolean =>
  op === "pow" && inputs[0].dtype === "bool" && args?.[0] === true;

onEachEngine("operations as PyTorch computes them", (engine) => {
  for (const [group, cases] of Object.entries(groups)) {
    if (!Array.isArray(cases)) continue;
    const ops = [...new Set(cases.map(({ op }) => op))];
    for (const op of ops) {
      const own = cases.filter((golden) => golden.op === op && !isRefusedHere(golden));
      it(`${group}: ${op} (${own.length} cases)`, () => {
        checkAll(op, own, { call, tolerance: onEngine(engine, tolerance), hasGradFn });
      });
    }
  }
});
