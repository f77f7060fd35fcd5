// Owns what may be an operand: numbers beside tensors, and the type that operands are promoted to.
// Imports tensor and dtypes.
import { describe } from "../check";
import { type DTypeName, getDefaultDtype, stronger, unlessHigher } from "../dtype";
import { Storage } from "../engines/storage";
import { Tensor } from "../tensor";

/** A number as an operand: a 0-dim tensor whose type yields to the others', and whose value keeps all its digits. */
export function wrapNumber(value: number | boolean): Tensor {
  const dtype = typeof value === "boolean" ? "bool" : Number.isSafeInteger(value) ? "int64" : "float64";
  const out = new Tensor(Storage.of(Number(value), dtype), NUMBER_SPECS[dtype]);
  out.isNumber = true;
  return out;
}

const NUMBER_SPECS = {
  bool: { shape: [], dtype: "bool" },
  int64: { shape: [], dtype: "int64" },
  float64: { shape: [], dtype: "float64" },
} as const;

/** @throws TypeError unless all of `values` are tensors */
export function checkTensors(name: string, values: readonly unknown[]): asserts values is readonly Tensor[] {
  const wrong = values.findIndex((value) => !(value instanceof Tensor));
  if (wrong >= 0) throw new TypeError(`${name}: expected a Tensor, got ${describe(values[wrong])}`);
}

export function toOperand(name: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === "number" || typeof value === "boolean") return wrapNumber(value);
  throw new TypeError(`${name}: an operand must be a Tensor or a number, got ${describe(value)}`);
}

/**
 * The type that operands are promoted to: tensors with dims decide, then 0-dim tensors, then numbers; the weaker count
 * only where they are of a higher category (bool < integer < floating point).
 */
export function resultType(inputs: readonly Tensor[]): DTypeName {
  let ofTensors: DTypeName | null = null;
  let ofScalars: DTypeName | null = null;
  let ofNumbers: DTypeName | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const { dtype, ndim, isNumber } = inputs[i];
    if (isNumber) ofNumbers = stronger(ofNumbers, dtype);
    else if (ndim === 0) ofScalars = stronger(ofScalars, dtype);
    else ofTensors = stronger(ofTensors, dtype);
  }
  // Numbers among themselves, as in the exponent b − 1 of a gradient, keep their digits.
  if (ofTensors === null && ofScalars === null) return ofNumbers!;
  if (ofNumbers === "float64") ofNumbers = getDefaultDtype();
  return unlessHigher(ofTensors, unlessHigher(ofScalars, ofNumbers))!;
}
