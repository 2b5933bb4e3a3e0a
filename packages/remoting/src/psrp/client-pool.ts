/**
 * The client end of a runspace pool ([MS-PSRP] 3.1).
 *
 *     state         what happens                          next           what goes out
 *     ------------  ------------------------------------  -------------  --------------------------------------
 *     before-open   open()                                opening        create: SESSION_CAPABILITY, INIT_RUNSPACEPOOL
 *     before-open   connect()                             connecting     connect: SESSION_CAPABILITY, CONNECT_RUNSPACEPOOL
 *     opening       SESSION_CAPABILITY                    negotiated
 *     negotiated    RUNSPACEPOOL_STATE Opened             opened
 *     connecting    RUNSPACEPOOL_INIT_DATA                opened
 *     opened        disconnect()                          disconnecting  disconnect
 *     disconnecting disconnected() by the carrier         disconnected
 *     disconnected  reconnect()                           reconnecting   reconnect
 *     reconnecting  reconnected() by the carrier          opened
 *     any live      close()                               closing        delete
 *     any           RUNSPACEPOOL_STATE Closed, deleted()  closed
 *     any           RUNSPACEPOOL_STATE Broken, a fault    broken         delete
 *
 * What a server sends outside the states of `MESSAGES`, for pipelines that are not there, or too short to be a message is let pass over.
 */
import { Fault } from "@tieline/fault";
import type { ClientAction, InboundStream } from "../carrier.ts";
import { PsDictionary, Version, type PsValue } from "../objects/index.ts";
import { join } from "./bytes.ts";
import { pipelineEvent, type ClientEvent } from "./client-events.ts";
import { ClientPipeline } from "./client-pipeline.ts";
import { normaliseGuid } from "./guid.ts";
import { IncomingHostCalls } from "./host-calls.ts";
import { NO_HOST, type HostInfo } from "./host/host-info.ts";
import type { HostCall, HostMethodName, HostResponse, HostResult } from "./host/host-methods.ts";
import type { MessageBodies } from "./message-body.ts";
import type { MessageName } from "./message-types.ts";
import type { SessionCapability } from "./messages/capability.ts";
import type { CommandMetadataQuery } from "./messages/command-metadata.ts";
import { PIPELINE_STATES, type PipelineStateName } from "./messages/pipeline.ts";
import type { ErrorRecord } from "./messages/record.ts";
import { createPipelineMessage, type PipelineSpec } from "./pipeline-spec.ts";
import { PoolEnd, type PoolEndOptions, type TypedMessage } from "./pool-end.ts";
import { acceptServer, atLeast, BUILD, ownCapability, PROTOCOL_VERSION } from "./protocol-version.ts";
import { RunspaceSize } from "./runspace-size.ts";

export interface ClientPoolOptions extends PoolEndOptions {
  /** The pool's id; also the shell's where the carrier names it so. */
  id: string;
  minRunspaces?: number;
  maxRunspaces?: number;
  /** What the client's host is like; none by default. */
  host?: HostInfo;
  /** $PSSenderInfo.ApplicationArguments at the server; PSVersionTable is added where it is not there. */
  applicationArguments?: PsDictionary;
  threadOptions?: number;
  apartmentState?: number;
  /** The highest version to speak. */
  protocolVersion?: string;
  /** As Windows writes it into its capability. */
  timeZone?: Uint8Array;
}

/** What waits between messages: the carrier's actions, and the two messages that travel in one. */
type Control = ClientAction | { do: "start"; how: "create" | "connect"; messages: readonly Uint8Array[] };

/** 200 MB, as PowerShell's session options have it by default; no limit for a pipeline. */
const CLIENT_LIMITS = { maxObjectSize: 200 * 1024 * 1024 };
const OPENED = 2;
const CLOSED = 3;
const CLOSING = 4;
const BROKEN = 5;

/** What PowerShell tells a server of itself. */
export function versionTable(): PsDictionary {
  return PsDictionary.of({
    PSVersion: new Version(BUILD),
    PSEdition: "Core",
    PSRemotingProtocolVersion: new Version(PROTOCOL_VERSION),
    SerializationVersion: new Version("1.1.0.1"),
    WSManStackVersion: new Version("3.0"),
  });
}

/**
 * A pool at its client. Whoever holds it moves its actions to a carrier, what the carrier receives to `receive`, and acts on its events.
 *
 * @example
 * ```ts
 * const pool = new ClientPool({ id: "6f1f9a34-0c0c-4f0e-9d5f-1f2f3a4b5c6d" });
 * pool.open();
 * for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) carrier.send(action);
 * pool.receive(bytesFromTheCarrier);
 * for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
 *   if (event.type === "opened") pool.createPipeline("0d3e5a52-8f4e-4b43-9d8a-0c6d3e1f2a4b", command("Get-Date"));
 *   if (event.type === "output") console.log(String(event.value));
 * }
 * ```
 */
export class ClientPool extends PoolEnd<ClientEvent, Control> {
  readonly id: string;
  readonly #options: ClientPoolOptions;
  readonly #own: SessionCapability;
  readonly #pipelines = new Map<string, ClientPipeline>();
  /** What each pipeline's first action says of it; there until that action is out. */
  readonly #unsent = new Map<string, string>();
  readonly #hostCalls = new IncomingHostCalls();
  readonly #size: RunspaceSize;
  #server: SessionCapability | undefined;
  #privateData: PsDictionary | null | undefined;
  #lastCall = 0n;
  #keyAsked = false;
  #deleteSent = false;

  constructor(options: ClientPoolOptions) {
    super("client", options, CLIENT_LIMITS);
    this.id = normaliseGuid(options.id);
    this.#options = options;
    this.#size = new RunspaceSize(options.minRunspaces ?? 1, options.maxRunspaces ?? 1);
    this.#own = ownCapability(options.protocolVersion, options.timeZone);
  }

  /** What the server said it speaks; undefined before it did. */
  get server(): SessionCapability | undefined {
    return this.#server;
  }

  /** What the server told of itself; undefined before it did, null where it told nothing. */
  get privateData(): PsDictionary | null | undefined {
    return this.#privateData;
  }

  /** The protocol version in the server's PSVersionTable: what it announces to be able to, rather than what was settled on. */
  get announcedVersion(): string | undefined {
    const table = this.#privateData?.get("PSVersionTable");
    const version = table instanceof PsDictionary ? table.get("PSRemotingProtocolVersion") : undefined;
    return version instanceof Version ? version.text : undefined;
  }

  get minRunspaces(): number {
    return this.#size.min;
  }

  get maxRunspaces(): number {
    return this.#size.max;
  }

  /** Opens a new pool. */
  open(): void {
    this.#must("open", "before-open");
    const { host, threadOptions, apartmentState } = this.#options;
    const args = new PsDictionary(this.#options.applicationArguments ?? []);
    if (!args.has("PSVersionTable")) args.set("PSVersionTable", versionTable());
    this.#start("create", "INIT_RUNSPACEPOOL", {
      minRunspaces: this.#size.min,
      maxRunspaces: this.#size.max,
      threadOptions: threadOptions ?? 0,
      apartmentState: apartmentState ?? 2,
      applicationArguments: args,
      hostInfo: host ?? NO_HOST,
    });
    this.state = "opening";
  }

  /** Connects to a pool of this id that another client has disconnected from; the server's numbers of runspaces hold. */
  connect(): void {
    this.#must("connect", "before-open");
    const { minRunspaces, maxRunspaces } = this.#options;
    this.#start("connect", "CONNECT_RUNSPACEPOOL", {
      ...(minRunspaces === undefined ? {} : { minRunspaces }),
      ...(maxRunspaces === undefined ? {} : { maxRunspaces }),
    });
    this.state = "connecting";
    this.resumeStream(undefined);
  }

  /** Starts a pipeline under an id of its own. Throws `runspace-pool-state`, `pipeline-exists`, `reset-unsupported`. */
  createPipeline(id: string, spec: PipelineSpec): ClientPipeline {
    return this.#begin(
      id,
      "CREATE_PIPELINE",
      createPipelineMessage(spec, this.announcedVersion),
      spec.input ?? false,
      spec.statements[0]?.[0]?.text ?? "",
    );
  }

  /** Asks for the commands of the session; the outputs are those of `decodeCommandCount` and `decodeCommandMetadata`. */
  getCommandMetadata(id: string, query: CommandMetadataQuery): ClientPipeline {
    return this.#begin(id, "GET_COMMAND_METADATA", query, false, "Get-Command");
  }

  /** Takes up a pipeline of a pool that was connected to: what it puts out from now on comes as events. */
  connectPipeline(id: string): ClientPipeline {
    this.#must("connect a pipeline", "opened");
    const key = this.#newPipeline(id);
    const pipeline = new ClientPipeline(key, this.#owner, true);
    this.#pipelines.set(key, pipeline);
    this.resumeStream(key);
    this.outbox.control({ do: "connect-command", pipeline: key });
    return pipeline;
  }

  /** Asks for another maximum; the answer comes as `availability` under this number. False where the value is refused without asking. */
  setMaxRunspaces(count: number): bigint | false {
    return this.#setRunspaces("max", count);
  }

  /** Asks for another minimum, likewise. */
  setMinRunspaces(count: number): bigint | false {
    return this.#setRunspaces("min", count);
  }

  /** Asks how many runspaces are free; the answer comes as `availability` under this number. */
  getAvailableRunspaces(): bigint {
    this.#must("ask for runspaces", "opened");
    return this.#call("GET_AVAILABLE_RUNSPACES", (call) => ({ call }));
  }

  /** Asks the server to clear its runspace; the answer comes as `availability`. Throws `reset-unsupported` below 2.3. */
  resetRunspaceState(): bigint {
    this.#must("reset the runspace", "opened");
    const version = this.announcedVersion;
    if (!atLeast(version, "2.3")) throw new Fault("reset-unsupported", { version: version ?? "none" });
    return this.#call("RESET_RUNSPACE_STATE", (call) => ({ call }));
  }

  /** Answers a host call of the pool or of a pipeline. Throws `host-call-unknown` where none waits, as after its pipeline's end. */
  answerHostCall<M extends HostMethodName>(
    pipeline: string | undefined,
    call: HostCall & { method: M },
    answer: { value?: HostResult<M> | null; error?: ErrorRecord },
  ): void {
    this.#hostCalls.check(pipeline, call);
    const response = { call: call.call, method: call.method, ...answer } as unknown as HostResponse;
    const name = pipeline === undefined ? "RUNSPACEPOOL_HOST_RESPONSE" : "PIPELINE_HOST_RESPONSE";
    this.#put(name, response, pipeline, "prompt-response", true);
    this.#hostCalls.answered(pipeline, call);
  }

  /** Leaves the pool running at the server. Only a carrier that can do so offers it. */
  disconnect(idleTimeoutMs?: number): void {
    this.#must("disconnect", "opened");
    this.state = "disconnecting";
    this.outbox.control({ do: "disconnect", ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) });
  }

  /** The carrier has disconnected, by our wish or the server's. */
  disconnected(): void {
    if (this.state !== "disconnecting" && this.state !== "opened" && this.state !== "reconnecting") return;
    this.state = "disconnected";
    this.emit({ type: "disconnected" });
  }

  reconnect(): void {
    this.#must("reconnect", "disconnected");
    this.state = "reconnecting";
    this.outbox.control({ do: "reconnect" });
  }

  /** The carrier has reconnected. */
  reconnected(): void {
    if (this.state !== "reconnecting") return;
    this.resumeStreams();
    this.state = "opened";
    this.emit({ type: "reconnected" });
  }

  /** Closes the pool with all its pipelines. More than once does nothing. */
  close(): void {
    if (this.state === "closing" || this.state === "closed" || this.state === "broken") return;
    const begun = this.state !== "before-open";
    this.state = begun ? "closing" : "closed";
    for (const id of this.#pipelines.keys()) this.terminate(id, "Stopped");
    if (begun) this.#delete();
    else this.emit({ type: "closed" });
  }

  /** The carrier has closed the shell. */
  deleted(): void {
    this.#deleteSent = true;
    this.#closed();
  }

  /** The carrier lost the session. */
  broken(fault: Fault): void {
    this.breakWith(fault);
  }

  /** What the carrier is to do next, or undefined. */
  nextAction(): ClientAction | undefined {
    const next = this.outbox.next(this.fragmentSize);
    if (next === undefined) return undefined;
    if (next.kind === "control") {
      const { control } = next;
      if (control.do !== "start") return control;
      return { do: control.how, bytes: join(control.messages.flatMap((message) => this.outbox.cut(message, this.fragmentSize))) };
    }
    const { pipeline, stream } = next.message;
    const text = next.first && pipeline !== undefined ? this.#unsent.get(pipeline) : undefined;
    if (text === undefined || pipeline === undefined) return { do: "send", pipeline, stream, bytes: next.bytes };
    this.#unsent.delete(pipeline);
    return { do: "command", pipeline, bytes: next.bytes, text };
  }

  /** @internal */
  terminate(id: string, state: PipelineStateName, fault?: Fault): void {
    const pipeline = this.#pipelines.get(id);
    if (pipeline === undefined) return;
    const known = !this.#unsent.has(id);
    this.#end(pipeline, state, undefined, fault);
    if (known) this.outbox.control({ do: "terminate", pipeline: id });
  }

  protected override listens(pipeline: string): boolean {
    return this.#pipelines.has(pipeline);
  }

  protected override unexpected(): void {
    // Late or early data of a server is let pass over, as PowerShell does.
  }

  protected override breakWith(fault: Fault, error?: ErrorRecord): void {
    if (this.state === "closed" || this.state === "broken") return;
    this.state = "broken";
    for (const pipeline of this.#pipelines.values()) this.#end(pipeline, "Failed", undefined, fault);
    this.outbox.clear();
    this.#delete();
    this.emit({ type: "broken", fault, ...(error === undefined ? {} : { error }) });
  }

  protected override endWith(pipeline: string, fault: Fault): void {
    this.terminate(pipeline, "Failed", fault);
  }

  protected override askForKey(): void {
    if (this.#keyAsked) return;
    if (this.keys === undefined) throw new Fault("session-key-missing", { version: this.#server?.protocolVersion ?? "?" });
    this.#keyAsked = true;
    this.put("PUBLIC_KEY", { key: Buffer.from(this.keys.publicKeyBlob()).toString("base64") }, { pool: this.id, urgent: true });
  }

  protected override handle(message: TypedMessage): void {
    const { pipeline } = message;
    switch (message.name) {
      case "SESSION_CAPABILITY":
        return this.#negotiated(message.body);
      case "APPLICATION_PRIVATE_DATA":
        this.#privateData = message.body.data;
        return this.emit({ type: "private-data", data: message.body.data });
      case "RUNSPACEPOOL_STATE":
        return this.#poolState(message.body);
      case "RUNSPACEPOOL_INIT_DATA":
        this.#size.min = message.body.minRunspaces;
        this.#size.max = message.body.maxRunspaces;
        this.emit({ type: "runspaces", min: this.minRunspaces, max: this.maxRunspaces });
        return this.#opened();
      case "RUNSPACE_AVAILABILITY":
        this.#size.answered(message.body.call, message.body.result);
        return this.emit({ type: "availability", ...message.body });
      case "USER_EVENT":
        return this.emit({ type: "user-event", event: message.body });
      case "ENCRYPTED_SESSION_KEY":
        if (this.keys === undefined || !this.#keyAsked || this.secrets.hasKey) return;
        return this.useKey(this.keys.openSessionKey(Uint8Array.from(Buffer.from(message.body.key, "base64"))));
      case "PUBLIC_KEY_REQUEST":
        return this.askForKey();
      case "RUNSPACEPOOL_HOST_CALL":
        return this.#hostCall(undefined, message.body);
      case "PIPELINE_HOST_CALL":
        return this.#hostCall(pipeline, message.body);
      case "PIPELINE_STATE":
        return this.#pipelineState(pipeline, message.body);
      default: {
        // What is left is said by a pipeline; only a server receives the others, and `decodeEnvelope` refused them.
        const event = pipelineEvent(message);
        if (event !== undefined) this.emit(event);
      }
    }
  }

  readonly #owner = {
    sendInput: (id: string, value: PsValue): void => this.#put("PIPELINE_INPUT", value, id),
    sendEndOfInput: (id: string): void => this.#put("END_OF_PIPELINE_INPUT", undefined, id),
    stop: (id: string): void => this.#stop(id),
    terminate: (id: string): void => this.terminate(id, "Stopped"),
  };

  #must(operation: string, state: typeof this.state): void {
    if (this.state !== state) throw new Fault("runspace-pool-state", { operation, state: this.state });
  }

  #put<N extends MessageName>(name: N, body: MessageBodies[N], pipeline?: string, stream: InboundStream = "default", urgent = false): void {
    this.put(name, body, { pool: this.id, stream, urgent, ...(pipeline === undefined ? {} : { pipeline }) });
  }

  /** The two messages that open or connect travel in one action. */
  #start<N extends "INIT_RUNSPACEPOOL" | "CONNECT_RUNSPACEPOOL">(how: "create" | "connect", name: N, body: MessageBodies[N]): void {
    const messages = [this.encodeMessage("SESSION_CAPABILITY", this.#own, this.id), this.encodeMessage(name, body, this.id)];
    this.outbox.control({ do: "start", how, messages });
  }

  #newPipeline(id: string): string {
    const key = normaliseGuid(id);
    if (this.#pipelines.has(key)) throw new Fault("pipeline-exists", { pipeline: key });
    return key;
  }

  #begin<N extends "CREATE_PIPELINE" | "GET_COMMAND_METADATA">(
    id: string,
    name: N,
    body: MessageBodies[N],
    input: boolean,
    text: string,
  ): ClientPipeline {
    this.#must("start a pipeline", "opened");
    const key = this.#newPipeline(id);
    this.#put(name, body, key);
    const pipeline = new ClientPipeline(key, this.#owner, input);
    this.#pipelines.set(key, pipeline);
    this.#unsent.set(key, text);
    return pipeline;
  }

  #call<N extends "GET_AVAILABLE_RUNSPACES" | "RESET_RUNSPACE_STATE" | "SET_MAX_RUNSPACES" | "SET_MIN_RUNSPACES">(
    name: N,
    body: (call: bigint) => MessageBodies[N],
  ): bigint {
    const call = ++this.#lastCall;
    this.#put(name, body(call));
    return call;
  }

  #setRunspaces(which: "min" | "max", count: number): bigint | false {
    this.#must("set the number of runspaces", "opened");
    if (!this.#size.mayAsk(which, count)) return false;
    const call = this.#call(which === "max" ? "SET_MAX_RUNSPACES" : "SET_MIN_RUNSPACES", (number) => ({ count, call: number }));
    this.#size.asked(call, which, count);
    return call;
  }

  #negotiated(server: SessionCapability): void {
    if (this.state !== "opening" && this.state !== "connecting") return;
    acceptServer(this.#own, server);
    this.#server = server;
    this.secrets.settle(atLeast(server.protocolVersion, "2.4") && atLeast(this.#own.protocolVersion, "2.4") ? "clear" : "key");
    if (this.state === "opening") this.state = "negotiated";
    this.emit({ type: "negotiated", server });
  }

  #poolState(info: { state: number; error?: ErrorRecord }): void {
    switch (info.state) {
      case OPENED:
        return this.#opened();
      case CLOSING:
        return this.emit({ type: "closing" });
      case CLOSED:
        return this.#closed();
      case BROKEN:
        return this.breakWith(new Fault("runspace-pool-broken", { message: info.error?.text ?? "the server gave no reason" }), info.error);
      default:
      // Opening, negotiation, connecting: for the server alone to know.
    }
  }

  #opened(): void {
    if (this.state !== "negotiated" && this.state !== "connecting") return;
    this.state = "opened";
    this.emit({ type: "opened" });
  }

  #closed(): void {
    if (this.state === "closed" || this.state === "broken") return;
    this.state = "closed";
    // Our own close() has ended them by then: these are cut off by the server, and must not look as if they had run.
    for (const pipeline of this.#pipelines.values()) this.#end(pipeline, "Stopped", undefined, new Fault("session-closed"));
    this.outbox.clear();
    this.#delete();
    this.emit({ type: "closed" });
  }

  #delete(): void {
    if (this.#deleteSent) return;
    this.#deleteSent = true;
    this.outbox.control({ do: "delete" });
  }

  #hostCall(pipeline: string | undefined, call: HostCall): void {
    this.#hostCalls.note(pipeline, call);
    this.emit({ type: "host-call", pipeline, call });
  }

  #pipelineState(id: string, info: { state: number; error?: ErrorRecord }): void {
    const pipeline = this.#pipelines.get(id);
    const state = PIPELINE_STATES[info.state];
    if (pipeline === undefined || state === undefined) return;
    if (state === "NotStarted" || state === "Running" || state === "Stopping") return;
    this.#end(pipeline, state, info.error);
    this.outbox.control({ do: "terminate", pipeline: id });
  }

  #stop(id: string): void {
    const pipeline = this.#pipelines.get(id);
    if (pipeline === undefined) return;
    if (this.#unsent.has(id)) return this.#end(pipeline, "Stopped");
    // What waits to go in is of no use any more, and would hold up the stop.
    this.outbox.drop(id, true);
    this.outbox.control({ do: "stop", pipeline: id });
  }

  #end(pipeline: ClientPipeline, state: PipelineStateName, error?: ErrorRecord, fault?: Fault): void {
    const { id } = pipeline;
    this.#pipelines.delete(id);
    this.#unsent.delete(id);
    this.#hostCalls.forget(id);
    this.outbox.drop(id, false);
    this.forget(id);
    pipeline.state = state;
    this.emit({
      type: "pipeline-ended",
      pipeline: id,
      state,
      ...(error === undefined ? {} : { error }),
      ...(fault === undefined ? {} : { fault }),
    });
  }
}
