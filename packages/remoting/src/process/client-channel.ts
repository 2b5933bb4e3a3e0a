/**
 * The client end of the out-of-process framing: a pool's actions in, packets out, and back.
 *
 *     create      Data(session) ...
 *     command     Command -> wait for CommandAck -> Data -> wait for DataAck -> Data ...
 *     stop        Signal, once CREATE_PIPELINE is out; input that still waits is dropped
 *     terminate   Close at once; what arrives for the id until its CloseAck is dropped
 *     delete      Close of all ids, then of the session
 *
 * Where PowerShell's own client waits for ever (no DataAck, no CommandAck, no CloseAck of the session), this one gives
 * up after `ackTimeoutMs`. Where that one drops silently (an unknown stream name, Data for an id that is not open), so
 * does this one, and counts it.
 */
import { Fault } from "@tieline/fault";
import type { ClientAction } from "../carrier.ts";
import { Bytes } from "./bytes.ts";
import { Lane } from "./lane.ts";
import { PacketReader } from "./packet-reader.ts";
import { ELEMENTS, serializePacket, SESSION, type Element, type Packet } from "./packet.ts";

export type ClientChannelEvent =
  /** Whole fragments, one or more. */
  | { event: "data"; pipeline: string | undefined; bytes: Uint8Array }
  /** The server has forgotten the pipeline. */
  | { event: "pipeline-closed"; pipeline: string }
  /** The session is closed; the connection may be ended. */
  | { event: "closed" };

export interface ClientChannelOptions {
  /** How much of the waiting fragments travels in one packet; a single fragment may be larger. Default 32 KiB, as PowerShell's own are. */
  packetBytes?: number;
  maxLineBytes?: number;
  /** How long an acknowledgement may take. Default 60,000. */
  ackTimeoutMs?: number;
}

type Phase =
  /** Command is out, nothing else may be. */
  | "commanded"
  | "open"
  /** Close is out. */
  | "closing";

interface Conversation {
  lane: Lane;
  phase: Phase;
  /** What is awaited and since when. */
  awaits: { element: Element; sinceMs: number } | undefined;
  stop: "no" | "wanted" | "sent";
}

export class ClientChannel {
  readonly #reader: PacketReader;
  readonly #packetBytes: number;
  readonly #ackTimeoutMs: number;
  readonly #out = new Bytes();
  readonly #pipelines = new Map<string, Conversation>();
  readonly #session: Conversation = conversation("open");
  #closed = false;
  #dropped = 0;
  #nowMs = 0;

  constructor(options: ClientChannelOptions = {}) {
    this.#reader = new PacketReader(options.maxLineBytes);
    this.#packetBytes = options.packetBytes ?? 32_768;
    this.#ackTimeoutMs = options.ackTimeoutMs ?? 60_000;
  }

  /** Packets of the server that were ignored because nobody could want them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** True after the server has acknowledged the end of the session. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that wait for the server's acknowledgements, for one pipeline or for all. */
  queuedBytes(pipeline?: string): number {
    if (pipeline !== undefined) return this.#pipelines.get(pipeline)?.lane.queuedBytes ?? 0;
    let sum = this.#session.lane.queuedBytes;
    for (const { lane } of this.#pipelines.values()) sum += lane.queuedBytes;
    return sum;
  }

  /**
   * Takes what the pool wants done.
   *
   * @throws Fault `process-no-disconnect` for what only WS-Management can do
   */
  send(action: ClientAction, nowMs: number): void {
    this.#nowMs = nowMs;
    switch (action.do) {
      case "create":
        this.#put(SESSION, this.#session, "default", action.bytes);
        return;
      case "command": {
        const started = conversation("commanded");
        this.#pipelines.set(action.pipeline, started);
        this.#write({ element: "Command", id: action.pipeline });
        started.awaits = { element: "CommandAck", sinceMs: nowMs };
        started.lane.put("default", action.bytes);
        return;
      }
      case "send": {
        const to = action.pipeline === undefined ? this.#session : this.#pipelines.get(action.pipeline);
        if (to !== undefined) this.#put(action.pipeline ?? SESSION, to, action.stream, action.bytes);
        return;
      }
      case "stop": {
        const to = this.#pipelines.get(action.pipeline);
        if (to === undefined || to.phase === "closing" || to.stop !== "no") return;
        to.stop = "wanted";
        to.lane.dropInput();
        this.#go(action.pipeline, to);
        return;
      }
      case "terminate": {
        const to = this.#pipelines.get(action.pipeline);
        if (to !== undefined) this.#close(action.pipeline, to);
        return;
      }
      case "delete":
        for (const [id, to] of this.#pipelines) this.#close(id, to);
        this.#close(SESSION, this.#session);
        return;
      case "connect":
      case "connect-command":
      case "disconnect":
      case "reconnect":
        throw new Fault("process-no-disconnect");
    }
  }

  /** Takes what arrived from the server. */
  receive(bytes: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#reader.receive(bytes);
  }

  /** The server's output is at its end; call `nextEvent` until it gives undefined, then the session is over. */
  end(): void {
    this.#reader.end();
  }

  /**
   * What happened next, or undefined where more must arrive.
   *
   * @throws Fault of the codes `process-*`: the session is lost then
   */
  nextEvent(): ClientChannelEvent | undefined {
    for (;;) {
      const packet = this.#reader.next();
      if (packet === undefined) return undefined;
      const event = this.#take(packet);
      if (event !== undefined) return event;
    }
  }

  /** What is to be written to the server, or undefined for nothing. */
  dataToSend(): Uint8Array | undefined {
    return this.#out.length === 0 ? undefined : this.#out.join();
  }

  /** When `tick` must be called at the latest, in the time of `nowMs`. */
  nextDeadline(): number | undefined {
    let first: number | undefined;
    for (const { awaits } of this.#all()) {
      if (awaits !== undefined && (first === undefined || awaits.sinceMs < first)) first = awaits.sinceMs;
    }
    return first === undefined ? undefined : first + this.#ackTimeoutMs;
  }

  /** @throws Fault `process-no-answer` where the server was silent for too long */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const { awaits } of this.#all()) {
      if (awaits !== undefined && nowMs - awaits.sinceMs >= this.#ackTimeoutMs) {
        throw new Fault("process-no-answer", { element: awaits.element.replace("Ack", ""), seconds: this.#ackTimeoutMs / 1000 });
      }
    }
  }

  *#all(): Generator<Conversation, void> {
    yield this.#session;
    yield* this.#pipelines.values();
  }

  #take(packet: Packet): ClientChannelEvent | undefined {
    const { element, id } = packet;
    if (ELEMENTS[element] === "client") throw new Fault("process-unknown-element", { element });
    const about = id === SESSION ? this.#session : this.#pipelines.get(id);
    switch (element) {
      case "Data":
        if (about === undefined || packet.stream === undefined || (about.phase === "closing" && id !== SESSION)) return this.#drop();
        return { event: "data", pipeline: id === SESSION ? undefined : id, bytes: packet.bytes };
      case "DataAck":
        if (about?.awaits?.element !== "DataAck") return this.#drop();
        about.awaits = undefined;
        this.#go(id, about);
        return undefined;
      case "CommandAck":
        if (about === undefined || id === SESSION) throw new Fault("process-inactive-command", { id, element });
        if (about.phase !== "commanded") return this.#drop();
        about.phase = "open";
        about.awaits = undefined;
        this.#go(id, about);
        return undefined;
      case "CloseAck":
        return this.#closeAck(id, about);
      default:
        // SignalAck: the end of the pipeline is told by its state, which comes before.
        return undefined;
    }
  }

  #closeAck(id: string, about: Conversation | undefined): ClientChannelEvent | undefined {
    if (about?.phase !== "closing") {
      if (id === SESSION) throw new Fault("process-closed-unasked");
      return this.#drop();
    }
    about.awaits = undefined;
    if (id === SESSION) {
      this.#closed = true;
      return { event: "closed" };
    }
    this.#pipelines.delete(id);
    return { event: "pipeline-closed", pipeline: id };
  }

  #drop(): undefined {
    this.#dropped += 1;
    return undefined;
  }

  #put(id: string, to: Conversation, stream: "default" | "prompt-response", bytes: Uint8Array): void {
    if (to.phase === "closing" || (to.stop !== "no" && stream === "default" && to.lane.started)) return;
    to.lane.put(stream, bytes);
    if (to.stop !== "no") to.lane.dropInput();
    this.#go(id, to);
  }

  /** Sends what may be sent now. */
  #go(id: string, to: Conversation): void {
    if (to.phase !== "open") return;
    if (to.awaits === undefined) {
      const piece = to.lane.take(this.#packetBytes);
      if (piece !== undefined) {
        this.#write({ element: "Data", id, ...piece });
        to.awaits = { element: "DataAck", sinceMs: this.#nowMs };
      }
    }
    if (to.stop === "wanted" && to.lane.started) {
      to.stop = "sent";
      this.#write({ element: "Signal", id });
    }
  }

  #close(id: string, to: Conversation): void {
    if (to.phase === "closing") return;
    to.phase = "closing";
    to.lane = new Lane();
    // A pipeline may take its time to end and nobody waits for that; the session's end is waited for.
    to.awaits = id === SESSION ? { element: "CloseAck", sinceMs: this.#nowMs } : undefined;
    this.#write({ element: "Close", id });
  }

  #write(packet: Packet): void {
    this.#out.add(serializePacket(packet));
  }
}

function conversation(phase: Phase): Conversation {
  return { lane: new Lane(), phase, awaits: undefined, stop: "no" };
}
