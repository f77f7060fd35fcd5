// Owns what is found under `pt.autograd`.
export { type AnomalyOptions, detectAnomaly, setDetectAnomaly } from "./anomaly";
export { grad } from "./grad";
export type { HookHandle } from "./hooks";
