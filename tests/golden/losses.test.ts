// Softmax and the losses against PyTorch. Imports the library and cases.ts.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll, loose, onEngine, toTensor } from "./cases";
import { type GoldenTensor, load } from "./golden";

const groups = load<Record<string, Case[]>>("losses");

type Loss = (...args: unknown[]) => pt.Tensor;

function call({ op, args = [], options }: Case, inputs: pt.Tensor[]): pt.Tensor {
  const isTensor = (value: unknown): value is GoldenTensor => typeof value === "object" && value !== null && "values" in value;
  const given = options && Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, isTensor(value) ? toTensor(value) : value]),
  );
  const f = (pt.nn.functional as unknown as Record<string, Loss>)[op];
  return f(...inputs, ...args, ...(given ? [given] : []));
}

// PyTorch takes the losses of a batch of rows as those of an image, and shapes them back: the last step names them.
const hasGradFn = ({ inputs, options }: Case): boolean =>
  inputs[0].shape.length !== 3 || Boolean(options?.labelSmoothing);

// Their last step is one of what they are composed of.
const composed = new Set(["differences", "binary", "probabilities"]);

onEachEngine("losses as PyTorch computes them", (engine) => {
  // Targets of another shape are warned of, which tests/unit has tests of.
  const { warn } = console;
  before(() => (console.warn = () => {}));
  after(() => (console.warn = warn));

  for (const [group, cases] of Object.entries(groups)) {
    if (!Array.isArray(cases)) continue;
    const manner = { call, hasGradFn: composed.has(group) ? () => false : hasGradFn };
    for (const op of new Set(cases.map((golden) => golden.op))) {
      const own = cases.filter((golden) => golden.op === op);
      const tolerance = ({ inputs }: Case): number => (op === "mseLoss" ? 0 : loose([inputs[0]]));
      it(`${group}: ${op} (${own.length} cases)`, () => {
        checkAll(op, own, { ...manner, tolerance: onEngine(engine, tolerance) });
      });
    }
  }
});
