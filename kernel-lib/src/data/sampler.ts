// Owns the order in which samples are visited, batch by batch, drawing just what PyTorch draws. Imports the generator.
import { defaultGenerator, Generator } from "../generator";
import { randperm } from "../random";

type Steps<T> = globalThis.Generator<T, void, void>;

/**
 * 0 … n − 1 in batches of `size`; the last may be shorter, and is left out where `dropLast` is set. Not a generator,
 * which takes longer to go on than a small batch takes to make.
 */
class Sequential implements IterableIterator<number[]> {
  private start = 0;

  constructor(
    private readonly n: number,
    private readonly size: number,
    private readonly dropLast: boolean,
  ) {}

  next(): IteratorResult<number[], void> {
    const { start, size } = this;
    const length = Math.min(size, this.n - start);
    if (length <= 0 || (length < size && this.dropLast)) return { done: true, value: undefined };
    const batch = new Array<number>(length);
    for (let i = 0; i < length; i++) batch[i] = start + i;
    this.start += size;
    return { done: false, value: batch };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

export const sequential = (n: number, size: number, dropLast: boolean): Iterable<number[]> =>
  new Sequential(n, size, dropLast);

/**
 * `sequential`, in random order. Without a generator, one is seeded from the default generator when the first batch is
 * asked for, so that a whole epoch moves the default generator by one seed only.
 */
export function* shuffled(n: number, size: number, dropLast: boolean, generator?: Generator): Steps<number[]> {
  const stream = generator ?? new Generator().manualSeed(defaultGenerator.nextInt63());
  const order = randperm(n, stream);
  const inFull = n - (n % size);
  for (let start = 0; start < inFull; start += size) yield [...order.subarray(start, start + size)];
  // PyTorch draws a second order when it asks for more than there is, of which it uses nothing; only the generator
  // shows it.
  randperm(n, stream);
  if (inFull < n && !dropLast) yield [...order.subarray(inFull)];
}

/** The items of a stream in batches of `size`, as `sequential` has them. */
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
