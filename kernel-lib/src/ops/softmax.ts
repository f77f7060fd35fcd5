// Owns softmax and its logarithm. Each exported function is also a method of Tensor. Imports apply, shapes and dtypes.
import { isFloat } from "../dtype";
import type { Operand, Spec } from "../engines/engine";
import { allocate } from "../memory";
import { eachLine, lines, normalizeDim } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op } from "./nodes";

interface Along {
  readonly dim: number;
}

function inferFloat(name: string, { shape, dtype }: Spec): Spec {
  if (!isFloat(dtype)) throw new TypeError(`${name}: not implemented for ${dtype}. Convert with .to(pt.float32) first.`);
  return { shape, dtype };
}

/**
 * Fills the result line by line: first with the elements less their greatest, so that no exponential overflows, then
 * with what `finish` makes of them and of the sum of their exponentials.
 */
function normalised(x: Operand, out: Spec, dim: number, finish: (shifted: number, sum: number) => number) {
  const { data } = x.storage;
  const result = allocate(out.dtype, data.length);
  const all = lines(x.shape, dim);
  const { n, step } = all;
  eachLine(all, (start) => {
    const end = start + n * step;
    let greatest = -Infinity;
    for (let p = start; p < end; p += step) if (data[p] > greatest) greatest = data[p];
    let sum = 0;
    for (let p = start; p < end; p += step) {
      result[p] = data[p] - greatest;
      sum += Math.exp(result[p]);
    }
    for (let p = start; p < end; p += step) result[p] = finish(result[p], sum);
  });
  return result;
}

const sumAlong = (x: Tensor, { dim }: Along): Tensor => x.sum(dim, { keepdim: true });

const softmaxOp: Op<Along> = new Op({
  name: "softmax",
  kind: "reduction",
  keepsOutput: true,
  infer: ([x]) => inferFloat("softmax", x),
  kernel: ([x], out, { dim }) => normalised(x, out, dim, (shifted, sum) => Math.exp(shifted) / sum),
  // y·(g − Σ g·y)
  pullback(g, saved) {
    const y = saved.output();
    return [g.sub(sumAlong(g.mul(y), saved.attributes)).mul(y)];
  },
});

/**
 * e to the power of each element, divided by the sum of these along `dim`: positive numbers that add up to 1.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
 */
export function softmax(x: Tensor, dim: number): Tensor {
  return apply(softmaxOp, [x], { dim: normalizeDim("softmax", dim, x.ndim) });
}

const logSoftmaxOp: Op<Along> = new Op({
  name: "logSoftmax",
  kind: "reduction",
  keepsOutput: true,
  infer: ([x]) => inferFloat("logSoftmax", x),
  kernel: ([x], out, { dim }) => normalised(x, out, dim, (shifted, sum) => shifted - Math.log(sum)),
  // g − e^y·Σ g
  pullback: (g, saved) => [g.sub(saved.output().exp().mul(sumAlong(g, saved.attributes)))],
});

/**
 * The logarithm of `softmax`, exact also where a softmax is too small to be told from 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  return apply(logSoftmaxOp, [x], { dim: normalizeDim("logSoftmax", dim, x.ndim) });
}
