// A queue of items by deadline: a binary heap, which takes the next item in logarithmic time. Pure.

interface Entry<T> {
  readonly atMs: number;
  readonly item: T;
}

export class DeadlineQueue<T> {
  /** The entries as a tree: none is due before its parent, which is at half its index. */
  readonly #heap: Entry<T>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline. `undefined` if the queue is empty. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  add(atMs: number, item: T): void {
    let index = this.#heap.length;
    const entry = { atMs, item };
    this.#heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above] as Entry<T>;
      if (parent.atMs <= atMs) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = entry;
  }

  /** Takes out the entry with the earliest deadline if that is not later than `nowMs`. */
  takeDue(nowMs: number): Entry<T> | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = this.#heap.pop() as Entry<T>;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** Puts an entry in the place of the first one, and moves it down to where it belongs. */
  #sink(entry: Entry<T>): void {
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const [left, right] = [this.#heap[below], this.#heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.atMs < left.atMs) below += 1;
      const child = this.#heap[below] as Entry<T>;
      if (child.atMs >= entry.atMs) break;
      this.#heap[index] = child;
      index = below;
    }
    this.#heap[index] = entry;
  }
}
