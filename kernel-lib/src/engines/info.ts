// Owns what can be asked of the engines: which one computes, what it holds, what had to be left to the host.
// Imports selection and argument checks.
import { inspect } from "node:util";
import { checkCount } from "../check";
import type { EngineName } from "./placement";
import { type EngineChoice, selection } from "./selection";
import { askBudget, freeCollected } from "./tfjs/residency";
import { isWeak } from "./weak";

/** What one engine holds outside JavaScript's memory. */
export interface EngineMemory {
  /** The bytes of all elements. */
  readonly bytes: number;
  /** How many tensors' elements. */
  readonly handles: number;
}

/** What `engineInfo` tells. A notebook shows it as a table. */
export interface EngineInfo extends EngineMemory {
  /** What was asked for: "auto", or an engine's name. */
  readonly choice: EngineChoice;
  /** What large float32 operations are computed by; "host" also before the first of them. */
  readonly engine: EngineName;
  readonly version: string;
  /** "CPU", or the name of the graphics processor. */
  readonly device: string;
  /** How often the host computed an operation in the engine's place, by the operation's name. */
  readonly fallbacks: Readonly<Record<string, number>>;
  /** What may be held in `bytes`. */
  readonly budget: number;
  /** How dropped tensors are found: at once also in a synchronous loop, or by the budget alone. */
  readonly reclaim: "collected" | "budget";
  /** Why a better engine is not there, where one is missing. */
  readonly missing?: string;
}

const MEGABYTE = 1e6;
const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;

function rowsOf(info: EngineInfo): [string, string][] {
  const fallbacks = Object.entries(info.fallbacks).map(([name, count]) => `${name} ${count}`);
  return [
    ["engine", info.engine + (info.choice === info.engine ? "" : ` (${info.choice})`)],
    ["version", info.version],
    ["device", info.device],
    ["held", `${megabytes(info.bytes)} of ${megabytes(info.budget)}, ${info.handles} tensors`],
    ["left to the host", fallbacks.join(", ") || "nothing"],
    ...(info.missing === undefined ? [] : [["missing", info.missing] as [string, string]]),
  ];
}

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

// Not enumerable: the object is plain data to whoever lists its fields.
const showing = {
  [inspect.custom](this: EngineInfo): string {
    return rowsOf(this).map(([name, value]) => `${name.padEnd(17)} ${value}`).join("\n");
  },
  [Symbol.for("Jupyter.display")](this: EngineInfo) {
    const rows = rowsOf(this).map(([name, value]) => `<tr><th>${name}</th><td>${escape(value)}</td></tr>`);
    return { "text/html": `<table>${rows.join("")}</table>`, "text/plain": inspect(this) };
  },
};

/**
 * Which engine computes large float32 operations, on which device, what it holds, and what it had to leave to the host.
 *
 *     pt.engineInfo();        // a small table, as a cell's last value
 */
export function engineInfo(): EngineInfo {
  const { choice, active, missing } = selection();
  const residency = active?.residency;
  return Object.assign(Object.create(showing) as object, {
    choice,
    engine: active?.name ?? ("host" as const),
    version: residency?.backend.version ?? `Node ${process.versions.node}`,
    device: residency?.backend.device ?? "CPU",
    bytes: residency?.bytes ?? 0,
    handles: residency?.handles ?? 0,
    budget: residency?.budget ?? 0,
    fallbacks: Object.fromEntries(active?.fallbacks ?? []),
    reclaim: isWeak ? ("collected" as const) : ("budget" as const),
    ...(missing === undefined ? {} : { missing: missing.message }),
  });
}

/** What each engine holds: bytes and handles. Nothing has to be freed; this is to see that it is. */
export function memory(): Readonly<Record<Exclude<EngineName, "host">, EngineMemory>> {
  const held = { tensorflow: { bytes: 0, handles: 0 }, wasm: { bytes: 0, handles: 0 } };
  freeCollected();
  for (const { name, residency } of selection().engines) {
    held[name] = { bytes: residency.bytes, handles: residency.handles };
  }
  return held;
}

/**
 * Lets the engine hold at most so many bytes (an operation's own operands aside): past that, what was not used for
 * longest is copied back into JavaScript's memory. The default is an eighth of the machine's memory, at most 4 GB.
 * @throws RangeError unless `bytes` is a positive integer
 */
export function setMemoryBudget(bytes: number): void {
  checkCount("setMemoryBudget", "bytes", bytes, 1);
  askBudget(bytes);
  for (const { residency } of selection().engines) residency.fitBudget();
}
