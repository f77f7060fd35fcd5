// Owns making tensors: from values, filled, in steps, at random. Imports tensor, dtypes, fills and draws.
import { checkCount, checkInteger, describe, shapeText } from "./check";
import { bool, type DTypeName, getDefaultDtype, int64, isFloat, round, type TypedArray, stronger, unlessHigher } from "./dtype";
import { allocate, convert } from "./memory";
import { Storage } from "./engines/storage";
import * as fill from "./fill";
import type { Generator } from "./generator";
import * as random from "./random";
import { checkShape, sameShape, type Shape, sizeOf } from "./shape";
import { type NestedArray, Tensor } from "./tensor";

export interface TensorOptions {
  /** The element type. */
  dtype?: DTypeName;
  /** Whether operations on the tensor are recorded for backward. Default false. */
  requiresGrad?: boolean;
}

export interface RandomOptions extends TensorOptions {
  /** Where the random numbers come from. Default: the generator that `manualSeed` seeds. */
  generator?: Generator;
}

/** A size as separate numbers or as one array, then options. */
export type SizeArguments<O> =
  | readonly number[]
  | readonly [...number[], O]
  | readonly [Shape]
  | readonly [Shape, O];

/** @throws TypeError for a tensor, which has a dtype and a requiresGrad, and so passes for options in the types */
function checkOptions(options: unknown): void {
  if (options instanceof Tensor) throw new TypeError("expected options, got a Tensor");
}

function make(
  data: TypedArray,
  shape: Shape,
  dtype: DTypeName,
  options: TensorOptions,
): Tensor {
  checkOptions(options);
  const out = new Tensor(new Storage(data), { shape, dtype });
  return options.requiresGrad ? out.requiresGrad_() : out;
}

function parseSize<O extends TensorOptions>(
  name: string,
  args: SizeArguments<O>,
): { shape: Shape; options: O } {
  const last = args[args.length - 1];
  checkOptions(last);
  const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
  const sizes = hasOptions ? args.slice(0, -1) : args;
  const shape = (Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;
  checkShape(name, shape);
  return { shape: [...shape], options: (hasOptions ? last : {}) as O };
}

const floatType = (name: string, dtype: DTypeName = getDefaultDtype()): "float32" | "float64" => {
  if (dtype === "float32" || dtype === "float64") return dtype;
  throw new TypeError(`${name}: not implemented for ${dtype}; choose float32 or float64`);
};

/** What `tensor` and the functions like it take: a number, nested arrays of numbers or tensors, or a typed array. */
export type TensorData = number | boolean | NestedArray | ArrayBufferView | Tensor | readonly TensorData[];

const TYPED = [
  { array: Float32Array, dtype: "float32" },
  { array: Float64Array, dtype: "float64" },
  { array: Int8Array, dtype: "int64" },
  { array: Int16Array, dtype: "int64" },
  { array: Int32Array, dtype: "int64" },
  { array: Uint8Array, dtype: "int64" },
  { array: Uint8ClampedArray, dtype: "int64" },
  { array: Uint16Array, dtype: "int64" },
  { array: Uint32Array, dtype: "int64" },
] as const;

/** Elements in a row, with what is known of their shape and type. */
interface Elements {
  readonly values: ArrayLike<number | boolean>;
  readonly shape: Shape;
  readonly dtype: DTypeName;
}

function readData(data: TensorData): Elements {
  if (data instanceof Tensor) return { values: data.storage.data, shape: data.shape, dtype: data.dtype };
  if (ArrayBuffer.isView(data)) {
    const type = TYPED.find(({ array }) => data instanceof array);
    if (!type) throw new TypeError(`tensor: cannot read elements from ${describe(data)}`);
    const values = data as unknown as ArrayLike<number>;
    return { values, shape: [values.length], dtype: type.dtype };
  }
  const found: Found = { values: [], bare: null, typed: null };
  const shape = collect(found, data, []);
  const dtype = unlessHigher(found.typed, found.bare) ?? getDefaultDtype();
  return { values: found.values, shape, dtype };
}

/** Elements in a row, and the strongest type among the bare numbers and among tensors and typed arrays. */
interface Found {
  readonly values: (number | boolean)[];
  bare: DTypeName | null;
  typed: DTypeName | null;
}

/** Adds the elements of nested arrays to `found`; returns their shape. */
function collect(found: Found, data: unknown, path: readonly number[]): Shape {
  if (typeof data === "number" || typeof data === "boolean") {
    found.values.push(data);
    found.bare = stronger(found.bare, typeOf(data));
    return [];
  }
  if (data instanceof Tensor || ArrayBuffer.isView(data)) {
    const { values, shape, dtype } = readData(data);
    for (let i = 0; i < values.length; i++) found.values.push(values[i]);
    found.typed = stronger(found.typed, dtype);
    return shape;
  }
  const where = path.length > 0 ? ` at index ${shapeText(path)}` : "";
  if (!Array.isArray(data)) {
    throw new TypeError(`tensor: expected numbers, booleans or arrays of them, got ${describe(data)}${where}`);
  }
  let first: Shape | null = null;
  // Not forEach, which would pass over holes.
  for (let i = 0; i < data.length; i++) {
    const shape = collect(found, data[i], [...path, i]);
    first ??= shape;
    if (!sameShape(shape, first)) {
      const [one, other] = [shapeText([...path, 0]), shapeText([...path, i])];
      throw new RangeError(
        `tensor: the rows differ in shape: ${one} has ${shapeText(first)}, ${other} has ${shapeText(shape)}`,
      );
    }
  }
  return [data.length, ...(first ?? [])];
}

/** JavaScript does not tell 2 from 2.0, so a whole number counts as an integer, as Python's `2` does. */
function typeOf(value: number | boolean): DTypeName {
  if (typeof value === "boolean") return bool;
  return Number.isSafeInteger(value) ? int64 : getDefaultDtype();
}

/**
 * A tensor of these values. Without a `dtype`, fractions give the default dtype, whole numbers int64 (with
 * `requiresGrad` the default dtype, since integers have no gradient), booleans bool, and a typed array keeps its type.
 * @throws RangeError where nested arrays are ragged
 * @see https://pytorch.org/docs/stable/generated/torch.tensor.html
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  const { values, shape, dtype: own } = readData(data);
  const dtype = options.dtype ?? (options.requiresGrad && !isFloat(own) ? getDefaultDtype() : own);
  const out = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) out[i] = round(dtype, Number(values[i]));
  return make(out, shape, dtype, options);
}

/** A tensor of `shape` filled with `value`; its type is that of `tensor(value)` unless `dtype` is given. */
export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor {
  checkShape("full", shape);
  const dtype = options.dtype ?? (options.requiresGrad ? getDefaultDtype() : typeOf(value));
  return make(allocate(dtype, sizeOf(shape)).fill(round(dtype, Number(value))), [...shape], dtype, options);
}

function filled(name: string, value: number) {
  return (...args: SizeArguments<TensorOptions>): Tensor => {
    const { shape, options } = parseSize(name, args);
    return full(shape, value, { ...options, dtype: options.dtype ?? getDefaultDtype() });
  };
}

/** A tensor of zeros: `zeros(2, 3)` or `zeros([2, 3])`, then options. */
export const zeros = filled("zeros", 0);

/** A tensor of ones: `ones(2, 3)` or `ones([2, 3])`, then options. */
export const ones = filled("ones", 1);

/** A tensor to be filled later. Its elements are zeros; PyTorch leaves whatever the memory held. */
export const empty = filled("empty", 0);

function filledLike(value: number) {
  return (x: Tensor, options: TensorOptions = {}): Tensor =>
    full(x.shape, value, { ...options, dtype: options.dtype ?? x.dtype });
}

/** A tensor of zeros with the shape and dtype of another. */
export const zerosLike = filledLike(0);

/** A tensor of ones with the shape and dtype of another. */
export const onesLike = filledLike(1);

/** The n × m matrix (n × n where m is left out) with ones on the diagonal. */
export function eye(n: number, options?: TensorOptions): Tensor;
export function eye(n: number, m: number, options?: TensorOptions): Tensor;
export function eye(n: number, second: number | TensorOptions = n, third: TensorOptions = {}): Tensor {
  const [m, options] = typeof second === "number" ? [second, third] : [n, second];
  checkShape("eye", [n, m]);
  const dtype = options.dtype ?? getDefaultDtype();
  const data = allocate(dtype, n * m);
  for (let i = 0; i < Math.min(n, m); i++) data[i * m + i] = 1;
  return make(data, [n, m], dtype, options);
}

/**
 * `steps` evenly spaced numbers from `start` to `end`, both included.
 * @see https://pytorch.org/docs/stable/generated/torch.linspace.html
 */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  checkCount("linspace", "number of steps", steps);
  const dtype = options.dtype ?? getDefaultDtype();
  return make(fill.linspace(start, end, steps, dtype), [steps], dtype, options);
}

/** The numbers from 0 up to `end`, or from `start` up to `end` by `step`; `end` itself is not included. */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor;
export function arange(...args: (number | TensorOptions | undefined)[]): Tensor {
  const numbers = args.filter((arg) => typeof arg === "number");
  const options = args.find((arg) => typeof arg === "object") ?? {};
  const [start, end, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const dtype = options.dtype ?? (!options.requiresGrad && numbers.every(Number.isInteger) ? int64 : getDefaultDtype());
  const data = fill.arange(start, end, step, dtype);
  return make(data, [data.length], dtype, options);
}

/**
 * Uniform random numbers from [0, 1): PyTorch's from the same seed, bit by bit.
 * @see https://pytorch.org/docs/stable/generated/torch.rand.html
 */
export function rand(...args: SizeArguments<RandomOptions>): Tensor {
  const { shape, options } = parseSize("rand", args);
  const dtype = floatType("rand", options.dtype);
  return make(random.uniform(sizeOf(shape), dtype, options.generator), shape, dtype, options);
}

/**
 * Standard normal random numbers: PyTorch's from the same seed, bit by bit in float32 and within 1e-14 in float64.
 * @see https://pytorch.org/docs/stable/generated/torch.randn.html
 */
export function randn(...args: SizeArguments<RandomOptions>): Tensor {
  const { shape, options } = parseSize("randn", args);
  const dtype = floatType("randn", options.dtype);
  return make(random.normal(sizeOf(shape), dtype, options.generator), shape, dtype, options);
}

/** Random integers from `low` (0 where left out) up to, not including, `high`. */
export function randint(high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(...args: (number | Shape | RandomOptions | undefined)[]): Tensor {
  const at = args.findIndex((arg) => Array.isArray(arg));
  if (at < 1)
    throw new TypeError("randint: expected (high, shape) or (low, high, shape), as in randint(0, 10, [5])");
  const [low, high] = (at === 1 ? [0, args[0]] : args) as number[];
  const shape = args[at] as Shape;
  const options = (args[at + 1] ?? {}) as RandomOptions;
  checkShape("randint", shape);
  const dtype = options.dtype ?? int64;
  const draws = random.randint(low, high, sizeOf(shape), options.generator);
  return make(convert(draws, int64, dtype), [...shape], dtype, options);
}

/** The integers 0 … n − 1 in random order. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  checkInteger("randperm", "n", n);
  const dtype = options.dtype ?? int64;
  return make(convert(random.randperm(n, options.generator), int64, dtype), [n], dtype, options);
}
