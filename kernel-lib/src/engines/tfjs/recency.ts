// Owns the order in which items were used, and finding them by their slots. Imports nothing.

/** An item of the list. Its neighbours are the list's business. */
export interface Used<T> {
  readonly slot: number;
  older: T | null;
  newer: T | null;
}

/**
 * Items from the one used longest ago to the newest. A linked list rather than a Map, which V8 makes anew again and
 * again where items come and go: until it collects everything, what an abandoned one refers to counts as used. For the
 * same reason an item that goes is left without neighbours. Each change is made without a call, so that an interrupt,
 * which ends code at calls and loops, finds the list whole.
 */
export class Recency<T extends Used<T>> {
  /** What was used longest ago. */
  oldest: T | null = null;
  private newest: T | null = null;
  private readonly bySlot: (T | null)[] = [];

  at(slot: number): T | null {
    return this.bySlot[slot] ?? null;
  }

  has(item: T): boolean {
    return this.bySlot[item.slot] === item;
  }

  /** Puts an item in as the newest, in place of whatever had its slot. */
  add(item: T): void {
    item.older = this.newest;
    item.newer = null;
    if (this.newest === null) this.oldest = item;
    else this.newest.newer = item;
    this.newest = item;
    this.bySlot[item.slot] = item;
  }

  /** Makes an item the newest. */
  touch(item: T): void {
    const { older, newer } = item;
    if (newer === null) return;
    newer.older = older;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    item.older = this.newest;
    item.newer = null;
    this.newest!.newer = item;
    this.newest = item;
  }

  /** Takes an item out, where it is in. */
  remove(item: T): void {
    if (this.bySlot[item.slot] !== item) return;
    const { older, newer } = item;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    item.older = null;
    item.newer = null;
    this.bySlot[item.slot] = null;
  }
}
