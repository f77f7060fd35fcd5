// Owns what is found under `pt.nn.functional`: functions of networks, among them those that are also at the top.
export { relu, tanh } from "../generated/pointwise";
export { crossEntropy, mseLoss, nllLoss } from "../ops/loss";
export { pad } from "../ops/pad";
export { logSoftmax, softmax } from "../ops/softmax";
