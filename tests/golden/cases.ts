// Cases of an operation against PyTorch: result, dtype, name in the graph, gradients of the operands, what is refused.
// Imports the library and golden.ts.
import assert from "node:assert/strict";
import * as pt from "torchlab";
import { type GoldenTensor, toNumber } from "./golden";

export interface Case {
  op: string;
  inputs: GoldenTensor[];
  args?: unknown[];
  options?: Record<string, unknown>;
  result?: GoldenTensor;
  error?: string;
  gradFn?: string;
  gradient?: GoldenTensor;
  grads?: (GoldenTensor | null)[];
}

/** How a file's cases are called, and how exact they are. */
export interface Manner {
  call(golden: Case, inputs: pt.Tensor[]): pt.Tensor;
  /** How far numbers may be apart, relative to the greatest of them. */
  tolerance(golden: Case): number;
  /** Whether each number's own size is what `tolerance` is relative to, and 0 has its sign. */
  isStrict?: boolean;
  /** Whether the result's name in the graph is PyTorch's too. */
  hasGradFn?(golden: Case, result: pt.Tensor): boolean;
}

/** What the less exact of the float types allows. */
export const loose = (tensors: readonly GoldenTensor[]): number =>
  tensors.every(({ dtype }) => dtype === "float64") ? 1e-14 : 1e-6;

/**
 * The tolerance where an engine was asked for: its sums of float32 have another order, and fused operations more
 * roundings. The host has float64, and its own digits.
 */
export const onEngine = (engine: pt.EngineName, tolerance: Manner["tolerance"]): Manner["tolerance"] =>
  (golden) => engine !== "host" && golden.inputs.some(({ dtype }) => dtype === "float32") ? 1e-6 : tolerance(golden);

export const toTensor = ({ dtype, shape, values }: GoldenTensor): pt.Tensor =>
  pt.tensor(values.map(toNumber), { dtype }).reshape(shape);

function assertSame(
  actual: pt.Tensor, expected: GoldenTensor, tolerance: number, isStrict: boolean, what: string,
): void {
  assert.deepEqual([...actual.shape], expected.shape, `${what}: shape`);
  assert.equal(actual.dtype, expected.dtype, `${what}: dtype`);
  const values = actual.reshape(-1).toArray<(number | boolean)[]>().map(Number);
  const golden = toTensor(expected).reshape(-1).toArray<(number | boolean)[]>().map(Number);
  // The scale of a sum's terms, not of the sum, bounds its error.
  const scale = Math.max(1, ...golden.filter(Number.isFinite).map(Math.abs));
  values.forEach((value, i) => {
    const wanted = golden[i];
    const same = Object.is(value, wanted) || (!isStrict && value === wanted);
    const error = Math.abs(value - wanted);
    const close = isStrict ? error > 0 && error <= tolerance * Math.abs(wanted) : error <= tolerance * scale;
    assert.ok(same || close, `${what}[${i}]: ${value}, PyTorch has ${wanted}`);
  });
}

const brief = (shape: number[], dtype: string): string => `${dtype}[${shape.join(", ")}]`;

function check(golden: Case, { call, tolerance: toleranceOf, isStrict = false, hasGradFn }: Manner): void {
  const inputs = golden.inputs.map((input) => {
    const x = toTensor(input);
    return input.dtype.startsWith("float") ? x.detach().requiresGrad_() : x;
  });
  if (golden.error !== undefined) {
    assert.throws(() => call(golden, inputs), Error, `PyTorch refuses: ${golden.error}`);
    return;
  }
  const result = call(golden, inputs);
  const tolerance = toleranceOf(golden);
  assertSame(result, golden.result!, tolerance, isStrict, "result");
  if (hasGradFn?.(golden, result) ?? true)
    assert.equal(result.gradFn?.name, golden.gradFn?.replace("torch::autograd::", ""), "gradFn");
  if (!golden.gradient) return;
  result.backward(toTensor(golden.gradient));
  golden.grads!.forEach((expected, i) => {
    const { grad } = inputs[i];
    if (expected === null) assert.equal(grad, null, `gradient of input ${i}`);
    else {
      assert.ok(grad, `input ${i} has no gradient`);
      assertSame(grad, expected, tolerance, isStrict, `gradient of input ${i}`);
    }
  });
}

/** Checks all cases of one operation, and shows the first that differ. */
export function checkAll(op: string, cases: readonly Case[], manner: Manner): void {
  const failures = cases.flatMap((golden) => {
    try {
      check(golden, manner);
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
    `${failures.length} of ${cases.length} differ:\n${failures.slice(0, 12).join("\n")}`,
  );
}
