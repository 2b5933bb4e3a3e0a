/** Chunks of any size in, packets out: line splitting in linear time with a limit, then `parseLine`. */
import { Fault } from "@tieline/fault";
import { parseLine, type Packet } from "./packet.ts";

/** A line that grows beyond this is refused. PowerShell's own lines have at most some 44,000 bytes; ours at most a few times that. */
export const DEFAULT_MAX_LINE_BYTES = 16 * 1024 * 1024;

export class PacketReader {
  readonly #maxLineBytes: number;
  readonly #chunks: Buffer[] = [];
  /** Parts of the line that is not complete yet, joined once when its end comes. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #line: Generator<Packet, void> | undefined;
  #first = true;
  #ended = false;

  constructor(maxLineBytes: number = DEFAULT_MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Takes what arrived; `bytes` is kept until it was read. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** The input is at its end: what stands after the last line end counts as a line. */
  end(): void {
    this.#ended = true;
  }

  /**
   * The next packet, or undefined where more bytes are needed.
   *
   * @throws Fault `process-line-too-long`, and those of `parseLine`; reading must not go on after that
   */
  next(): Packet | undefined {
    for (;;) {
      if (this.#line !== undefined) {
        const { value, done } = this.#line.next();
        if (done !== true) return value;
        this.#line = undefined;
      }
      const line = this.#nextLine();
      if (line === undefined) return undefined;
      this.#line = parseLine(line);
    }
  }

  #nextLine(): Buffer | undefined {
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0] as Buffer;
      const end = chunk.indexOf(0x0a);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      this.#partialBytes += part.length;
      if (this.#partialBytes > this.#maxLineBytes) throw new Fault("process-line-too-long", { limit: this.#maxLineBytes });
      this.#partial.push(part);
      if (end < 0 || end + 1 === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(end + 1);
      if (end >= 0) return this.#takeLine();
    }
    return this.#ended && this.#partialBytes > 0 ? this.#takeLine() : undefined;
  }

  #takeLine(): Buffer {
    let line = this.#partial.length === 1 ? (this.#partial[0] as Buffer) : Buffer.concat(this.#partial, this.#partialBytes);
    this.#partial = [];
    this.#partialBytes = 0;
    if (this.#first) {
      this.#first = false;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3);
    }
    return line;
  }
}
