// That PyTorch's own values are there for every operation: enough of them, with gradients, in both float types.
// Imports the library, its modules of operations and golden.ts.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pt from "torchlab";
import { attachMethods } from "../../kernel-lib/dist/ops/methods";
import { ruleTable, type RuleName } from "../../kernel-lib/dist/rules";
import type { Case } from "./cases";
import { type DTypeName, load } from "./golden";

const LEAST = 6;

/** What is no operation on tensors, or is one that has another name among the cases. */
const counted: Readonly<Record<string, string | null>> = {
  Slice: null, slice: null, // They make indices.
  view: "reshape", inverse: "inv", // The same functions.
  clampMax: "clamp", clampMin: "clamp", // What `clamp` is with one limit.
};

/** Operations that give places, counts or truth, and those that refuse to be recorded: they have no gradient. */
const constant = new Set([
  "all", "any", "argmax", "argmin", "argsort", "bincount", "copy", "fill", "histc", "nonzero", "searchsorted", "unique", "zero",
]);

/** Operations that have no gradient, or take no floats, by what they are to PyTorch. */
const rules: Readonly<Record<string, { grad?: unknown; rejectsFloats?: unknown }>> = ruleTable;
const differentiable = (op: string): boolean => (op in rules ? rules[op].grad !== undefined : !constant.has(op));
const takesFloats = (op: string): boolean => !rules[op as RuleName]?.rejectsFloats;

/** An operation in place counts as the one that gives a new tensor. */
const plain = (name: string): string => name.replace(/_$/, "");

/** The functions that modules of operations export, by themselves: `pt` has others, which make tensors or run code. */
function exportedByOps(): Set<unknown> {
  const dist = join(__dirname, "..", "..", "kernel-lib", "dist");
  const load = createRequire(join(dist, "index.js"));
  const inOps = readdirSync(join(dist, "ops"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => join(dist, "ops", file));
  const modules = [...inOps, join(dist, "generated", "pointwise.js")];
  return new Set(modules.flatMap((file) => Object.values(load(file) as object)));
}

/** The names of all public operations. */
function operations(): string[] {
  const methods = {};
  attachMethods(methods);
  const functions = exportedByOps();
  const namespaces: object[] = [pt, pt.nn.functional, (pt as { linalg?: object }).linalg ?? {}];
  const named = namespaces.flatMap((space) =>
    Object.entries(space).filter(([, value]) => typeof value === "function" && functions.has(value)).map(([name]) => name));
  const all = [...Object.getOwnPropertyNames(methods), ...named].map(plain);
  const ops = new Set(all.map((name) => (name in counted ? counted[name] : name)));
  return [...ops].filter((name) => name !== null).sort();
}

interface Count {
  cases: number;
  gradients: number;
  dtypes: Set<DTypeName>;
}

/** What the golden files have of each operation, by its name. */
function counts(): Map<string, Count> {
  const found = new Map<string, Count>();
  const data = join(__dirname, "data");
  for (const file of readdirSync(data)) {
    for (const group of Object.values(load<Record<string, unknown>>(file.replace(/\.json$/, "")))) {
      if (!Array.isArray(group)) continue;
      for (const golden of group as Partial<Case>[]) {
        // Other files have other cases; a refusal says nothing about values.
        if (golden.op === undefined || golden.result === undefined) continue;
        const op = plain(golden.op.split(".")[0]);
        const count = found.get(op) ?? { cases: 0, gradients: 0, dtypes: new Set() };
        found.set(op, count);
        count.cases++;
        if (golden.gradient) count.gradients++;
        golden.inputs!.forEach(({ dtype }) => count.dtypes.add(dtype));
      }
    }
  }
  return found;
}

/** What is missing of an operation, in words. */
function missing(op: string, count: Count | undefined): string[] {
  if (count === undefined) return ["no case"];
  const { cases, gradients, dtypes } = count;
  return [
    ...(cases < LEAST ? [`${cases} cases of ${LEAST}`] : []),
    ...(differentiable(op) && gradients === 0 ? ["no gradient"] : []),
    ...(takesFloats(op) && !dtypes.has("float32") ? ["no float32"] : []),
    ...(takesFloats(op) && !dtypes.has("float64") ? ["no float64"] : []),
  ];
}

describe("golden cases", () => {
  const all = operations();
  const have = counts();

  it("are there for every operation", () => {
    const lacking = all.flatMap((op) => {
      const what = missing(op, have.get(op));
      return what.length > 0 ? [`${op}: ${what.join(", ")}`] : [];
    });
    assert.deepEqual(lacking, [], `${lacking.length} of ${all.length} operations`);
  });

  it("are missed where they are missing", () => {
    assert.ok(all.includes("matmul") && all.includes("crossEntropy") && all.includes("add"));
    const none = { cases: LEAST, gradients: 0, dtypes: new Set<DTypeName>(["float32"]) };
    assert.deepEqual(missing("matmul", none), ["no gradient", "no float64"]);
    assert.deepEqual(missing("bitwiseAnd", { ...none, cases: 1 }), [`1 cases of ${LEAST}`]);
  });

  it("have gradients of nothing that is said to have none", () => {
    for (const op of constant) assert.equal(have.get(op)?.gradients ?? 0, 0, op);
  });
});
