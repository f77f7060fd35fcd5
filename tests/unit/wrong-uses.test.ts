// What users do wrong with autograd, losses and matrices, and what they are told: PyTorch's meaning, in its words
// where it has any.
import assert from "node:assert/strict";
import * as pt from "torchlab";

const { float64 } = pt;
const leaf = (...values: number[]): pt.Tensor => pt.tensor(values, { dtype: float64, requiresGrad: true });
const plain = (...values: number[]): pt.Tensor => pt.tensor(values, { dtype: float64 });
const { functional: F } = pt.autograd;
const { functional: N } = pt.nn;
const wrong = (value: unknown): never => value as never;

/** A function of one's own: twice the sum of its operands, with this backward. */
function own(backward?: (ctx: pt.autograd.FunctionCtx, g: pt.Tensor) => unknown) {
  class Own extends pt.autograd.Function {
    static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor, n: number): pt.Tensor {
      ctx.saveForBackward(x);
      return x.mul(n);
    }

    static backward = wrong(backward) as (ctx: pt.autograd.FunctionCtx, g: pt.Tensor) => pt.Tensor;
  }
  return (x: pt.Tensor = leaf(1, 2)): pt.Tensor => Own.apply(x, 2);
}

const read = (ctx: pt.autograd.FunctionCtx, g: pt.Tensor): unknown[] => [g.mul(ctx.savedTensors[0]), null];
const inferred = (): pt.Tensor => pt.inferenceMode(() => plain(1, 2).mul(1));
const hooked = (hook: (g: pt.Tensor) => unknown): void => {
  const y = leaf(1, 2).mul(2);
  y.registerHook(wrong(hook));
  y.sum().backward();
};
/** A checkpoint of a function that is another one the second time. */
const changing = (first: (x: pt.Tensor) => pt.Tensor, second: (x: pt.Tensor) => pt.Tensor): void => {
  let calls = 0;
  pt.utils.checkpoint.checkpoint((x: pt.Tensor) => (calls++ === 0 ? first(x) : second(x)), leaf(1, 2)).sum().backward();
};

type Case = [what: string, f: () => unknown, message: RegExp];

const cases: Record<string, Case[]> = {
  "going backward": [
    ["from what needs no gradient", () => plain(1).mul(2).backward(), /element 0 of tensors does not require grad and does not have a gradFn/],
    ["from what was detached", () => leaf(1).mul(2).detach().backward(), /does not require grad/],
    ["from what was computed under noGrad", () => pt.noGrad(() => leaf(1).mul(2)).backward(), /does not require grad/],
    ["from what no gradient passes through", () => leaf(1).gt(0).backward(), /does not require grad/],
    ["from several numbers", () => leaf(1, 2).mul(2).backward(), /grad can be implicitly created only for scalar outputs/],
    ["from no number", () => leaf().mul(2).backward(), /grad can be implicitly created only for scalar outputs/],
    ["with a gradient of another shape", () => leaf(1, 2).mul(2).backward(plain(1)), /Mismatch in shape: the gradient has a shape of \[1\] and the output has a shape of \[2\]/],
    ["twice", () => {
      const y = leaf(2).pow(2);
      y.backward();
      y.backward();
    }, /Trying to backward through the graph a second time/],
    ["twice through a part that two losses share", () => {
      const h = leaf(2).exp();
      h.mul(2).backward();
      h.mul(3).backward();
    }, /Trying to backward through the graph a second time/],
    ["through a loop that keeps its state", () => {
      let state = leaf(0.5);
      for (let i = 0; i < 2; i++) {
        state = state.tanh();
        state.backward();
      }
    }, /Trying to backward through the graph a second time/],
    ["twice through gradients of gradients", () => {
      const x = leaf(2);
      const [g] = pt.grad(x.pow(3), x, { createGraph: true });
      g.backward();
      g.backward();
    }, /Trying to backward through the graph a second time/],
  ],
  "pt.grad": [
    ["by what takes no part", () => pt.grad(leaf(1).mul(2), leaf(1)), /appears to not have been used in the graph/],
    ["by what needs no gradient", () => pt.grad(leaf(1).mul(2), plain(1)), /One of the differentiated Tensors does not require grad/],
    ["by a copy made after the fact", () => {
      const x = leaf(1);
      return pt.grad(x.mul(2), x.clone());
    }, /appears to not have been used in the graph/],
    ["of a gradient that has no graph", () => {
      const x = leaf(2);
      return pt.grad(pt.grad(x.pow(2), x)[0], x);
    }, /element 0 of tensors does not require grad/],
    ["of several numbers", () => {
      const x = leaf(1, 2);
      return pt.grad(x.mul(2), x);
    }, /grad can be implicitly created only for scalar outputs/],
    ["with gradOutputs of another shape", () => {
      const x = leaf(1, 2);
      return pt.grad(x.mul(2), x, { gradOutputs: plain(1, 2, 3) });
    }, /Mismatch in shape/],
    ["by a number", () => pt.grad(leaf(1).mul(2), wrong(1)), /inputs must be Tensors, got 1/],
  ],
  "leaves": [
    ["of integers", () => pt.tensor([1, 2]).requiresGrad_(), /only Tensors of floating point dtype can require gradients/],
    ["of booleans", () => pt.tensor([true], { requiresGrad: true, dtype: pt.bool }), /only Tensors of floating point dtype can require gradients/],
    ["that are none, to be made one", () => leaf(1).mul(2).requiresGrad_(false), /you can only change requiresGrad flags of leaf variables/],
    ["keeping a gradient that there is not", () => plain(1).retainGrad(), /can't retainGrad on Tensor that has requiresGrad=false/],
    ["given a gradient of another shape", () => (leaf(1, 2).grad = plain(1)), /assign a gradient of size \[1\] to a tensor of size \[2\]/],
    ["given a gradient of another type", () => (leaf(1).grad = pt.ones(1)), /assign a gradient of type float32 to a tensor of type float64/],
    ["to be optimized that are none", () => new pt.optim.SGD([leaf(1).mul(2)], { lr: 1 }), /can't optimize a non-leaf Tensor/],
  ],
  "in place": [
    ["on a leaf", () => leaf(1).sub_(1), /a leaf Variable that requires grad is being used in an in-place operation/],
    ["setting a leaf to zero", () => leaf(1).zero_(), /a leaf Variable that requires grad is being used in an in-place operation/],
    ["on an operand that backward needs", () => {
      const u = leaf(2).mul(1);
      const y = u.pow(2);
      u.add_(1);
      y.backward();
    }, /modified by an inplace operation: \[float64 \[1\]\], which is output 0 of AddBackward0, is at version 1; expected version 0 instead\. Hint/],
    ["on a result that backward needs", () => {
      const y = leaf(2).exp();
      y.mul_(2).backward();
    }, /modified by an inplace operation: \[float64 \[1\]\], which is output 0 of MulBackward0, is at version 1; expected version 0/],
    ["on a weight between forward and backward", () => {
      const w = leaf(2);
      const y = w.mul(w);
      pt.noGrad(() => w.sub_(0.1));
      y.backward();
    }, /modified by an inplace operation: \[float64 \[1\]\] is at version 1; expected version 0/],
    ["through data, which shares the elements", () => {
      const w = leaf(2);
      const y = w.mul(w);
      w.data.sub_(0.1);
      y.backward();
    }, /modified by an inplace operation/],
    ["by a step of the optimizer before backward", () => {
      const w = leaf(2);
      const opt = new pt.optim.SGD([w], { lr: 0.1 });
      const [first, second] = [w.pow(2), w.pow(3)];
      first.backward();
      opt.step();
      second.backward();
    }, /modified by an inplace operation/],
    ["on a view while recording", () => leaf(1, 2).mul(1).reshape(2, 1).add_(1), /shares its elements with another/],
    ["with a result of a higher type", () => pt.tensor([1]).add_(0.5), /result type float32 can't be cast to the desired output type int64/],
  ],
  "hooks": [
    ["on what needs no gradient", () => plain(1).registerHook(() => undefined), /cannot register a hook on a tensor that doesn't require gradient/],
    ["that are no functions", () => leaf(1).registerHook(wrong(3)), /registerHook: expected a function, got 3/],
    ["that return no tensor", () => hooked(() => 3), /expected a Tensor, but hook returned 3/],
    ["that are asynchronous", () => hooked(async () => Promise.resolve()), /expected a Tensor, but hook returned/],
    ["that change the size", () => hooked((g) => g.sum()), /has changed the size of value \(was \[2\] got \[\]\)/],
    ["that change the type", () => hooked((g) => g.to(pt.float32)), /has changed the type of value \(was float64 got float32\)/],
    ["after accumulation, on no leaf", () => leaf(1).mul(2).registerPostAccumulateGradHook(() => undefined), /post accumulate grad hooks cannot be registered on non-leaf tensors/],
    ["after accumulation, on what needs no gradient", () => plain(1).registerPostAccumulateGradHook(() => undefined), /cannot register a hook on a tensor that doesn't require gradient/],
  ],
  "functions of one's own": [
    ["without backward", () => own()().sum().backward(), /You must implement the backward method/],
    ["with too few gradients", () => own((_, g) => g)().sum().backward(), /function OwnBackward returned an incorrect number of gradients \(expected 2, got 1\)/],
    ["with too many", () => own((_, g) => [g, null, g])().sum().backward(), /incorrect number of gradients \(expected 2, got 3\)/],
    ["with one for a number", () => own((_, g) => [g, g])().sum().backward(), /a gradient different than null at position 2, but the corresponding forward input was not a Tensor/],
    ["with one of another shape", () => own((_, g) => [g.sum(), null])().sum().backward(), /Function OwnBackward returned an invalid gradient at index 0 - got \[\] but expected shape compatible with \[2\]/],
    ["with a number for one", () => own(() => [3, null])().sum().backward(), /expected a Tensor or null, got 3/],
    ["whose saved operand was changed", () => {
      const u = leaf(1, 2).mul(1);
      const y = own(read)(u);
      u.add_(1);
      y.sum().backward();
    }, /modified by an inplace operation: .* is at version 1; expected version 0/],
    ["twice", () => {
      const y = own(read)().sum();
      y.backward();
      y.backward();
    }, /Trying to backward through the graph a second time \(or directly access saved tensors/],
    ["that save a number", () => {
      class Saves extends pt.autograd.Function {
        static forward(ctx: pt.autograd.FunctionCtx, x: pt.Tensor): pt.Tensor {
          ctx.saveForBackward(wrong(3));
          return x.mul(2);
        }

        static backward(_ctx: pt.autograd.FunctionCtx, g: pt.Tensor): pt.Tensor {
          return g;
        }
      }
      Saves.apply(leaf(1));
    }, /saveForBackward can only save Tensors, but argument 0 is 3/],
  ],
  "inference mode": [
    ["whose tensors are to be saved", () => leaf(1, 2).mul(inferred()), /Inference tensors cannot be saved for backward/],
    ["whose tensors are changed in place outside", () => inferred().add_(1), /Inplace update to inference tensor outside InferenceMode is not allowed/],
    ["whose tensors are to need gradients", () => inferred().requiresGrad_(), /Setting requiresGrad=true on inference tensor outside InferenceMode is not allowed/],
    ["and backward", () => pt.inferenceMode(() => leaf(1).mul(2)).backward(), /does not require grad/],
  ],
  "modes": [
    ["of an asynchronous function, noGrad", () => pt.noGrad(async () => Promise.resolve()), /noGrad: the function is asynchronous/],
    ["of an asynchronous function, inferenceMode", () => pt.inferenceMode(async () => Promise.resolve()), /inferenceMode: the function is asynchronous/],
    ["of an asynchronous function, detectAnomaly", () => pt.autograd.detectAnomaly(async () => Promise.resolve()), /detectAnomaly: the function is asynchronous/],
    ["with a NaN in backward", () => pt.autograd.detectAnomaly(() => leaf(0).sqrt().mul(0).backward()), /Function 'SqrtBackward0' returned nan values in its 0th output/],
  ],
  "checkpoints": [
    ["that save less the second time", () => changing((x) => x.exp().tanh(), (x) => x.exp()), /A different number of tensors was saved.*\nNumber of tensors saved during forward: 2\n.*recomputation: 1/],
    ["that save something else", () => changing((x) => x.exp(), (x) => x.sum().exp()), /Recomputed values .* have different metadata.*saved float64 \[2\], recomputed float64 \[\]/],
    ["of what was changed in place", () => {
      const u = leaf(1, 2).mul(1);
      const y = pt.utils.checkpoint.checkpoint((x: pt.Tensor) => x.exp(), u);
      u.add_(1);
      y.sum().backward();
    }, /modified by an inplace operation/],
    ["of no function", () => pt.utils.checkpoint.checkpoint(wrong(leaf(1))), /checkpoint: expected a function/],
  ],
  "functional": [
    ["a vector that is missing, of vjp", () => F.vjp((x) => x.mul(2), plain(1, 2)), /v can only be undefined if the user-provided function returns a single Tensor with a single element/],
    ["a vector that is missing, of jvp", () => F.jvp((x) => x.mul(2), plain(1, 2)), /v can only be undefined if the input to the user-provided function is a single Tensor/],
    ["a vector of another size", () => F.vjp((x) => x.mul(2), plain(1, 2), plain(1)), /v has invalid size: should be \[2\] but got \[1\]/],
    ["vectors of another number", () => F.jvp((a, b) => a.mul(b), [plain(1), plain(2)], plain(1)), /v is a list of invalid length: should be 2 but got 1/],
    ["the Hessian of several numbers", () => F.hessian((x) => x.mul(2), plain(1, 2)), /The Tensor returned by the function given to hessian should contain a single element/],
    ["the product with one of several results", () => F.hvp(wrong((x: pt.Tensor) => [x, x]), plain(1), plain(1)), /The function given to hvp should return a single Tensor/],
    ["the Jacobian of what gives no tensor", () => F.jacobian(wrong(() => 3), plain(1)), /outputs of the user-provided function given to jacobian must be either a Tensor or a list of Tensors/],
    ["the Jacobian at a number", () => F.jacobian((x) => x, wrong(3)), /The inputs given to jacobian must be either a Tensor or a list of Tensors/],
    ["the Jacobian at integers", () => F.jacobian((x) => x.mul(2), pt.tensor([1])), /only Tensors of floating point dtype can require gradients/],
    ["strictly, what depends on no input", () => F.jacobian(() => plain(1), plain(1), { strict: true }), /Output 0 of the user-provided function does not require gradients/],
    ["strictly, what depends on one input only", () => F.jacobian((a) => a.mul(2), [plain(1), plain(2)], { strict: true }), /independent of input 1\. This is not allowed in strict mode/],
    ["strictly, the Hessian of what is linear", () => F.hessian((x) => x.sum(), plain(1), { strict: true }), /the jacobian of the user-provided function with respect to input 0 is independent of the input/],
    ["the gradient of several numbers", () => pt.func.grad((x: pt.Tensor) => x.mul(2))(plain(1, 2)), /Expected f\(\*args\) to return a scalar Tensor, got tensor with 1 dims/],
    ["the gradient of what gives no tensor", () => pt.func.grad(wrong(() => 3))(wrong(plain(1))), /Expected f\(\*args\) to return a Tensor, got 3/],
    ["the gradient by a number", () => pt.func.grad((x: number) => plain(x).sum())(3), /operand 0 must be a Tensor, got 3/],
  ],
  "losses": [
    ["reduced by another word", () => N.l1Loss(plain(1), plain(2), { reduction: wrong("avg") }), /l1Loss: avg is not a valid value for reduction/],
    ["of differences, by batches", () => N.huberLoss(plain(1), plain(2), { reduction: wrong("batchmean") }), /huberLoss: batchmean is not a valid value for reduction/],
    ["of divergences, by another word", () => N.klDiv(plain(1), plain(2), { reduction: wrong("avg") }), /choose "mean", "sum", "batchmean" or "none"/],
    ["of shapes that do not broadcast", () => N.smoothL1Loss(plain(1, 2), plain(1, 2, 3)), /The size of tensor a \(2\) must match the size of tensor b \(3\)/],
    ["of Huber with a delta of 0", () => N.huberLoss(plain(1), plain(2), { delta: 0 }), /huberLoss: does not support non-positive values for delta. Got: 0/],
    ["of Huber for integers", () => N.huberLoss(pt.tensor([1]), plain(2)), /huberLoss: not implemented for int64/],
    ["smooth with a negative beta", () => N.smoothL1Loss(plain(1), plain(2), { beta: -1 }), /smoothL1Loss: does not support negative values for beta. Got: -1/],
    ["smooth for integers", () => N.smoothL1Loss(pt.tensor([1]), pt.tensor([2])), /smoothL1Loss: not implemented for int64/],
    ["of numbers", () => N.l1Loss(plain(1), wrong(2)), /l1Loss: expected a Tensor, got 2/],
    ["of scores, taken for probabilities", () => N.binaryCrossEntropy(plain(1.5), plain(1)), /all elements of input should be between 0 and 1, got 1.5/],
    ["of probabilities that are NaN", () => N.binaryCrossEntropy(plain(NaN), plain(1)), /all elements of input should be between 0 and 1, got NaN/],
    ["of events that are 2", () => N.binaryCrossEntropy(plain(0.5), plain(2)), /all elements of target should be between 0 and 1, got 2/],
    ["of events of another shape", () => N.binaryCrossEntropy(plain(0.5, 0.5), plain(1)), /Using a target size \[1\] that is different to the input size \[2\] is deprecated/],
    ["of events of another type", () => N.binaryCrossEntropy(plain(0.5), pt.ones(1)), /Found dtype float32 but expected float64/],
    ["of scores, with events of another shape", () => N.binaryCrossEntropyWithLogits(plain(1, 2), plain(1)), /Target size \[1\] must be the same as input size \[2\]/],
    ["of scores, with events that are integers", () => N.binaryCrossEntropyWithLogits(plain(1), pt.tensor([1])), /binaryCrossEntropyWithLogits: not implemented for int64/],
    ["weighted by too much", () => N.binaryCrossEntropy(plain(0.5, 0.5), plain(1, 1), { weight: pt.ones(2, 1) }), /output with shape \[2\] doesn't match the broadcast shape \[2, 2\]/],
    ["weighted by what is to be learnt", () => N.binaryCrossEntropyWithLogits(plain(1), plain(1), { posWeight: leaf(2) }), /not differentiable with respect to argument 'posWeight'/],
    ["of divergences, for integers", () => N.klDiv(plain(1), pt.tensor([1])), /klDiv: Integral inputs not supported/],
    ["of classes in the shape of probabilities", () => N.crossEntropy(pt.ones(2, 3), pt.zeros(2, 3, { dtype: "int64" })), /Expected floating point type for target with class probabilities, got int64/],
    ["of probabilities of another shape", () => N.crossEntropy(pt.ones(2, 3), pt.ones(2)), /expected scalar type int64 but found float32/],
    ["of probabilities, with a class to ignore", () => N.crossEntropy(pt.ones(2, 3), pt.ones(2, 3), { ignoreIndex: 1 }), /ignoreIndex is not supported for floating point target/],
    ["of probabilities, with too few weights", () => N.crossEntropy(pt.ones(2, 3), pt.ones(2, 3), { weight: pt.ones(2) }), /crossEntropy: weight tensor should be defined either for all 3 classes/],
  ],
  "matrices": [
    ["to be inverted, that are singular", () => pt.ones(2, 2).inverse(), /linalg\.inv: The diagonal element 2 is zero, the inversion could not be completed because the input matrix is singular\./],
    ["to be inverted, one of which is singular", () => pt.inverse(pt.stack([pt.eye(2), pt.zeros(2, 2)])), /linalg\.inv: \(Batch element 1\): The diagonal element 1 is zero/],
    ["to be inverted, that are not square", () => pt.linalg.inv(pt.ones(2, 3)), /linalg\.inv: A must be batches of square matrices, but they are 2 by 3 matrices/],
    ["to be inverted, that are integers", () => pt.linalg.inv(pt.tensor([[1]])), /linalg\.inv: Expected a floating point tensor as input\. Got int64/],
    ["to be inverted, that are vectors", () => pt.linalg.inv(plain(1, 2)), /linalg\.inv: The input tensor A must have at least 2 dimensions, got \[2\]/],
    ["to be inverted, that are numbers", () => pt.linalg.inv(wrong(2)), /inv: expected a Tensor, got 2/],
    ["of equations, that are singular", () => pt.linalg.solve(pt.ones(2, 2), pt.ones(2)), /linalg\.solve: The solver failed because the input matrix is singular\./],
    ["of equations, one of which is singular", () => pt.linalg.solve(pt.stack([pt.eye(2), pt.ones(2, 2)]), pt.ones(2)), /linalg\.solve: \(Batch element 1\): The solver failed because the input matrix is singular/],
    ["of equations, that are not square", () => pt.linalg.solve(pt.ones(2, 3), pt.ones(2)), /linalg\.solve: A must be batches of square matrices, but they are 2 by 3 matrices/],
    ["of equations for more unknowns", () => pt.linalg.solve(pt.eye(2), pt.ones(3)), /Incompatible shapes of A and B for the equation AX = B \(2x2 and 3x1\)/],
    ["of equations, one vector a row", () => pt.linalg.solve(pt.eye(2), pt.ones(5, 2)), /Incompatible shapes of A and B for the equation AX = B \(2x2 and 5x2\)/],
    ["of equations, in other batches", () => pt.linalg.solve(pt.eye(2).expand(3, 2, 2), pt.ones(4, 2, 1)), /The size of tensor a \(3\) must match the size of tensor b \(4\) at non-singleton dimension 0/],
    ["of equations with a number", () => pt.linalg.solve(pt.eye(1), pt.tensor(1.5)), /linalg\.solve: The input tensor B must have at least 1 dimension, got \[\]/],
    ["of equations of two types", () => pt.linalg.solve(pt.eye(2), plain(1, 2)), /Expected A and B to have the same dtype, but found A of type float32 and B of type float64 instead/],
    ["without determinants", () => pt.det(pt.ones(2, 3)), /linalg\.det: A must be batches of square matrices, but they are 2 by 3 matrices/],
    ["without logarithms of determinants", () => pt.logdet(pt.ones(3)), /logdet: The input tensor A must have at least 2 dimensions, got \[3\]/],
    ["of integers, whose determinant is asked for", () => pt.linalg.slogdet(pt.tensor([[1]])), /linalg\.slogdet: Expected a floating point tensor as input\. Got int64/],
    ["that are singular, and backward from a logarithm", () => pt.linalg.slogdet(pt.ones(2, 2).requiresGrad_()).logabsdet.backward(), /linalg\.inv: The diagonal element 2 is zero/],
  ],
  "checks of gradients": [
    ["of what is wrong", () => pt.gradcheck((x: pt.Tensor) => x.mul(x.detach()), [plain(0.5)]), /for output 0 with respect to input 0, element 0: numerical .*, analytical 0\.5/],
    ["in float32", () => pt.gradcheck((x: pt.Tensor) => x, [pt.ones(1)]), /expected float64 inputs, got float32/],
    ["of integers only", () => pt.gradcheck((x: pt.Tensor) => x, [pt.tensor([1])]), /expects at least one input tensor to require gradient/],
    ["of numbers", () => pt.gradcheck((x: pt.Tensor) => x, [wrong(1)]), /inputs must be Scalars or Tensors, got 1/],
  ],
  "scattering": [
    ["by what is no reduction", () => leaf(1, 2).scatterReduce(0, pt.tensor([0]), leaf(1), wrong("add")), /scatterReduce: reduce argument must be either sum, prod, mean, amax or amin, got "add"/],
    ["the mean of truth values", () => pt.tensor([true]).scatterReduce(0, pt.tensor([0]), pt.tensor([true]), "mean"), /mean is not implemented for bool tensors/],
    ["of a number", () => leaf(1, 2).scatterReduce(0, pt.tensor([0]), wrong(1), "sum"), /scatterReduce: expected a Tensor, got 1/],
    ["to a place that there is not", () => leaf(1, 2).scatterReduce(0, pt.tensor([2]), leaf(1), "sum"), /index 2 is out of bounds for dimension 0 with size 2/],
  ],
  "slices without repetition": [
    ["of a dim that there is not", () => pt.ones(2, 3).unique({ dim: 2 }), /unique: Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)/],
    ["of no dims", () => pt.ones().unique({ dim: 0 }), /unique: Dimension specified as 0 but tensor has no dimensions/],
    ["without elements", () => pt.ones(3, 0).unique({ dim: 0 }), /0 sized dimensions, and they aren't selected, so unique cannot be applied, got shape \[3, 0\] and dim 0/],
  ],
};

for (const [group, rows] of Object.entries(cases)) {
  describe(`refused: ${group}`, () => {
    for (const [what, f, message] of rows) it(what, () => assert.throws(f, message));
  });
}

it("there are many of them", () => assert.ok(Object.values(cases).flat().length >= 40));
