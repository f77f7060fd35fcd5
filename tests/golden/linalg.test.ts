// Inverses, solutions and determinants against PyTorch. Imports the library and cases.ts.
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type Case, checkAll } from "./cases";
import { load } from "./golden";

const groups = load<Record<string, Case[]>>("linalg");

type Result = pt.Tensor | Record<string, pt.Tensor>;
const functions = { ...pt.linalg, logdet: pt.logdet } as unknown as Record<string, (...inputs: pt.Tensor[]) => Result>;

function call({ op }: Case, inputs: pt.Tensor[]): pt.Tensor {
  const [name, part] = op.split(".");
  const result = functions[name](...inputs);
  return result instanceof pt.Tensor ? result : result[part];
}

// PyTorch solves float32 in float32; the greatest of these matrices' condition numbers is some hundreds.
const tolerance = ({ inputs }: Case): number => (inputs.every(({ dtype }) => dtype === "float64") ? 1e-11 : 1e-5);

// Vectors are matrices of one column here, shaped back; values of which PyTorch has no gradient were detached.
const hasGradFn = ({ op, inputs: [{ shape }], gradFn, result }: Case): boolean =>
  gradFn !== undefined && !(op === "solve" && result!.shape.length < Math.max(2, shape.length));

onEachEngine("linear algebra as PyTorch has it", () => {
  for (const [group, cases] of Object.entries(groups)) {
    if (!Array.isArray(cases)) continue;
    for (const op of new Set(cases.map((golden) => golden.op))) {
      const own = cases.filter((golden) => golden.op === op);
      it(`${group}: ${op} (${own.length} cases)`, () => checkAll(op, own, { call, tolerance, hasGradFn }));
    }
  }
});
