// Owns kernels that TensorFlow has and tfjs does not register, or not for mere values: entered into tfjs's registry
// beside its own. Imports the addon and types.
import { native } from "../native";
import type { Value } from "./backend";

/** The part of tfjs's NodeJSKernelBackend that runs TensorFlow's operations by name. */
interface NodeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_ATTR_BOOL: number };
  getDTypeInteger(dtype: string): number;
  write(values: Int32Array, shape: number[], dtype: string): object;
  disposeData(dataId: object): boolean;
  executeSingleOutput(operation: string, attributes: readonly object[], inputs: readonly Value[]): Value;
}

interface Call {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: NodeBackend;
}

export interface KernelConfig {
  readonly kernelName: string;
  readonly backendName: string;
  readonly kernelFunc: (call: Call) => Value;
}

const typeOf = (backend: NodeBackend, { dtype }: Value, name = "T"): object =>
  ({ name, type: backend.binding.TF_ATTR_TYPE, value: backend.getDTypeInteger(dtype) });

/**
 * The product of two matrices. While they are small it takes a sixth of the time of BatchMatMul, whose threads have to
 * wake up; but its kernels are among those that a signal must not interrupt.
 */
const matMul: KernelConfig["kernelFunc"] = ({ inputs: { a, b }, attrs, backend }) => {
  const flag = (name: string, value: unknown): object => ({ name, type: backend.binding.TF_ATTR_BOOL, value });
  const attributes = [typeOf(backend, a), flag("transpose_a", attrs.transposeA), flag("transpose_b", attrs.transposeB)];
  return backend.executeSingleOutput("MatMul", attributes, [a, b]);
};

/** t where the condition holds, e elsewhere, all three broadcast. */
const selectV2: KernelConfig["kernelFunc"] = ({ inputs: { condition, t, e }, backend }) =>
  backend.executeSingleOutput("SelectV2", [typeOf(backend, t)], [condition, t, e]);

/** a to the power b. tfjs's own Pow converts its operands first, and takes nothing but its Tensors. */
const floatPow: KernelConfig["kernelFunc"] = ({ inputs: { a, b }, backend }) =>
  backend.executeSingleOutput("Pow", [typeOf(backend, a)], [a, b]);

/** x repeated up to a shape that it broadcasts to. */
const broadcastTo: KernelConfig["kernelFunc"] = ({ inputs: { x }, attrs, backend }) => {
  const shape = attrs.shape as number[];
  const dataId = backend.write(Int32Array.from(shape), [shape.length], "int32");
  const sizes: Value = { dataId, shape: [shape.length], dtype: "int32" };
  const result = backend.executeSingleOutput("BroadcastTo", [typeOf(backend, x), typeOf(backend, sizes, "Tidx")], [x, sizes]);
  backend.disposeData(dataId);
  return result;
};

export const tensorflowKernels: readonly KernelConfig[] = Object.entries({
  SelectV2: selectV2,
  FloatPow: floatPow,
  BroadcastTo: broadcastTo,
  ...(native && { MatMul: matMul }),
}).map(([kernelName, kernelFunc]) => ({ kernelName, kernelFunc, backendName: "tensorflow" }));
