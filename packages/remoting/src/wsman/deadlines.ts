/** Many deadlines, of which the next is asked for often: a binary heap in which changed and lifted entries die where they lie. */

interface Entry<K> {
  key: K;
  at: number;
}

export class Deadlines<K> {
  readonly #at = new Map<K, number>();
  #heap: Entry<K>[] = [];

  /** Sets or moves a deadline. */
  set(key: K, at: number): void {
    if (this.#at.get(key) === at) return;
    this.#at.set(key, at);
    if (this.#heap.length > 2 * this.#at.size + 64) {
      this.#heap = Array.from(this.#at, ([each, time]) => ({ key: each, at: time })).sort((a, b) => a.at - b.at);
    } else this.#rise({ key, at });
  }

  lift(key: K): void {
    this.#at.delete(key);
  }

  /** When the next one falls due, or undefined. */
  next(): number | undefined {
    this.#bury();
    return this.#heap[0]?.at;
  }

  /** Takes one that is due at `now`, or undefined. */
  due(now: number): K | undefined {
    this.#bury();
    const [first] = this.#heap;
    if (first === undefined || first.at > now) return undefined;
    this.#at.delete(first.key);
    this.#sink();
    return first.key;
  }

  #bury(): void {
    for (let [first] = this.#heap; first !== undefined && this.#at.get(first.key) !== first.at; [first] = this.#heap) this.#sink();
  }

  #rise(entry: Entry<K>): void {
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above] as Entry<K>;
      if (parent.at <= entry.at) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = entry;
  }

  /** Drops the first entry. */
  #sink(): void {
    const entry = this.#heap.pop();
    const size = this.#heap.length;
    if (entry === undefined || size === 0) return;
    let at = 0;
    for (let below = 1; below < size; below = 2 * at + 1) {
      if (below + 1 < size && (this.#heap[below + 1] as Entry<K>).at < (this.#heap[below] as Entry<K>).at) below++;
      const smaller = this.#heap[below] as Entry<K>;
      if (smaller.at >= entry.at) break;
      this.#heap[at] = smaller;
      at = below;
    }
    this.#heap[at] = entry;
  }
}
