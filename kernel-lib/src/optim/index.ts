// The optimizers: `pt.optim`.
export { Adam, type AdamOptions, type AdamState } from "./adam";
export { type GivenGroup, Optimizer, type ParamGroup, type Params } from "./optimizer";
export { SGD, type SGDOptions } from "./sgd";
