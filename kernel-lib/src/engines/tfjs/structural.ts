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

/** The sum over dims, which go. */
const total = (e: Execution, x: Operand, dims: readonly number[]): Value =>
  dims.length === 0 ? e.operand(x) : e.call("Sum", { x: e.operand(x) }, { axis: [...dims], keepDims: false });

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

const sum: Compute<Reduction> = (e, [x], out, { dims }) => e.reshape(total(e, x, dims), out.shape);

const mean: Compute<Reduction> = (e, [x], out, { dims }) => {
  const n = dims.reduce((count, dim) => count * x.shape[dim], 1);
  return e.reshape(e.call("RealDiv", { a: total(e, x, dims), b: e.constant(n) }), out.shape);
};

interface Spread {
  readonly reduction: Reduction;
  readonly isMean: boolean;
}

const spread: Compute<Spread> = (e, [g], { shape }, { reduction: { dims }, isMean }) => {
  const n = isMean ? dims.reduce((count, dim) => count * shape[dim], 1) : 1;
  const { storage } = g;
  if (storage.length === 1 && storage.isHome) {
    return e.call("Fill", {}, { shape: [...shape], value: storage.data[0] / n, dtype: "float32" });
  }
  const kept = shape.map((size, dim) => (dims.includes(dim) ? 1 : size));
  const x = e.reshape(e.operand(g), kept);
  return e.expand(isMean ? e.call("RealDiv", { a: x, b: e.constant(n) }) : x, shape);
};

const mseLoss: Compute<{ reduction: string }> = (e, [x, y], _, { reduction }) => {
  const squares = e.call("SquaredDifference", { a: e.operand(x), b: e.operand(y) });
  if (reduction === "none") return squares;
  const axis = squares.shape.map((_size, dim) => dim);
  const sum = axis.length === 0 ? squares : e.call("Sum", { x: squares }, { axis, keepDims: false });
  return reduction === "sum" ? sum : e.call("RealDiv", { a: sum, b: e.constant(x.storage.length) });
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
  // tfjs's kernels name the same attribute in two ways.
  const along = { axis: [dim], reductionIndices: [dim], keepDims: true };
  const line = shape.map((n, i) => (i === dim ? 1 : n));
  const over = (kernel: string, of: Value): Value => e.reshape(e.call(kernel, { x: of }, along), line);
  const all = e.operand(x);
  const shifted = e.call("Sub", { a: all, b: over("Max", all) });
  const sum = over("Sum", e.call("Exp", { x: shifted }));
  return e.call("Sub", { a: shifted, b: e.call("Log", { x: sum }) });
};

const truth: Compute<{ name: string }> = (e, [x], _, { name }) => {
  const flat = e.reshape(e.operand(x, "bool"), [x.storage.length]);
  return e.call(name === "any" ? "Any" : "All", { x: flat }, { axis: [0], keepDims: false });
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
  const { run } = runs;
  const size = sizeOf(shape);
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

const matmul: Compute<{ transposeA: boolean; transposeB: boolean }> = (e, [a, b], { shape }, transposes) => {
  const [left, right] = [asRow(a.shape), asColumn(b.shape)];
  const batch = broadcast("matmul", left.slice(0, -2), right.slice(0, -2));
  // Kernels want as many batch dims at either side.
  const lift = (x: Operand, own: Shape): Value =>
    e.reshape(e.operand(x), [...batch.slice(own.length - 2).map(() => 1), ...own]);
  return e.reshape(e.multiply(lift(a, left), lift(b, right), transposes), shape);
};

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
