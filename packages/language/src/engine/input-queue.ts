/** Objects that arrive from outside while the pipeline runs. Reading takes what is there without waiting. */
import type { PsValue } from "@tieline/remoting/objects";

export class InputQueue {
  #items: PsValue[] = [];
  #at = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  push(value: PsValue): void {
    if (this.#ended) return;
    this.#items.push(value);
    this.#signal();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#signal();
  }

  /** How many wait to be read; whoever feeds it may pause above a limit of his own. */
  get waiting(): number {
    return this.#items.length - this.#at;
  }

  /** The next object, `undefined` at the end, or a promise to ask again after. */
  next(): { value: PsValue } | undefined | Promise<void> {
    if (this.#at < this.#items.length) {
      const value = this.#items[this.#at++] as PsValue;
      if (this.#at === this.#items.length) {
        this.#items = [];
        this.#at = 0;
      }
      return { value };
    }
    if (this.#ended) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Wakes a reader without an object, so that it can look at its signal. */
  interrupt(): void {
    this.#signal();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
