// Owns the arrays that elements live in: making, copying, converting them. Imports dtype.ts only.
import { type DTypeName, isFloat, round, type TypedArray } from "./dtype";

const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: Float64Array, bool: Uint8Array };

// V8 keeps arrays of up to 64 bytes on its own heap; each larger one costs an allocation outside it, some ten times
// the arithmetic on a hundred elements. Small ones are therefore cut from a common buffer. A buffer lives as long as
// any array cut from it, so it is kept small: what outlives its neighbours holds on to at most this much.
const BUFFER_BYTES = 4096;
const LEAST_BYTES = 64;
const MOST_BYTES = 1024;
let buffer = new ArrayBuffer(BUFFER_BYTES);
let used = 0;

/**
 * An array of n zeros that holds elements of `dtype`.
 * @throws RangeError where there is not that much memory
 */
export function allocate(dtype: DTypeName, n: number): TypedArray {
  const Elements = ARRAYS[dtype];
  if (Elements === undefined) {
    throw new TypeError(`there is no dtype ${JSON.stringify(dtype)}; choose ${Object.keys(ARRAYS).join(", ")}`);
  }
  const bytes = n * Elements.BYTES_PER_ELEMENT;
  if (bytes <= LEAST_BYTES) return new Elements(n);
  if (bytes > MOST_BYTES) return allocateAlone(dtype, n, bytes);
  if (used + bytes > BUFFER_BYTES) {
    buffer = new ArrayBuffer(BUFFER_BYTES);
    used = 0;
  }
  const elements = new Elements(buffer, used, n);
  // The next array begins at a multiple of 8, as doubles must.
  used += (bytes + 7) & ~7;
  return elements;
}

function allocateAlone(dtype: DTypeName, n: number, bytes: number): TypedArray {
  try {
    return new ARRAYS[dtype](n);
  } catch (cause) {
    const gigabytes = (bytes / 2 ** 30).toFixed(1);
    throw new RangeError(`cannot allocate a tensor of ${n} ${dtype} elements (${gigabytes} GiB)`, { cause });
  }
}

/** A copy of the elements of `data` from `start` up to `end`. */
export function copy(data: TypedArray, dtype: DTypeName, start = 0, end = data.length): TypedArray {
  const out = allocate(dtype, end - start);
  out.set(end - start === data.length ? data : data.subarray(start, end));
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
