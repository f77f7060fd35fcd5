// Owns references that let the garbage collector decide, and the collection of what was dropped lately.
// Imports Node's built-ins and the addon.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { native } from "./native";
import type { Storage } from "./storage";

/** References by number to objects that they do not keep alive. */
interface References<T> {
  watch(object: T): number;
  /** The object; undefined where it has been collected. */
  get(slot: number): T | undefined;
  release(slot: number): void;
  /** The slots whose objects have been collected since; they are released. */
  collected(): number[];
}

/** What takes the addon's place where there is none: references that keep their objects alive. */
class StrongReferences implements References<object> {
  private readonly objects = new Map<number, object>();
  private next = 0;

  watch(object: object): number {
    this.objects.set(this.next, object);
    return this.next++;
  }

  get(slot: number): object | undefined {
    return this.objects.get(slot);
  }

  release(slot: number): void {
    this.objects.delete(slot);
  }

  collected(): number[] {
    return [];
  }
}

/** Whether the garbage collector decides in fact: otherwise nothing counts as dropped. */
export const isWeak = native !== null;

/** The references of this process. */
export const references = (native ?? new StrongReferences()) as unknown as References<Storage>;

type Collect = (options: { type: "minor" | "major" }) => void;
let collect: Collect | undefined;

/** Collects objects that were made lately and dropped: a tenth of a millisecond. */
export function collectYoung(): void {
  collect ??= exposeCollector();
  collect({ type: "minor" });
}

function exposeCollector(): Collect {
  setFlagsFromString("--expose-gc");
  const exposed = runInNewContext("gc") as Collect;
  // New contexts, such as a notebook's, are not to have a global of that name.
  setFlagsFromString("--no-expose-gc");
  return exposed;
}
