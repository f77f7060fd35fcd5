// Owns loading tfjs with one of its backends, and the part of its interface that is used here.
// Imports Node's built-ins and, when first needed, tfjs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TypedArray } from "../../dtype";
import { muted, uninterrupted } from "../native";
import { tensorflowWithRecords, wasmWithRecords } from "./records";
import { type KernelConfig, tensorflowKernels } from "./tensorflowKernels";

export type BackendName = "tensorflow" | "wasm";

/** tfjs's TensorInfo: a value that a backend holds. */
export interface Value {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: "float32" | "int32" | "bool";
}

/** tfjs's KernelBackend. */
interface KernelBackend {
  write(values: TypedArray | Int32Array, shape: number[], dtype: string): object;
  readSync(dataId: object): TypedArray | Int32Array;
  disposeData(dataId: object, force?: boolean): boolean;
  incRef(dataId: object): void;
  numDataIds(): number;
}

type KernelFunction = (call: { inputs: unknown; attrs: object; backend: KernelBackend }) => Value;

interface Tfjs {
  getKernel(name: string, backend: string): { kernelFunc: KernelFunction } | undefined;
  getBackend(): string;
  setBackend(name: string): unknown;
  removeBackend(name: string): void;
  registerBackend(name: string, factory: () => KernelBackend): boolean;
  registerKernel(config: KernelConfig): void;
  backend(): KernelBackend;
}

/** A backend that is ready to compute. */
export interface Backend {
  readonly name: BackendName;
  readonly version: string;
  /** "CPU", or the name of the graphics processor. */
  readonly device: string;
  /** Whether it computes on the very array that it is given, and not on a copy. */
  readonly sharesMemory: boolean;
  /** Whether a product with a transposed factor is as fast as one without. */
  readonly multipliesTransposed: boolean;
  readonly tfjs: Tfjs;
  readonly kernels: KernelBackend;
}

/** Why a backend is not there, in one line, and what would help. */
export class BackendUnavailableError extends Error {
  override name = "BackendUnavailableError";
}

const open = new Map<BackendName, Backend>();

/**
 * The backend of that name, loaded on the first call: some hundredth of a second for wasm, up to one for tensorflow.
 * @throws BackendUnavailableError where it cannot be had
 */
export function openBackend(name: BackendName): Backend {
  let backend = open.get(name);
  if (backend === undefined) {
    try {
      // TensorFlow's threads, too, are not to handle signals: they begin with what this one blocks.
      backend = name === "tensorflow" ? uninterrupted(openTensorFlow) : openWasm();
    } catch (error) {
      throw unavailable(name, error);
    }
    open.set(name, backend);
  }
  return backend;
}

function unavailable(name: BackendName, cause: unknown): BackendUnavailableError {
  const message = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  const reason = message.includes("can not be found at path") ? "its native part is not there." : message;
  const help =
    name === "tensorflow"
      ? "The project's set-up (npm start) obtains TensorFlow and says what is in its way."
      : "Install the packages again (npm ci).";
  return new BackendUnavailableError(`the ${name} engine cannot be loaded: ${reason} ${help}`, { cause });
}

// TensorFlow reads these once, when its library is loaded. What somebody has set is left as it is.
const ENVIRONMENT = {
  // Blocks are kept and used again: a large result costs a fifth of what memory new from the system does.
  TF_CPU_ALLOCATOR_USE_BFC: "1",
  // On a graphics processor it would take all memory otherwise.
  TF_FORCE_GPU_ALLOW_GROWTH: "true",
  TF_CPP_MIN_LOG_LEVEL: "2",
};

const ONE = { shape: [1], value: 1, dtype: "float32" };

/* eslint-disable @typescript-eslint/no-require-imports -- these load late, and in the middle of an operation */

function openTensorFlow(): Backend {
  // Who asks TensorFlow for its log gets it.
  const asked = process.env.TF_CPP_MIN_LOG_LEVEL !== undefined;
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
  restoreUtil();
  return asked ? startTensorFlow() : muted(startTensorFlow);
}

function startTensorFlow(): Backend {
  const tfjs = require("@tensorflow/tfjs-node-gpu") as Tfjs;
  const kernels = tensorflowWithRecords(
    tfjs.backend() as KernelBackend & { isUsingGpuDevice: boolean; binding: { TF_Version: string } },
  );
  const { isUsingGpuDevice, binding } = kernels;
  for (const kernel of tensorflowKernels) tfjs.registerKernel(kernel);
  // Its threads are made for the first operation.
  kernels.disposeData(tfjs.getKernel("Fill", "tensorflow")!.kernelFunc({ inputs: {}, attrs: ONE, backend: kernels }).dataId);
  return {
    name: "tensorflow",
    version: binding.TF_Version,
    device: isUsingGpuDevice ? graphicsProcessor() : "CPU",
    sharesMemory: !isUsingGpuDevice,
    multipliesTransposed: true,
    tfjs,
    kernels,
  };
}

/** tfjs-node calls two functions of `util` that Node 22 warns of and Node 23 no longer has. */
function restoreUtil(): void {
  const functions = require("node:util") as Record<string, unknown>;
  functions.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  functions.isArray = Array.isArray;
}

/** The first graphics processor's name, as its driver tells it. */
function graphicsProcessor(): string {
  const folder = "/proc/driver/nvidia/gpus";
  try {
    const [first] = readdirSync(folder);
    const model = /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, first, "information"), "utf8"));
    return `GPU (${model![1].trim()})`;
  } catch {
    return "GPU";
  }
}

/**
 * tfjs's WebAssembly backend with SIMD instructions. Its own way of loading is asynchronous, and an operation cannot
 * wait; the module itself can be compiled at once. Its threads are switched off in Node by tfjs itself.
 */
function openWasm(): Backend {
  const tfjs = require("@tensorflow/tfjs-core") as Tfjs;
  const { BackendWasm, version_wasm } = require("@tensorflow/tfjs-backend-wasm") as {
    BackendWasm: new (module: unknown) => KernelBackend;
    version_wasm: string;
  };
  const module = instantiate();
  tfjs.removeBackend("wasm");
  tfjs.registerBackend("wasm", () => new BackendWasm(module));
  tfjs.setBackend("wasm");
  return {
    name: "wasm",
    version: `${version_wasm}, SIMD`,
    device: "CPU",
    sharesMemory: false,
    // Those take a plain loop there, and thirty times as long.
    multipliesTransposed: false,
    tfjs,
    kernels: wasmWithRecords(tfjs.backend()),
  };
}

// As much of the standard as is used; the compiler's library has it with the browser's types only.
declare const WebAssembly: {
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

interface WasmModule {
  cwrap(name: string, result: string | null, parameters: string[]): unknown;
}

/** The module as tfjs-backend-wasm's own `init` makes it. */
function instantiate(): object {
  const glue = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm";
  const factory = require(`${glue}.js`) as (module: object) => unknown;
  const binary = readFileSync(require.resolve(`${glue}-simd.wasm`));
  const given = {
    instantiateWasm(imports: object, done: (instance: object) => void) {
      const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), imports);
      done(instance);
      return instance.exports;
    },
  };
  withoutProcessListeners(() => factory(given));
  const module = given as unknown as WasmModule;
  const tfjs = {
    init: module.cwrap("init", null, []),
    initWithThreadsCount: module.cwrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: module.cwrap("get_threads_count", "number", []),
    registerTensor: module.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: module.cwrap("dispose_data", null, ["number"]),
    dispose: module.cwrap("dispose", null, []),
  };
  return Object.assign(given, { tfjs });
}

/* eslint-enable @typescript-eslint/no-require-imports */

/** The module's glue adds listeners that end the process on any error that nobody has caught, whoever made it. */
function withoutProcessListeners(load: () => unknown): void {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => process.rawListeners(event));
  load();
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[i].includes(listener)) process.removeListener(event, listener as () => void);
    }
  });
}
