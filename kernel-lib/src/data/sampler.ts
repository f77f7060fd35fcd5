// Owns the order in which samples are visited, drawing just what PyTorch draws. Imports the generator.
import { defaultGenerator, Generator } from "../generator";
import { randperm } from "../random";

/** 0 … n − 1. */
export function* sequential(n: number): Steps<number> {
  for (let i = 0; i < n; i++) yield i;
}

type Steps<T> = globalThis.Generator<T, void, void>;

/**
 * 0 … n − 1 in random order. Without a generator, one is seeded from the default generator when the first index is
 * asked for, so that a whole epoch moves the default generator by one seed only.
 */
export function* shuffled(n: number, generator?: Generator): Steps<number> {
  const stream = generator ?? new Generator().manualSeed(defaultGenerator.nextInt63());
  yield* randperm(n, stream);
  // PyTorch draws a second order at the end, of which it uses nothing; only the generator shows it.
  randperm(n, stream);
}

/** Runs of `size` items; the last may be shorter, and is left out where `dropLast` is set. */
export function* batched<T>(items: Iterable<T>, size: number, dropLast: boolean): Steps<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0 && !dropLast) yield batch;
}

/** `batched`, for items that come in time. */
export async function* batchedAsync<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
  dropLast: boolean,
): AsyncGenerator<T[], void, void> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0 && !dropLast) yield batch;
}
