// Sums over any dims of a row-major array, in the order in which PyTorch's CPU kernel adds: bit for bit.
// Imports types only. Source: ATen/native/cpu/SumKernel.cpp and TensorIterator.cpp, PyTorch 2.11.
//
// The order is that of the AVX2 kernel on one thread, at any size; with more threads PyTorch itself splits
// sums of 32768 elements and more, and their last bits then depend on the number of threads.
import type { DTypeName, TypedArray } from "../../dtype";

export type Floats = Float32Array | Float64Array;

/**
 * The order of addition for one element type. A vector has `lanes` elements; four vectors (or four scalars) are
 * summed side by side. Each function is written out for each type: a shared one would be several times slower.
 */
interface Precision<A extends Floats> {
  lanes: number;
  /** acc[g·lanes + l] = Σᵣ data[start + r·rowStride + g·colStride + l] for four g, r < rows in order. */
  block(
    data: A,
    start: number,
    rowStride: number,
    colStride: number,
    rows: number,
    lanes: number,
    acc: A,
  ): void;
  /** The sum of n < 64 elements, `stride` apart, through four accumulators. */
  shortRow(data: A, start: number, stride: number, n: number): number;
  /** The sum of n < 64 · lanes adjacent elements through four vectors. */
  shortRun(data: A, start: number, n: number): number;
  round(x: number): number;
  /** Partial sums of the cascade, four vectors each. */
  levels: readonly [A, A, A, A];
}

const GROUPS = 4;
const SHORT_ROWS = 16;
const f = Math.fround;

// What the lanes of a short run add up to.
const sums32 = new Float32Array(8);
const sums64 = new Float64Array(4);

const single: Precision<Float32Array> = {
  lanes: 8,
  round: f,
  levels: [new Float32Array(32), new Float32Array(32), new Float32Array(32), new Float32Array(32)],
  block(data, start, rowStride, colStride, rows, lanes, acc) {
    const g1 = colStride, g2 = 2 * colStride, g3 = 3 * colStride;
    for (let l = 0; l < lanes; l++) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let r = 0, p = start + l; r < rows; r++, p += rowStride) {
        s0 = f(s0 + data[p]);
        s1 = f(s1 + data[p + g1]);
        s2 = f(s2 + data[p + g2]);
        s3 = f(s3 + data[p + g3]);
      }
      acc[l] = s0;
      acc[lanes + l] = s1;
      acc[2 * lanes + l] = s2;
      acc[3 * lanes + l] = s3;
    }
  },
  shortRow(data, start, stride, n) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    let p = start;
    let i = 0;
    for (; i + 4 <= n; i += 4, p += 4 * stride) {
      s0 = f(s0 + data[p]);
      s1 = f(s1 + data[p + stride]);
      s2 = f(s2 + data[p + 2 * stride]);
      s3 = f(s3 + data[p + 3 * stride]);
    }
    for (; i < n; i++, p += stride) s0 = f(s0 + data[p]);
    return f(f(f(s0 + s1) + s2) + s3);
  },
  shortRun(data, start, n) {
    const vectors = n >> 3;
    const rows = vectors >> 2;
    const sums = sums32;
    // Two lanes at a time: eight additions that do not wait for each other, nor for the total, made afterwards.
    for (let l = 0; l < 8; l += 2) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      let t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      let p = start + l;
      for (let r = 0; r < rows; r++, p += 32) {
        s0 = f(s0 + data[p]);
        t0 = f(t0 + data[p + 1]);
        s1 = f(s1 + data[p + 8]);
        t1 = f(t1 + data[p + 9]);
        s2 = f(s2 + data[p + 16]);
        t2 = f(t2 + data[p + 17]);
        s3 = f(s3 + data[p + 24]);
        t3 = f(t3 + data[p + 25]);
      }
      for (let v = 4 * rows; v < vectors; v++, p += 8) {
        s0 = f(s0 + data[p]);
        t0 = f(t0 + data[p + 1]);
      }
      sums[l] = f(f(s0 + s1) + s2) + s3;
      sums[l + 1] = f(f(t0 + t1) + t2) + t3;
    }
    let total = 0;
    for (let k = start + 8 * vectors; k < start + n; k++) total = f(total + data[k]);
    for (let l = 0; l < 8; l++) total = f(total + sums[l]);
    return total;
  },
};

const double: Precision<Float64Array> = {
  lanes: 4,
  round: (x) => x,
  levels: [new Float64Array(16), new Float64Array(16), new Float64Array(16), new Float64Array(16)],
  block(data, start, rowStride, colStride, rows, lanes, acc) {
    const g1 = colStride, g2 = 2 * colStride, g3 = 3 * colStride;
    for (let l = 0; l < lanes; l++) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let r = 0, p = start + l; r < rows; r++, p += rowStride) {
        s0 += data[p];
        s1 += data[p + g1];
        s2 += data[p + g2];
        s3 += data[p + g3];
      }
      acc[l] = s0;
      acc[lanes + l] = s1;
      acc[2 * lanes + l] = s2;
      acc[3 * lanes + l] = s3;
    }
  },
  shortRow(data, start, stride, n) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    let p = start;
    let i = 0;
    for (; i + 4 <= n; i += 4, p += 4 * stride) {
      s0 += data[p];
      s1 += data[p + stride];
      s2 += data[p + 2 * stride];
      s3 += data[p + 3 * stride];
    }
    for (; i < n; i++, p += stride) s0 += data[p];
    return s0 + s1 + s2 + s3;
  },
  shortRun(data, start, n) {
    const vectors = n >> 2;
    const rows = vectors >> 2;
    const sums = sums64;
    for (let l = 0; l < 4; l += 2) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      let t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      let p = start + l;
      for (let r = 0; r < rows; r++, p += 16) {
        s0 += data[p];
        t0 += data[p + 1];
        s1 += data[p + 4];
        t1 += data[p + 5];
        s2 += data[p + 8];
        t2 += data[p + 9];
        s3 += data[p + 12];
        t3 += data[p + 13];
      }
      for (let v = 4 * rows; v < vectors; v++, p += 4) {
        s0 += data[p];
        t0 += data[p + 1];
      }
      sums[l] = s0 + s1 + s2 + s3;
      sums[l + 1] = t0 + t1 + t2 + t3;
    }
    let total = 0;
    for (let k = start + 4 * vectors; k < start + n; k++) total += data[k];
    for (let l = 0; l < 4; l++) total += sums[l];
    return total;
  },
};

/**
 * Four rows of `lanes` sums, as `block` numbers them, by cascade: 16 or more rows make a partial sum, so many of
 * those one of the next level, over four levels. Returns the array that holds them, until the next call.
 */
function cascade<A extends Floats>(
  p: Precision<A>,
  data: A,
  start: number,
  rowStride: number,
  colStride: number,
  rows: number,
  lanes: number,
): A {
  const { levels } = p;
  const [acc] = levels;
  const power = Math.max(4, ceilLog2(rows) >> 2);
  const step = 1 << power;
  if (rows < step) {
    p.block(data, start, rowStride, colStride, rows, lanes, acc);
    return acc;
  }
  const width = GROUPS * lanes;
  for (let j = 1; j < levels.length; j++) levels[j].fill(0, 0, width);
  let i = 0;
  while (i + step <= rows) {
    p.block(data, start + i * rowStride, rowStride, colStride, step, lanes, acc);
    i += step;
    for (let j = 1; j < levels.length; j++) {
      const from = levels[j - 1];
      const to = levels[j];
      for (let k = 0; k < width; k++) {
        to[k] += from[k];
        from[k] = 0;
      }
      if ((i & ((step - 1) << (j * power))) !== 0) break;
    }
  }
  p.block(data, start + i * rowStride, rowStride, colStride, rows - i, lanes, acc);
  for (let j = 1; j < levels.length; j++) {
    const from = levels[j];
    for (let k = 0; k < width; k++) acc[k] += from[k];
  }
  return acc;
}

/** ⌈log₂ x⌉, but 1 for x ≤ 2. */
function ceilLog2(x: number): number {
  return x <= 2 ? 1 : 32 - Math.clz32(x - 1);
}

/** Sums of `lanes` adjacent columns over n rows `stride` apart, at the start of the array that is returned. */
function columns<A extends Floats>(
  p: Precision<A>,
  data: A,
  start: number,
  stride: number,
  n: number,
  lanes: number,
): A {
  const rows = n >> 2;
  const acc = cascade(p, data, start, GROUPS * stride, stride, rows, lanes);
  for (let i = GROUPS * rows; i < n; i++)
    for (let l = 0; l < lanes; l++) acc[l] += data[start + i * stride + l];
  for (let g = 1; g < GROUPS; g++) for (let l = 0; l < lanes; l++) acc[l] += acc[g * lanes + l];
  return acc;
}

/** The sum of n elements, `stride` apart. */
function row<A extends Floats>(p: Precision<A>, data: A, start: number, stride: number, n: number): number {
  if (n < GROUPS * SHORT_ROWS) return p.shortRow(data, start, stride, n);
  return columns(p, data, start, stride, n, 1)[0];
}

/** The sum of n adjacent elements. */
function run<A extends Floats>(p: Precision<A>, data: A, start: number, n: number): number {
  const { lanes } = p;
  if (n < lanes) return p.shortRow(data, start, 1, n);
  if (n < GROUPS * SHORT_ROWS * lanes) return p.shortRun(data, start, n);
  const vectors = Math.floor(n / lanes);
  const acc = columns(p, data, start, lanes, vectors, lanes);
  let total = 0;
  for (let k = start + vectors * lanes; k < start + n; k++) total = p.round(total + data[k]);
  for (let l = 0; l < lanes; l++) total = p.round(total + acc[l]);
  return total;
}

/**
 * Adds Σᵢ data[start + i·stride0 + j·stride1], i < size0, to out[outStart + j·outStride], for j < size1.
 * Which of the four orders applies depends on the strides and sizes alone, as in PyTorch's `cascade_sum`.
 */
function reduce2d<A extends Floats>(
  p: Precision<A>,
  data: A,
  start: number,
  size0: number,
  stride0: number,
  size1: number,
  stride1: number,
  out: A,
  outStart: number,
  outStride: number,
): void {
  const { lanes } = p;
  if (stride0 === 1 && size0 >= lanes) {
    for (let j = 0; j < size1; j++) out[outStart + j * outStride] += run(p, data, start + j * stride1, size0);
    return;
  }
  let j = 0;
  const vectorised = stride1 === 1 && size1 >= lanes;
  if (vectorised || stride0 >= stride1) {
    const width = vectorised ? lanes : 1;
    const colStride = vectorised ? lanes : stride1;
    for (; j + GROUPS * width <= size1; j += GROUPS * width) {
      const acc = cascade(p, data, start + j * stride1, stride0, colStride, size0, width);
      for (let k = 0; k < GROUPS * width; k++) out[outStart + (j + k) * outStride] += acc[k];
    }
  }
  if (vectorised) {
    for (; j + lanes <= size1; j += lanes) {
      const acc = columns(p, data, start + j, stride0, size0, lanes);
      for (let k = 0; k < lanes; k++) out[outStart + (j + k) * outStride] += acc[k];
    }
  }
  for (; j < size1; j++) out[outStart + j * outStride] += row(p, data, start + j * stride1, stride0, size0);
}

interface Dim {
  size: number;
  stride: number;
  /** 0 for a reduced dim. */
  outStride: number;
}

/** The dims of the loop, innermost first: reduced before kept, neighbours merged where memory allows it. */
function loopDims(shape: readonly number[], reduceDims: readonly number[]): Dim[] {
  const reduced: Dim[] = [];
  const kept: Dim[] = [];
  let stride = 1;
  let outStride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d];
    if (size === 1) continue;
    if (reduceDims.includes(d)) {
      push(reduced, { size, stride, outStride: 0 });
    } else {
      push(kept, { size, stride, outStride });
      outStride *= size;
    }
    stride *= size;
  }
  return reduced.concat(kept);
}

function push(dims: Dim[], dim: Dim): void {
  const last = dims[dims.length - 1];
  if (last !== undefined && last.size * last.stride === dim.stride) last.size *= dim.size;
  else dims.push(dim);
}

function sumFloats<A extends Floats>(
  p: Precision<A>,
  data: A,
  shape: readonly number[],
  reduceDims: readonly number[],
  out: A,
): A {
  if (out.length === 1) {
    out[0] = run(p, data, 0, data.length);
    return out;
  }
  if (data.length === 0) return out;
  const dims = loopDims(shape, reduceDims);
  if (dims[0].outStride !== 0) {
    // Nothing is added but the zero that every sum starts from: −0 becomes 0.
    for (let i = 0; i < out.length; i++) out[i] = data[i] + 0;
    return out;
  }
  const [inner, second, ...outer] = dims;
  const counter = new Array<number>(outer.length).fill(0);
  let start = 0;
  let outStart = 0;
  for (;;) {
    reduce2d(
      p,
      data,
      start,
      inner.size,
      inner.stride,
      second.size,
      second.stride,
      out,
      outStart,
      second.outStride,
    );
    let d = 0;
    for (; d < outer.length; d++) {
      const { size, stride, outStride } = outer[d];
      start += stride;
      outStart += outStride;
      if (++counter[d] < size) break;
      counter[d] = 0;
      start -= size * stride;
      outStart -= size * outStride;
    }
    if (d === outer.length) return out;
  }
}

function sumIntegers(
  data: TypedArray,
  shape: readonly number[],
  reduceDims: readonly number[],
  out: Float64Array,
): Float64Array {
  const dims = loopDims(shape, reduceDims);
  const add = (d: number, start: number, outStart: number): void => {
    if (d < 0) {
      out[outStart] += data[start];
      return;
    }
    const { size, stride, outStride } = dims[d];
    for (let i = 0; i < size; i++) add(d - 1, start + i * stride, outStart + i * outStride);
  };
  if (data.length > 0) add(dims.length - 1, 0, 0);
  for (const value of out) {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `sum: ${value} is beyond ±(2**53 - 1), past which int64 is not exact here; sum as float64`,
      );
    }
  }
  return out;
}

/** The sum of all elements of `data`, of a floating-point type: the same as `sumDims` gives over all dims. */
export const sumAll = (data: Floats): number =>
  data instanceof Float32Array ? run(single, data, 0, data.length) : run(double, data, 0, data.length);

/**
 * The sums of `data`, row-major of `shape`, over `reduceDims` (distinct, not negative), as the kept dims.
 * float32 and float64 keep their type; int64 and bool sum to int64, exactly.
 * @throws RangeError where an integer sum is beyond ±(2⁵³ − 1)
 */
export function sumDims(
  data: TypedArray,
  dtype: DTypeName,
  shape: readonly number[],
  reduceDims: readonly number[],
): Floats {
  let size = 1;
  for (let d = 0; d < shape.length; d++) if (!reduceDims.includes(d)) size *= shape[d];
  if (dtype === "float32")
    return sumFloats(single, data as Float32Array, shape, reduceDims, new Float32Array(size));
  if (dtype === "float64")
    return sumFloats(double, data as Float64Array, shape, reduceDims, new Float64Array(size));
  return sumIntegers(data, shape, reduceDims, new Float64Array(size));
}
