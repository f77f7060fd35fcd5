// Owns how samples become a batch. Imports tensor, creation and stack.
import { describe } from "../check";
import { stack } from "../ops/join";
import { tensor } from "../creation";
import { float64, int64 } from "../dtype";
import { Tensor } from "../tensor";

type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** What a batch of samples of type T is: tensors where there were tensors and numbers, in the same structure. */
export type Collated<T> = T extends Tensor | number | boolean | TypedArray
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[]
      ? { -readonly [K in keyof T]: Collated<T[K]> }
      : T extends object
        ? { [K in keyof T]: Collated<T[K]> }
        : T[];

/**
 * A batch from samples of one structure: tensors are stacked, numbers become a tensor (int64 where all are whole, else
 * float64, as PyTorch does with Python's numbers), arrays and objects are collated item by item, strings stay a list.
 * @throws TypeError or RangeError where the samples differ in structure or shape
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
 */
export function collate<T>(samples: readonly T[]): Collated<T> {
  return collateAny(samples) as Collated<T>;
}

function collateAny(samples: readonly unknown[]): unknown {
  const [first] = samples;
  if (first instanceof Tensor) return stack(samples as Tensor[]);
  if (typeof first === "number")
    return tensor(all(samples, isNumber), { dtype: samples.every(Number.isInteger) ? int64 : float64 });
  if (typeof first === "boolean")
    return tensor(all(samples, (value): value is boolean => typeof value === "boolean"));
  if (typeof first === "string") return [...samples];
  if (ArrayBuffer.isView(first)) return stack(all(samples, ArrayBuffer.isView).map((row) => tensor(row)));
  if (Array.isArray(first)) {
    const rows = all(samples, (value): value is unknown[] => Array.isArray(value));
    if (rows.some(({ length }) => length !== first.length)) {
      throw new RangeError(
        `collate: each sample of a batch should have the same number of items, got ${rows.map(({ length }) => length).join(", ")}`,
      );
    }
    return first.map((_, i) => collateAny(rows.map((row) => row[i])));
  }
  if (
    first !== null &&
    typeof first === "object" &&
    [Object.prototype, null].includes(Object.getPrototypeOf(first) as object | null)
  ) {
    const records = samples as readonly Record<string, unknown>[];
    return Object.fromEntries(
      Object.keys(first).map((key) => {
        const missing = records.findIndex((record) => !(key in record));
        if (missing >= 0)
          throw new RangeError(`collate: sample ${missing} of the batch has no ${JSON.stringify(key)}`);
        return [key, collateAny(records.map((record) => record[key]))];
      }),
    );
  }
  throw new TypeError(
    `collate: samples must hold tensors, numbers, booleans, strings, arrays or plain objects, found ${describe(first)}; ` +
      "pass a collate function to the DataLoader for anything else",
  );
}

/**
 * The numbers of a typed array or of an array of numbers as one tensor, from which batches are then taken: so each has
 * the type of all together, whichever numbers it happens to hold. Undefined for anything else.
 */
export function collateNumbers(dataset: unknown): Tensor | undefined {
  if (ArrayBuffer.isView(dataset)) return tensor(dataset);
  return Array.isArray(dataset) && dataset.every(isNumber) ? collate<number>(dataset) : undefined;
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The samples, if all are of the kind of the first. */
function all<T>(samples: readonly unknown[], is: (value: unknown) => value is T): T[] {
  const odd = samples.findIndex((sample) => !is(sample));
  if (odd >= 0)
    throw new TypeError(
      `collate: the samples of a batch differ: ${describe(samples[0])} first, ${describe(samples[odd])} at ${odd}`,
    );
  return samples as T[];
}
