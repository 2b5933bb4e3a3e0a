/** Lines of text over a byte link, both ways. */
import { Fault } from "@tieline/fault";
import type { ByteLink } from "@tieline/remoting";

/** The longest line: a request with a token and an environment is far shorter. */
const LONGEST_LINE = 1024 * 1024;

export class LineLink {
  readonly #link: ByteLink;
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(link: ByteLink) {
    this.#link = link;
    this.#input = link.input[Symbol.asyncIterator]();
  }

  /** The next line without its end; undefined when the other end is gone. @throws Fault `bridge-request-malformed` for a line without an end */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end).replace(/\r$/, "");
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#text.length > LONGEST_LINE) throw new Fault("bridge-request-malformed", { reason: "a line is too long" });
      const { value, done } = await this.#input.next();
      if (done === true) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Sends a value as a line. Never rejects: one who is gone hears nothing. */
  async send(value: unknown): Promise<void> {
    await this.#link.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`)).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#link.close().catch(() => this.#link.destroy());
  }

  destroy(): void {
    this.#link.destroy();
  }
}
