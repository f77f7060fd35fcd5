// Owns DataLoader: a dataset in batches. Imports datasets, samplers, collate, the generator and the kernel's interrupt.
import { describe } from "../check";
import { interrupted, throwIfInterrupted } from "../notebook/link";
import { defaultGenerator, type Generator } from "../generator";
import { Tensor } from "../tensor";
import { collate as defaultCollate, collateNumbers, type Collated } from "./collate";
import { type Dataset, isDataset, type Stream, TensorDataset } from "./dataset";
import { batched, batchedAsync, sequential, shuffled } from "./sampler";

export interface StreamOptions<T, B> {
  /** How many samples a batch has. Default 1. */
  batchSize?: number;
  /** Leave out the last batch where it is shorter than the others. Default false. */
  dropLast?: boolean;
  /** Makes a batch of samples. Default: `collate`, which stacks tensors and numbers. */
  collate?: (samples: T[]) => B;
  /** Where random numbers come from. Default: the generator that `manualSeed` seeds. */
  generator?: Generator;
}

export interface LoaderOptions<T, B> extends StreamOptions<T, B> {
  /** Visit the samples in a new random order each time. Default false. */
  shuffle?: boolean;
}

/**
 * Goes through a dataset in batches, each time anew: `for (const [y, X] of loader)`. A stream that takes its time, or a
 * dataset whose `at` gives promises, needs `for await`.
 *
 * The random order, and how far each epoch moves the generator, are PyTorch's.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
 */
export class DataLoader<T, B = Collated<Awaited<T>>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: Dataset<T> | Stream<T>;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly shuffle: boolean;
  private readonly generator: Generator | undefined;
  private readonly collate: (samples: Awaited<T>[]) => B;
  private spent = false;

  /** @throws RangeError or TypeError for a wrong option, or where there is nothing to go through */
  constructor(dataset: Dataset<T>, options?: LoaderOptions<Awaited<T>, B>);
  constructor(dataset: Stream<T>, options?: StreamOptions<Awaited<T>, B>);
  constructor(dataset: Dataset<T> | Stream<T>, options: LoaderOptions<Awaited<T>, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false, generator, collate } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(
        `DataLoader: batchSize should be a positive integer value, but got batchSize=${describe(batchSize)}`,
      );
    }
    const source = dataset as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined;
    if (!isDataset(dataset)) {
      if (!source?.[Symbol.iterator] && !source?.[Symbol.asyncIterator]) {
        throw new TypeError(
          `DataLoader: expected a dataset (anything with length and at) or an iterable, got ${describe(dataset)}`,
        );
      }
      if (shuffle)
        throw new TypeError("DataLoader: a stream cannot be shuffled: its samples come in their own order");
    }
    if (shuffle && isDataset(dataset) && dataset.length === 0) {
      throw new RangeError(
        "DataLoader: num_samples should be a positive integer value, but got num_samples=0: there is nothing to shuffle",
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.generator = generator;
    this.collate = collate ?? (defaultCollate as unknown as (samples: Awaited<T>[]) => B);
  }

  /**
   * The number of batches.
   * @throws TypeError for a stream, which has none before its end
   */
  get length(): number {
    if (!isDataset(this.dataset)) throw new TypeError("DataLoader: a stream has no length");
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** One epoch, where the samples are at hand. */
  [Symbol.iterator](): Iterator<B> {
    this.begin();
    return this.batches();
  }

  /** One epoch, where samples may come in time. */
  [Symbol.asyncIterator](): AsyncIterator<B> {
    this.begin();
    return this.batchesAsync();
  }

  /** What happens when an epoch is asked for, before the first batch is. */
  private begin(): void {
    // PyTorch draws a seed for its workers here, with or without workers.
    (this.generator ?? defaultGenerator).nextInt63();
    if (isDataset(this.dataset)) return;
    const stream = this.dataset as Partial<Iterable<T> & AsyncIterable<T>>;
    const isOnce = "next" in stream;
    if (isOnce && this.spent) {
      throw new Error(
        "DataLoader: this stream can be gone through only once, and has been. Pass an object whose [Symbol.iterator] gives a fresh iterator each time.",
      );
    }
    this.spent = isOnce;
  }

  /** The numbers of the samples, batch by batch. */
  private plan({ length }: Dataset<T>): Iterable<number[]> {
    const { batchSize, dropLast } = this;
    if (!this.shuffle) return sequential(length, batchSize, dropLast);
    return shuffled(length, batchSize, dropLast, this.generator);
  }

  private *batches(): globalThis.Generator<B, void, void> {
    const { dataset, batchSize, dropLast } = this;
    if (!isDataset(dataset)) {
      for (const samples of batched(untilInterrupt(syncStream(dataset)), batchSize, dropLast)) {
        yield this.collate(ready(samples));
      }
    } else {
      const copyBatch = this.copierOf(dataset);
      let n = 0;
      for (const indices of this.plan(dataset)) {
        pollInterrupt("batch", n++);
        yield copyBatch?.(indices) ?? this.collate(ready(indices.map((index) => sampleAt(dataset, index))));
      }
    }
  }

  private async *batchesAsync(): AsyncGenerator<B, void, void> {
    const { dataset, batchSize, dropLast } = this;
    if (isDataset(dataset)) {
      const copyBatch = this.copierOf(dataset);
      let n = 0;
      for (const indices of this.plan(dataset)) {
        pollInterrupt("batch", n++);
        const samples = () => Promise.all(indices.map((index) => sampleInTime(dataset, index)));
        yield copyBatch?.(indices) ?? this.collate(await samples());
      }
    } else {
      for await (const samples of batchedAsync(untilInterruptAsync(dataset), batchSize, dropLast)) {
        yield this.collate(await Promise.all(samples));
      }
    }
  }

  /** What copies a batch in one go, where nobody has a say in what a sample or a batch is; else undefined. */
  private copierOf(dataset: unknown): ((indices: readonly number[]) => B) | undefined {
    if ((this.collate as unknown) !== defaultCollate) return undefined;
    if (dataset instanceof TensorDataset && dataset.at === TensorDataset.prototype.at) {
      return (indices) => dataset.batchAt(indices) as B;
    }
    const all = dataset instanceof Tensor ? dataset : collateNumbers(dataset);
    return all && ((indices) => all.indexSelect(0, indices) as B);
  }
}

function syncStream<T>(stream: Stream<T>): Iterable<T> {
  if (Symbol.iterator in stream) return stream;
  throw new TypeError("DataLoader: this stream is asynchronous: use `for await (const batch of loader)`");
}

/** @throws InterruptedError if the running cell is being interrupted */
function pollInterrupt(what: string, n: number): void {
  // Asked before there is a text, which would take longer than a small batch does.
  if (interrupted()) throwIfInterrupted(`DataLoader: ${what} ${n}`);
}

/** The stream, until the kernel is interrupted. */
function* untilInterrupt<T>(stream: Iterable<T>): Iterable<T> {
  let n = 0;
  for (const sample of stream) {
    pollInterrupt("sample", n++);
    yield sample;
  }
}

/** The stream, until the kernel is interrupted. */
async function* untilInterruptAsync<T>(stream: Stream<T>): AsyncIterable<T> {
  let n = 0;
  for await (const sample of stream) {
    pollInterrupt("sample", n++);
    yield sample;
  }
}

/** @throws TypeError where samples are yet to come */
function ready<T>(samples: T[]): Awaited<T>[] {
  if (samples.some((sample) => sample instanceof Promise)) {
    throw new TypeError("DataLoader: the dataset gives promises: use `for await (const batch of loader)`");
  }
  return samples as Awaited<T>[];
}

/** @throws Error that names the sample where the dataset fails to give it */
function sampleAt<T>(dataset: Dataset<T>, index: number): T {
  try {
    return present(dataset.at(index));
  } catch (error) {
    throw unreadable(dataset, index, error);
  }
}

/** `sampleAt`, for samples that come in time. */
async function sampleInTime<T>(dataset: Dataset<T>, index: number): Promise<Awaited<T>> {
  try {
    return present(await Promise.resolve(dataset.at(index)));
  } catch (error) {
    throw unreadable(dataset, index, error);
  }
}

function present<T>(sample: T | undefined): T {
  if (sample === undefined) throw new RangeError("at gave undefined");
  return sample;
}

function unreadable({ length }: Dataset<unknown>, index: number, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`DataLoader: sample ${index} of ${length} could not be read: ${why}`, { cause });
}
