// Outputs that change while a cell runs: a live figure, and progress through a loop.
// Imports display and the kernel's link.
import { bundleOf, show } from "./display.js";
import type { MimeBundle } from "./link.js";
import { kernelLink, throwIfInterrupted } from "./link.js";
import type { Spec } from "./plot/spec.js";

let shown = 0;

function nextId(): string {
  shown += 1;
  return `torchlab-live-${shown}`;
}

/** A figure (or text) to show, or a function that makes it, called only when it is drawn. */
export type Frame = Spec | string | (() => Spec | string);

/** An output in place. */
export interface Live {
  /** Shows the frame in place of the last one; of many in quick succession some are left out, never the last. */
  update(frame: Frame): void;
}

export interface LiveOptions {
  /** Least time between two drawn frames in milliseconds; default 150. */
  interval?: number;
}

/**
 * An output that is drawn again in place: `const plot = pt.live(); for (…) plot.update(() => pt.plot.loss(history))`.
 * The executed notebook keeps the last frame. Outside a notebook only the last frame's description is written.
 */
export function live(options: LiveOptions = {}): Live {
  const { interval = 150 } = options;
  const id = nextId();
  let pending: Frame | undefined;
  let scheduled = false;
  let first = true;
  let drawnAt = -Infinity;

  const wait = () => Math.max(0, drawnAt + interval - performance.now());
  const take = () => {
    const frame = pending;
    pending = undefined;
    return typeof frame === "function" ? frame() : frame;
  };
  const send = (bundle: MimeBundle | Promise<MimeBundle>) => {
    kernelLink()?.display(bundle, first ? { id } : { id, update: true });
    first = false;
  };
  const draw = () => {
    const frame = take();
    if (frame === undefined) return;
    send(bundleOf(frame));
    drawnAt = performance.now();
  };
  // Runs when the cell's code next pauses or ends: a frame still waiting is then drawn, and the kernel waits for it.
  const settle = () => {
    scheduled = false;
    if (pending === undefined) return;
    if (!kernelLink()) {
      show(take());
      return;
    }
    if (wait() === 0) {
      draw();
      return;
    }
    scheduled = true;
    send(
      new Promise((resolve, reject) => {
        setTimeout(() => {
          scheduled = false;
          drawnAt = performance.now();
          try {
            resolve(bundleOf(take()));
          } catch (error) {
            reject(error);
          }
        }, wait());
      }),
    );
  };
  return {
    update(frame) {
      pending = frame;
      if (kernelLink() && wait() === 0) draw();
      else if (!scheduled) {
        scheduled = true;
        queueMicrotask(settle);
      }
    },
  };
}

export interface ProgressOptions {
  /** What is counted, e.g. "epochs". */
  label?: string;
  /** The length, where the iterable does not say it. */
  total?: number;
}

const BAR = 24;

function bar(done: number, total: number | undefined, label: string): string {
  const unit = label === "" ? "" : ` ${label}`;
  if (total === undefined) return `${done}${unit}`;
  const filled = total === 0 ? BAR : Math.min(BAR, Math.floor((BAR * done) / total));
  return `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${done}/${total}${unit}`;
}

function meter(total: number | undefined, label: string) {
  const id = nextId();
  let drawnAt = -Infinity;
  let first = true;
  const draw = (done: number) => {
    kernelLink()?.display({ "text/plain": bar(done, total, label) }, first ? { id } : { id, update: true });
    first = false;
    drawnAt = performance.now();
  };
  return {
    step(done: number) {
      throwIfInterrupted(
        `progress: ${done}${total === undefined ? "" : ` of ${total}`}${label === "" ? "" : ` ${label}`}`,
      );
      if (performance.now() - drawnAt >= 100) draw(done);
    },
    end(done: number) {
      if (kernelLink()) draw(done);
      else console.log(bar(done, total, label));
    },
  };
}

function* count(n: number): Generator<number, void, undefined> {
  for (let i = 0; i < n; i++) yield i;
}

function lengthOf(items: unknown, total: number | undefined): number | undefined {
  if (total !== undefined) return total;
  const { length, size } = items as { length?: unknown; size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : undefined;
}

function* walk<T>(
  items: Iterable<T>,
  total: number | undefined,
  label: string,
): Generator<T, void, undefined> {
  const shown = meter(total, label);
  let done = 0;
  try {
    for (const item of items) {
      shown.step(done);
      yield item;
      done += 1;
    }
  } finally {
    shown.end(done);
  }
}

async function* walkAsync<T>(
  items: AsyncIterable<T>,
  total: number | undefined,
  label: string,
): AsyncGenerator<T, void, undefined> {
  const shown = meter(total, label);
  let done = 0;
  try {
    for await (const item of items) {
      shown.step(done);
      yield item;
      done += 1;
    }
  } finally {
    shown.end(done);
  }
}

/**
 * The items one by one, with an output that counts them: `for (const epoch of pt.progress(20)) …` counts 0 to 19,
 * `for (const [y, X] of pt.progress(loader)) …` walks a loader. It stops with an InterruptedError when the cell is
 * interrupted, and can be looped over once.
 */
export function progress(items: number, options?: ProgressOptions): Generator<number, void, undefined>;
export function progress<T>(items: Iterable<T>, options?: ProgressOptions): Generator<T, void, undefined>;
export function progress<T>(
  items: AsyncIterable<T>,
  options?: ProgressOptions,
): AsyncGenerator<T, void, undefined>;
export function progress<T>(
  items: number | Iterable<T> | AsyncIterable<T>,
  options: ProgressOptions = {},
): Generator<T | number, void, undefined> | AsyncGenerator<T, void, undefined> {
  const { label = "" } = options;
  if (typeof items === "number") {
    if (!Number.isInteger(items) || items < 0)
      throw new RangeError(`progress: ${items} is not a count: 0, 1, 2, … is needed`);
    return walk(count(items), items, label);
  }
  const total = lengthOf(items, options.total);
  if (Symbol.iterator in items) return walk(items, total, label);
  if (Symbol.asyncIterator in items) return walkAsync(items, total, label);
  throw new TypeError("progress: a count or something to loop over is needed");
}
