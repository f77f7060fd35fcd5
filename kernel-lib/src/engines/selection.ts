// Owns which engine computes: what was asked for, what is there, and the choice for each operation.
// Imports placement, shapes and the engine on tfjs.
import { describe } from "../check";
import { sizeOf } from "../shape";
import type { Computation, Operand, Spec } from "./engine";
import { AWAY, type EngineName, type Kind, LEAST_WORK, workOf } from "./placement";
import { takes, TfjsEngine } from "./tfjs/engine";

/** What may be asked for: the best that is there, where it is faster than the host, or one engine by name. */
export type EngineChoice = "auto" | EngineName;

const CHOICES: readonly EngineChoice[] = ["auto", "host", "tensorflow", "wasm"];

/** The fewest elements with which any operation can be worth an engine's while. */
const LEAST_ELEMENTS = 1024;

let choice: EngineChoice = "auto";
let leastElements = LEAST_ELEMENTS;
/** The one beside the host. Undefined as long as nothing has needed it; null where there is none. */
let active: TfjsEngine | null | undefined;
const opened = new Map<TfjsEngine["name"], TfjsEngine>();
/** Why a better one is not there. */
let missing: Error | undefined;

/** Whether it is worth asking where an operation is computed: a first, quick look. */
export function mayLeaveHost(inputs: readonly Operand[], out: Spec): boolean {
  if (sizeOf(out.shape) >= leastElements) return true;
  for (let i = 0; i < inputs.length; i++) if (inputs[i].storage.length >= leastElements) return true;
  return false;
}

/** Whether so many elements are the host's without asking. */
export const stayOnHost = (elements: number): boolean => elements < leastElements;

/** The engine that `op` is computed on; null for the host. */
export function engineFor<A>(
  op: Pick<Computation<A>, "name" | "kind">, inputs: readonly Operand[], out: Spec, attributes: A,
): TfjsEngine | null {
  if (!takes(op, inputs, out, attributes)) return null;
  if (choice !== "auto") return activeEngine();
  const isAway = inputs.some(({ storage }) => !storage.isHome);
  const work = workOf(op.kind, inputs, out) / (isAway ? AWAY : 1);
  // Before one is loaded nobody knows which it will be.
  if (active === undefined && work < leastWorkOfAny(op.kind)) return null;
  const engine = activeEngine();
  return engine !== null && work >= LEAST_WORK[engine.name][op.kind] ? engine : null;
}

const leastWorkOfAny = (kind: Kind): number => Math.min(...Object.values(LEAST_WORK).map((least) => least[kind]));

/**
 * The engine beside the host, loaded now if need be; null where there is none.
 * @throws BackendUnavailableError where one was asked for by name and cannot be loaded
 */
export function activeEngine(): TfjsEngine | null {
  if (active !== undefined) return active;
  if (choice === "host") return (active = null);
  return (active = choice === "auto" ? best() : open(choice));
}

function open(name: TfjsEngine["name"]): TfjsEngine {
  let engine = opened.get(name);
  if (engine === undefined) opened.set(name, (engine = new TfjsEngine(name)));
  return engine;
}

function best(): TfjsEngine | null {
  const known = missing !== undefined;
  try {
    // What could not be loaded once is not tried again, nor told again.
    if (!known) return open("tensorflow");
  } catch (error) {
    missing = error as Error;
  }
  let instead: TfjsEngine | null = null;
  try {
    instead = open("wasm");
  } catch {
    // The first reason is the one to mend.
  }
  const other = instead ? "WebAssembly" : "JavaScript";
  if (!known) console.warn(`torchlab: ${missing!.message} Until then ${other} computes what is large.`);
  return instead;
}

/** What there is to say of the choice, without loading anything. */
export const selection = () => ({ choice, active: active ?? null, engines: [...opened.values()], missing });

/** @throws TypeError unless `name` is an engine's, or "auto" */
function checkChoice(where: string, name: unknown): asserts name is EngineChoice {
  if (CHOICES.includes(name as EngineChoice)) return;
  const list = CHOICES.map((known) => `"${known}"`).join(", ");
  throw new TypeError(`${where}: there is no engine ${describe(name)}; choose one of ${list}`);
}

/**
 * Chooses what computes: "host" (JavaScript, every element type), "tensorflow" or "wasm" (float32; the rest stays on
 * the host), or "auto", the default: each operation where it is faster. Tensors keep their values.
 *
 *     pt.setEngine("host");
 * @throws TypeError for a name that is none; Error where that engine cannot be had here, with what would help
 */
export function setEngine(name: EngineChoice): void {
  checkChoice("setEngine", name);
  const before = { choice, active };
  choose(name);
  if (name !== "auto") {
    try {
      activeEngine();
    } catch (error) {
      choose(before.choice);
      active = before.active;
      throw error;
    }
  } else if (before.active?.name === "tensorflow") active = before.active;
  if (before.active !== active) before.active?.residency.clear();
}

function choose(name: EngineChoice): void {
  choice = name;
  active = undefined;
  leastElements = name === "auto" ? LEAST_ELEMENTS : name === "host" ? Infinity : 1;
}

const asked = process.env.TORCHLAB_ENGINE;
if (asked) {
  checkChoice("TORCHLAB_ENGINE", asked);
  // Not through setEngine, which would load it at once.
  choose(asked);
}
