// Owns the in-place operations that follow from no rule. Each exported function is also a method of Tensor.
import { describe } from "../check";
import { round, type TypedArray } from "../dtype";
import { convert } from "../memory";
import { sameShape } from "../shape";
import { isGradEnabled } from "../tape";
import { Tensor } from "../tensor";
import { checkWritable } from "./apply";

/** Replaces the elements of `x` outright. Under recording that is refused, since the new ones have no history. */
function overwrite(name: string, x: Tensor, fill: (elements: TypedArray) => void): Tensor {
  checkWritable(name, x, [x]);
  if (isGradEnabled() && !x.isLeaf) {
    throw new Error(
      `${name}: this tensor was computed with gradients, and overwriting it would cut its graph. Use .detach() or pt.noGrad(() => …).`,
    );
  }
  fill(x.storage.write());
  return x;
}

/** Sets every element to zero. */
export function zero_(x: Tensor): Tensor {
  return overwrite("zero_", x, (elements) => elements.fill(0));
}

/** Sets every element to `value`. */
export function fill_(x: Tensor, value: number): Tensor {
  if (typeof value !== "number") throw new TypeError(`fill_: expected a number, got ${describe(value)}`);
  return overwrite("fill_", x, (elements) => elements.fill(round(x.dtype, value)));
}

/**
 * Copies the elements of `source`, broadcast and converted, into this tensor.
 * @throws RangeError where `source` does not broadcast to this tensor's shape
 */
export function copy_(x: Tensor, source: Tensor): Tensor {
  if (!(source instanceof Tensor)) throw new TypeError(`copy_: expected a Tensor, got ${describe(source)}`);
  if (isGradEnabled() && source.requiresGrad) {
    throw new Error("copy_: the source needs a gradient, and a copy would cut its graph. Use source.detach() or pt.noGrad(() => …).");
  }
  const values = sameShape(source.shape, x.shape) ? source.detach() : source.detach().expand(x.shape);
  return overwrite("copy_", x, (elements) => elements.set(convert(values.storage.data, values.dtype, x.dtype)));
}
