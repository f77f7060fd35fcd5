// The public surface of torchlab: `import * as pt from "torchlab"`.
// Its only effects are to give Scalar and Tensor their methods, and to have the tape put in order after an interrupt.
import { kernelLink } from "./notebook/link";
import { attachMethods } from "./ops/methods";
import { Scalar, scalarMethods } from "./scalar";
import { resetTape } from "./tape";
import { Tensor } from "./tensor";

Object.assign(Scalar.prototype, scalarMethods);
attachMethods(Tensor.prototype);
kernelLink()?.onAbort(resetTape);

export { Scalar, Tensor };
export { grad, gradcheck, type GradcheckOptions, type GradOptions } from "./autograd";
export * from "./creation";
export * as data from "./data";
export * from "./data";
export { bool, type DTypeName, float32, float64, getDefaultDtype, int64, setDefaultDtype } from "./dtype";
export { type EngineInfo, type EngineMemory, engineInfo, memory, setMemoryBudget } from "./engines/info";
export type { EngineName } from "./engines/placement";
export { type EngineChoice, setEngine } from "./engines/selection";
export * from "./generated/pointwise";
export * from "./notebook";
export * as nn from "./nn";
export { type GeluOptions, where } from "./ops/functional";
export { at, type Index, indexSelect, narrow, select } from "./ops/indexing";
export { cat, stack } from "./ops/join";
export { matmul } from "./ops/linalg";
export { clone, expand, flatten, permute, reshape, squeeze, t, transpose, unsqueeze } from "./ops/movement";
export { Slice, slice } from "./ops/slice";
export { cumprod, cumsum, prod } from "./ops/cumulative";
export { amax, amin, argmax, argmin, type Extrema, max, min } from "./ops/extrema";
export { all, any, mean, sum } from "./ops/reduce";
export type { Dims, ReduceOptions } from "./ops/reduced";
export { logsumexp, norm, std, var, type VarOptions } from "./ops/statistics";
export type { ClassLossOptions, CrossEntropyOptions, LossOptions, Reduction } from "./ops/loss";
export { logSoftmax, softmax } from "./ops/softmax";
export * as optim from "./optim";
export { Generator, manualSeed } from "./generator";
export { getPrintoptions, type PrintOptions, setPrintoptions } from "./print";
export type { Shape as Size } from "./shape";
export { enableGrad, isGradEnabled, noGrad } from "./tape";
export type { BackwardOptions, GradFn, NestedArray } from "./tensor";
export type { TensorMethods } from "./ops/methods";
