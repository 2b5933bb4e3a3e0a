/** Items from one that may not wait to one who takes his time: an unbounded queue that tells how far behind its reader is. */

export class RecordQueue<T> {
  #items: T[] = [];
  #next = 0;
  #end: { error?: unknown } | undefined;
  #waiting: { resolve: (result: IteratorResult<T, undefined>) => void; reject: (error: unknown) => void } | undefined;
  readonly #changed: () => void;

  /** `changed` is called when an item was taken and when a reader begins to wait. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get length(): number {
    return this.#items.length - this.#next;
  }

  /** True while a reader waits for an item. */
  get starved(): boolean {
    return this.#waiting !== undefined;
  }

  put(item: T): void {
    if (this.#end !== undefined) return;
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#items.push(item);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ value: item, done: false });
  }

  /** Nothing more comes; `error` is thrown to the reader after the items before it. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve({ value: undefined, done: true });
    else waiting.reject(error);
  }

  /** Drops what waits and ends. */
  discard(): void {
    this.#items = [];
    this.#next = 0;
    this.end();
    this.#end = {};
  }

  take(): Promise<IteratorResult<T, undefined>> {
    if (this.#next < this.#items.length) {
      const value = this.#items[this.#next++] as T;
      if (this.#next === this.#items.length) {
        this.#items = [];
        this.#next = 0;
      } else if (this.#next >= 1024) {
        this.#items = this.#items.slice(this.#next);
        this.#next = 0;
      }
      this.#changed();
      return Promise.resolve({ value, done: false });
    }
    const end = this.#end;
    if (end !== undefined) {
      this.#end = {};
      return "error" in end ? Promise.reject(end.error as Error) : Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#changed();
    });
  }
}
