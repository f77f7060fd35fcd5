// Owns the measuring of operations: profile, and what it found. Imports the meter, the tape and tensor.
import type { DTypeName } from "./dtype";
import { type Meter, setMeter } from "./ops/meter";
import { type Addable, currentWatcher, type Node, setWatcher, synchronous, type Watcher } from "./tape";
import { Tensor } from "./tensor";

/** What one operation took. */
export interface ProfileRow {
  /** The operation, as its function or method is called, or the step of backward, as `gradFn` names it. */
  readonly name: string;
  readonly calls: number;
  /** Milliseconds in all calls, without those of the operations that it called itself. */
  readonly time: number;
  /** The bytes of the elements that it made; 0 where it only wrote into what was there, or shares its operand's. */
  readonly bytes: number;
}

type Counted = { -readonly [K in keyof ProfileRow]: ProfileRow[K] };

// Integers are held in doubles.
const BYTES: Record<DTypeName, number> = { float32: 4, float64: 8, int64: 8, bool: 1 };

/** Counts what passes through it. As a watcher of the tape it sees the steps of backward, too. */
class Counter implements Meter, Watcher {
  readonly rows = new Map<string, Counted>();
  /** The time of what was called by the call under way. */
  private inner = 0;
  /** What was there, or was counted already: an operation's result is often that of one which it called. */
  private readonly seen = new WeakSet<object>();

  readonly traces: boolean;

  constructor(private readonly outer: Watcher | null) {
    this.traces = outer?.traces ?? false;
  }

  measure<R>(name: string, operands: readonly unknown[], f: () => R): R {
    for (const operand of operands) if (operand instanceof Tensor) this.seen.add(operand.storage);
    let row = this.rows.get(name);
    if (row === undefined) this.rows.set(name, (row = { name, calls: 0, time: 0, bytes: 0 }));
    const before = this.inner;
    this.inner = 0;
    const start = performance.now();
    try {
      const result = f();
      if (result instanceof Tensor) row.bytes += this.bytesOf(result);
      return result;
    } finally {
      const time = performance.now() - start;
      row.calls++;
      row.time += time - this.inner;
      this.inner = before + time;
    }
  }

  recorded(node: object): void {
    this.outer?.recorded(node);
  }

  pullback<T extends Addable<T>>(node: Node<T>, g: T): readonly (T | null)[] {
    const step = (): readonly (T | null)[] => this.outer?.pullback(node, g) ?? node.pullback(g);
    if (!(g instanceof Tensor)) return step();
    const name = (node as { name?: string }).name ?? node.constructor.name;
    const gradients = this.measure(name, [g], step);
    const row = this.rows.get(name)!;
    for (const gradient of gradients) if (gradient instanceof Tensor) row.bytes += this.bytesOf(gradient);
    return gradients;
  }

  /** The bytes of a tensor's elements, where they are new. */
  private bytesOf({ storage, dtype }: Tensor): number {
    if (this.seen.has(storage)) return 0;
    this.seen.add(storage);
    return storage.length * BYTES[dtype];
  }
}

const milliseconds = (time: number): string => `${time.toFixed(3)} ms`;

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** What `profile` found: printed, it is a table; `pt.plot.profile` draws it. */
export class Profile<R = unknown> {
  constructor(
    /** What the function returned. */
    readonly result: R,
    /** What each operation took, those that took longest first. */
    readonly rows: readonly ProfileRow[],
    /** Milliseconds in all, with what lies between the operations. */
    readonly time: number,
  ) {}

  toString(): string {
    const sum = (field: "time" | "bytes"): number => this.rows.reduce((total, row) => total + row[field], 0);
    const lines = this.rows.map(({ name, calls, time, bytes }) => [
      name, `${calls}`, milliseconds(time), `${((100 * time) / this.time).toFixed(1)} %`, milliseconds(time / calls),
      sizeText(bytes),
    ]);
    const between = this.time - sum("time");
    const table = [
      ["operation", "calls", "time", "", "a call", "made"],
      ...lines,
      ["between them", "", milliseconds(between), `${((100 * between) / this.time).toFixed(1)} %`, "", ""],
      ["in all", "", milliseconds(this.time), "", "", sizeText(sum("bytes"))],
    ];
    const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
    const aligned = (text: string, i: number): string =>
      i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]);
    return table.map((row) => row.map(aligned).join("  ").trimEnd()).join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** What is put back when the profile under way ends; null where there is none. */
let underWay: { readonly outer: Watcher | null } | null = null;

/** Ends the profile under way, as an interrupt leaves it. */
export function resetProfile(): void {
  if (underWay === null) return;
  setMeter(null);
  setWatcher(underWay.outer);
  underWay = null;
}

/**
 * What `f` takes, operation by operation, forward and backward: times and bytes. `f` runs once. What a first call has
 * to do in addition (write a loop, load an engine) is counted too, so call it once before.
 *
 *     const profile = pt.profile(() => model(X).sub(y).pow(2).mean().backward());
 *     console.log(profile);
 *     pt.show(pt.plot.profile(profile));
 *
 * Operations on tensors are counted; making tensors from numbers, random draws and Scalars are not, and count as time
 * between the operations.
 * @throws Error inside another profile
 * @throws TypeError where `f` is asynchronous
 * @see https://pytorch.org/docs/stable/profiler.html
 */
export function profile<R>(f: () => R): Profile<R> {
  if (underWay !== null) throw new Error("profile: a profile is under way already. Measure one function at a time.");
  const outer = currentWatcher();
  const counter = new Counter(outer);
  underWay = { outer };
  setMeter(counter);
  setWatcher(counter);
  const start = performance.now();
  try {
    const result = synchronous("profile", f());
    const time = performance.now() - start;
    const rows = [...counter.rows.values()].sort((a, b) => b.time - a.time);
    return new Profile(result, rows, time);
  } finally {
    resetProfile();
  }
}
