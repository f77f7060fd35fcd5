// Owns what is found under `pt.nn.functional`: functions of networks, among them those that are also at the top.
export { elu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../generated/pointwise";
export { gelu } from "../ops/functional";
export { crossEntropy, nllLoss } from "../ops/loss/classes";
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from "../ops/loss/differences";
export { binaryCrossEntropy, binaryCrossEntropyWithLogits, klDiv } from "../ops/loss/probabilities";
export { pad } from "../ops/pad";
export { logSoftmax, softmax } from "../ops/softmax";
