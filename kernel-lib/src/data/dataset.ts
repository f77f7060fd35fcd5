// Owns what a dataset is, and TensorDataset. Imports tensor and indexing.
import { describe, shapeText } from "../check";
import { indexSelect } from "../ops/indexing";
import { Tensor } from "../tensor";

/** Samples that can be had by number: anything with `length` and `at`, such as an array or a tensor. */
export interface Dataset<T> {
  readonly length: number;
  at(index: number): T | undefined;
}

/** Samples that come one after another: anything that `for` or `for await` can go through. */
export type Stream<T> = Iterable<T> | AsyncIterable<T>;

/** Whether samples can be had by number. */
export function isDataset(value: unknown): value is Dataset<unknown> {
  const candidate = value as Partial<Dataset<unknown>> | null | undefined;
  return typeof candidate?.length === "number" && typeof candidate.at === "function";
}

/**
 * The rows of several tensors side by side: sample i holds row i of each.
 *
 *     const trainDs = new pt.data.TensorDataset(y, X);
 *     trainDs.at(0); // (tensor(-11.1258), tensor(-5.))
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
 */
export class TensorDataset<Ts extends readonly Tensor[]> implements Dataset<Ts> {
  readonly tensors: Ts;

  /** @throws RangeError unless all tensors have the same number of rows */
  constructor(...tensors: Ts) {
    if (tensors.length === 0) throw new RangeError("TensorDataset: expected at least one tensor");
    for (const tensor of tensors) {
      if (!(tensor instanceof Tensor))
        throw new TypeError(`TensorDataset: expected Tensors, got ${describe(tensor)}`);
      if (tensor.ndim === 0) throw new RangeError("TensorDataset: a 0-dim tensor has no rows");
    }
    if (tensors.some(({ length }) => length !== tensors[0].length)) {
      throw new RangeError(
        `TensorDataset: Size mismatch between tensors: ${tensors.map(({ shape }) => shapeText(shape)).join(", ")}`,
      );
    }
    this.tensors = tensors;
  }

  /** The number of samples. */
  get length(): number {
    return this.tensors[0].length;
  }

  /**
   * Row `index` of each tensor; a negative index counts from the end.
   * @throws RangeError where there is no such row
   */
  at(index: number): Ts {
    return new Sample(...this.tensors.map((tensor) => tensor.at(index))) as unknown as Ts;
  }

  /** The rows with these indices, stacked: what `collate` makes of the samples, in one copy. */
  batchAt(indices: readonly number[]): Tensor[] {
    return this.tensors.map((tensor) => indexSelect(tensor, 0, indices));
  }
}

/** An array that shows itself as Python shows a tuple. */
class Sample extends Array<Tensor> {
  // What map and slice give is an ordinary array.
  static override get [Symbol.species]() {
    return Array;
  }

  override toString(): string {
    return `(${this.join(", ")}${this.length === 1 ? "," : ""})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
