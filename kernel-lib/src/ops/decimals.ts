// Owns rounding to decimals, which the rule `round` has none of. Each exported function is also a method of Tensor.
// Imports apply, the rules, making tensors and dtypes.
import { checkInteger, describe } from "../check";
import { zeros } from "../creation";
import { type DTypeName, isFloat } from "../dtype";
import { allocate } from "../memory";
import { rules } from "../rules";
import { Tensor } from "../tensor";
import { apply, applyInPlace, pointwise, pointwiseInPlace, pointwiseOps } from "./apply";
import { Op } from "./nodes";

export interface RoundOptions {
  /** How many digits are kept after the point; negative for tens, hundreds and so on. Without it integers are made. */
  decimals?: number;
}

interface Decimals {
  readonly dtype: DTypeName;
  readonly decimals: number;
}

const roundOp: Op<Decimals> = new Op({
  name: "roundDecimals",
  kind: "pointwise",
  gradFn: () => "RoundBackward1",
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  kernel([{ storage: { data } }], { dtype }, { decimals }, target) {
    const result = target ?? allocate(dtype, data.length);
    const held = dtype === "float32" ? Math.fround : Number;
    const nearest = rules.round.value;
    // As it is written: V8's powers may be off by a bit. Each step is rounded, as in PyTorch.
    const scale = held(Number(`1e${Math.abs(decimals)}`));
    for (let i = 0; i < result.length; i++) {
      result[i] = decimals < 0 ? nearest(held(data[i] / scale)) * scale : nearest(held(data[i] * scale)) / scale;
    }
    return result;
  },
  pullback: (_, { specs: [{ shape, dtype }] }) => [zeros(shape, { dtype })],
});

/** @returns null where no decimals are asked for */
function decimalsOf(name: string, x: Tensor, options: RoundOptions): Decimals | null {
  if (typeof options !== "object") throw new TypeError(`${name}: expected { decimals }, got ${describe(options)}`);
  const { decimals } = options;
  if (decimals === undefined) return null;
  checkInteger(name, "decimals", decimals);
  if (!(x instanceof Tensor)) throw new TypeError(`${name}: expected a Tensor, got ${describe(x)}`);
  if (!isFloat(x.dtype)) throw new TypeError(`${name}: decimals are not implemented for ${x.dtype} tensors.`);
  return { decimals, dtype: x.dtype };
}

/**
 * The integer nearest to x, halves going to the even one; with `decimals` d, that of x · 10ᵈ, divided by 10ᵈ. The
 * gradient is 0 everywhere.
 * @throws TypeError for decimals of what is not of a floating-point type
 * @see https://pytorch.org/docs/stable/generated/torch.round.html
 */
export function round(x: Tensor, options: RoundOptions = {}): Tensor {
  const asked = decimalsOf("round", x, options);
  return asked === null ? pointwise(pointwiseOps.round, [x]) : apply(roundOp, [x], asked);
}

/** Puts into this tensor what `round` gives. */
export function round_(x: Tensor, options: RoundOptions = {}): Tensor {
  const asked = decimalsOf("round_", x, options);
  return asked === null ? pointwiseInPlace(pointwiseOps.round, x, [x]) : applyInPlace("round_", roundOp, [x], asked);
}
