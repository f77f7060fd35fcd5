// Owns what is found under `pt.autograd`.
export { type AnomalyOptions, detectAnomaly, setDetectAnomaly } from "./anomaly";
export { gradcheck, gradgradcheck } from "./check";
export { CustomFunction as Function, type FunctionCtx } from "./function";
export * as functional from "./functional";
export { grad } from "./grad";
export type { HookHandle } from "./hooks";
