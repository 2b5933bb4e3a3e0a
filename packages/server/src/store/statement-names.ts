/** Prepared statements that a connection keeps; each takes some 10 to 30 kB at the server. */
const MOST = 200;
/** Texts that were seen once, and are remembered for the second time. */
const MOST_SEEN = 2000;
/** Characters; longer ones are lists of rows, of which hardly two are alike. */
const LONGEST = 2000;

/**
 * Which statements of a connection its server keeps prepared, and under which name: a move runs the same few dozen again
 * and again, and reading and planning them was half of the server's work. A statement has a name from its second time on:
 * what is asked once is not worth a place.
 */
export class StatementNames {
  readonly #names = new Map<string, string | undefined>();
  #last = 0;

  /** The statement's name; undefined where it is not to be kept. */
  of(text: string): string | undefined {
    if (text.length > LONGEST || !/^(?:select|insert|update|delete|with) /.test(text)) return undefined;
    if (!this.#names.has(text)) {
      if (this.#names.size < MOST_SEEN) this.#names.set(text, undefined);
      return undefined;
    }
    let name = this.#names.get(text);
    if (name === undefined && this.#last < MOST) {
      this.#last += 1;
      name = `tieline_${this.#last}`;
      this.#names.set(text, name);
    }
    return name;
  }
}
