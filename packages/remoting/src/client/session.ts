/**
 * A session: one runspace pool of the server's, with its pipelines, over any carrier.
 *
 * The pool is pure; this file turns its events into promises and iterables and tells the carrier when there is work.
 */
import { randomUUID } from "node:crypto";
import { asFault, Fault, isFault } from "@tieline/fault";
import { PsDictionary, PsObject, type PsValue } from "../objects/index.ts";
import {
  type ClientPool,
  decodeCommandCount,
  decodeCommandMetadata,
  IMPORTABLE_COMMANDS,
  type ClientEvent,
  type CommandMetadata,
  type CommandMetadataQuery,
  type PipelineSpec,
  type UserEvent,
} from "../psrp/index.ts";
import type { Host } from "../host.ts";
import type { ClientCarrier, SessionPort } from "./carrier-port.ts";
import { HostCalls } from "./host-calls.ts";
import { PipelineBuilder, type RunOptions } from "./pipeline-builder.ts";
import { FAR_BEHIND, PipelineRun, type RunOwner, type StreamRecord } from "./pipeline-run.ts";
import type { Convertible } from "./to-ps-value.ts";

export interface SessionOptions {
  /** Who answers prompts and shows what the server writes to its host; nobody by default. */
  host?: Host;
  /** Called for USER_EVENT, what Register-EngineEvent -Forward sends. */
  onUserEvent?: (event: UserEvent) => void;
  /** How long opening may take. Default 60,000. */
  openTimeoutMs?: number;
  /** How long an orderly end may take before the connection is dropped. Default 10,000. */
  closeTimeoutMs?: number;
  /** How long a server that was told to stop a pipeline may say nothing before the pipeline is given up. Default 10,000. */
  cancelTimeoutMs?: number;
}

export interface InvokeOptions extends RunOptions {
  /** Sees every record that is no output. With it, errors that are written are not thrown. */
  onRecord?: (record: StreamRecord) => void;
  /** Errors that are written are neither thrown nor kept from the reader. Default false: they are thrown after the last output. */
  ignoreErrors?: boolean;
}

/** Input waits while so many bytes have not left. */
const MANY_BYTES = 256 * 1024;

type Waiter = { resolve: () => void; reject: (error: unknown) => void };

export class Session implements AsyncDisposable {
  readonly #pool: ClientPool;
  readonly #carrier: ClientCarrier;
  readonly #hostCalls: HostCalls;
  readonly #options: SessionOptions;
  readonly #runs = new Map<string, PipelineRun>();
  readonly #availability = new Map<bigint, (result: boolean | number) => void>();
  /** Who waits for the pool to change its state, by the event that ends the wait. */
  readonly #waiters = new Map<string, Waiter[]>();
  readonly #readers = new Set<() => void>();
  readonly #writers = new Set<() => void>();
  #fault: Fault | undefined;
  #finish: (fault: Fault | undefined) => void = () => undefined;
  /** Resolves when the session is over: with the fault that broke it, or without one where it was closed. Never rejects. */
  readonly over: Promise<Fault | undefined>;
  #turning = false;
  #released: Promise<void> | undefined;

  /** @internal Use `connect` or `attach`. */
  constructor(pool: ClientPool, carrier: ClientCarrier, options: SessionOptions) {
    this.#pool = pool;
    this.#carrier = carrier;
    this.#options = options;
    this.#hostCalls = new HostCalls(options.host, pool, () => this.#turn());
    pool.setFragmentSize(carrier.fragmentSize);
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** The pool's id; WS-Management's shell has the same. */
  get id(): string {
    return this.#pool.id;
  }

  /** `opened`, `disconnected`, `closed`, `broken` or one of the ways between. */
  get state(): ClientPool["state"] {
    return this.#pool.state;
  }

  /** Why the session broke. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** The protocol version that both ends settled on. */
  get protocolVersion(): string | undefined {
    return this.#pool.server?.protocolVersion;
  }

  /** What the server told of itself; PSVersionTable is in it where the server is a PowerShell. */
  get applicationPrivateData(): PsDictionary | undefined {
    return this.#pool.privateData ?? undefined;
  }

  /** PSVersion out of the server's PSVersionTable. */
  get serverVersion(): string | undefined {
    const table = unwrap(this.applicationPrivateData?.get("PSVersionTable"));
    const version = table instanceof PsDictionary ? table.get("PSVersion") : undefined;
    return version === undefined || version === null ? undefined : String(version);
  }

  /**
   * Runs a command and gives its outputs, as they come and as fast as they are read.
   *
   * @throws PowerShellError for a terminating error, and after the last output for errors that were written; Fault for
   * trouble with the session; the signal's reason when aborted
   * @example
   * ```ts
   * for await (const user of session.invoke("Get-CsOnlineUser", { ResultSize: 10 })) console.log(String(user));
   * ```
   */
  invoke(
    command: string,
    parameters: Readonly<Record<string, Convertible>> = {},
    options: InvokeOptions = {},
  ): AsyncGenerator<PsValue, void> {
    return this.pipeline().command(command).parameters(parameters).run(options).output(options);
  }

  /** Runs script text, where the endpoint has a language, and gives its outputs like `invoke`. */
  invokeScript(text: string, options: InvokeOptions = {}): AsyncGenerator<PsValue, void> {
    return this.pipeline().script(text).run(options).output(options);
  }

  /** Describes a pipeline of several commands; its run gives all streams. */
  pipeline(): PipelineBuilder {
    return new PipelineBuilder((spec, options) => this.run(spec, options));
  }

  /** Starts a pipeline. @throws Fault `runspace-pool-state` where the session is not open */
  run(spec: PipelineSpec, options: RunOptions = {}): PipelineRun {
    options.signal?.throwIfAborted();
    const { input } = options;
    const pipeline = this.#pool.createPipeline(randomUUID(), { ...spec, input: input !== undefined });
    const run = this.#adopt(new PipelineRun(pipeline, this.#owner(pipeline.id), options.signal, options.relay));
    if (input !== undefined) void run.feed(input);
    return run;
  }

  /** Takes up a pipeline that was left running when the session was disconnected. */
  connectPipeline(id: string, options: Pick<RunOptions, "signal"> = {}): PipelineRun {
    const pipeline = this.#pool.connectPipeline(id);
    const run = new PipelineRun(pipeline, this.#owner(pipeline.id), options.signal);
    run.left(true);
    return this.#adopt(run);
  }

  /** What Import-PSSession asks: the commands of the session with their parameters. */
  async commandMetadata(names: readonly string[] | null = null, options: { signal?: AbortSignal } = {}): Promise<CommandMetadata[]> {
    const query = { names, commandTypes: IMPORTABLE_COMMANDS, namespaces: null, fullyQualifiedModules: null, argumentList: null };
    const run = this.queryCommands(query, options);
    const [count, ...commands] = await run.toArray({ ignoreErrors: true });
    if (count !== undefined) decodeCommandCount(count);
    return commands.map(decodeCommandMetadata);
  }

  /** The same as the server gives it: the outputs of `decodeCommandCount` and `decodeCommandMetadata`. */
  queryCommands(query: CommandMetadataQuery, options: Pick<RunOptions, "signal"> = {}): PipelineRun {
    options.signal?.throwIfAborted();
    const pipeline = this.#pool.getCommandMetadata(randomUUID(), query);
    return this.#adopt(new PipelineRun(pipeline, this.#owner(pipeline.id), options.signal));
  }

  /** How many runspaces are free. */
  async availableRunspaces(): Promise<number> {
    return Number(await this.#ask(this.#pool.getAvailableRunspaces()));
  }

  /** False where the server, or good sense, refuses. */
  async setMaxRunspaces(count: number): Promise<boolean> {
    const call = this.#pool.setMaxRunspaces(count);
    return call !== false && Boolean(await this.#ask(call));
  }

  async setMinRunspaces(count: number): Promise<boolean> {
    const call = this.#pool.setMinRunspaces(count);
    return call !== false && Boolean(await this.#ask(call));
  }

  /** Clears variables and the location of the runspace; PowerShell 5 and later. */
  async resetRunspace(): Promise<boolean> {
    return Boolean(await this.#ask(this.#pool.resetRunspaceState()));
  }

  /** Leaves the session at the server, with what runs in it. Only WS-Management can. */
  async disconnect(options: { idleTimeoutMs?: number } = {}): Promise<void> {
    this.#pool.disconnect(options.idleTimeoutMs);
    await this.#until("disconnected");
  }

  /** Comes back after `disconnect`; the runs of before go on. */
  async reconnect(): Promise<void> {
    this.#pool.reconnect();
    await this.#until("reconnected");
  }

  /** Closes the session at the server. Never throws: what cannot be closed is let go. */
  async close(): Promise<void> {
    if (this.#pool.state === "disconnected") return this.#release();
    this.#pool.close();
    const over = this.#until("closed").catch(() => undefined);
    await Promise.race([over, delay(this.#options.closeTimeoutMs ?? 10_000)]);
    return this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal For tests: what carries the session. */
  carrier(): ClientCarrier {
    return this.#carrier;
  }

  /** @internal Opens a new pool, or connects to one. */
  async begin(how: "open" | "connect", signal?: AbortSignal): Promise<this> {
    try {
      signal?.throwIfAborted();
      this.#pool[how]();
      this.#carrier.start(this.#pool, this.#port);
      await this.#until("opened", this.#options.openTimeoutMs ?? 60_000, signal);
      return this;
    } catch (error) {
      // The server may have opened it meanwhile: say goodbye, but do not wait long for one who may not be there.
      this.#pool.close();
      await Promise.race([this.#until("closed").catch(() => undefined), delay(1000)]);
      await this.#release();
      throw error;
    }
  }

  readonly #port: SessionPort = {
    changed: () => this.#turn(),
    readable: (pipeline) => (this.#mayRead(pipeline) ? Promise.resolve() : new Promise((resolve) => this.#readers.add(resolve))),
    operationFailed: (fault) => {
      for (const event of ["disconnected", "reconnected"]) for (const { reject } of this.#waiters.get(event) ?? []) reject(fault);
    },
    left: (pipeline, left) => this.#runs.get(pipeline)?.left(left),
    pipelineFailed: (pipeline, fault) => {
      this.#pool.terminate(pipeline, "Failed", fault);
      this.#turn();
    },
  };

  #owner(pipeline: string): RunOwner {
    return {
      cancelTimeoutMs: this.#options.cancelTimeoutMs ?? 10_000,
      changed: () => this.#turn(),
      writable: () =>
        this.#mayWrite() || !this.#runs.has(pipeline) ? Promise.resolve() : new Promise((resolve) => this.#writers.add(resolve)),
      hostIdle: () => this.#hostCalls.idle(),
      answer: (call, outcome) => {
        try {
          this.#pool.answerHostCall(pipeline, call, outcome as Parameters<ClientPool["answerHostCall"]>[2]);
        } catch (error) {
          // The pipeline has ended meanwhile: nobody waits for the answer any more.
          if (!isFault(error)) throw error;
        }
        this.#turn();
      },
    };
  }

  #adopt(run: PipelineRun): PipelineRun {
    this.#runs.set(run.id, run);
    if (this.#carrier.tellsDelivery !== true) run.left(true);
    this.#turn();
    return run;
  }

  /** One reader far behind holds the server back, unless somebody waits for something else: then holding back could be for ever. */
  #mayRead(pipeline: string | undefined): boolean {
    let behind = false;
    for (const run of this.#runs.values()) {
      if (run.starved) return true;
      if ((pipeline === undefined || pipeline === run.id) && run.waiting > FAR_BEHIND) behind = true;
    }
    return !behind || this.#waiters.size > 0 || this.#availability.size > 0 || this.#hostCalls.busy;
  }

  #mayWrite(): boolean {
    return this.#pool.queuedBytes + this.#carrier.queuedBytes < MANY_BYTES;
  }

  /** Everything that follows from a change: events to their readers, actions to the carrier. */
  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    try {
      for (let event = this.#pool.nextEvent(); event !== undefined; event = this.#pool.nextEvent()) this.#take(event);
      this.#carrier.pump();
    } finally {
      this.#turning = false;
    }
    if (this.#readers.size > 0 && this.#mayRead(undefined)) release(this.#readers);
    if (this.#writers.size > 0 && this.#mayWrite()) release(this.#writers);
  }

  #take(event: ClientEvent): void {
    switch (event.type) {
      case "opened":
      case "disconnected":
      case "reconnected":
        return this.#settle(event.type);
      case "closed":
        return this.#over(undefined);
      case "broken":
        return this.#over(event.fault);
      case "availability":
        this.#availability.get(event.call)?.(event.result);
        this.#availability.delete(event.call);
        return undefined;
      case "host-call": {
        const run = event.pipeline === undefined ? undefined : this.#runs.get(event.pipeline);
        return run?.relays === true ? run.take({ type: "host-call", call: event.call }) : this.#hostCalls.take(event.pipeline, event.call);
      }
      case "user-event":
        return this.#options.onUserEvent?.(event.event);
      case "negotiated":
      case "private-data":
      case "runspaces":
      case "closing":
        return undefined;
      default: {
        const run = this.#runs.get(event.pipeline);
        if (event.type === "pipeline-ended") this.#runs.delete(event.pipeline);
        return run?.take(event);
      }
    }
  }

  #over(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#finish(fault);
    this.#settle("closed");
    const reason = fault ?? new Fault("session-closed");
    for (const waiters of this.#waiters.values()) for (const { reject } of waiters) reject(reason);
    this.#waiters.clear();
    for (const answer of this.#availability.values()) answer(false);
    this.#availability.clear();
    release(this.#readers);
    release(this.#writers);
    if (fault !== undefined) void this.#release();
  }

  #settle(event: string): void {
    const waiters = this.#waiters.get(event) ?? [];
    this.#waiters.delete(event);
    for (const { resolve } of waiters) resolve();
  }

  /** Resolves with the event; rejects when the session ends otherwise, on time-out or by the signal. */
  #until(event: "opened" | "disconnected" | "reconnected" | "closed", timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    const { state } = this.#pool;
    if (state === "closed" || state === "broken") {
      this.#turn();
      if (event === "closed") return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => waiter.reject(new Fault("open-timeout", { seconds: timeoutMs / 1000 })), timeoutMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        const others = (this.#waiters.get(event) ?? []).filter((other) => other !== waiter);
        if (others.length === 0) this.#waiters.delete(event);
        else this.#waiters.set(event, others);
      };
      const waiter: Waiter = {
        resolve: () => (settle(), resolve()),
        reject: (error) => (settle(), reject(asError(error))),
      };
      const onAbort = (): void => waiter.reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.set(event, [...(this.#waiters.get(event) ?? []), waiter]);
      this.#turn();
    });
  }

  #ask(call: bigint): Promise<boolean | number> {
    return new Promise((resolve) => {
      this.#availability.set(call, resolve);
      this.#turn();
    });
  }

  #release(): Promise<void> {
    this.#released ??= this.#carrier.end().catch(() => undefined);
    return this.#released;
  }
}

function unwrap(value: PsValue | undefined): PsValue | undefined {
  return value instanceof PsObject && value.base !== undefined ? value.base : value;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : asFault(error);
}

function release(waiting: Set<() => void>): void {
  const all = [...waiting];
  waiting.clear();
  for (const go of all) go();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
