// How the value of a cell's last expression shows itself. Imports outputs' types.
import { inspect } from "node:util";
import type { MimeBundle } from "./outputs";

const display = Symbol.for("Jupyter.display");

/**
 * The value's own bundle where it has a method `[Symbol.for("Jupyter.display")]`, else its text as Node inspects it;
 * undefined for undefined, which shows nothing.
 */
export function bundleOf(value: unknown): MimeBundle | Promise<MimeBundle> | undefined {
  if (value === undefined) return undefined;
  const method = (typeof value === "object" && value !== null) || typeof value === "function"
    ? (value as { [display]?: unknown })[display]
    : undefined;
  if (typeof method === "function") return method.call(value) as MimeBundle | Promise<MimeBundle>;
  return { "text/plain": inspect(value) };
}
