// The operations against PyTorch: result, dtype, name in the graph, gradients of the operands, and what is refused.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { onEachEngine } from "../engines/engines";
import { type GoldenNumber, type GoldenTensor, load, toNumber } from "./golden";

interface Case {
  op: string;
  inputs: GoldenTensor[];
  args?: unknown[];
  options?: { keepdim?: boolean };
  result?: GoldenTensor;
  error?: string;
  gradFn?: string;
  gradient?: GoldenTensor;
  grads?: (GoldenTensor | null)[];
}

const groups = load<Record<string, Case[]>>("ops");

const toTensor = ({ dtype, shape, values }: GoldenTensor): pt.Tensor =>
  pt.tensor(values.map(toNumber), { dtype }).reshape(shape);

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

/**
 * How far results may be apart: what the least exact of the types involved allows. On an engine that was asked for,
 * sums have another order and fused operations more roundings.
 */
function toleranceOf(op: string, tensors: readonly GoldenTensor[], engine: pt.EngineName): number {
  if (engine !== "host" && tensors.some(({ dtype }) => dtype === "float32")) return 1e-6;
  if (!LOOSE.has(op)) return 0;
  return tensors.every(({ dtype }) => dtype === "float64") ? 1e-14 : 1e-6;
}

function assertSame(actual: pt.Tensor, expected: GoldenTensor, tolerance: number, what: string): void {
  assert.deepEqual([...actual.shape], expected.shape, `${what}: shape`);
  assert.equal(actual.dtype, expected.dtype, `${what}: dtype`);
  const values = actual.reshape(-1).toArray<(number | boolean)[]>().map(Number);
  const golden = toTensor(expected).reshape(-1).toArray<(number | boolean)[]>().map(Number);
  // The scale of a sum's terms, not of the sum, bounds its error.
  const scale = Math.max(1, ...golden.filter(Number.isFinite).map(Math.abs));
  values.forEach((value, i) => {
    const same = value === golden[i] || (Number.isNaN(value) && Number.isNaN(golden[i]));
    const close = Math.abs(value - golden[i]) <= tolerance * scale;
    assert.ok(same || close, `${what}[${i}]: ${value}, PyTorch has ${golden[i]}`);
  });
}

const brief = (shape: number[], dtype: string): string => `${dtype}[${shape.join(", ")}]`;

function check(golden: Case, engine: pt.EngineName): void {
  const inputs = golden.inputs.map((input) => {
    const x = toTensor(input);
    return input.dtype.startsWith("float") ? x.detach().requiresGrad_() : x;
  });
  if (golden.error !== undefined) {
    assert.throws(() => call(golden, inputs), Error, `PyTorch refuses: ${golden.error}`);
    return;
  }
  const result = call(golden, inputs);
  const tolerance = toleranceOf(golden.op, golden.inputs, engine);
  assertSame(result, golden.result!, tolerance, "result");
  // PyTorch folds a batch of products in several ways, and the last step names the result.
  if (!(golden.op === "matmul" && result.ndim > 2))
    assert.equal(result.gradFn?.name, golden.gradFn, "gradFn");
  if (!golden.gradient) return;
  result.backward(toTensor(golden.gradient));
  golden.grads!.forEach((expected, i) => {
    const { grad } = inputs[i];
    if (expected === null) assert.equal(grad, null, `gradient of input ${i}`);
    else {
      assert.ok(grad, `input ${i} has no gradient`);
      assertSame(grad, expected, tolerance, `gradient of input ${i}`);
    }
  });
}

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
        const failures = own.flatMap((golden) => {
          try {
            check(golden, engine);
            return [];
          } catch (error) {
            const inputs = golden.inputs.map(({ shape, dtype }) => brief(shape, dtype)).join(", ");
            return [
              `${op}(${inputs}${golden.args ? `; ${JSON.stringify(golden.args)}` : ""}): ${(error as Error).message}`,
            ];
          }
        });
        assert.equal(
          failures.length,
          0,
          `${failures.length} of ${own.length} differ:\n${failures.slice(0, 12).join("\n")}`,
        );
      });
    }
  }
});
