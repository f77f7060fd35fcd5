// Owns reading and writing the elements at places of a tensor, on which all that indexes, gathers or sorts rests.
// Imports apply, shapes and arrays. Nothing here is a method.
import { checkInteger, describe } from "../check";
import { type DTypeName, exactInteger, round } from "../dtype";
import { Storage } from "../engines/storage";
import { allocate, copy, LONG_RUN } from "../memory";
import { range, type Shape, sizeOf, stridesOf } from "../shape";
import { Tensor } from "../tensor";
import { apply, applyInPlace } from "./apply";
import { Op } from "./nodes";

/** Places in a tensor, in runs of neighbours, and the shape of what is there. */
export interface Places {
  readonly shape: Shape;
  /** Where each run of neighbours begins. */
  readonly starts: ArrayLike<number>;
  /** How many elements each run has. */
  readonly run: number;
  /** What PyTorch calls the operation in the graph. */
  readonly gradFn: string;
}

const indexOp: Op<Places> = new Op({
  name: "index",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  infer: (inputs, { shape }) => ({ shape, dtype: inputs[0].dtype }),
  kernel(inputs, out, { starts, run }) {
    const { data } = inputs[0].storage;
    // A batch of one number: an array for it would take longer than all else here.
    if (starts.length === 1 && run === 1) return data[starts[0]];
    if (starts.length === 1) return copy(data, out.dtype, starts[0], starts[0] + run);
    const result = allocate(out.dtype, starts.length * run);
    for (let i = 0, o = 0; i < starts.length; i++, o += run) {
      const start = starts[i];
      if (run >= LONG_RUN) result.set(data.subarray(start, start + run), o);
      else for (let j = 0; j < run; j++) result[o + j] = data[start + j];
    }
    return result;
  },
  pullback: (g, { specs, attributes }) => [
    apply(scatterOp, [g], { ...attributes, source: specs[0].shape, gradFn: "IndexPutBackward0" }),
  ],
});

const scatterOp: Op<Places & { source: Shape }> = new Op({
  name: "scatter",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  infer: ([{ dtype }], { source }) => ({ shape: source, dtype }),
  kernel([g], out, { starts, run }) {
    const { data } = g.storage;
    const result = allocate(out.dtype, sizeOf(out.shape));
    for (let i = 0, o = 0; i < starts.length; i++, o += run) {
      for (let j = 0; j < run; j++) result[starts[i] + j] += data[o + j];
    }
    return result;
  },
  pullback: (g, { attributes }) => [apply(indexOp, [g], { ...attributes, gradFn: "IndexBackward0" })],
});

/** Places that are written to. */
export interface Writing extends Places {
  /** Whether what is written is added to what was there. */
  readonly accumulate: boolean;
}

/** The first operand with the second, of as many elements as there are places or of one, written to the places. */
const putOp: Op<Writing> = new Op({
  name: "put",
  kind: "movement",
  gradFn: ({ gradFn }) => gradFn,
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  kernel([x, { storage: { data: values } }], { dtype }, { starts, run, accumulate }, target) {
    const result = target ?? copy(x.storage.data, dtype);
    const step = values.length === 1 ? 0 : 1;
    for (let i = 0, v = 0; i < starts.length; i++) {
      const start = starts[i];
      for (let j = start; j < start + run; j++, v += step) {
        result[j] = accumulate ? sum(dtype, result[j], values[v]) : values[v];
      }
    }
    return result;
  },
  pullback(g, saved) {
    const { attributes, specs } = saved;
    // Where several are written to one place each counts as if it were the one that stayed, as in PyTorch.
    const ofValues = (): Tensor => {
      const chosen = apply(indexOp, [g], { ...attributes, gradFn: "IndexBackward0" });
      return (sizeOf(specs[1].shape) === 1 ? chosen.sum() : chosen).reshape(specs[1].shape);
    };
    return [
      saved.needs(0) ? (attributes.accumulate ? g : apply(clearOp, [g], attributes)) : null,
      saved.needs(1) ? ofValues() : null,
    ];
  },
});

function sum(dtype: DTypeName, a: number, b: number): number {
  if (dtype === "int64") return exactInteger(a + b);
  return dtype === "bool" ? a | b : a + b;
}

/** The operand with zeros at the places. */
const clearOp: Op<Places> = new Op({
  name: "clear",
  kind: "movement",
  gradFn: () => "IndexPutBackward0",
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  kernel([x], { dtype }, { starts, run }) {
    const result = copy(x.storage.data, dtype);
    for (let i = 0; i < starts.length; i++) result.fill(0, starts[i], starts[i] + run);
    return result;
  },
  pullback: (g, { attributes }) => [apply(clearOp, [g], attributes)],
});

/** What is at the places, as a copy. */
export const read = (x: Tensor, places: Places): Tensor => apply(indexOp, [x], places);

/** Zeros of the shape `source` with the elements of `x` at the places, added up where several have one place. */
export const spreadOut = (x: Tensor, source: Shape, places: Places): Tensor =>
  apply(scatterOp, [x], { ...places, source });

/**
 * A copy of `x` with `values` at the places.
 * @param values of the same type, and as many as there are places or one
 */
export const written = (x: Tensor, values: Tensor, writing: Writing): Tensor => apply(putOp, [x, values], writing);

/** Writes `values`, as `written` takes them, to the places of `x` itself. */
export function write(name: string, x: Tensor, values: Tensor, writing: Writing): Tensor {
  // What is written over could not be read any more.
  const own = values.storage === x.storage ? values.clone() : values;
  return applyInPlace(name, putOp, [x, own], writing);
}

/** A number as an element that can be written to `x`. */
export function elementFor(name: string, x: Tensor, value: number): Tensor {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, got ${describe(value)}`);
  return new Tensor(Storage.of(round(x.dtype, value), x.dtype), { shape: [], dtype: x.dtype });
}

/** The places of the elements that are not 0. */
export function placesOfNonzero(data: ArrayLike<number>): number[] {
  const found: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) found.push(i);
  return found;
}

/** A part of what is chosen: the sizes of its dims, and for each place in them the offset into the source. */
export interface Part {
  readonly shape: Shape;
  readonly offsets: readonly number[];
}

/** What is chosen of each dim by itself: all of it, unless `placesIn` says which places, in what order. */
export function along(shape: Shape, placesIn: (dim: number, size: number) => readonly number[] | null): Part[] {
  const strides = stridesOf(shape);
  return shape.map((size, dim) => {
    const places = placesIn(dim, size) ?? range(size);
    return { shape: [places.length], offsets: places.map((place) => place * strides[dim]) };
  });
}

/** Where one is after each step of a walk through `shape`, row by row, with steps of these lengths along its dims. */
export function walk(shape: Shape, steps: readonly number[]): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const place = new Array<number>(shape.length).fill(0);
  for (let i = 0, offset = 0; i < out.length; i++) {
    out[i] = offset;
    // As an odometer counts.
    for (let d = shape.length - 1; d >= 0; d--) {
      offset += steps[d];
      if (++place[d] < shape[d]) break;
      offset -= steps[d] * shape[d];
      place[d] = 0;
    }
  }
  return out;
}

/** The places that all parts together choose, in runs as long as the last parts leave them. */
export function placesOf(parts: readonly Part[], gradFn: string): Places {
  let run = 1;
  let outer = parts.length;
  // A part extends the runs behind it where its own places follow one another at their distance.
  while (outer > 0 && isStretch(parts[outer - 1].offsets, run)) run *= parts[--outer].offsets.length;
  const rest = parts.slice(outer);
  let starts = [rest.reduce((start, { offsets }) => start + (offsets[0] ?? 0), 0)];
  for (const { offsets } of parts.slice(0, outer).reverse()) starts = sums(offsets, starts);
  return { shape: parts.flatMap((part) => part.shape), starts, run, gradFn };
}

/** Each of `a` plus each of `b`, which counts faster. Loops, since there may be as many as elements. */
function sums(a: readonly number[], b: readonly number[]): number[] {
  const out = new Array<number>(a.length * b.length);
  for (let i = 0, o = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) out[o++] = a[i] + b[j];
  }
  return out;
}

const isStretch = (offsets: readonly number[], distance: number): boolean =>
  offsets.every((offset, i) => offset === offsets[0] + i * distance);

/** The `length` neighbours from `start` along dim `d` of a tensor of `shape`. */
export function stretch(shape: Shape, d: number, start: number, length: number, gradFn: string): Places {
  const inner = sizeOf(shape.slice(d + 1));
  const starts = range(sizeOf(shape.slice(0, d))).map((i) => (i * shape[d] + start) * inner);
  return { shape: shape.map((n, i) => (i === d ? length : n)), starts, run: length * inner, gradFn };
}

/** The same places without dim `d`, which has one. */
export const withoutDim = (places: Places, d: number): Places =>
  ({ ...places, shape: places.shape.filter((_, i) => i !== d) });

/**
 * An index counted from the front.
 * @throws RangeError where it is out of bounds
 */
export function place(index: number, dim: number, size: number): number {
  checkInteger("indexing", "an index", index);
  if (index < -size || index >= size) {
    throw new RangeError(`index ${index} is out of bounds for dimension ${dim} with size ${size}`);
  }
  return index < 0 ? index + size : index;
}
