// Owns functions that make functions of their gradients.
// Imports tensor and grad.
import { checkInteger, describe } from "../check";
import { zerosLike } from "../creation";
import { normalizeDim } from "../shape";
import { enableGrad, isGradEnabled } from "../tape";
import { Tensor } from "../tensor";
import { grad as gradOf } from "./grad";

export interface FuncGradOptions<N extends number | readonly number[] = number | readonly number[]> {
  /** By which of the operands: a number gives a tensor, a list a list. Default 0. */
  argnums?: N;
}

type Gradients<N> = N extends readonly number[] ? Tensor[] : Tensor;

/**
 * A function that gives `[f(…), the gradient of f]`, where `f` gives one number.
 *
 *     const [loss, dw] = pt.func.valueAndGrad((w) => X.mul(w).sub(y).pow(2).mean())(w);
 *
 * The results have a graph of their own where an operand requires a gradient: so gradients of gradients are
 * `grad(grad(f))`, and nobody's `grad` changes.
 */
export function valueAndGrad<A extends unknown[], N extends number | readonly number[] = number>(
  f: (...operands: A) => Tensor,
  { argnums }: FuncGradOptions<N> = {},
): (...operands: A) => [Tensor, Gradients<N>] {
  const places: readonly number[] = typeof argnums === "object" ? argnums : [Number(argnums ?? 0)];
  for (const place of places) checkInteger("grad", "argnums", place);
  return (...operands) => {
    const at = places.map((place) => normalizeDim("grad", place, operands.length));
    const createGraph = isGradEnabled() && operands.some((x) => x instanceof Tensor && x.requiresGrad);
    const fresh = operands.map((x, i) => {
      if (!at.includes(i)) return x;
      if (!(x instanceof Tensor)) throw new TypeError(`grad: operand ${i} must be a Tensor, got ${describe(x)}`);
      // A tensor of its own, so that what else is made of the operand does not count.
      return createGraph && x.requiresGrad ? x.clone() : x.detach().requiresGrad_();
    });
    const inputs = at.map((i) => fresh[i] as Tensor);
    const output: unknown = enableGrad(() => f(...(fresh as A)));
    if (!(output instanceof Tensor))
      throw new TypeError(`grad(f)(*args): Expected f(*args) to return a Tensor, got ${describe(output)}`);
    if (output.ndim !== 0) {
      throw new Error(
        `grad(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with ${output.ndim} dims. ` +
          "Maybe you wanted to use vjp or jacobian instead?",
      );
    }
    const found = output.requiresGrad
      ? gradOf(output, inputs, { createGraph, allowUnused: true })
      : inputs.map(() => null);
    const gradients = found.map((gradient, i) => gradient ?? zerosLike(inputs[i]));
    const value = createGraph ? output : output.detach();
    return [value, (typeof argnums === "object" ? gradients : gradients[0]) as Gradients<N>];
  };
}

/** `valueAndGrad` in PyTorch's order: `[the gradient, f(…)]`. */
export function gradAndValue<A extends unknown[], N extends number | readonly number[] = number>(
  f: (...operands: A) => Tensor,
  options: FuncGradOptions<N> = {},
): (...operands: A) => [Gradients<N>, Tensor] {
  const both = valueAndGrad<A, N>(f, options);
  return (...operands) => {
    const [value, gradient] = both(...operands);
    return [gradient, value];
  };
}

/**
 * A function that gives the gradient of `f`, which gives one number.
 *
 *     pt.func.grad(pt.func.grad((x) => x.pow(3)))(pt.tensor(2.0, { dtype: pt.float64 }));
 * @see https://pytorch.org/docs/stable/generated/torch.func.grad.html
 */
export function grad<A extends unknown[], N extends number | readonly number[] = number>(
  f: (...operands: A) => Tensor,
  options: FuncGradOptions<N> = {},
): (...operands: A) => Gradients<N> {
  const both = valueAndGrad<A, N>(f, options);
  return (...operands) => both(...operands)[1];
}
export { vmap, type VmapOptions } from "./vmap";
