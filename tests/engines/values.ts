// The values that engines are compared on: drawn from a small stock, so that each comparison can be known to hold.
// Imports the built library.
import * as pt from "torchlab";

/** What floating-point arithmetic treats apart, and numbers whose products leave its range. */
export const special = [NaN, Infinity, -Infinity, 0, -0, 1e20, -1e20, 1e-20, -1e-20];

/** Sixteenths: sums and products of a few have no rounding, so that ties are ties everywhere. */
const tame = Array.from({ length: 61 }, (_, k) => (k - 30) / 16).concat([3, -3, 7.25, 20, -20, 90, -90]);
// Fractions that are rounded.
const fractions = [0.1, -0.3, 0.7, 1 / 3, -2.2, 13.7].map(Math.fround);

/** What the elements of a tensor are drawn from. */
export const stocks = {
  wild: [...special, ...special, ...tame, ...fractions],
  finite: [...tame, ...fractions],
  /** Away from 0, from one another's kinks and from 1, so that every function and gradient is finite. */
  positive: Array.from({ length: 40 }, (_, k) => Math.fround(0.3 + k / 17)),
  /** Gradients to begin with: powers of two, which add no rounding. */
  seeds: [0.5, -0.5, 1, -1, 2, -2],
  truth: [0, 1],
  whole: [-3, -2, -1, 0, 1, 2, 3, 8],
} as const;

export type Stock = keyof typeof stocks;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** A tensor of `shape` with elements from `stock`, the same for the same `seed`. */
export function draw(stock: Stock, shape: readonly number[], seed: number): pt.Tensor {
  const values: readonly number[] = stocks[stock];
  let state = (seed * 2654435761 + 1) >>> 0;
  const out = new Float64Array(sizeOf(shape));
  for (let i = 0; i < out.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = values[Math.floor((state / 2 ** 32) * values.length)];
  }
  const dtype = stock === "truth" ? "bool" : stock === "whole" ? "int64" : "float32";
  return pt.tensor(out, { dtype }).reshape([...shape]);
}
