// Numbers out of anything array-like: plain and typed arrays, iterables, tensors (by their toArray).
// Imports nothing, so that plots and checks work without the tensor library.

/** Numbers in any container: array, typed array, iterable, or anything with `toArray()` such as a tensor. */
export type Values = ArrayLike<number> | Iterable<number> | { toArray(): unknown };

/** A number, string or boolean, or nested arrays of them. */
export type Plain = number | string | boolean | null | undefined | Plain[];

function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object" && typeof value !== "function") return `${typeof value} ${String(value)}`;
  return value.constructor?.name ?? typeof value;
}

function has<K extends string>(value: unknown, name: K): value is Record<K, () => unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as Record<K, unknown>)[name] === "function"
  );
}

/** The value as plain data: tensors, typed arrays and iterables become (nested) arrays, bigints become numbers. */
export function toPlain(value: unknown): Plain {
  if (typeof value === "bigint") return Number(value);
  if (value === null || value === undefined) return value;
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object") throw new TypeError(`a ${typeof value} holds no numbers`);
  if (has(value, "toArray")) return toPlain(value.toArray());
  if (Array.isArray(value)) return value.map(toPlain);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  }
  // A scalar of the autodiff section carries its number in `val`.
  if (typeof (value as { val?: unknown }).val === "number") return (value as { val: number }).val;
  if (Symbol.iterator in value) return Array.from(value as Iterable<unknown>, toPlain);
  if (typeof (value as { length?: unknown }).length === "number") {
    return Array.from(value as ArrayLike<unknown>, toPlain);
  }
  throw new TypeError(
    `${describe(value)} holds no numbers: pass numbers, an array, a typed array or a tensor`,
  );
}

/** The sizes of nested arrays along their first elements: `[[1, 2, 3], [4, 5, 6]]` → `[2, 3]`. */
export function shapeOf(value: Plain): number[] {
  const shape: number[] = [];
  for (let inner: Plain = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  return shape;
}

/** The values of nested arrays in order. */
export function flatten(value: Plain): Exclude<Plain, Plain[]>[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value];
}

function toNumber(value: unknown, where: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  throw new TypeError(`${where} is ${describe(value)}, not a number`);
}

/**
 * The values as a flat array of numbers. [N], [N, 1] and [1, N] are all N numbers, and a single number is one.
 * `name` stands in the errors. Throws TypeError for what is not a number, RangeError for a matrix.
 */
export function toNumbers(values: Values | number, name: string): number[] {
  if (values === null || values === undefined)
    throw new TypeError(`${name} is ${values}: numbers are needed`);
  if (typeof values === "string")
    throw new TypeError(`${name} is the string "${values}": numbers are needed`);
  let plain: Plain;
  try {
    plain = toPlain(values);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  const shape = shapeOf(plain);
  if (shape.filter((size) => size !== 1).length > 1) {
    throw new RangeError(`${name} has shape [${shape.join(", ")}]: one-dimensional values are needed`);
  }
  return flatten(plain).map((value, i) => toNumber(value, `${name}[${i}]`));
}

/** The values as rows of numbers, all of one length. Throws RangeError unless they are two-dimensional. */
export function toMatrix(
  values: { toArray(): unknown } | ArrayLike<Values> | Iterable<Values>,
  name: string,
): number[][] {
  const plain = toPlain(values);
  const rows = Array.isArray(plain) ? plain : [];
  if (rows.length === 0 || !rows.every(Array.isArray)) {
    throw new RangeError(`${name} has shape [${shapeOf(plain).join(", ")}]: rows of numbers are needed`);
  }
  return rows.map((row, i) => {
    const numbers = toNumbers(row as number[], `${name}[${i}]`);
    const first = (rows[0] as Plain[]).length;
    if (numbers.length !== first) {
      throw new RangeError(`${name}: row ${i} has ${numbers.length} values, row 0 has ${first}`);
    }
    return numbers;
  });
}
