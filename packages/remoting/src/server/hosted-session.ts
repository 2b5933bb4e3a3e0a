/** One session of a service: a server pool, the runspace behind it, and its pipelines while they run. */
import { asFault, Fault, isFault } from "@tieline/fault";
import type { InboundStream, ServerAction } from "../carrier.ts";
import { PowerShellError } from "../client/powershell-error.ts";
import { RecordQueue } from "../client/record-queue.ts";
import type { PsValue } from "../objects/index.ts";
import {
  encodeCommandCount,
  encodeCommandMetadata,
  errorRecord,
  faultRecord,
  type CommandMetadataQuery,
  type CreatePipeline,
  type ErrorRecord,
  type InitRunspacePool,
  type ServerEvent,
  type ServerPipeline,
  type ServerPool,
} from "../psrp/index.ts";
import { PipelineStreams } from "./pipeline-output.ts";
import type { PipelineRequest, Runspace, RunspaceHandler, SessionContext } from "./runspace.ts";

/** What the transport knows of a session. */
export type SessionOrigin<P> = Pick<
  SessionContext<P>,
  "principal" | "transport" | "clientAddress" | "endpoint" | "configurationName" | "name"
>;

/** Output waits while so many bytes have not left for the client. */
const MANY_BYTES = 512 * 1024;
/** A pipeline that never waits gives way to nobody: after so long it does, and what it has put out begins to travel. */
const TURN_MS = 5;
/** Input that may wait for a pipeline; the client sends no more until it was read. */
const MUCH_INPUT = 500;
/** How long pipelines may take to stop when their session closes. */
const STOP_TIMEOUT_MS = 10_000;

/** The pool of a session, as far as a carrier needs it beyond `receive`. */
export type SessionPool = Pick<ServerPool, "connect" | "disconnected" | "reconnected">;

interface Running {
  input: RecordQueue<PsValue>;
  abort: AbortController;
  streams?: PipelineStreams;
}

export class HostedSession<P> {
  readonly #pool: ServerPool;
  readonly #handler: RunspaceHandler<P>;
  readonly #origin: SessionOrigin<P>;
  readonly #onChange: () => void;
  readonly #over = new AbortController();
  readonly #pipelines = new Map<string, Running>();
  readonly #writers = new Set<() => void>();
  /** Pipelines whose client does not fetch what they put out; undefined stands for the pool itself. */
  readonly #pressed = new Set<string | undefined>();
  readonly #inputs = new Map<string, Set<() => void>>();
  #runspace: Runspace | undefined;
  #turning = false;
  /** When other sessions, and the connections, last had their turn. */
  #gaveWayMs = performance.now();
  #settle: { resolve: () => void; reject: (fault: Fault) => void } | undefined;
  #finish: () => void = () => undefined;
  #reason: Fault | undefined;
  readonly #stopTimeoutMs: number;
  #kill: NodeJS.Timeout | undefined;
  /** Resolves when the runspace is open; rejects with the fault by which it was refused. */
  readonly opened: Promise<void>;
  /** Resolves when everything is over and the runspace is closed. Never rejects. */
  readonly finished: Promise<void>;

  /** `onChange` is called when there may be actions for the carrier. */
  constructor(
    pool: ServerPool,
    handler: RunspaceHandler<P>,
    origin: SessionOrigin<P>,
    onChange: () => void,
    stopTimeoutMs: number = STOP_TIMEOUT_MS,
  ) {
    this.#stopTimeoutMs = stopTimeoutMs;
    this.#pool = pool;
    this.#handler = handler;
    this.#origin = origin;
    this.#onChange = onChange;
    this.opened = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get id(): string | undefined {
    return this.#pool.id;
  }

  /** True while a pipeline runs. */
  get busy(): boolean {
    return this.#pipelines.size > 0;
  }

  /** Why this side ended it, where it did and gave a reason. */
  get reason(): Fault | undefined {
    return this.#reason;
  }

  get pool(): SessionPool {
    return this.#pool;
  }

  get over(): boolean {
    return this.#over.signal.aborted;
  }

  receive(bytes: Uint8Array, pipeline?: string, stream?: InboundStream): void {
    this.#pool.receive(bytes, pipeline, stream);
    this.turn();
  }

  stop(pipeline: string): void {
    this.#pool.stop(pipeline);
    this.turn();
  }

  /** Ends in order: pipelines are stopped first, and given up where they do not stop in time. */
  close(reason?: Fault): void {
    if (this.over) return;
    this.#reason ??= reason;
    this.#kill ??= setTimeout(() => this.abort(), this.#stopTimeoutMs).unref();
    this.#pool.close();
    this.turn();
  }

  /** The carrier holds much, or no longer, for this pipeline. */
  press(pipeline: string | undefined, high: boolean): void {
    if (high) this.#pressed.add(pipeline);
    else if (this.#pressed.delete(pipeline)) release(this.#writers);
  }

  /** The client is gone, or pipelines do not stop: ends now. */
  abort(): void {
    this.#pool.abort();
    this.turn();
    this.#end();
  }

  /** The next action for the carrier. Taking it makes room for more output. */
  nextAction(): ServerAction | undefined {
    const action = this.#pool.nextAction();
    if (action?.do === "done") this.#forget(action.pipeline);
    if (action === undefined || this.#pool.queuedBytes < MANY_BYTES) release(this.#writers);
    return action;
  }

  /** Resolves when this pipeline takes more input, or never will; undefined for at once. */
  inputReady(pipeline: string | undefined): Promise<void> | undefined {
    const running = pipeline === undefined ? undefined : this.#pipelines.get(pipeline);
    if (pipeline === undefined || running === undefined || running.input.length < MUCH_INPUT) return undefined;
    return new Promise((resolve) => {
      const waiting = this.#inputs.get(pipeline) ?? new Set();
      this.#inputs.set(pipeline, waiting.add(resolve));
    });
  }

  /** Acts on what the pool has to tell, then lets the carrier fetch what there is. */
  turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    try {
      for (let event = this.#pool.nextEvent(); event !== undefined; event = this.#pool.nextEvent()) this.#take(event);
    } finally {
      this.#turning = false;
    }
    this.#onChange();
  }

  #take(event: ServerEvent): void {
    switch (event.type) {
      case "open":
        void this.#open(event.pool, event.request);
        return;
      case "pipeline":
        return this.#start(event.pipeline, (signal) => this.#run(event.pipeline, event.request, signal));
      case "command-metadata":
        return this.#start(event.pipeline, (signal) => this.#commands(event.pipeline, event.query, signal));
      case "input":
        return this.#running(event.pipeline).input.put(event.value);
      case "input-end":
        return this.#running(event.pipeline).input.end();
      case "stop":
        release(this.#writers);
        return this.#pipelines.get(event.pipeline)?.abort.abort(new Fault("pipeline-stopped"));
      case "host-response":
        if (event.pipeline !== undefined) this.#pipelines.get(event.pipeline)?.streams?.answered(event.response);
        return undefined;
      case "reset":
        void this.#reset(event.call);
        return undefined;
      case "closed":
        return this.#end();
      case "broken":
        // A client that is not connected yet has no state to be shown: its carrier must say why.
        if (this.#runspace === undefined) this.#reason ??= event.fault;
        this.#settle?.reject(event.fault);
        return this.#end();
      case "negotiated":
      case "connected":
      case "runspaces":
      case "closing":
        return undefined;
    }
  }

  async #open(id: string, request: InitRunspacePool): Promise<void> {
    const context: SessionContext<P> = {
      ...this.#origin,
      id,
      applicationArguments: request.applicationArguments ?? undefined,
      host: request.hostInfo,
      signal: this.#over.signal,
      close: (reason) => this.close(reason),
    };
    try {
      const runspace = await this.#handler.open(context);
      if (this.over) {
        await runspace.close?.();
        return;
      }
      this.#runspace = runspace;
      this.#pool.accept(runspace.privateData);
      this.#settle?.resolve();
    } catch (error) {
      // The carrier says it, each in the way that PowerShell shows its user: at RUNSPACEPOOL_STATE Broken its client waits for ever.
      this.#settle?.reject(error instanceof PowerShellError ? new Fault("session-refused", { reason: error.message }) : asFault(error));
      this.#end();
    }
    return this.turn();
  }

  #running(id: string): Running {
    let running = this.#pipelines.get(id);
    if (running === undefined) {
      running = { input: new RecordQueue(() => this.#inputTaken(id)), abort: new AbortController() };
      this.#pipelines.set(id, running);
    }
    return running;
  }

  #start(pipeline: ServerPipeline, run: (signal: AbortSignal) => Promise<void>): void {
    const { abort } = this.#running(pipeline.id);
    const { signal } = abort;
    run(signal)
      .then(
        () => (signal.aborted ? pipeline.stopped() : pipeline.complete()),
        (error: unknown) => (signal.aborted || isStop(error) ? pipeline.stopped() : pipeline.fail(recordOf(error))),
      )
      .catch((error: unknown) => pipeline.fail(recordOf(error)))
      .finally(() => this.turn())
      .catch(() => undefined);
  }

  async #run(pipeline: ServerPipeline, message: CreatePipeline, signal: AbortSignal): Promise<void> {
    const running = this.#running(pipeline.id);
    const streams = new PipelineStreams(pipeline, { changed: () => this.turn(), writable: () => this.#writable(pipeline.id) }, signal);
    running.streams = streams;
    if (message.noInput) running.input.end();
    const request: PipelineRequest = {
      id: pipeline.id,
      statements: message.statements,
      message,
      input: inputOf(running.input, signal),
      signal,
      host: pipeline.host,
    };
    if (this.#runspace === undefined) throw new Fault("session-closed");
    await this.#runspace.run(request, streams);
  }

  async #commands(pipeline: ServerPipeline, query: CommandMetadataQuery, signal: AbortSignal): Promise<void> {
    const streams = new PipelineStreams(pipeline, { changed: () => this.turn(), writable: () => this.#writable(pipeline.id) }, signal);
    if (this.#runspace?.queryCommands !== undefined) return this.#runspace.queryCommands(query, signal, streams);
    const commands = [...((await this.#runspace?.commandMetadata?.(query, signal)) ?? [])];
    await streams.write(encodeCommandCount(commands.length));
    for (const command of commands) await streams.write(encodeCommandMetadata(command));
  }

  async #reset(call: bigint): Promise<void> {
    const done = await Promise.resolve(this.#runspace?.reset?.() ?? false).catch(() => false);
    this.#pool.answerReset(call, done);
    this.turn();
  }

  #writable(pipeline: string): Promise<void> | undefined {
    if (this.#congested(pipeline)) return this.#wait(pipeline);
    if (performance.now() - this.#gaveWayMs < TURN_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#gaveWayMs = performance.now();
        resolve();
      });
    });
  }

  /** Who is woken looks again: the room may be for another pipeline. */
  async #wait(pipeline: string): Promise<void> {
    while (this.#congested(pipeline)) await new Promise<void>((resolve) => this.#writers.add(resolve));
  }

  #congested(pipeline: string): boolean {
    const running = this.#pipelines.get(pipeline);
    if (this.over || running === undefined || running.abort.signal.aborted) return false;
    return this.#pool.queuedBytes >= MANY_BYTES || this.#pressed.has(pipeline);
  }

  #inputTaken(id: string): void {
    const waiting = this.#inputs.get(id);
    if (waiting === undefined || (this.#pipelines.get(id)?.input.length ?? 0) >= MUCH_INPUT) return;
    this.#inputs.delete(id);
    release(waiting);
  }

  #forget(id: string): void {
    const running = this.#pipelines.get(id);
    this.#pipelines.delete(id);
    this.#pressed.delete(id);
    release(this.#writers);
    running?.input.discard();
    // A handler that still writes learns that nobody listens.
    running?.abort.abort(new Fault("pipeline-stopped"));
    this.#inputTaken(id);
  }

  #end(): void {
    if (this.over) return;
    clearTimeout(this.#kill);
    this.#over.abort(new Fault("session-closed"));
    this.#settle?.reject(new Fault("session-closed"));
    for (const { abort, input } of this.#pipelines.values()) {
      abort.abort(new Fault("pipeline-stopped"));
      input.end();
    }
    release(this.#writers);
    for (const waiting of this.#inputs.values()) release(waiting);
    this.#inputs.clear();
    Promise.resolve()
      .then(() => this.#runspace?.close?.())
      .catch(() => undefined)
      .finally(() => this.#finish())
      .catch(() => undefined);
  }
}

async function* inputOf(queue: RecordQueue<PsValue>, signal: AbortSignal): AsyncGenerator<PsValue, void> {
  const stop = (): void => queue.end(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (let next = await queue.take(); next.done !== true; next = await queue.take()) yield next.value;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What the client learns of an error: a record as it is, a fault's text, and of a defect nothing but that there is one. */
function recordOf(error: unknown): ErrorRecord {
  if (error instanceof PowerShellError) return error.record;
  const fault = asFault(error);
  return isFault(error) ? faultRecord(fault) : errorRecord({ message: fault.message, id: fault.code, category: "NotSpecified" });
}

function isStop(error: unknown): boolean {
  return isFault(error) && error.code === "pipeline-stopped";
}

function release(waiting: Set<() => void>): void {
  if (waiting.size === 0) return;
  const all = [...waiting];
  waiting.clear();
  for (const go of all) go();
}
