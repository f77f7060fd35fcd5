// Owns evenly spaced values: linspace and arange, bit for bit as PyTorch's vectorised kernels make them.
// Imports dtype and numeric only.
import { type DTypeName, exactInteger } from "./dtype";
import { fma32, fma64 } from "./numeric";

/**
 * `steps` values from start to end, both included.
 * The first half counts up from start, the second down from end, each with one fused multiply-add.
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  dtype: DTypeName,
): Float32Array | Float64Array {
  if (steps < 0) throw new RangeError("number of steps must be non-negative");
  if (!Number.isInteger(steps)) throw new RangeError(`number of steps must be a non-negative integer, got ${steps}`);
  if (dtype === "float32") {
    const out = new Float32Array(steps);
    const from = Math.fround(start);
    const to = Math.fround(end);
    const step = Math.fround(Math.fround(to - from) / (steps - 1));
    const half = steps >> 1;
    for (let i = 0; i < half; i++) out[i] = fma32(step, i, from);
    for (let i = half; i < steps; i++) out[i] = fma32(-step, steps - 1 - i, to);
    if (steps === 1) out[0] = from;
    return out;
  }
  if (dtype === "bool") throw new TypeError("linspace: not implemented for bool");
  const out = new Float64Array(steps);
  const integral = dtype === "int64";
  const from = integral ? exactInteger(Math.trunc(start)) : start;
  const to = integral ? exactInteger(Math.trunc(end)) : end;
  const step = (to - from) / (steps - 1);
  const half = steps >> 1;
  for (let i = 0; i < half; i++) out[i] = fma64(step, i, from);
  for (let i = half; i < steps; i++) out[i] = fma64(-step, steps - 1 - i, to);
  if (steps === 1) out[0] = from;
  if (integral) for (let i = 0; i < steps; i++) out[i] = Math.trunc(out[i]) + 0;
  return out;
}

/**
 * The values start, start + step, … before end.
 * @throws RangeError where step is zero, points away from end, or a bound is not finite
 */
export function arange(
  start: number,
  end: number,
  step: number,
  dtype: DTypeName,
): Float32Array | Float64Array {
  if (dtype === "bool") throw new TypeError("arange: not implemented for bool");
  if (step === 0) throw new RangeError("step must be nonzero");
  if (!Number.isFinite(start) || !Number.isFinite(end))
    throw new RangeError(`unsupported range: ${start} -> ${end}`);
  if (step > 0 ? end < start : end > start) {
    throw new RangeError("upper bound and lower bound inconsistent with step sign");
  }
  if (dtype === "int64") return arangeInt(Math.trunc(start), Math.trunc(end), Math.trunc(step));
  const n = Math.ceil((end - start) / step);
  // Integers in between are exact, however they are summed.
  const exact = Number.isInteger(start) && Number.isInteger(step);
  const at = (base: number, i: number): number => (exact ? base + step * i : fma64(step, i, base));
  const out = dtype === "float32" ? new Float32Array(n) : new Float64Array(n);
  const lanes = dtype === "float32" ? 8 : 4;
  // PyTorch fills two vectors at a time; inside a vector it counts from the vector's own first value, rounded.
  const whole = n - (n % (2 * lanes));
  for (let i = 0; i < whole; i += lanes) {
    out[i] = at(start, i);
    const base = out[i];
    for (let j = 1; j < lanes; j++) out[i + j] = at(base, j);
  }
  for (let i = whole; i < n; i++) out[i] = at(start, i);
  return out;
}

function arangeInt(start: number, end: number, step: number): Float64Array {
  if (step === 0) throw new RangeError("step must be nonzero");
  const n = Math.ceil((end - start) / step);
  const first = exactInteger(start);
  if (n > 0) exactInteger(first + step * (n - 1));
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = first + step * i;
  return out;
}
