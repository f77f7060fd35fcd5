// Owns running sums and products, and products over a dim, whose gradients are running sums of products.
// Each exported function is also a method of Tensor. Imports apply, creation, joining, movement, shapes and dtypes.
import { full, zeros } from "../creation";
import { exactInteger, isFloat, type TypedArray } from "../dtype";
import type { Operand, Spec } from "../engines/engine";
import { allocate } from "../memory";
import { normalizeDim, sizeOf } from "../shape";
import type { Tensor } from "../tensor";
import { apply } from "./apply";
import { narrow } from "./indexing";
import { cat } from "./join";
import { Op } from "./nodes";
import { keptShape, linesAlong, linesOver, type ReduceOptions, type Reduction, reduction, shapeOf } from "./reduced";

interface Along {
  readonly dim: number;
  /** Whether from the last element to the first. */
  readonly backwards: boolean;
}

/** Sums and products of integers are integers. */
const inferRunning = ([{ shape, dtype }]: readonly Tensor[]): Spec =>
  ({ shape, dtype: isFloat(dtype) ? dtype : "int64" });

/** Fills the result along `dim`, each element from its place, the place before it (−1 if none), and what is there. */
function run(
  out: Spec, dim: number, backwards: boolean, f: (place: number, before: number, last: number) => number,
): TypedArray {
  const result = allocate(out.dtype, sizeOf(out.shape));
  const isInteger = out.dtype === "int64";
  const { count, n, step, start } = linesAlong(out.shape, dim);
  for (let line = 0; line < count; line++) {
    // Kept with all its digits, also where each is rounded to float32.
    let last = NaN;
    let before = -1;
    for (let i = 0; i < n; i++) {
      const place = start(line) + (backwards ? n - 1 - i : i) * step;
      last = f(place, before, last);
      result[place] = isInteger ? exactInteger(last) : last;
      before = place;
    }
  }
  return result;
}

const cumsumOp: Op<Along> = new Op({
  name: "cumsum",
  kind: "reduction",
  infer: inferRunning,
  kernel([x], out, { dim, backwards }) {
    const { data } = x.storage;
    return run(out, dim, backwards, (place, before, last) => (before < 0 ? data[place] : last + data[place]));
  },
  pullback: (g, { attributes }) => [apply(cumsumOp, [g], { ...attributes, backwards: !attributes.backwards })],
});

/**
 * The sums of the elements along `dim` up to each. Integers and truth values give int64.
 * @see https://pytorch.org/docs/stable/generated/torch.cumsum.html
 */
export function cumsum(x: Tensor, dim: number): Tensor {
  return apply(cumsumOp, [x], { dim: normalizeDim("cumsum", dim, x.ndim), backwards: false });
}

/** Each element's forerunner along `dim`; the first one's is `first`. */
function shifted(x: Tensor, dim: number, first: number): Tensor {
  const n = x.shape[dim] ?? 1;
  if (n === 0) return x;
  const head = full(x.shape.map((size, i) => (i === dim ? 1 : size)), first, { dtype: x.dtype });
  return n === 1 ? head : cat([head, narrow(x, dim, 0, n - 1)], dim);
}

/**
 * yᵢ = bᵢ + aᵢ·yᵢ₋₁, or backwards yᵢ = bᵢ + aᵢ₊₁·yᵢ₊₁: each is the other's gradient, without a division, so that zeros
 * are numbers like others.
 */
const recurrenceOp: Op<Along> = new Op({
  name: "recurrence",
  kind: "reduction",
  keepsInputs: [0],
  keepsOutput: true,
  infer: ([, { shape, dtype }]) => ({ shape, dtype }),
  kernel([a, b]: readonly Operand[], out, { dim, backwards }) {
    const [factors, terms] = [a.storage.data, b.storage.data];
    return run(out, dim, backwards, (place, before, last) =>
      before < 0 ? terms[place] : terms[place] + factors[backwards ? before : place] * last);
  },
  pullback(g, saved) {
    const { dim, backwards } = saved.attributes;
    const other = apply(recurrenceOp, [saved.input(0), g], { dim, backwards: !backwards });
    if (!saved.needs(0)) return [null, other];
    const [later, sooner] = backwards ? [saved.output(), other] : [other, saved.output()];
    return [later.mul(shifted(sooner, dim, 0)), saved.needs(1) ? other : null];
  },
});

/** Σⱼ gⱼ·∏ of what is before and up to j but xᵢ itself: what all running products owe to each element. */
const productGradient = (g: Tensor, x: Tensor, products: Tensor, dim: number): Tensor =>
  shifted(products, dim, 1).mul(apply(recurrenceOp, [x, g], { dim, backwards: true }));

const cumprodOp: Op<Along> = new Op({
  name: "cumprod",
  kind: "reduction",
  keepsInputs: true,
  keepsOutput: true,
  infer: inferRunning,
  kernel([x], out, { dim }) {
    const { data } = x.storage;
    return run(out, dim, false, (place, before, last) => (before < 0 ? data[place] : last * data[place]));
  },
  pullback: (g, saved) => [productGradient(g, saved.input(0), saved.output(), saved.attributes.dim)],
});

/**
 * The products of the elements along `dim` up to each. Integers and truth values give int64. The gradient is exact also
 * where some are 0.
 * @see https://pytorch.org/docs/stable/generated/torch.cumprod.html
 */
export function cumprod(x: Tensor, dim: number): Tensor {
  return apply(cumprodOp, [x], { dim: normalizeDim("cumprod", dim, x.ndim), backwards: false });
}

const prodOp: Op<Reduction> = new Op({
  name: "prod",
  kind: "reduction",
  keepsInputs: true,
  gradFn: ({ named }) => (named ? "ProdBackward1" : "ProdBackward0"),
  infer: ([{ shape, dtype }], attributes) => ({
    shape: shapeOf(shape, attributes),
    dtype: isFloat(dtype) ? dtype : "int64",
  }),
  kernel([x], out, { dims }) {
    const { data } = x.storage;
    const { starts, offsets } = linesOver(x.shape, dims);
    const result = allocate(out.dtype, starts.length);
    for (let line = 0; line < starts.length; line++) {
      let product = 1;
      for (let i = 0; i < offsets.length; i++) product *= data[starts[line] + offsets[i]];
      result[line] = out.dtype === "int64" ? exactInteger(product) : product;
    }
    return result;
  },
  // That of the last running product, the others having none.
  pullback(given, saved) {
    const { attributes: { named, dims }, specs: [{ shape, dtype }] } = saved;
    if (sizeOf(shape) === 0) return [zeros(shape, { dtype })];
    const isLine = named && dims.length > 0;
    const x = isLine ? saved.input(0) : saved.input(0).reshape(-1);
    const dim = isLine ? dims[0] : 0;
    const g = given.reshape(isLine ? keptShape(shape, saved.attributes) : [1]);
    const others = x.shape.map((size, i) => (i === dim ? size - 1 : size));
    const last = cat([zeros(others, { dtype }), g], dim);
    return [productGradient(last, x, cumprod(x, dim), dim).reshape(shape)];
  },
});

/**
 * The product of the elements along `dim` (of all where left out). Integers and truth values give int64. The gradient
 * is exact also where some are 0.
 * @see https://pytorch.org/docs/stable/generated/torch.prod.html
 */
export function prod(x: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  return apply(prodOp, [x], reduction("prod", x, dim, options));
}
