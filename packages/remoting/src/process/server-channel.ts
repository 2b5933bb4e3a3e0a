/**
 * The server end of the out-of-process framing: packets in, what the client wants out, and the pool's answers back.
 *
 *     Data      -> event; `acknowledge` sends the DataAck, and until then the client sends no more for that id
 *     Command   -> CommandAck at once
 *     Signal    -> event; SignalAck after the pipeline's last data
 *     Close     -> event; CloseAck after the pipeline's last data; for the session after RUNSPACEPOOL_STATE Closed
 *
 * Fragments for the same id that are ready together travel in one packet, where PowerShell sends a packet for each.
 */
import { Fault } from "@tieline/fault";
import type { InboundStream, ServerAction } from "../carrier.ts";
import { Bytes } from "./bytes.ts";
import { PacketReader } from "./packet-reader.ts";
import { ELEMENTS, serializeError, serializePacket, SESSION, type Packet } from "./packet.ts";

export type ServerChannelEvent =
  /** Whole fragments, one or more; answer with `acknowledge(pipeline)` when more may come. */
  | { event: "data"; pipeline: string | undefined; stream: InboundStream; bytes: Uint8Array }
  | { event: "stop"; pipeline: string }
  | { event: "terminate"; pipeline: string }
  /** The client closes the session. */
  | { event: "delete" };

export interface ServerChannelOptions {
  /** How much of the waiting fragments travels in one packet; a single fragment may be larger. Default 32 KiB: PowerShell's client is no faster with more. */
  packetBytes?: number;
  maxLineBytes?: number;
  /** Pipelines that may be open at a time, finished ones that the client did not close included. Default 1,000. */
  maxPipelines?: number;
}

/** PowerShell sends one and waits; this many are let pass, so that nobody can fill the memory by not waiting. */
const MAX_UNACKNOWLEDGED = 16;

interface Conversation {
  /** Whether the pool was given data for it, so that it may answer. */
  known: boolean;
  done: boolean;
  /** Data packets that were not acknowledged. */
  owedAcks: number;
  signalled: boolean;
  closing: boolean;
}

export class ServerChannel {
  readonly #reader: PacketReader;
  readonly #packetBytes: number;
  readonly #maxPipelines: number;
  readonly #out = new Bytes();
  readonly #pipelines = new Map<string, Conversation>();
  /** Fragments that may share a packet with the next. */
  readonly #pending = new Bytes();
  #pendingId = SESSION;
  #sessionAcks = 0;
  #closeWanted = false;
  #closed = false;

  constructor(options: ServerChannelOptions = {}) {
    this.#reader = new PacketReader(options.maxLineBytes ?? 4 * 1024 * 1024);
    this.#packetBytes = options.packetBytes ?? 32_768;
    this.#maxPipelines = options.maxPipelines ?? 1000;
  }

  /** True when the session is over and everything was said. */
  get closed(): boolean {
    return this.#closed;
  }

  receive(bytes: Uint8Array): void {
    this.#reader.receive(bytes);
  }

  /** The client's output is at its end. */
  end(): void {
    this.#reader.end();
  }

  /** What the client wants next. @throws Fault of the codes `process-*`; say it with `refuse`, then end */
  nextEvent(): ServerChannelEvent | undefined {
    for (;;) {
      const packet = this.#reader.next();
      if (packet === undefined) return undefined;
      const event = this.#take(packet);
      if (event !== undefined) return event;
    }
  }

  /** The data of one event was taken: tells the client that it may send more for this id. */
  acknowledge(pipeline: string | undefined): void {
    // Nothing follows the last words.
    if (this.#closed) return;
    if (pipeline === undefined) {
      if (this.#sessionAcks === 0) return;
      this.#sessionAcks -= 1;
    } else {
      const about = this.#pipelines.get(pipeline);
      if (about === undefined || about.owedAcks === 0) return;
      about.owedAcks -= 1;
    }
    this.#write({ element: "DataAck", id: pipeline ?? SESSION });
  }

  /** Takes what the pool says. */
  send(action: ServerAction): void {
    switch (action.do) {
      case "data":
        this.#data(action.pipeline ?? SESSION, action.bytes);
        return;
      case "done": {
        const about = this.#pipelines.get(action.pipeline);
        if (about === undefined) return;
        about.done = true;
        this.#settle(action.pipeline, about);
        return;
      }
      case "closed":
        if (this.#closeWanted) this.#write({ element: "CloseAck", id: SESSION });
        this.#closed = true;
    }
  }

  /** Ends the session with a text that PowerShell shows its user. */
  refuse(text: string): void {
    this.#flush();
    this.#out.add(serializeError(text));
    this.#closed = true;
  }

  /** What is to be written to the client, or undefined for nothing. */
  dataToSend(): Uint8Array | undefined {
    this.#flush();
    return this.#out.length === 0 ? undefined : this.#out.join();
  }

  /** Bytes that were not fetched by `dataToSend` yet. */
  get queuedBytes(): number {
    return this.#out.length + this.#pending.length;
  }

  #take(packet: Packet): ServerChannelEvent | undefined {
    const { element, id } = packet;
    if (ELEMENTS[element] === "server") throw new Fault("process-wrong-direction", { element });
    const about = this.#pipelines.get(id);
    switch (element) {
      case "Data":
        return this.#takeData(id, about, packet);
      case "Command":
        if (id === SESSION || about !== undefined) throw new Fault("process-malformed", { reason: "Command must name a new id" });
        if (this.#pipelines.size >= this.#maxPipelines) throw new Fault("process-too-many-pipelines", { limit: this.#maxPipelines });
        this.#pipelines.set(id, { known: false, done: false, owedAcks: 0, signalled: false, closing: false });
        this.#write({ element: "CommandAck", id });
        return undefined;
      case "Signal":
        if (about === undefined) this.#write({ element: "SignalAck", id });
        else if (!about.signalled) {
          about.signalled = true;
          if (about.known && !about.done) return { event: "stop", pipeline: id };
          this.#settle(id, about);
        }
        return undefined;
      default:
        if (id === SESSION) {
          if (this.#closeWanted) return undefined;
          this.#closeWanted = true;
          return { event: "delete" };
        }
        return this.#takeClose(id, about);
    }
  }

  #takeData(id: string, about: Conversation | undefined, packet: Packet & { element: "Data" }): ServerChannelEvent | undefined {
    // An unknown stream name is taken as the default by nobody; an id without Command gets its acknowledgement and no more.
    if (packet.stream === undefined || (id !== SESSION && (about === undefined || about.done || about.closing))) {
      this.#write({ element: "DataAck", id });
      return undefined;
    }
    if (about === undefined) this.#sessionAcks += 1;
    else {
      about.known = true;
      about.owedAcks += 1;
      if (about.owedAcks > MAX_UNACKNOWLEDGED) throw new Fault("process-malformed", { reason: "Data did not wait for its DataAck" });
    }
    return { event: "data", pipeline: id === SESSION ? undefined : id, stream: packet.stream, bytes: packet.bytes };
  }

  #takeClose(id: string, about: Conversation | undefined): ServerChannelEvent | undefined {
    if (about === undefined) {
      this.#write({ element: "CloseAck", id });
      return undefined;
    }
    if (about.closing) return undefined;
    about.closing = true;
    if (about.known && !about.done) return { event: "terminate", pipeline: id };
    this.#settle(id, about, true);
    return undefined;
  }

  /** Sends the acknowledgements that were waiting for the pipeline's end. */
  #settle(id: string, about: Conversation, over = about.done || !about.known): void {
    if (!over) return;
    if (about.signalled) {
      about.signalled = false;
      this.#write({ element: "SignalAck", id });
    }
    if (about.closing) {
      this.#write({ element: "CloseAck", id });
      this.#pipelines.delete(id);
    }
  }

  #data(id: string, bytes: Uint8Array): void {
    if (id !== SESSION && this.#pipelines.get(id) === undefined) return;
    if (id !== this.#pendingId || this.#pending.length + bytes.length > this.#packetBytes) this.#flush();
    this.#pendingId = id;
    this.#pending.add(bytes);
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.#out.add(serializePacket({ element: "Data", id: this.#pendingId, stream: "default", bytes: this.#pending.join() }));
  }

  #write(packet: Packet): void {
    this.#flush();
    this.#out.add(serializePacket(packet));
  }
}
