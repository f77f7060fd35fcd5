// Owns the element types: their names, arrays, promotion and the default. Imports nothing.

/** The element types. int64 is held in doubles, exact to ±2⁵³; bool in bytes. */
export type DTypeName = "float32" | "float64" | "int64" | "bool";

export type TypedArray = Float32Array | Float64Array | Uint8Array;

export const float32 = "float32" as const;
export const float64 = "float64" as const;
export const int64 = "int64" as const;
export const bool = "bool" as const;

const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: Float64Array, bool: Uint8Array };

// bool < int64 < float32 < float64: promotion is the greater of the two.
const RANK = { bool: 0, int64: 1, float32: 2, float64: 3 };

/** The three categories that decide PyTorch's promotion: 0 bool, 1 integer, 2 floating point. */
export const category = (dtype: DTypeName): number => Math.min(RANK[dtype], 2);

export const isFloat = (dtype: DTypeName): boolean => dtype === "float32" || dtype === "float64";

/**
 * An array of n zeros that holds elements of `dtype`.
 * @throws RangeError where there is not that much memory
 */
export function allocate(dtype: DTypeName, n: number): TypedArray {
  try {
    return new ARRAYS[dtype](n);
  } catch (cause) {
    const gigabytes = ((n * ARRAYS[dtype].BYTES_PER_ELEMENT) / 2 ** 30).toFixed(1);
    throw new RangeError(`cannot allocate a tensor of ${n} ${dtype} elements (${gigabytes} GiB)`, { cause });
  }
}

export const promote = (a: DTypeName, b: DTypeName): DTypeName => (RANK[a] >= RANK[b] ? a : b);

/** `value` as an element of `dtype` holds it. */
export function round(dtype: DTypeName, value: number): number {
  if (dtype === "float32") return Math.fround(value);
  if (dtype === "int64") return exactInteger(Math.trunc(value));
  return dtype === "bool" ? Number(value !== 0) : value;
}

/** `value`, if an int64 element can hold it exactly. */
export function exactInteger(value: number): number {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  throw new RangeError(
    `int64: ${value} cannot be held exactly: integers here reach from -(2**53 - 1) to 2**53 - 1. Use float64 for larger values.`,
  );
}

/** `data` with its elements converted from one type to another; the same array where nothing changes. */
export function convert(data: TypedArray, from: DTypeName, to: DTypeName): TypedArray {
  if (from === to) return data;
  const out = allocate(to, data.length);
  if (to === "bool") for (let i = 0; i < data.length; i++) out[i] = data[i] !== 0 ? 1 : 0;
  else if (to === "int64" && isFloat(from)) for (let i = 0; i < data.length; i++) out[i] = round(to, data[i]);
  else out.set(data);
  return out;
}

let defaultDtype: "float32" | "float64" = "float32";

/** The dtype that floating-point tensors get where none is named. */
export const getDefaultDtype = (): "float32" | "float64" => defaultDtype;

/**
 * Sets the dtype that floating-point tensors get where none is named.
 * @throws TypeError unless `dtype` is float32 or float64
 */
export function setDefaultDtype(dtype: DTypeName): void {
  if (dtype !== "float32" && dtype !== "float64") {
    throw new TypeError(
      `setDefaultDtype: only floating-point types are supported as the default type, got ${dtype}`,
    );
  }
  defaultDtype = dtype;
}
