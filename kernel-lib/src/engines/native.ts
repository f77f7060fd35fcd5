// Owns the project's own addon, native/native.c: what JavaScript cannot do itself. Imports Node's built-ins.
import { join } from "node:path";

interface Native {
  watch(object: object): number;
  get(slot: number): object | undefined;
  release(slot: number): void;
  collected(): number[];
  uninterrupted<R>(f: () => R): R;
  muted<R>(f: () => R): R;
}

function load(): Native | null {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only require loads addons
    return require(join(__dirname, "..", "..", "native", "build", "native.node")) as Native;
  } catch {
    return null;
  }
}

/** The addon; null where set-up could not build it. */
export const native = load();

/** What `f` returns; signals that come meanwhile are handled afterwards, or by another thread. */
export const uninterrupted: <R>(f: () => R) => R = native?.uninterrupted ?? ((f) => f());

/** What `f` returns; what native code writes to the standard error stream meanwhile is dropped. */
export const muted: <R>(f: () => R) => R = native?.muted ?? ((f) => f());
