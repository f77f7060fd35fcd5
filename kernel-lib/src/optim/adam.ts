// Owns Adam. Imports the optimizer base.
import type { Tensor } from "../tensor";
import { checkOption, Optimizer, type Params } from "./optimizer";

export interface AdamOptions {
  /** The learning rate: about how far a parameter moves in a step. Default 1e-3. */
  lr: number;
  /** How much of the running means of the gradient, and of its square, is kept in a step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** The factor of the penalty on the parameters' squares, halved. Default 0. */
  weightDecay: number;
  /** Divide by the greatest mean square so far rather than the present one. Default false. */
  amsgrad: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}

export interface AdamState {
  step: number;
  /** The running mean of the gradient. */
  readonly expAvg: Tensor;
  /** The running mean of its square. */
  readonly expAvgSq: Tensor;
  /** The greatest running mean of the square so far, with amsgrad. */
  readonly maxExpAvgSq: Tensor | null;
}

/**
 * Adam: w ← w − lr·m̂ / (√v̂ + eps), with m̂ and v̂ the running means of the gradient and of its square, corrected for
 * their start at zero.
 * @see https://arxiv.org/abs/1412.6980
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export class Adam extends Optimizer<AdamOptions, AdamState> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
      maximize: false,
      ...options,
    });
  }

  protected override check({ lr, betas, eps, weightDecay }: AdamOptions): void {
    checkOption("learning rate", lr);
    checkOption("epsilon value", eps);
    betas.forEach((beta, i) =>
      checkOption(`beta parameter at index ${i}`, beta, (value) => value >= 0 && value < 1),
    );
    checkOption("weightDecay value", weightDecay);
  }

  protected override init(p: Tensor, { amsgrad }: AdamOptions): AdamState {
    const zeros = (): Tensor => p.detach().clone().zero_();
    return { step: 0, expAvg: zeros(), expAvgSq: zeros(), maxExpAvgSq: amsgrad ? zeros() : null };
  }

  protected override update(p: Tensor, gradient: Tensor, state: AdamState, options: AdamOptions): void {
    const {
      lr,
      betas: [beta1, beta2],
      eps,
      weightDecay,
      maximize,
    } = options;
    let g = maximize ? gradient.neg() : gradient;
    if (weightDecay !== 0) g = g.addcmul(p, weightDecay);
    state.step++;
    state.expAvg.lerp_(g, 1 - beta1);
    state.expAvgSq.mul_(beta2).addcmul_(g.mul(1 - beta2), g);
    const meanSquare = state.maxExpAvgSq?.maximum_(state.expAvgSq) ?? state.expAvgSq;
    // The corrections are plain numbers, rounded to the parameter's type only where they meet a tensor.
    const correction1 = 1 - beta1 ** state.step;
    const correction2 = 1 - beta2 ** state.step;
    const denominator = meanSquare.sqrt().div_(Math.sqrt(correction2)).add_(eps);
    p.add_(state.expAvg.mul(-lr / correction1).div_(denominator));
  }
}
