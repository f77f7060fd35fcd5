// Owns a queue whose newest item comes first. Imports nothing.

/** Items by their id, the greatest first: a binary heap, and before it the newest, the only one along a chain. */
export class NewestFirst<N extends { readonly id: number }> {
  private newest: N | undefined = undefined;
  private readonly heap: N[] = [];

  push(item: N): void {
    const { newest } = this;
    if (newest === undefined) this.newest = item;
    else if (newest.id < item.id) {
      this.newest = item;
      this.pushBehind(newest);
    } else this.pushBehind(item);
  }

  /** Takes the newest item out; undefined where there is none. */
  pop(): N | undefined {
    const { newest } = this;
    this.newest = this.heap.length === 0 ? undefined : this.popBehind();
    return newest;
  }

  private pushBehind(item: N): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above].id >= item.id) break;
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = item;
  }

  private popBehind(): N | undefined {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return last;
    const newest = heap[0];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1].id > heap[below].id) below++;
      if (heap[below].id <= last.id) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = last;
    return newest;
  }
}
