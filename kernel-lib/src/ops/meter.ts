// Owns who measures operations, if anybody does. Imports nothing.

/** What operations and the steps of backward are run through while it is set. */
export interface Meter {
  /** What `f` returns, which is what the operation `name` makes of `operands`. */
  measure<R>(name: string, operands: readonly unknown[], f: () => R): R;
}

/** The present meter; null for none, which costs an operation one comparison. */
export let meter: Meter | null = null;

/** Puts a meter, or none, in the present one's place. */
export function setMeter(next: Meter | null): void {
  meter = next;
}
