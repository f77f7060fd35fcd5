// Owns how the operations other than pointwise ones are computed from kernels of tfjs. Imports execution and shapes.
import type { DTypeName } from "../../dtype";
import { asColumn, asRow, broadcast, type Shape, sizeOf } from "../../shape";
import type { Operand, Spec } from "../engine";
import type { Value } from "./backend";
import { type Execution, NoKernelError } from "./execution";

type Compute<A> = (e: Execution, inputs: readonly Operand[], out: Spec, attributes: A) => Value;

interface Reduction {
  readonly dims: readonly number[];
}

/** How many elements are reduced to one. */
const countOver = ({ dims }: Reduction, shape: Shape): number => dims.reduce((n, dim) => n * shape[dim], 1);

/** The sum over dims, which go. */
function total(e: Execution, x: Value, dims: readonly number[]): Value {
  if (dims.length === 0) return x;
  if (e.name !== "wasm" || countOver({ dims }, x.shape) <= RUN) return sumOver(e, x, dims);
  return [...dims].sort((a, b) => b - a).reduce((sums, dim) => sumInRuns(e, sums, dim), x);
}

const sumOver = (e: Execution, x: Value, axis: readonly number[]): Value =>
  e.call("Sum", { x }, { axis: [...axis], keepDims: false });

// wasm adds one element after another to a float32: past 2²⁴ ones the sum stays where it is.
const RUN = 512;

/** The sum over `dim` as the sum of the sums of runs. */
function sumInRuns(e: Execution, x: Value, dim: number): Value {
  const size = x.shape[dim];
  if (size <= RUN) return sumOver(e, x, [dim]);
  const whole = size - (size % RUN);
  const resized = (...sizes: number[]): number[] => x.shape.flatMap((n, i) => (i === dim ? sizes : [n]));
  const runs = e.reshape(partOf(e, x, dim, 0, whole), resized(whole / RUN, RUN));
  const sums = sumInRuns(e, sumOver(e, runs, [dim + 1]), dim);
  return whole === size ? sums : e.call("Add", { a: sums, b: sumOver(e, partOf(e, x, dim, whole, size), [dim]) });
}

/** From place `start` up to `end` of `dim`. */
function partOf(e: Execution, x: Value, dim: number, start: number, end: number): Value {
  if (start === 0 && end === x.shape[dim]) return x;
  const begin = x.shape.map((_, i) => (i === dim ? start : 0));
  return e.call("Slice", { x }, { begin, size: x.shape.map((n, i) => (i === dim ? end - start : n)) });
}

interface Runs {
  readonly starts: ArrayLike<number>;
  readonly run: number;
}

/**
 * Runs of neighbours as a block of a matrix with `columns`: rows from `row`, `run` columns from `column`. Undefined
 * where they do not lie so.
 */
function blockOf({ starts, run }: Runs, size: number): { columns: number; row: number; column: number } | undefined {
  const first = starts[0];
  const columns = starts.length > 1 ? starts[1] - first : size;
  if (columns <= 0 || size % columns !== 0) return undefined;
  const column = first % columns;
  if (column + run > columns) return undefined;
  for (let i = 1; i < starts.length; i++) if (starts[i] !== first + i * columns) return undefined;
  return { columns, row: (first - column) / columns, column };
}

/** The rows of a matrix of `run` columns that the runs are. Undefined where they are not rows of one. */
function rowsOf({ starts, run }: Runs, size: number): number[] | undefined {
  if (run === 0 || size % run !== 0) return undefined;
  const rows = new Array<number>(starts.length);
  for (let i = 0; i < rows.length; i++) {
    rows[i] = starts[i] / run;
    if (!Number.isInteger(rows[i])) return undefined;
  }
  return rows;
}

const NOT_ROWS = "the indices choose neither rows nor a block";

const sum: Compute<Reduction> = (e, [x], { shape }, { dims }) => e.reshape(total(e, e.operand(x), dims), shape);

const dividedBy = (e: Execution, x: Value, n: number): Value => e.call("RealDiv", { a: x, b: e.constant(n) });

const mean: Compute<Reduction> = (e, [x], { shape }, reduction) =>
  e.reshape(dividedBy(e, total(e, e.operand(x), reduction.dims), countOver(reduction, x.shape)), shape);

interface Spread {
  readonly reduction: Reduction;
  readonly isMean: boolean;
}

const spread: Compute<Spread> = (e, [g], { shape }, { reduction, isMean }) => {
  const n = isMean ? countOver(reduction, shape) : 1;
  const { storage } = g;
  if (storage.length === 1 && storage.isHome) return e.fill(shape, storage.data[0] / n);
  const kept = shape.map((size, dim) => (reduction.dims.includes(dim) ? 1 : size));
  const x = e.reshape(e.operand(g), kept);
  return e.expand(isMean ? dividedBy(e, x, n) : x, shape);
};

const mseLoss: Compute<{ reduction: string }> = (e, [x, y], _, { reduction }) => {
  const squares = e.call("SquaredDifference", { a: e.operand(x), b: e.operand(y) });
  if (reduction === "none") return squares;
  const sum = total(e, squares, squares.shape.map((_size, dim) => dim));
  return reduction === "sum" ? sum : dividedBy(e, sum, x.storage.length);
};

interface Along {
  readonly dim: number;
}

const softmax: Compute<Along> = (e, [x], { shape }, { dim }) => {
  if (shape.length === 0 || dim !== shape.length - 1) throw new NoKernelError("only along the last dim");
  return e.call("Softmax", { logits: e.operand(x) }, { dim });
};

const logSoftmax: Compute<Along> = (e, [x], { shape }, { dim }) => {
  if (shape.length === 0) throw new NoKernelError("only along a dim");
  const line = shape.map((n, i) => (i === dim ? 1 : n));
  const all = e.operand(x);
  const greatest = e.call("Max", { x: all }, { reductionIndices: [dim], keepDims: true });
  const shifted = e.call("Sub", { a: all, b: e.reshape(greatest, line) });
  const sum = e.reshape(total(e, e.call("Exp", { x: shifted }), [dim]), line);
  return e.call("Sub", { a: shifted, b: e.call("Log", { x: sum }) });
};

const truth: Compute<Reduction & { name: string }> = (e, [x], { shape }, { name, dims }) => {
  if (dims.length === 0) return e.reshape(e.operand(x, "bool"), shape);
  const result = e.call(name === "any" ? "Any" : "All", { x: e.operand(x, "bool") }, { axis: [...dims], keepDims: false });
  return e.reshape(result, shape);
};

const permute: Compute<{ order: readonly number[] }> = (e, [x], _, { order }) =>
  e.call("Transpose", { x: e.operand(x) }, { perm: [...order] });

const expand: Compute<unknown> = (e, [x], { shape }) => {
  const { storage } = x;
  if (storage.length !== 1 || !storage.isHome) return e.expand(e.operand(x), shape);
  return e.fill(shape, storage.data[0]);
};

const clone: Compute<null> = (e, [x]) => e.operand(x);

const to: Compute<{ dtype: DTypeName }> = (e, [x], _, { dtype }) =>
  e.cast(e.operand(x, x.dtype as "float32" | "bool"), dtype);

const index: Compute<Runs> = (e, [x], out, runs) => {
  const { starts, run } = runs;
  const size = x.storage.length;
  const block = blockOf(runs, size);
  if (block) {
    const { columns, row, column } = block;
    const source = e.reshape(e.operand(x), [size / columns, columns]);
    const chosen = e.call("Slice", { x: source }, { begin: [row, column], size: [starts.length, run] });
    return e.reshape(chosen, out.shape);
  }
  const rows = rowsOf(runs, size);
  if (!rows) throw new NoKernelError(NOT_ROWS);
  const source = e.reshape(e.operand(x), [size / run, run]);
  const chosen = e.call("GatherV2", { x: source, indices: e.integers(rows) }, { axis: 0, batchDims: 0 });
  return e.reshape(chosen, out.shape);
};

const scatter: Compute<Runs> = (e, [g], { shape }, runs) => {
  const { starts, run } = runs;
  const size = sizeOf(shape);
  const block = blockOf(runs, size);
  if (block) {
    const { columns, row, column } = block;
    const source = e.reshape(e.operand(g), [starts.length, run]);
    const paddings = [[row, size / columns - row - starts.length], [column, columns - column - run]];
    return e.reshape(e.call("PadV2", { x: source }, { paddings, constantValue: 0 }), shape);
  }
  const rows = rowsOf(runs, size);
  if (!rows) throw new NoKernelError(NOT_ROWS);
  const indices = e.integers(rows, [rows.length, 1]);
  const updates = e.reshape(e.operand(g), [rows.length, run]);
  return e.reshape(e.call("ScatterNd", { indices, updates }, { shape: [size / run, run] }), shape);
};

const cat: Compute<{ dim: number }> = (e, inputs, { shape }, { dim }) => {
  const some = inputs.filter(({ storage }) => storage.length > 0).map((input) => e.operand(input));
  return some.length === 1 ? e.reshape(some[0], shape) : e.call("Concat", some, { axis: dim });
};

const stack: Compute<{ dim: number }> = (e, inputs, _, { dim }) =>
  e.call("Pack", inputs.map((input) => e.operand(input)), { axis: dim });

interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const matmul: Compute<Product> = (e, [a, b], { shape }, product) => {
  const [left, right] = [asRow(a.shape), asColumn(b.shape)];
  const batch = broadcast("matmul", left.slice(0, -2), right.slice(0, -2));
  // Kernels want as many batch dims at either side.
  const lift = (x: Operand, own: Shape): Value => {
    const lifted = e.reshape(e.operand(x), [...batch.slice(own.length - 2).map(() => 1), ...own]);
    // wasm's takes as many matrices at either side, or one: what else is repeated it gets wrong.
    const [count, needed] = [sizeOf(own.slice(0, -2)), sizeOf(batch)];
    return e.name !== "wasm" || count === 1 || count === needed ? lifted : e.expand(lifted, [...batch, ...own.slice(-2)]);
  };
  return e.reshape(productOf(e, lift(a, left), lift(b, right), product), shape);
};

// Products that wasm adds up in one go, one after another in float32.
const LONGEST = 4096;

function productOf(e: Execution, a: Value, b: Value, product: Product): Value {
  const [last, other] = [a.shape.length - 1, a.shape.length - 2];
  const [aDim, bDim] = [product.transposeA ? other : last, product.transposeB ? last : other];
  const inner = a.shape[aDim];
  if (e.name !== "wasm" || inner <= LONGEST) return e.multiply(a, b, product);
  let total: Value | undefined;
  for (let start = 0; start < inner; start += LONGEST) {
    const end = Math.min(start + LONGEST, inner);
    const next = e.multiply(partOf(e, a, aDim, start, end), partOf(e, b, bDim, start, end), product);
    total = total ? e.call("Add", { a: total, b: next }) : next;
  }
  return total!;
}

/** By the operation's name. */
export const structural: Readonly<Record<string, Compute<never>>> = {
  sum,
  mean,
  spread,
  mseLoss,
  softmax,
  logSoftmax,
  truth,
  permute,
  expand,
  clone,
  to,
  index,
  scatter,
  cat,
  stack,
  matmul,
};
