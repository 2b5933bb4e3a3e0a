/**
 * What the two ends of a runspace pool share ([MS-PSRP] 3.1): streams of fragments in, messages out, events for the user,
 * actions for the carrier, and the wait for a session key.
 *
 * An end never throws at what a peer sent. What is wrong in the pool's own messages breaks the pool; what is wrong in a
 * pipeline's ends the pipeline. The carrier calls `receive` and takes `nextAction`; the user takes `nextEvent`.
 */
import { asFault, Fault } from "@tieline/fault";
import type { InboundStream } from "../carrier.ts";
import { DEFAULT_FRAGMENT_SIZE, Reassembler, SMALLEST_FRAGMENT_SIZE, type ReassemblerOptions } from "./fragment.ts";
import { EMPTY_GUID } from "./guid.ts";
import { BodyCodec, type BodyOptions, type MessageBodies } from "./message-body.ts";
import { MESSAGES, type MessageName, type MessageRow, type PoolState } from "./message-types.ts";
import { decodeEnvelope, encodeEnvelope, type Envelope } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { Queue } from "./queue.ts";
import { Secrets } from "./secrets.ts";
import type { SessionKeySource } from "./session-key.ts";

/** Bounds for what a peer may make this end hold. */
export interface PoolLimits {
  /** Largest message, in bytes. */
  maxObjectSize?: number;
  /** Largest sum of what one pipeline receives, in bytes. */
  maxPipelineSize?: number;
}

export interface PoolEndOptions extends Pick<BodyOptions, "rawTypeNames" | "scriptBlocks" | "depth"> {
  limits?: PoolLimits;
  /** Needed for secrets where the peer speaks less than 2.4. */
  sessionKeys?: SessionKeySource;
}

/** A message with its meaning. */
export type TypedMessage = { [N in MessageName]: { name: N; pipeline: string; pool: string; body: MessageBodies[N] } }[MessageName];

/** What may wait for the session key, in bytes. */
const LARGEST_HELD = 16 * 1024 * 1024;

export abstract class PoolEnd<Event, Control> {
  protected readonly outbox = new Outbox<Control>();
  protected readonly secrets = new Secrets();
  protected readonly keys: SessionKeySource | undefined;
  readonly #me: "client" | "server";
  readonly #codec: BodyCodec;
  readonly #events = new Queue<Event>();
  readonly #streams = new Map<string, Reassembler>();
  readonly #reassembly: Omit<ReassemblerOptions, "maxTotalSize">;
  readonly #maxPipelineSize: number | undefined;
  /** Messages that arrived while the session key is awaited. */
  #held: Envelope[] = [];
  #heldBytes = 0;
  #fragmentSize = DEFAULT_FRAGMENT_SIZE;
  #state: PoolState = "before-open";

  protected constructor(me: "client" | "server", options: PoolEndOptions, defaults: PoolLimits) {
    this.#me = me;
    this.keys = options.sessionKeys;
    this.#codec = new BodyCodec({
      secureString: this.secrets,
      rawTypeNames: options.rawTypeNames,
      scriptBlocks: options.scriptBlocks,
      depth: options.depth,
    });
    this.#reassembly = {
      side: me === "client" ? "server" : "client computer",
      maxObjectSize: options.limits?.maxObjectSize ?? defaults.maxObjectSize ?? Number.MAX_SAFE_INTEGER,
      anyFirstFragment: me === "client",
    };
    this.#maxPipelineSize = options.limits?.maxPipelineSize ?? defaults.maxPipelineSize;
  }

  /** Where the pool stands; the tables are in `client-pool.ts` and `server-pool.ts`. */
  get state(): PoolState {
    return this.#state;
  }

  protected set state(state: PoolState) {
    this.#state = state;
  }

  /** Bytes that wait for the carrier: a user that produces much waits while this is high. */
  get queuedBytes(): number {
    return this.outbox.queuedBytes;
  }

  /** Events that wait for the user: a carrier stops reading while this is high. */
  get queuedEvents(): number {
    return this.#events.length;
  }

  protected get fragmentSize(): number {
    return this.#fragmentSize;
  }

  /** The largest fragment that the carrier can take, its header included; holds from the next fragment on. */
  setFragmentSize(size: number): void {
    this.#fragmentSize = Math.max(SMALLEST_FRAGMENT_SIZE, Math.trunc(size));
  }

  /** What happened next, or undefined. */
  nextEvent(): Event | undefined {
    return this.#events.take();
  }

  /**
   * Takes fragments from the carrier, cut anywhere. `carried` is the pipeline that the carrier received them for; what
   * comes for a pipeline that is not there is let pass over.
   */
  receive(bytes: Uint8Array, carried?: string, stream: InboundStream = "default"): void {
    const pipeline = carried?.toLowerCase();
    if (this.#state === "closed" || this.#state === "broken") return;
    if (pipeline !== undefined && !this.listens(pipeline)) return;
    try {
      this.#stream(pipeline, stream).push(bytes, (message) => this.#take(message));
    } catch (error) {
      if (pipeline === undefined) this.breakWith(asFault(error));
      else this.endWith(pipeline, asFault(error));
    }
  }

  /** Whether messages for this pipeline are wanted. */
  protected abstract listens(pipeline: string): boolean;
  /** A message in its place. */
  protected abstract handle(message: TypedMessage): void;
  /** A message for a pipeline, or none, in a state in which it is not expected; throws or lets it pass. */
  protected abstract unexpected(name: MessageName): void;
  /** Something in the pool's own stream is wrong beyond repair. */
  protected abstract breakWith(fault: Fault): void;
  /** Something in a pipeline's stream is wrong. */
  protected abstract endWith(pipeline: string, fault: Fault): void;
  /** A session key is needed: asks the peer for it. Throws where there is no way to. */
  protected abstract askForKey(): void;

  protected emit(event: Event): void {
    this.#events.put(event);
  }

  /** Queues a message; where it holds a secret and there is no key yet, it waits. */
  protected put<N extends MessageName>(
    name: N,
    body: MessageBodies[N],
    to: { pool: string; pipeline?: string; stream?: InboundStream; urgent?: boolean },
  ): void {
    const encode = (): Uint8Array | undefined => this.secrets.tryWith(() => this.encodeMessage(name, body, to.pool, to.pipeline))?.value;
    const bytes = encode();
    if (bytes === undefined) this.askForKey();
    this.outbox.put({ pipeline: to.pipeline, stream: to.stream ?? "default", bytes: bytes ?? encode }, to.urgent ?? false);
  }

  protected encodeMessage<N extends MessageName>(name: N, body: MessageBodies[N], pool: string, pipeline: string = EMPTY_GUID): Uint8Array {
    const to = this.#me === "client" ? "server" : "client";
    return encodeEnvelope({ name, to, pool, pipeline, data: this.#codec.encode(name, body) });
  }

  /** No message is expected soon: what was learned of their form goes, which is most of what an idle session weighs. */
  protected rest(): void {
    this.#codec.rest();
  }

  /** Reads whole messages outside the streams: what a carrier hands over in one piece. */
  protected decodeMessages(bytes: Uint8Array): TypedMessage[] {
    const messages: TypedMessage[] = [];
    const reassembler = new Reassembler({ ...this.#reassembly });
    reassembler.push(bytes, (message) => {
      const envelope = decodeEnvelope(message, this.#me);
      messages.push(this.#typed(envelope));
    });
    return messages;
  }

  /** Forgets what was half received for a pipeline. */
  protected forget(pipeline: string): void {
    this.#streams.delete(`${pipeline}/default`);
    this.#streams.delete(`${pipeline}/prompt-response`);
    this.#held = this.#held.filter((envelope) => envelope.pipeline !== pipeline);
  }

  /** Whether nothing of a pipeline is half received. */
  protected isIdle(pipeline: string): boolean {
    return [`${pipeline}/default`, `${pipeline}/prompt-response`].every((name) => this.#streams.get(name)?.idle ?? true);
  }

  /** The carrier took its streams up again, perhaps in the middle of objects. */
  protected resumeStreams(): void {
    for (const stream of this.#streams.values()) stream.resume();
  }

  /** The first bytes of this stream may be from the middle of an object. */
  protected resumeStream(pipeline: string | undefined): void {
    this.#stream(pipeline, "default").resume();
  }

  /** A new connection begins its streams anew. */
  protected forgetStreams(): void {
    this.#streams.clear();
  }

  /** The session key is there: what waited goes on. */
  protected useKey(key: Uint8Array): void {
    this.secrets.key = key;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const envelope of held) this.#open(envelope);
  }

  #stream(pipeline: string | undefined, stream: InboundStream): Reassembler {
    const name = `${pipeline ?? ""}/${stream}`;
    let reassembler = this.#streams.get(name);
    if (reassembler === undefined) {
      reassembler = new Reassembler({ ...this.#reassembly, maxTotalSize: pipeline === undefined ? undefined : this.#maxPipelineSize });
      this.#streams.set(name, reassembler);
    }
    return reassembler;
  }

  #take(message: Uint8Array): void {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(message, this.#me);
    } catch (error) {
      // PowerShell's client drops what is too short to be a message, and goes on waiting.
      const fault = asFault(error);
      if (this.#me === "client" && fault.is("message-header")) return;
      throw fault;
    }
    const row: MessageRow = MESSAGES[envelope.name];
    if (row.scope === "pipeline" && envelope.pipeline === EMPTY_GUID) return this.unexpected(envelope.name);
    if (this.#held.length > 0 && !EXCHANGE.has(envelope.name)) return this.#hold(envelope);
    this.#open(envelope);
  }

  /** Decodes a message and acts on it. The state is judged first, so that late data costs nothing. */
  #open(envelope: Envelope): void {
    const row: MessageRow = MESSAGES[envelope.name];
    const scoped = row.scope === "pipeline";
    if (!row.states.includes(this.#state)) return this.unexpected(envelope.name);
    if (scoped && !this.listens(envelope.pipeline)) return;
    try {
      const typed = this.secrets.tryWith(() => this.#typed(envelope));
      if (typed !== undefined) return this.handle(typed.value);
      this.askForKey();
      this.#hold(envelope);
    } catch (error) {
      if (!scoped) throw error;
      this.endWith(envelope.pipeline, asFault(error));
    }
  }

  #typed(envelope: Envelope): TypedMessage {
    const { name, pipeline, pool } = envelope;
    return { name, pipeline, pool, body: this.#codec.decode(name, envelope.data) } as TypedMessage;
  }

  #hold(envelope: Envelope): void {
    this.#heldBytes += envelope.data.length;
    if (this.#heldBytes > LARGEST_HELD) {
      throw new Fault("command-data-too-large", { side: this.#reassembly.side, limit: LARGEST_HELD });
    }
    this.#held.push({ ...envelope, data: envelope.data.slice() });
  }
}

/** What the peer says while others wait for the key. */
const EXCHANGE: ReadonlySet<MessageName> = new Set(["PUBLIC_KEY", "ENCRYPTED_SESSION_KEY", "PUBLIC_KEY_REQUEST", "RUNSPACEPOOL_STATE"]);
