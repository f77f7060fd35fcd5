// Owns the arrays that elements live in: making, copying, converting them. Imports dtype.ts only.
import { type DTypeName, isFloat, round, type TypedArray } from "./dtype";

const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: Float64Array, bool: Uint8Array };

// V8 keeps arrays of up to 64 bytes on its own heap; each larger one costs an allocation outside it, some ten times
// the arithmetic on a hundred elements. Small ones are therefore cut from a common buffer. A buffer lives as long as
// any array cut from it, so it is kept small: what outlives its neighbours holds on to at most this much.
const BUFFER_BYTES = 16384;
const MOST_BYTES = 1024;
let buffer = new ArrayBuffer(BUFFER_BYTES);
let used = 0;

/**
 * An array of n zeros that holds elements of `dtype`.
 * @throws RangeError where there is not that much memory
 */
export function allocate(dtype: DTypeName, n: number): TypedArray {
  // A constructor named in each place is inlined; one taken from a table is called, at twice the time.
  if (dtype === "float64" || dtype === "int64") {
    if (n <= 8) return new Float64Array(n);
    const start = cut(8 * n);
    if (start >= 0) return new Float64Array(buffer, start, n);
  } else if (dtype === "float32") {
    if (n <= 16) return new Float32Array(n);
    const start = cut(4 * n);
    if (start >= 0) return new Float32Array(buffer, start, n);
  } else if (dtype === "bool") {
    if (n <= 64) return new Uint8Array(n);
    const start = cut(n);
    if (start >= 0) return new Uint8Array(buffer, start, n);
  }
  return allocateAlone(dtype, n);
}

/** Where in the common buffer `bytes` bytes are free from now on, −1 where there are too many for it. */
function cut(bytes: number): number {
  if (bytes > MOST_BYTES) return -1;
  if (used + bytes > BUFFER_BYTES) {
    buffer = new ArrayBuffer(BUFFER_BYTES);
    used = 0;
  }
  const start = used;
  // The next array begins at a multiple of 8, as doubles must.
  used += (bytes + 7) & ~7;
  return start;
}

function allocateAlone(dtype: DTypeName, n: number): TypedArray {
  const Elements = ARRAYS[dtype];
  if (Elements === undefined) {
    throw new TypeError(`there is no dtype ${JSON.stringify(dtype)}; choose ${Object.keys(ARRAYS).join(", ")}`);
  }
  try {
    return new Elements(n);
  } catch (cause) {
    const gigabytes = ((n * Elements.BYTES_PER_ELEMENT) / 2 ** 30).toFixed(1);
    throw new RangeError(`cannot allocate a tensor of ${n} ${dtype} elements (${gigabytes} GiB)`, { cause });
  }
}

/** From how many elements on copying and filling memory is faster than a loop: it has to be set up. */
export const LONG_RUN = 24;

/** A copy of the elements of `data` from `start` up to `end`. */
export function copy(data: TypedArray, dtype: DTypeName, start = 0, end = data.length): TypedArray {
  const n = end - start;
  const out = allocate(dtype, n);
  if (n < LONG_RUN) for (let i = 0; i < n; i++) out[i] = data[start + i];
  else out.set(n === data.length ? data : data.subarray(start, end));
  return out;
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
