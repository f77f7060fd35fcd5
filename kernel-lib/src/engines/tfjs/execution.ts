// Owns how one operation is computed from kernels of tfjs: its operands on the backend, the calls, what is freed after.
// Imports residency, the backend's types, storage, shapes and dtypes.
import { type DTypeName, round, type TypedArray } from "../../dtype";
import { convert } from "../../memory";
import { sameShape, type Shape } from "../../shape";
import type { Operand } from "../engine";
import { uninterrupted } from "../native";
import type { Storage } from "../storage";
import type { Backend, BackendName, Value } from "./backend";
import { canReside, type Residency, Resident } from "./residency";

type ValueType = Value["dtype"];

type Kernel = (inputs: unknown, attrs: object) => Value;

/** The backend has no such kernel, or not for this case: the host computes it. */
export class NoKernelError extends Error {
  override name = "NoKernelError";
}

/** Gives operations their operands, calls kernels, and frees what they leave. Serves a backend's operations in turn. */
export class Execution {
  /** tfjs's kernels by name; null for one that the backend does not have. */
  private readonly found = new Map<string, Kernel | null>();
  /** What the operation under way has made on the backend. */
  private readonly made: Value[] = [];

  constructor(private readonly residency: Residency) {}

  private get backend(): Backend {
    return this.residency.backend;
  }

  /** What `compute` returns; everything else that it made is freed. */
  run(compute: (execution: this) => Value): Value {
    const { tfjs, name } = this.backend;
    // tfjs's kernels make small tensors of their own on whichever backend is set.
    if (tfjs.getBackend() !== name) tfjs.setBackend(name);
    this.residency.begin();
    // An interrupt may have ended an operation without its `finally`.
    this.freeMade();
    try {
      const result = compute(this);
      // A caller of its own from here on, be it an operand itself.
      const place = this.made.lastIndexOf(result);
      if (place >= 0) this.made.splice(place, 1);
      else this.backend.kernels.incRef(result.dataId);
      return result;
    } finally {
      this.freeMade();
    }
  }

  /** Frees what was made. Each leaves the list first: freed twice, it would be taken from another that shares it. */
  private freeMade(): void {
    for (let value = this.made.pop(); value; value = this.made.pop()) this.backend.kernels.disposeData(value.dataId);
  }

  /** The result of tfjs's kernel `name`. */
  call(name: string, inputs: Readonly<Record<string, Value>> | readonly Value[], attrs: object = {}): Value {
    const f = this.kernel(name);
    if (f === null) throw new NoKernelError(`${this.backend.name} has no kernel ${name}`);
    const result = uninterrupted(() => f(inputs, attrs));
    this.made.push(result);
    return result;
  }

  get name(): BackendName {
    return this.backend.name;
  }

  /** Whether the backend has the kernel `name`. */
  has(name: string): boolean {
    return this.kernel(name) !== null;
  }

  private kernel(name: string): Kernel | null {
    let f = this.found.get(name);
    if (f === undefined) {
      const { tfjs, name: backend, kernels } = this.backend;
      const kernel = tfjs.getKernel(name, backend);
      f = kernel ? (inputs, attrs) => kernel.kernelFunc({ inputs, attrs, backend: kernels }) : null;
      this.found.set(name, f);
    }
    return f;
  }

  /** An operand on the backend, in its own shape, its elements converted to `dtype`. */
  operand(input: Operand, dtype: "float32" | "bool" = "float32"): Value {
    const { storage } = input;
    if (storage.length === 1 && storage.isHome) return this.constant(round(dtype, storage.data[0]), dtype, input.shape);
    if (!canReside(input.dtype)) return this.put(convert(storage.data, input.dtype, dtype), input.shape, dtype);
    const value = this.shaped(this.resident(storage, input.dtype, input.shape), input.shape);
    return value.dtype === dtype ? value : this.cast(value, dtype);
  }

  /** What the backend holds of `storage`; put there if need be. */
  private resident(storage: Storage, dtype: "float32" | "bool", shape: Shape): Resident {
    const { residence } = storage;
    if (residence instanceof Resident && residence.isOf(this.backend)) {
      this.residency.touch(residence);
      return residence;
    }
    // Another backend may hold it.
    storage.bringHome();
    return this.residency.put(storage, shape, dtype);
  }

  /** The same elements in `shape`; a view, where one has to be made, stays as long as they do. */
  private shaped(resident: Resident, shape: Shape): Value {
    const { value } = resident;
    if (sameShape(value.shape, shape)) return value;
    let view = resident.views?.find((made) => sameShape(made.shape, shape));
    if (view === undefined) {
      view = this.call("Reshape", { x: value }, { shape: [...shape] });
      this.made.pop();
      (resident.views ??= []).push(view);
    }
    return view;
  }

  /** Elements that only the operation under way needs. */
  put(elements: TypedArray | Int32Array, shape: Shape, dtype: ValueType): Value {
    const dataId = this.backend.kernels.write(elements, [...shape], dtype);
    const value: Value = { dataId, shape: [...shape], dtype };
    this.made.push(value);
    return value;
  }

  /** One number, in a shape of one element. */
  constant(value: number, dtype: "float32" | "bool" = "float32", shape: Shape = []): Value {
    return this.put(dtype === "bool" ? Uint8Array.of(value) : Float32Array.of(value), shape, dtype);
  }

  /** Whole numbers, as kernels take places and indices. */
  integers(values: ArrayLike<number>, shape: Shape = [values.length]): Value {
    return this.put(Int32Array.from(values), shape, "int32");
  }

  reshape(x: Value, shape: Shape): Value {
    return sameShape(x.shape, shape) ? x : this.call("Reshape", { x }, { shape: [...shape] });
  }

  cast(x: Value, dtype: DTypeName): Value {
    // Whatever is not zero is true; a kernel's own conversion may cut fractions off first.
    if (dtype === "bool") return this.call("NotEqual", { a: x, b: this.constant(0) });
    return this.call("Cast", { x }, { dtype });
  }

  /** A new value of one number throughout. */
  fill(shape: Shape, value: number): Value {
    return this.call("Fill", {}, { shape: [...shape], value, dtype: "float32" });
  }

  /** `x` repeated up to `shape`, which it broadcasts to. */
  expand(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    if (this.has("BroadcastTo")) return this.call("BroadcastTo", { x }, { shape: [...shape] });
    // wasm's Tile takes thirty times as long as its sum. Adding −0 leaves every number as it is, also −0.
    if (x.dtype === "float32") return this.call("Add", { a: x, b: this.fill(shape, -0) });
    const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape];
    const reps = shape.map((n, i) => (aligned[i] === n ? 1 : n));
    return this.call("Tile", { x: this.reshape(x, aligned) }, { reps });
  }

  /** `x` with its last two dims swapped. */
  transpose(x: Value): Value {
    const perm = x.shape.map((_, i) => i);
    perm.push(...perm.splice(-2).reverse());
    return this.call("Transpose", { x }, { perm });
  }

  /** The product of matrices, batches of as many dims broadcast; each factor's last two dims swapped where asked. */
  multiply(a: Value, b: Value, { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }): Value {
    if (!this.backend.multipliesTransposed) {
      const factors = { a: transposeA ? this.transpose(a) : a, b: transposeB ? this.transpose(b) : b };
      return this.call("BatchMatMul", factors, { transposeA: false, transposeB: false });
    }
    const isSmall = a.shape.length === 2 && a.shape[0] * a.shape[1] * b.shape[transposeB ? 0 : 1] < SMALL_PRODUCT;
    const kernel = isSmall && this.has("MatMul") ? "MatMul" : "BatchMatMul";
    return this.call(kernel, { a, b }, { transposeA, transposeB });
  }
}

/** In multiplications. */
const SMALL_PRODUCT = 4e6;
