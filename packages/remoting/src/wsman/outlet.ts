/**
 * What a shell or a command has put out and nobody has fetched yet, and the one Receive that waits for more
 * ([MS-WSMV] 3.1.4.14): one fragment becomes one rsp:Stream, as many of them go into an answer as MaxEnvelopeSize allows.
 */
import { Fault } from "@tieline/fault";
import type { ReceiveAnswer, StreamPart } from "./body/command.ts";
import { ANSWER_OVERHEAD } from "./soap/envelope.ts";
import { COMMAND_STATE } from "./soap/namespaces.ts";
import { base64Length } from "./soap/xml-writer.ts";

/** What one answer took from an outlet. It goes back at most once. */
export interface Handed {
  readonly messageId: string | undefined;
  readonly parts: readonly StreamPart[];
  back: boolean;
}

/** Tags and attributes of one rsp:Stream, generously. */
const STREAM_OVERHEAD = 160;

export class Outlet {
  readonly commandId: string | undefined;
  /** The exchange of the Receive that waits; it is taken by whoever answers it. */
  waiting: number | undefined;
  /** What the last answer took; there until its client asks for more, and so has it. */
  #last: Handed | undefined;
  #parts: StreamPart[] = [];
  #head = 0;
  #size = 0;
  #done = false;
  #exitCode: number | undefined;

  constructor(commandId?: string) {
    this.commandId = commandId;
  }

  /** Bytes that wait to be fetched. */
  get size(): number {
    return this.#size;
  }

  /** True once everything was put in. */
  get done(): boolean {
    return this.#done;
  }

  get empty(): boolean {
    return this.#head === this.#parts.length;
  }

  /** True where a Receive would be answered now. */
  get ready(): boolean {
    return !this.empty || this.#done;
  }

  put(part: StreamPart): void {
    this.#parts.push(part);
    this.#size += part.bytes.length;
  }

  finish(exitCode: number): void {
    this.#done = true;
    this.#exitCode = exitCode;
  }

  /**
   * As much as fits; the end of a command is told with its last data, and again to whoever asks later.
   *
   * @throws wsman-answer-too-large where not even one fragment fits; it stays for a larger envelope
   */
  take(maxEnvelopeSize: number): ReceiveAnswer {
    const streams: StreamPart[] = [];
    let room = maxEnvelopeSize - ANSWER_OVERHEAD;
    for (let part = this.#parts[this.#head]; part !== undefined; part = this.#parts[this.#head]) {
      room -= base64Length(part.bytes.length) + STREAM_OVERHEAD;
      if (room < 0) break;
      streams.push(part);
      this.#size -= part.bytes.length;
      this.#head += 1;
    }
    if (streams.length === 0 && !this.empty) throw new Fault("wsman-answer-too-large", { limit: maxEnvelopeSize });
    if (this.empty) {
      this.#parts = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#parts = this.#parts.slice(this.#head);
      this.#head = 0;
    }
    if (this.commandId === undefined) return { streams };
    const { commandId } = this;
    if (!this.#done || !this.empty) return { streams, state: { commandId, state: COMMAND_STATE.running } };
    return { streams, state: { commandId, state: COMMAND_STATE.done, exitCode: this.#exitCode ?? 0 } };
  }

  /** Remembers what the answer to `messageId` took. */
  handed(messageId: string | undefined, parts: readonly StreamPart[]): Handed {
    this.#last = { messageId, parts, back: false };
    return this.#last;
  }

  /** A Receive has come: asked a second time, it gets the same; any other says that the answer before has arrived. */
  asked(messageId: string | undefined): void {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined && messageId !== undefined && last.messageId === messageId) this.putBack(last);
  }

  /** Puts back what an answer took and could not deliver, before everything else. */
  putBack(handed: Handed): void {
    if (handed.back) return;
    handed.back = true;
    if (this.#last === handed) this.#last = undefined;
    const { parts } = handed;
    this.#parts = [...parts, ...this.#parts.slice(this.#head)];
    this.#head = 0;
    for (const part of parts) this.#size += part.bytes.length;
  }
}
