// Owns the element types: their names, promotion, rounding and the default. Imports nothing.

/** The element types. int64 is held in doubles, exact to ±2⁵³; bool in bytes. */
export type DTypeName = "float32" | "float64" | "int64" | "bool";

export type TypedArray = Float32Array | Float64Array | Uint8Array;

export const float32 = "float32" as const;
export const float64 = "float64" as const;
export const int64 = "int64" as const;
export const bool = "bool" as const;

/**
 * bool < int64 < float32 < float64, as 0 to 3: promotion is the greater of the two. Comparisons rather than a table:
 * V8 compares names by their address, but has to look them up in a table.
 */
export const rank = (dtype: DTypeName): number =>
  dtype === "float32" ? 2 : dtype === "float64" ? 3 : dtype === "int64" ? 1 : 0;

/** How many ordered pairs of types there are. */
export const TYPE_PAIRS = 16;

/** A number for each of them, from 0. */
export const typePair = (a: DTypeName, b: DTypeName): number => rank(a) * 4 + rank(b);

/** The three categories that decide PyTorch's promotion: 0 bool, 1 integer, 2 floating point. */
export const category = (dtype: DTypeName): number => Math.min(rank(dtype), 2);

export const isFloat = (dtype: DTypeName): boolean => dtype === "float32" || dtype === "float64";

export const promote = (a: DTypeName, b: DTypeName): DTypeName => (rank(a) >= rank(b) ? a : b);

/** The type that elements of `a` (none yet, where null) and of `b` promote to. */
export const stronger = (a: DTypeName | null, b: DTypeName): DTypeName =>
  a === null || a === b ? b : promote(a, b);

/** `strong`, unless `weak` is of a higher category: then what both promote to. Null counts as nothing. */
export function unlessHigher(strong: DTypeName | null, weak: DTypeName | null): DTypeName | null {
  if (strong === null || weak === null) return strong ?? weak;
  return category(weak) <= category(strong) ? strong : promote(strong, weak);
}

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
