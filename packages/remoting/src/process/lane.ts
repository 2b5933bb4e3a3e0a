/**
 * What the client wants to send about one id (a pipeline's, or the session's), until it may.
 *
 * The rule of the framing: one `Data` is on its way at a time for each id; the next waits for its `DataAck`. Answers to
 * host calls have a queue of their own that goes first, since the server reassembles the two streams apart.
 */
import type { InboundStream } from "../carrier.ts";
import { Bytes } from "./bytes.ts";

const HEADER = 21;
const END = 2;

export interface Piece {
  stream: InboundStream;
  bytes: Uint8Array;
}

export class Lane {
  readonly #urgent: Uint8Array[] = [];
  #normal: Uint8Array[] = [];
  /** Next of `#normal` to be sent: shifting a long queue would be quadratic. */
  #next = 0;
  #queuedBytes = 0;
  /** True once the whole first message (CREATE_PIPELINE) is on its way or was. */
  #started = false;

  /** Bytes that wait; the caller's measure for back-pressure. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether the first message left completely: only then does the server know what a stop would stop. */
  get started(): boolean {
    return this.#started;
  }

  put(stream: InboundStream, bytes: Uint8Array): void {
    if (stream === "default") this.#normal.push(bytes);
    else this.#urgent.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /** The next packet's content: whole pieces as they were put in, joined as far as they fit. */
  take(packetBytes: number): Piece | undefined {
    const urgent = this.#urgent.shift();
    if (urgent !== undefined) {
      this.#queuedBytes -= urgent.length;
      return { stream: "prompt-response", bytes: urgent };
    }
    if (this.#next >= this.#normal.length) return undefined;
    const joined = new Bytes();
    do {
      const piece = this.#normal[this.#next] as Uint8Array;
      if (joined.length > 0 && joined.length + piece.length > packetBytes) break;
      this.#next += 1;
      joined.add(piece);
      if (endsMessage(piece)) this.#started = true;
    } while (this.#next < this.#normal.length);
    if (this.#next === this.#normal.length || this.#next > 1024) {
      this.#normal = this.#normal.slice(this.#next);
      this.#next = 0;
    }
    const bytes = joined.join();
    this.#queuedBytes -= bytes.length;
    return { stream: "default", bytes };
  }

  /** Drops what follows the first message: the pipeline is to stop, so it needs no more input. */
  dropInput(): void {
    let keep = this.#next;
    if (!this.#started) {
      while (keep < this.#normal.length && !endsMessage(this.#normal[keep] as Uint8Array)) keep += 1;
      keep += 1;
    }
    for (const piece of this.#normal.splice(keep)) this.#queuedBytes -= piece.length;
  }
}

/** Whether any fragment in these bytes is the last of its message ([MS-PSRP] 2.2.4). */
function endsMessage(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER <= bytes.length; at += HEADER + view.getUint32(at + 17)) {
    if ((view.getUint8(at + 16) & END) !== 0) return true;
  }
  return false;
}
