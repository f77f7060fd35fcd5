// Tensors for properties: random shapes, and elements among which every choice is stable. Imports the library.
import fc from "fast-check";
import * as pt from "torchlab";

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/**
 * Elements of both signs and away from 0, no two of which are close to each other, nor their absolute values, in an
 * order that `seed` gives: no small step meets a kink or changes a choice.
 */
export function scattered(shape: readonly number[], seed: number): pt.Tensor {
  const n = sizeOf(shape);
  const order = pt.randperm(n, { generator: new pt.Generator().manualSeed(seed) }).toArray<number[]>();
  const values = order.map((k) => (k % 2 ? -1 : 1) * (0.4 + (1.2 * k) / n));
  return pt.tensor(values, { dtype: "float64" }).reshape([...shape]);
}

export interface Drawn {
  readonly shape: readonly number[];
  readonly seed: number;
  /** A number from 0 up to n, not included. */
  pick(n: number): number;
}

/** A shape of `least` to `most` dims, a seed, and choices. */
export const drawn = (least: number, most = 3): fc.Arbitrary<Drawn> =>
  fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: least, maxLength: Math.max(least, most) }),
    seed: fc.integer({ min: 0, max: 9999 }),
    choices: fc.infiniteStream(fc.nat(999)),
  }).map(({ shape, seed, choices }) => ({ shape, seed, pick: (n) => (choices.next().value) % n }));

/** Integers below n, in a tensor of `shape`. */
export const integers = (n: number, shape: readonly number[], pick: Drawn["pick"]): pt.Tensor =>
  pt.tensor(Array.from({ length: sizeOf(shape) }, () => pick(n)), { dtype: "int64" }).reshape([...shape]);

/** Integers below n, none twice. */
export const places = (n: number, count: number, seed: number): pt.Tensor =>
  pt.randperm(n, { generator: new pt.Generator().manualSeed(seed) }).narrow(0, 0, count);
