/**
 * The objects that a `Ref` may mean, by their numbers: those of the value at hand, all of them; and of earlier values as
 * many as are remembered.
 *
 * What is remembered stands in a ring that is written over in place. (A map from which old entries are deleted leaves its
 * outgrown tables to the old generation of the heap, where they keep whole values alive.) What was referred to once is
 * likely to be again, so it moves to a place of its own.
 */
import type { PsValue } from "../objects/index.ts";

interface Remembered {
  id: number | string;
  value: PsValue;
}

export class References {
  readonly #remembered: number;
  #current = new Map<number | string, PsValue>();
  readonly #ring: Remembered[] = [];
  /** Objects ever put into the ring. */
  #passed = 0;
  readonly #used = new Map<number | string, PsValue>();

  /** @param remembered objects of earlier values; `Infinity` for all */
  constructor(remembered: number) {
    this.#remembered = remembered;
  }

  set(id: number | string, value: PsValue): void {
    this.#current.set(id, value);
  }

  get(id: number | string): PsValue | undefined {
    const known = this.#current.get(id) ?? this.#used.get(id);
    if (known !== undefined) return known;
    const slot = this.#slot(id);
    if (slot === undefined) return undefined;
    // As many again may be kept because they are in use.
    if (this.#used.size < this.#remembered) this.#used.set(id, slot.value);
    return slot.value;
  }

  /** The value at hand is complete. */
  valueEnds(): void {
    if (this.#remembered === Number.POSITIVE_INFINITY || this.#current.size === 0) return;
    if (this.#remembered > 0) {
      for (const [id, value] of this.#current) {
        const place = this.#placeOf(id);
        const slot = this.#ring[place];
        if (slot === undefined) this.#ring[place] = { id, value };
        else {
          slot.id = id;
          slot.value = value;
        }
        this.#passed++;
      }
    }
    this.#current = new Map();
  }

  clear(): void {
    this.#current = new Map();
    this.#ring.length = 0;
    this.#passed = 0;
    this.#used.clear();
  }

  #slot(id: number | string): Remembered | undefined {
    const slot = this.#passed === 0 ? undefined : this.#ring[this.#placeOf(id)];
    return slot?.id === id ? slot : undefined;
  }

  /** Writers count up, so a number is a good place; other texts share one place, which is little but enough for who never writes any. */
  #placeOf(id: number | string): number {
    return typeof id === "number" ? id % this.#remembered : this.#remembered;
  }
}
