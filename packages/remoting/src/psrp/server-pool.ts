/**
 * The server end of a runspace pool ([MS-PSRP] 3.2).
 *
 *     state        what happens                        next          what goes out
 *     -----------  ----------------------------------  ------------  ---------------------------------------------
 *     before-open  SESSION_CAPABILITY                  negotiated    SESSION_CAPABILITY
 *     before-open  SESSION_CAPABILITY, not acceptable  broken        SESSION_CAPABILITY, closed
 *     negotiated   INIT_RUNSPACEPOOL                   opening       (the user decides)
 *     opening      accept()                            opened        APPLICATION_PRIVATE_DATA, RUNSPACEPOOL_STATE Opened
 *     opening      refuse()                            broken        RUNSPACEPOOL_STATE Broken, closed
 *     opened       disconnected() by the carrier       disconnected
 *     disconnected reconnected(), connect()            opened        connect: SESSION_CAPABILITY, RUNSPACEPOOL_INIT_DATA; then APPLICATION_PRIVATE_DATA
 *     any live     close()                             closing       RUNSPACEPOOL_STATE Closing; pipelines are told to stop
 *     closing      the last pipeline has ended         closed        RUNSPACEPOOL_STATE Closed, closed
 *     any live     the client breaks the protocol      broken        RUNSPACEPOOL_STATE Broken, closed
 *
 * A pipeline waits until one of the pool's runspaces is free; nested ones do not wait and take none.
 */
import { Fault } from "@tieline/fault";
import type { InboundStream, ServerAction } from "../carrier.ts";
import type { PsDictionary } from "../objects/index.ts";
import { join } from "./bytes.ts";
import { judgeConnect } from "./connect-request.ts";
import { startsObject } from "./fragment.ts";
import { EMPTY_GUID } from "./guid.ts";
import { NO_HOST, type HostInfo } from "./host/host-info.ts";
import { OutgoingHostCalls } from "./host-calls.ts";
import type { HostArguments, HostCall, HostMethodName } from "./host/host-methods.ts";
import type { MessageBodies } from "./message-body.ts";
import type { MessageName } from "./message-types.ts";
import type { SessionCapability } from "./messages/capability.ts";
import { faultRecord, pipelineStopped } from "./messages/error-record.ts";
import { PIPELINE_STATES, type PipelineStateName } from "./messages/pipeline.ts";
import type { ErrorRecord } from "./messages/record.ts";
import type { InitRunspacePool, SetRunspaces, UserEvent } from "./messages/runspace-pool.ts";
import { PoolEnd, type PoolEndOptions, type TypedMessage } from "./pool-end.ts";
import { acceptClient, atLeast, ownCapability } from "./protocol-version.ts";
import { Runspaces } from "./runspaces.ts";
import type { ServerEvent } from "./server-events.ts";
import { ServerPipeline, type PipelineMessage, type ServerPipelineOwner } from "./server-pipeline.ts";

export interface ServerPoolOptions extends PoolEndOptions {
  /** The highest version to speak. */
  protocolVersion?: string;
  /** Pipelines that have not ended, waiting ones included. Default 1,000. */
  maxPipelines?: number;
}

/** As PowerShell's session configurations have it by default. */
const SERVER_LIMITS = { maxObjectSize: 10 * 1024 * 1024, maxPipelineSize: 50 * 1024 * 1024 };
const MAX_PIPELINES = 1000;
/** Ended pipelines whose late data is told from a new one's. */
const MAX_REMEMBERED = 1000;
const OPENED = 2;
const CLOSED = 3;
const CLOSING = 4;
const BROKEN = 5;

interface Running {
  pipeline: ServerPipeline;
  /** Tells the user to run it. */
  start: ServerEvent;
  /** Whether it runs in a runspace of its own. */
  occupies: boolean;
  calls: OutgoingHostCalls;
}

/**
 * A pool at its server. Whoever holds it runs the pipelines that its events bring.
 *
 * @example
 * ```ts
 * const pool = new ServerPool();
 * pool.receive(bytesFromTheCarrier);
 * for (let event = pool.nextEvent(); event !== undefined; event = pool.nextEvent()) {
 *   if (event.type === "open") pool.accept(PsDictionary.of({ PSVersionTable: versionTable() }));
 *   if (event.type === "pipeline") {
 *     event.pipeline.output("hello");
 *     event.pipeline.complete();
 *   }
 * }
 * for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) carrier.send(action);
 * ```
 */
export class ServerPool extends PoolEnd<ServerEvent, ServerAction> {
  readonly #own: SessionCapability;
  readonly #maxPipelines: number;
  readonly #pipelines = new Map<string, Running>();
  /** Pipelines of which a first message is on its way. */
  readonly #arriving = new Set<string>();
  /** Pipelines that ended, the latest last. */
  readonly #ended = new Set<string>();
  readonly #runspaces = new Runspaces();
  readonly #calls = new OutgoingHostCalls();
  #id: string | undefined;
  #client: SessionCapability | undefined;
  #request: InitRunspacePool | undefined;
  #privateData: PsDictionary | null | undefined;
  #keyAsked = false;

  constructor(options: ServerPoolOptions = {}) {
    super("server", options, SERVER_LIMITS);
    this.#own = ownCapability(options.protocolVersion);
    this.#maxPipelines = options.maxPipelines ?? MAX_PIPELINES;
  }

  /** The pool's id; undefined before INIT_RUNSPACEPOOL. */
  get id(): string | undefined {
    return this.#id;
  }

  /** What the client speaks. */
  get client(): SessionCapability | undefined {
    return this.#client;
  }

  /** The client's host; pipelines may have another. */
  get host(): HostInfo {
    return this.#request?.hostInfo ?? NO_HOST;
  }

  get minRunspaces(): number {
    return this.#runspaces.min;
  }

  get maxRunspaces(): number {
    return this.#runspaces.max;
  }

  /** Runspaces that no pipeline runs in. */
  get availableRunspaces(): number {
    return this.#runspaces.available;
  }

  /** Opens the pool that the client asked for. Private data of undefined is not sent at all. */
  accept(privateData?: PsDictionary | null): void {
    this.#must("accept", "opening");
    this.#privateData = privateData;
    this.state = "opened";
    this.#sendPrivateData();
    this.#say("RUNSPACEPOOL_STATE", { state: OPENED });
    this.rest();
  }

  /** Refuses the pool that the client asked for. */
  refuse(error: ErrorRecord): void {
    this.#must("refuse", "opening");
    this.#say("RUNSPACEPOOL_STATE", { state: BROKEN, error });
    this.state = "broken";
    this.outbox.control({ do: "closed" });
  }

  /**
   * A client connects from elsewhere: takes the two messages of its request and gives those of the answer. Throws the
   * reason to refuse, which leaves the pool as it was.
   */
  connect(bytes: Uint8Array): Uint8Array {
    if (this.state !== "opened" && this.state !== "disconnected") throw new Fault("connect-state-invalid");
    const client = judgeConnect(() => this.decodeMessages(bytes), { id: this.#id, min: this.minRunspaces, max: this.maxRunspaces });
    const { answer, refusal } = acceptClient(this.#own, client, true);
    if (refusal !== undefined) throw refusal;
    this.#client = client;
    this.#settle(answer);
    this.forgetStreams();
    this.#arriving.clear();
    this.state = "opened";
    const pool = this.#poolId();
    const fragments = [
      ...this.outbox.cut(this.encodeMessage("SESSION_CAPABILITY", answer, pool), Number.MAX_SAFE_INTEGER),
      ...this.outbox.cut(
        this.encodeMessage("RUNSPACEPOOL_INIT_DATA", { minRunspaces: this.minRunspaces, maxRunspaces: this.maxRunspaces }, pool),
        Number.MAX_SAFE_INTEGER,
      ),
    ];
    this.#sendPrivateData();
    this.emit({ type: "connected", client });
    return join(fragments);
  }

  /** The carrier's client has disconnected; pipelines go on, and what they say waits. */
  disconnected(): void {
    if (this.state === "opened") this.state = "disconnected";
  }

  /** The same client is back. */
  reconnected(): void {
    if (this.state === "disconnected") this.state = "opened";
  }

  /** The carrier was asked to stop a pipeline, or to end it: both let it end in order. */
  stop(pipeline: string): void {
    const id = pipeline.toLowerCase();
    const running = this.#pipelines.get(id);
    if (running === undefined) {
      // Its first message is not complete and never will be: the carrier may forget it.
      if (!this.#arriving.delete(id)) return;
      this.forget(id);
      this.outbox.control({ do: "done", pipeline: id });
      return;
    }
    const { phase } = running.pipeline;
    if (phase === "waiting") this.#end(id, "Stopped", pipelineStopped());
    if (phase !== "running") return;
    running.pipeline.phase = "stopping";
    this.emit({ type: "stop", pipeline: id });
  }

  /**
   * Starts a pipeline that waits although no runspace is free: a nested prompt or a debugger runs it in the one that is
   * held. False where it does not wait.
   */
  runNested(pipeline: string): boolean {
    const id = pipeline.toLowerCase();
    if (this.#pipelines.get(id)?.pipeline.phase !== "waiting") return false;
    this.#runspaces.leave(id);
    this.#start(id, false);
    return true;
  }

  /** Closes the pool, by the client's wish or the service's: pipelines are told to stop, and the last to end closes it. */
  close(): void {
    if (this.state === "closing" || this.state === "closed" || this.state === "broken") return;
    if (this.#id !== undefined) this.#say("RUNSPACEPOOL_STATE", { state: CLOSING });
    this.state = "closing";
    this.emit({ type: "closing" });
    for (const id of this.#pipelines.keys()) this.stop(id);
    this.#closeIfIdle();
  }

  /** Ends what did not end by itself after `close`. */
  abort(): void {
    this.close();
    for (const id of this.#pipelines.keys()) this.#end(id, "Stopped", pipelineStopped());
  }

  /** Calls a method of the pool's host, as `ServerPipeline.hostCall` does for a pipeline's. */
  hostCall<M extends HostMethodName>(method: M, args: HostArguments<M>): bigint {
    if (!this.#live() && this.state !== "opening")
      throw new Fault("runspace-pool-state", { operation: `call the host's ${method}`, state: this.state });
    const call = this.#calls.next(method);
    this.#say("RUNSPACEPOOL_HOST_CALL", { call, method, arguments: args } as unknown as HostCall);
    return call;
  }

  /** Forwards an event of the runspace. */
  userEvent(event: UserEvent): void {
    if (this.#live()) this.#say("USER_EVENT", event);
  }

  /** Answers the event `reset`. */
  answerReset(call: bigint, result: boolean): void {
    if (this.#live()) this.#say("RUNSPACE_AVAILABILITY", { call, result });
  }

  /** What the carrier is to do next, or undefined. */
  nextAction(): ServerAction | undefined {
    const next = this.outbox.next(this.fragmentSize);
    if (next === undefined) return undefined;
    return next.kind === "control" ? next.control : { do: "data", pipeline: next.message.pipeline, bytes: next.bytes };
  }

  override receive(bytes: Uint8Array, pipeline?: string, stream: InboundStream = "default"): void {
    const id = pipeline?.toLowerCase();
    if (id === undefined || this.#pipelines.has(id)) return super.receive(bytes, id, stream);
    // The rest of what was on its way to a pipeline that has ended meanwhile; a client may use its id again.
    if (this.#ended.has(id) && !startsObject(bytes)) return;
    if (!this.#arriving.has(id) && this.#arriving.size >= this.#maxPipelines) {
      return this.endWith(id, new Fault("pipeline-quota", { limit: this.#maxPipelines }));
    }
    this.#arriving.add(id);
    super.receive(bytes, id, stream);
    if (this.#pipelines.has(id)) this.#arriving.delete(id);
    else if (this.isIdle(id)) {
      this.#arriving.delete(id);
      this.forget(id);
    }
  }

  protected override listens(): boolean {
    return true;
  }

  protected override unexpected(name: MessageName): void {
    if (this.state === "closing") return;
    throw new Fault("message-unexpected", { message: name, state: this.state });
  }

  protected override breakWith(fault: Fault): void {
    if (this.state === "closed" || this.state === "broken") return;
    this.outbox.clear();
    if (this.#id !== undefined) this.#say("RUNSPACEPOOL_STATE", { state: BROKEN, error: faultRecord(fault) });
    this.state = "broken";
    for (const { pipeline } of this.#pipelines.values()) {
      if (pipeline.phase === "running") this.emit({ type: "stop", pipeline: pipeline.id });
      pipeline.phase = "ended";
    }
    this.#pipelines.clear();
    this.outbox.control({ do: "closed" });
    this.emit({ type: "broken", fault });
  }

  protected override endWith(id: string, fault: Fault): void {
    const running = this.#pipelines.get(id);
    if (running === undefined) {
      // Its first message was wrong: the client waits for an end all the same.
      if (!this.#live()) return this.breakWith(fault);
      this.#say("PIPELINE_STATE", { state: PIPELINE_STATES.indexOf("Failed"), error: faultRecord(fault) }, id);
      this.forget(id);
      this.outbox.control({ do: "done", pipeline: id });
      return;
    }
    if (running.pipeline.phase === "running") this.emit({ type: "stop", pipeline: id });
    this.#end(id, "Failed", faultRecord(fault));
  }

  protected override askForKey(): void {
    if (this.#keyAsked) return;
    if (this.keys === undefined) throw new Fault("session-key-missing", { version: this.#client?.protocolVersion ?? "?" });
    this.#keyAsked = true;
    this.put("PUBLIC_KEY_REQUEST", undefined, { pool: this.#poolId(), urgent: true });
  }

  protected override handle(message: TypedMessage): void {
    const { pipeline } = message;
    switch (message.name) {
      case "SESSION_CAPABILITY":
        return this.#negotiate(message.body);
      case "INIT_RUNSPACEPOOL":
        return this.#init(message.pool, message.body);
      case "PUBLIC_KEY":
        return this.#sealKey(message.body.key);
      case "SET_MAX_RUNSPACES":
        return this.#resize("max", message.body);
      case "SET_MIN_RUNSPACES":
        return this.#resize("min", message.body);
      case "GET_AVAILABLE_RUNSPACES":
        return this.#say("RUNSPACE_AVAILABILITY", { call: message.body.call, result: this.availableRunspaces });
      case "RESET_RUNSPACE_STATE":
        return this.emit({ type: "reset", call: message.body.call });
      case "CREATE_PIPELINE": {
        const { hostInfo, isNested } = message.body;
        return this.#create(pipeline, hostInfo.useRunspaceHost ? this.host : hostInfo, isNested, (made) => ({
          type: "pipeline",
          pipeline: made,
          request: message.body,
        }));
      }
      case "GET_COMMAND_METADATA":
        return this.#create(pipeline, this.host, false, (made) => ({ type: "command-metadata", pipeline: made, query: message.body }));
      case "PIPELINE_INPUT":
        return this.#forRunning(pipeline, { type: "input", pipeline, value: message.body });
      case "END_OF_PIPELINE_INPUT":
        return this.#forRunning(pipeline, { type: "input-end", pipeline });
      case "PIPELINE_HOST_RESPONSE":
        if (this.#pipelines.get(pipeline)?.calls.settle(message.body) !== true) return;
        return this.emit({ type: "host-response", pipeline, response: message.body });
      case "RUNSPACEPOOL_HOST_RESPONSE":
        if (!this.#calls.settle(message.body)) return;
        return this.emit({ type: "host-response", pipeline: undefined, response: message.body });
      case "CONNECT_RUNSPACEPOOL":
        // It comes through `connect` alone; a carrier that lets it through elsewhere is no carrier of it.
        throw new Fault("message-unexpected", { message: message.name, state: this.state });
      default:
      // Only a client receives the others; `decodeEnvelope` refused them.
    }
  }

  readonly #owner: ServerPipelineOwner = {
    say: <N extends PipelineMessage>(id: string, name: N, body: MessageBodies[N]): void => this.#say(name, body, id),
    hostCall: <M extends HostMethodName>(id: string, method: M, args: HostArguments<M>): bigint => {
      const running = this.#pipelines.get(id);
      if (running === undefined) throw new Fault("pipeline-state", { operation: `call the host's ${method}`, state: "Ended" });
      const call = running.calls.next(method);
      this.#say("PIPELINE_HOST_CALL", { call, method, arguments: args } as unknown as HostCall, id);
      return call;
    },
    end: (id: string, state: PipelineStateName, error: ErrorRecord | undefined): void => this.#end(id, state, error),
  };

  #must(operation: string, state: typeof this.state): void {
    if (this.state !== state) throw new Fault("runspace-pool-state", { operation, state: this.state });
  }

  #live(): boolean {
    return this.state === "opened" || this.state === "disconnected" || this.state === "closing";
  }

  #poolId(): string {
    return this.#id ?? EMPTY_GUID;
  }

  #say<N extends MessageName>(name: N, body: MessageBodies[N], pipeline?: string): void {
    this.put(name, body, { pool: this.#poolId(), ...(pipeline === undefined ? {} : { pipeline }) });
  }

  #sendPrivateData(): void {
    if (this.#privateData !== undefined) this.#say("APPLICATION_PRIVATE_DATA", { data: this.#privateData });
  }

  #settle(answer: SessionCapability): void {
    this.secrets.settle(atLeast(answer.protocolVersion, "2.4") ? "clear" : "key");
  }

  #negotiate(client: SessionCapability): void {
    if (this.state !== "before-open") throw new Fault("message-unexpected", { message: "SESSION_CAPABILITY", state: this.state });
    const { answer, refusal } = acceptClient(this.#own, client, false);
    this.#say("SESSION_CAPABILITY", answer);
    if (refusal !== undefined) {
      this.state = "broken";
      this.outbox.control({ do: "closed" });
      this.emit({ type: "broken", fault: refusal });
      return;
    }
    this.#client = client;
    this.#settle(answer);
    this.state = "negotiated";
    this.emit({ type: "negotiated", client });
  }

  #init(pool: string, request: InitRunspacePool): void {
    if (this.#id !== undefined) throw new Fault("runspace-pool-exists", { pool });
    this.#id = pool;
    const { minRunspaces: min, maxRunspaces: max } = request;
    if (min < 1 || max < min) throw new Fault("runspace-count", { min, max });
    this.#runspaces.min = min;
    this.#runspaces.max = max;
    this.#request = request;
    this.state = "opening";
    this.emit({ type: "open", pool, request });
  }

  #sealKey(publicKey: string): void {
    if (this.keys === undefined || this.secrets.hasKey) return;
    const { key, blob } = this.keys.sealSessionKey(Uint8Array.from(Buffer.from(publicKey, "base64")));
    this.put("ENCRYPTED_SESSION_KEY", { key: Buffer.from(blob).toString("base64") }, { pool: this.#poolId(), urgent: true });
    this.#keyAsked = true;
    this.useKey(key);
  }

  #resize(which: "min" | "max", { count, call }: SetRunspaces): void {
    const result = this.#runspaces.resize(which, count);
    this.#say("RUNSPACE_AVAILABILITY", { call, result });
    if (!result) return;
    this.emit({ type: "runspaces", min: this.minRunspaces, max: this.maxRunspaces });
    this.#startWaiting();
  }

  #create(id: string, host: HostInfo, isNested: boolean, start: (made: ServerPipeline) => ServerEvent): void {
    if (this.#pipelines.has(id)) throw new Fault("pipeline-exists", { pipeline: id });
    if (this.#pipelines.size >= this.#maxPipelines) throw new Fault("pipeline-quota", { limit: this.#maxPipelines });
    const pipeline = new ServerPipeline(id, host, isNested, this.#owner);
    this.#pipelines.set(id, { pipeline, start: start(pipeline), occupies: false, calls: new OutgoingHostCalls() });
    if (isNested) this.#start(id, false);
    else {
      this.#runspaces.queue(id);
      this.#startWaiting();
    }
  }

  #startWaiting(): void {
    for (let id = this.#runspaces.next(); id !== undefined; id = this.#runspaces.next()) this.#start(id, true);
  }

  #start(id: string, occupies: boolean): void {
    const running = this.#pipelines.get(id) as Running;
    running.occupies = occupies;
    running.pipeline.phase = "running";
    this.emit(running.start);
  }

  #forRunning(id: string, event: ServerEvent): void {
    if (this.#pipelines.has(id)) this.emit(event);
  }

  #end(id: string, state: PipelineStateName, error: ErrorRecord | undefined): void {
    const running = this.#pipelines.get(id);
    if (running === undefined) return;
    const { pipeline } = running;
    if (pipeline.phase === "waiting") this.#runspaces.leave(id);
    pipeline.phase = "ended";
    this.#pipelines.delete(id);
    this.#remember(id);
    this.forget(id);
    this.#say("PIPELINE_STATE", { state: PIPELINE_STATES.indexOf(state), ...(error === undefined ? {} : { error }) }, id);
    this.outbox.control({ do: "done", pipeline: id });
    if (running.occupies) this.#runspaces.free();
    if (this.#pipelines.size === 0) this.rest();
    if (this.state === "closing") this.#closeIfIdle();
    else this.#startWaiting();
  }

  #remember(id: string): void {
    this.#ended.delete(id);
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_REMEMBERED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #closeIfIdle(): void {
    if (this.#pipelines.size > 0) return;
    if (this.#id !== undefined) this.#say("RUNSPACEPOOL_STATE", { state: CLOSED });
    this.state = "closed";
    this.outbox.control({ do: "closed" });
    this.emit({ type: "closed" });
  }
}
