// Owns stochastic gradient descent. Imports the optimizer base.
import type { Tensor } from "../tensor";
import { checkOption, Optimizer, type Params } from "./optimizer";

export interface SGDOptions {
  /** The learning rate. Default 1e-3. */
  lr: number;
  /** How much of the last step goes on into this one. Default 0. */
  momentum: number;
  /** By how much a new gradient is damped before it joins the momentum. Default 0. */
  dampening: number;
  /** The factor of the penalty on the parameters' squares, halved. Default 0. */
  weightDecay: number;
  /** Look ahead along the momentum (Nesterov). Default false. */
  nesterov: boolean;
  /** Climb instead of descend. Default false. */
  maximize: boolean;
}

/**
 * Stochastic gradient descent, w ← w − lr·g, with momentum where asked for.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDOptions, { momentumBuffer: Tensor | null }> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      ...options,
    });
  }

  protected override check({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    checkOption("learning rate", lr);
    checkOption("momentum value", momentum);
    checkOption("weightDecay value", weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new RangeError("Nesterov momentum requires a momentum and zero dampening");
    }
  }

  protected override init() {
    return { momentumBuffer: null };
  }

  protected override update(
    p: Tensor,
    gradient: Tensor,
    state: { momentumBuffer: Tensor | null },
    options: SGDOptions,
  ): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options;
    let g = maximize ? gradient.neg() : gradient;
    if (weightDecay !== 0) g = g.addcmul(p, weightDecay);
    if (momentum !== 0) {
      // The first step takes the gradient whole, without dampening, as PyTorch does.
      state.momentumBuffer =
        state.momentumBuffer?.mul_(momentum).addcmul_(g, 1 - dampening) ?? g.detach().clone();
      g = nesterov ? g.addcmul(state.momentumBuffer, momentum) : state.momentumBuffer;
    }
    p.addcmul_(g, -lr);
  }
}
