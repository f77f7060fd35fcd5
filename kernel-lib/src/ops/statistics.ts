// Owns variances, norms and logarithms of sums over dims. Each exported function is also a method of Tensor.
// Imports apply, what reductions share, checks and dtypes.
import { describe } from "../check";
import { getDefaultDtype, isFloat, type TypedArray } from "../dtype";
import type { Operand, Spec } from "../engines/engine";
import { allocate } from "../memory";
import type { Shape } from "../shape";
import { Tensor } from "../tensor";
import { apply } from "./apply";
import { Op, type SavedTensors } from "./nodes";
import { counted, type Dims, keptShape, linesOver, type ReduceOptions, type Reduction, reduction, shapeOf } from "./reduced";

export interface VarOptions extends ReduceOptions {
  /** What is taken from the number of elements before it divides the sum of squares. Default 1. */
  correction?: number;
}

/** Each element of the result from the elements that become it, of which `at(i)` is the i-th of n. */
function reduceLines(
  [x]: readonly Operand[], out: Spec, { dims }: Reduction, f: (at: (i: number) => number, n: number) => number,
): TypedArray {
  const { data } = x.storage;
  const { starts, offsets } = linesOver(x.shape, dims);
  const result = allocate(out.dtype, starts.length);
  let start = 0;
  const at = (i: number): number => data[start + offsets[i]];
  for (let line = 0; line < starts.length; line++) {
    start = starts[line];
    result[line] = f(at, offsets.length);
  }
  return result;
}

/** The result's gradient, operand and result, such that they broadcast against one another. */
function aligned(g: Tensor, saved: SavedTensors<Reduction>): { g: Tensor; x: Tensor; y: Tensor } {
  const kept = keptShape(saved.specs[0].shape, saved.attributes);
  return { g: g.reshape(kept), x: saved.input(0), y: saved.output().reshape(kept) };
}

interface Variance extends Reduction {
  readonly correction: number;
}

function varianceOf(at: (i: number) => number, n: number, correction: number): number {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += at(i);
  mean /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (at(i) - mean) ** 2;
  return squares / Math.max(0, n - correction);
}

function inferVariance([{ shape, dtype }]: readonly Tensor[], attributes: Variance): Spec {
  if (!isFloat(dtype)) throw new TypeError("std and var only support floating point and complex dtypes");
  return { shape: shapeOf(shape, attributes), dtype };
}

/** 2·(x − mean)/(n − correction)·g, which PyTorch takes as it is also where n is less than the correction. */
function varianceGradient(g: Tensor, x: Tensor, { dims, correction }: Variance): Tensor {
  const factor = 2 / (counted(x.shape, dims) - correction);
  return g.mul(factor).mul(x.sub(x.mean(dims, { keepdim: true })));
}

const varOp: Op<Variance> = new Op({
  name: "var",
  kind: "reduction",
  keepsInputs: true,
  infer: inferVariance,
  kernel: (inputs, out, attributes) =>
    reduceLines(inputs, out, attributes, (at, n) => varianceOf(at, n, attributes.correction)),
  pullback(g, saved) {
    const x = saved.input(0);
    return [varianceGradient(g.reshape(keptShape(x.shape, saved.attributes)), x, saved.attributes)];
  },
});

const stdOp: Op<Variance> = new Op({
  name: "std",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  infer: inferVariance,
  kernel: (inputs, out, attributes) =>
    reduceLines(inputs, out, attributes, (at, n) => Math.sqrt(varianceOf(at, n, attributes.correction))),
  pullback(given, saved) {
    const { g, x, y } = aligned(given, saved);
    return [varianceGradient(g.div(y.mul(2)).where(y.ne(0), 0), x, saved.attributes)];
  },
});

function applyVariance(op: Op<Variance>, x: Tensor, dim: Dims | undefined, given: VarOptions): Tensor {
  const { correction = 1, ...options } = given;
  if (typeof correction !== "number")
    throw new TypeError(`${op.name}: correction must be a number, got ${describe(correction)}`);
  return apply(op, [x], { ...reduction(op.name, x, dim, options), correction });
}

/**
 * The variance over `dim` (of all elements where left out): Σ (x − mean)² / (n − correction).
 * @see https://pytorch.org/docs/stable/generated/torch.var.html
 */
function variance(x: Tensor, dim?: Dims, options: VarOptions = {}): Tensor {
  return applyVariance(varOp, x, dim, options);
}
export { variance as var };

/**
 * The standard deviation over `dim` (of all elements where left out), the root of `var`. Its gradient at 0 is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.std.html
 */
export function std(x: Tensor, dim?: Dims, options: VarOptions = {}): Tensor {
  return applyVariance(stdOp, x, dim, options);
}

interface Norm extends Reduction {
  readonly p: number;
}

function normOf(at: (i: number) => number, n: number, p: number): number {
  let total = p === -Infinity ? Infinity : 0;
  for (let i = 0; i < n; i++) {
    const size = Math.abs(at(i));
    if (p === Infinity) total = Math.max(total, size);
    else if (p === -Infinity) total = Math.min(total, size);
    else if (p === 0) total += Number(size !== 0);
    else total += p === 1 ? size : p === 2 ? size * size : size ** p;
  }
  if (p === 2) return Math.sqrt(total);
  return p === 0 || p === 1 || Math.abs(p) === Infinity ? total : total ** (1 / p);
}

/** @throws RangeError where a norm of nothing is asked for that has none */
function checkNorm(shape: Shape, { p, dims, named }: Norm): void {
  if (p >= 0 && p !== Infinity) return;
  const empty = dims.find((dim) => shape[dim] === 0);
  if (empty === undefined) return;
  const order = p === Infinity ? "inf" : p === -Infinity ? "-inf" : p;
  const where = named ? `the dimension ${empty} because this dimension is empty and` : "an empty tensor because";
  throw new RangeError(`norm: cannot compute the ${order} norm on ${where} the operation does not have an identity`);
}

const normOp: Op<Norm> = new Op({
  name: "norm",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  gradFn: () => "LinalgVectorNormBackward0",
  infer([{ shape, dtype }], attributes) {
    if (!isFloat(dtype))
      throw new TypeError(`norm: Expected a floating point or complex tensor as input. Got ${dtype}`);
    checkNorm(shape, attributes);
    return { shape: shapeOf(shape, attributes), dtype };
  },
  kernel: (inputs, out, attributes) => reduceLines(inputs, out, attributes, (at, n) => normOf(at, n, attributes.p)),
  pullback(given, saved) {
    // How many are not 0 does not follow small steps: PyTorch gives no gradient.
    if (saved.attributes.p === 0) return [null];
    const { g, x, y } = aligned(given, saved);
    return [normGradient(g, x, y, saved.attributes)];
  },
});

/** As PyTorch has it: 0 where the norm is 0, and where x is for p < 1. */
function normGradient(g: Tensor, x: Tensor, y: Tensor, { p, dims }: Norm): Tensor {
  const isNonzero = y.ne(0);
  if (p === 1) return x.sign().mul(g);
  if (p === 2) return x.div(y).where(isNonzero, 0).mul(g);
  if (Math.abs(p) === Infinity) {
    const chosen = x.abs().eq(y).logicalOr(x.isnan().logicalAnd(y.isnan()));
    const counts = chosen.sum(dims, { keepdim: true }).to(x.dtype);
    return x.sign().mul(g.div(counts).mul(chosen));
  }
  if (p < 1) {
    return x.sign().mul(x.abs().pow(p - 1).where(x.ne(0), 0)).mul(g.mul(y.pow(1 - p)));
  }
  const scale = g.div(y.pow(p - 1)).where(isNonzero, 0);
  return p < 2 ? x.sign().mul(x.abs().pow(p - 1)).mul(scale) : x.mul(x.abs().pow(p - 2)).mul(scale);
}

/**
 * The p-norm of the elements over `dim` (of all where left out): (Σ |x|^p)^(1/p); with p = ∞ the greatest size, with 0
 * how many are not zero. Its gradient at 0 is 0.
 * @param p default 2, which "fro" is another name of
 * @see https://pytorch.org/docs/stable/generated/torch.norm.html
 */
export function norm(x: Tensor, p: number | "fro" = 2, dim?: Dims, options: ReduceOptions = {}): Tensor {
  if (typeof p !== "number" && p !== "fro") throw new TypeError(`norm: p must be a number or "fro", got ${describe(p)}`);
  return apply(normOp, [x], { ...reduction("norm", x, dim, options), p: p === "fro" ? 2 : p });
}

const logsumexpOp: Op<Reduction> = new Op({
  name: "logsumexp",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  infer: ([{ shape, dtype }], attributes) => ({ shape: shapeOf(shape, attributes), dtype }),
  kernel: (inputs, out, attributes) =>
    reduceLines(inputs, out, attributes, (at, n) => {
      let greatest = -Infinity;
      for (let i = 0; i < n; i++) if (at(i) > greatest) greatest = at(i);
      // Infinities are not to be taken from one another.
      if (!Number.isFinite(greatest)) greatest = 0;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += Math.exp(at(i) - greatest);
      return Math.log(sum) + greatest;
    }),
  pullback(given, saved) {
    const { g, x, y } = aligned(given, saved);
    return [x.sub(y).exp().mul(g)];
  },
});

/**
 * ln Σ e^x over `dim`, exact also where e^x is too large or too small for a number.
 * @see https://pytorch.org/docs/stable/generated/torch.logsumexp.html
 */
export function logsumexp(x: Tensor, dim: Dims, options: ReduceOptions = {}): Tensor {
  if (x instanceof Tensor && dim === undefined) throw new TypeError("logsumexp: missing the dims to reduce over");
  const floats = x instanceof Tensor && !isFloat(x.dtype) ? x.to(getDefaultDtype()) : x;
  return apply(logsumexpOp, [floats], reduction("logsumexp", floats, dim, options));
}
