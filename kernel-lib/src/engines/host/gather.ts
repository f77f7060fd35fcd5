// Owns reading elements by strides: the host's permutations and repetitions. Imports shapes and dtypes.
import type { DTypeName, TypedArray } from "../../dtype";
import { allocate, LONG_RUN } from "../../memory";
import { broadcastStrides, type Shape, sizeOf } from "../../shape";

/** The elements of `data` as a tensor of `shape` that is walked with these strides. */
export function gather(data: TypedArray, dtype: DTypeName, shape: Shape, strides: readonly number[]): TypedArray {
  const out = allocate(dtype, sizeOf(shape));
  if (out.length === 0) return out;
  const last = shape.length - 1;
  if (last < 0) {
    out[0] = data[0];
    return out;
  }
  const place = new Array<number>(last).fill(0);
  const [inner, innerStride] = [shape[last], strides[last]];
  for (let o = 0, offset = 0; o < out.length; o += inner) {
    for (let i = 0; i < inner; i++) out[o + i] = data[offset + i * innerStride];
    // The next row, as an odometer counts.
    for (let d = last - 1; d >= 0; d--) {
      place[d]++;
      if (place[d] < shape[d]) {
        offset += strides[d];
        break;
      }
      offset -= strides[d] * (shape[d] - 1);
      place[d] = 0;
    }
  }
  return out;
}

/** The elements of `data`, of shape `from`, repeated up to the shape `to`. */
export function repeat(data: TypedArray, dtype: DTypeName, from: Shape, to: Shape): TypedArray {
  return data.length === 1 ? filled(data[0], dtype, sizeOf(to)) : gather(data, dtype, to, broadcastStrides(from, to));
}

/** An array of n elements that are all `value`. */
export function filled(value: number, dtype: DTypeName, n: number): TypedArray {
  const out = allocate(dtype, n);
  if (n >= LONG_RUN) return out.fill(value);
  for (let i = 0; i < n; i++) out[i] = value;
  return out;
}
