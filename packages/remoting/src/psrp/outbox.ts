/**
 * What an end wants its carrier to do, in order: messages, cut into fragments when they are asked for, and controls
 * (open, stop, close) between them.
 *
 * Urgent messages (answers to host calls, the exchange of the session key) have a queue of their own that goes first. A
 * message that holds a secret may have to wait for the session key: it then holds up what comes behind it in its queue,
 * so that the order of a pipeline's messages stays.
 */
import type { InboundStream } from "../carrier.ts";
import { Fragmenter } from "./fragment.ts";
import { Queue } from "./queue.ts";

export interface OutgoingMessage {
  pipeline: string | undefined;
  stream: InboundStream;
  /** The whole message, or a function that gives it as soon as the session key is there. */
  bytes: Uint8Array | (() => Uint8Array | undefined);
}

/** What `next` gives: one fragment of a message, or a control. */
export type Outgoing<Control> =
  | { kind: "fragment"; message: OutgoingMessage; bytes: Uint8Array; first: boolean }
  | { kind: "control"; control: Control };

interface Entry<Control> {
  message?: OutgoingMessage;
  cutter?: Fragmenter;
  control?: Control;
}

export class Outbox<Control> {
  readonly #urgent = new Queue<Entry<Control>>();
  readonly #normal = new Queue<Entry<Control>>();
  /** Shared by the pool and its pipelines, as in PowerShell. */
  #objectId = 0n;
  #queuedBytes = 0;

  /** Bytes that wait, by what is known of them. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  put(message: OutgoingMessage, urgent = false): void {
    if (message.bytes instanceof Uint8Array) this.#queuedBytes += message.bytes.length;
    (urgent ? this.#urgent : this.#normal).put({ message });
  }

  control(control: Control, urgent = false): void {
    (urgent ? this.#urgent : this.#normal).put({ control });
  }

  /** All fragments of a message at once, outside the queues; for what a carrier sends in one piece. */
  cut(message: Uint8Array, fragmentSize: number): Uint8Array[] {
    const cutter = new Fragmenter(++this.#objectId, message);
    const fragments: Uint8Array[] = [];
    for (let fragment = cutter.next(fragmentSize); fragment !== undefined; fragment = cutter.next(fragmentSize)) fragments.push(fragment);
    return fragments;
  }

  /** The next thing to do, or undefined while nothing is or the session key is awaited. */
  next(fragmentSize: number): Outgoing<Control> | undefined {
    return this.#next(this.#urgent, fragmentSize) ?? this.#next(this.#normal, fragmentSize);
  }

  /** Forgets what waits for a pipeline; a message that is on its way is finished if `finish` is set. */
  drop(pipeline: string, finish: boolean): void {
    for (const queue of [this.#urgent, this.#normal]) {
      queue.keep(({ message, cutter }) => {
        if (message?.pipeline !== pipeline || (finish && cutter !== undefined)) return true;
        if (message.bytes instanceof Uint8Array) this.#queuedBytes -= cutter?.remaining ?? message.bytes.length;
        return false;
      });
    }
  }

  /** True while a message or part of one waits that `wanted` names. */
  some(wanted: (message: OutgoingMessage, begun: boolean) => boolean): boolean {
    let found = false;
    for (const queue of [this.#urgent, this.#normal]) {
      queue.keep((entry) => {
        if (entry.message !== undefined && wanted(entry.message, entry.cutter !== undefined)) found = true;
        return true;
      });
    }
    return found;
  }

  clear(): void {
    this.#urgent.keep(() => false);
    this.#normal.keep(() => false);
    this.#queuedBytes = 0;
  }

  #next(queue: Queue<Entry<Control>>, fragmentSize: number): Outgoing<Control> | undefined {
    const entry = queue.peek();
    if (entry === undefined) return undefined;
    if (entry.message === undefined) {
      queue.take();
      return { kind: "control", control: entry.control as Control };
    }
    const { message } = entry;
    const first = entry.cutter === undefined;
    if (entry.cutter === undefined) {
      if (!(message.bytes instanceof Uint8Array)) {
        const bytes = message.bytes();
        if (bytes === undefined) return undefined;
        message.bytes = bytes;
        this.#queuedBytes += bytes.length;
      }
      entry.cutter = new Fragmenter(++this.#objectId, message.bytes);
    }
    const before = entry.cutter.remaining;
    const bytes = entry.cutter.next(fragmentSize) as Uint8Array;
    this.#queuedBytes -= before - entry.cutter.remaining;
    if (entry.cutter.done) queue.take();
    return { kind: "fragment", message, bytes, first };
  }
}
