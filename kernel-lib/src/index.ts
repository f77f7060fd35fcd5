// The public surface of torchlab: `import * as pt from "torchlab"`.
// Its only effects are to give Scalar and Tensor their methods, and to have the tape put in order after an interrupt.
import { resetAnomaly } from "./autograd/anomaly";
import { kernelLink } from "./notebook/link";
import { resetKeeper } from "./ops/kept";
import { attachMethods } from "./ops/methods";
import { resetProfile } from "./profile";
import { Scalar, scalarMethods } from "./scalar";
import { resetTape } from "./tape";
import { Tensor } from "./tensor";

Object.assign(Scalar.prototype, scalarMethods);
attachMethods(Tensor.prototype);
kernelLink()?.onAbort(() => {
  resetTape();
  resetKeeper();
  resetAnomaly();
  resetProfile();
});

export { Scalar, Tensor };
export * as autograd from "./autograd";
export { gradcheck, type GradcheckOptions, gradgradcheck } from "./autograd/check";
export * as func from "./autograd/func";
export { vmap, type VmapOptions } from "./autograd/vmap";
export { grad, type GradOptions } from "./autograd/grad";
export * from "./creation";
export * as data from "./data";
export * from "./data";
export { bool, type DTypeName, float32, float64, getDefaultDtype, int64, setDefaultDtype } from "./dtype";
export { type EngineInfo, type EngineMemory, engineInfo, memory, setMemoryBudget } from "./engines/info";
export type { EngineName } from "./engines/placement";
export { type EngineChoice, setEngine } from "./engines/selection";
export * from "./generated/pointwise";
export * from "./notebook";
export * as linalg from "./linalg";
export * as nn from "./nn";
export { type GeluOptions, where } from "./ops/functional";
export {
  broadcastTo, chunk, diag, diagonal, flip, movedim, repeatInterleave, roll, split, swapaxes, tile, tril, triu, unbind,
  unflatten,
} from "./ops/arrange";
export { indexPut, type IndexPutOptions, type Indices } from "./ops/assign";
export {
  type FillDiagonalOptions, gather, indexAdd, type IndexAddOptions, maskedFill, maskedSelect, scatter, scatterAdd,
  scatterReduce, type ScatterReduceOptions, take,
} from "./ops/gather";
export { at, indexSelect, narrow, select } from "./ops/indexing";
export type { Index } from "./ops/indices";
export { cat, stack } from "./ops/join";
export { matmul } from "./ops/linalg";
export { det, inverse, logdet, slogdet, type Slogdet } from "./ops/determinant";
export { bmm, dot, mm, mv, outer } from "./ops/products";
export { einsum, tensordot } from "./ops/contract";
export {
  argsort, bincount, type BincountOptions, histc, type HistcOptions, kthvalue, median, nonzero, sort, type SortOptions,
  topk, type TopkOptions, unique, type UniqueDim, type UniqueOptions, type UniqueResult, type ValuesAndIndices,
} from "./ops/order";
export type { PadOptions } from "./ops/pad";
export { searchsorted, type SearchOptions } from "./ops/search";
export { clone, expand, flatten, permute, reshape, squeeze, t, transpose, unsqueeze } from "./ops/movement";
export { Slice, slice } from "./ops/slice";
export { cumprod, cumsum, prod } from "./ops/cumulative";
export { round, type RoundOptions } from "./ops/decimals";
export { amax, amin, argmax, argmin, type Extrema, max, min } from "./ops/extrema";
export { all, any, mean, sum } from "./ops/reduce";
export type { Dims, ReduceOptions } from "./ops/reduced";
export { logsumexp, norm, std, var, type VarOptions } from "./ops/statistics";
export type { ClassLossOptions, CrossEntropyOptions } from "./ops/loss/classes";
export type { HuberLossOptions, SmoothL1LossOptions } from "./ops/loss/differences";
export type { BinaryLossOptions, KlDivOptions, LogitLossOptions } from "./ops/loss/probabilities";
export type { LossOptions, Reduction } from "./ops/loss/reduction";
export { logSoftmax, softmax } from "./ops/softmax";
export * as optim from "./optim";
export { Generator, manualSeed } from "./generator";
export { getPrintoptions, type PrintOptions, setPrintoptions } from "./print";
export { profile, Profile, type ProfileRow } from "./profile";
export type { Shape as Size } from "./shape";
export { inferenceMode } from "./autograd/inference";
export { enableGrad, isGradEnabled, isInferenceModeEnabled, noGrad, setGradEnabled } from "./tape";
export type { BackwardOptions, GradFn, NestedArray } from "./tensor";
export * as utils from "./utils";
export type { TensorMethods } from "./ops/methods";
