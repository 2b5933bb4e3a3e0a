/**
 * The client end of any shell ([MS-WSMV] 3.2): a pure machine from wishes to requests and from answers to events. Two
 * thin faces stand on it, `client-shell.ts` for PowerShell and `winrs/client.ts` for the command shell.
 *
 * The theory. Requests go out on lanes: one for the shell, one for each command. A lane has at most one operation on its
 * way, so that Command comes before Send and fragments keep their order; lanes do not wait for each other. Beside them
 * each lane keeps one Receive open, on the shell (of PowerShell) from its creation and on a command from CommandResponse to Done. What
 * makes a lane's waiting work pointless (stop, terminate, delete) throws it away.
 *
 *     new -> opening -> open <-> disconnecting -> disconnected -> reconnecting -> open
 *             |           \-> closing -> closed          any -> broken (a Receive on the shell failed for good)
 */
import { asFault, Fault } from "@tieline/fault";
import type { ShellCreation, ShellDescription } from "./body/shell.ts";
import type { StreamPart } from "./body/command.ts";
import { Caller, type CallerOptions, type HttpAnswer, type WsmanRequest } from "./caller.ts";
import { Lane, type Job } from "./lane.ts";
import type { OperationName, Requests } from "./operation.ts";
import type { WsmanOption } from "./soap/envelope.ts";
import { COMMAND_STATE, RESOURCE, SIGNAL } from "./soap/namespaces.ts";
import { compressXpress, decompressXpress } from "./xpress/frame.ts";

export interface ClientSessionOptions extends CallerOptions {
  resourceUri: string;
  inputStreams: readonly string[];
  outputStreams: readonly string[];
  /** The shell itself puts nothing out, only its commands do: Windows refuses a Receive on it (87). Default false. */
  commandsOnly?: boolean;
  /** The id that the client wishes for the shell, or the id of the one to connect to. */
  shellId?: string;
  name?: string;
  idleTimeoutMs?: number;
  /** Options of Create and Connect. */
  options?: readonly WsmanOption[];
  /** Ask for XPRESS compression of the streams. */
  compress?: boolean;
  /** rsp:BufferMode of Disconnect. */
  bufferMode?: "Block" | "Drop";
  /** Ask the service's configuration first and use as much of an envelope as it takes. */
  askEnvelopeSize?: boolean;
  environment?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  lifetimeMs?: number;
}

export type SessionState = "new" | "opening" | "open" | "disconnecting" | "disconnected" | "reconnecting" | "closing" | "closed" | "broken";

export type SessionEvent =
  | { event: "opened"; shellId: string; shell?: ShellDescription }
  | { event: "data"; command?: string; stream: string; bytes: Uint8Array; end: boolean }
  /** The service knows the command under `commandId` from now on. */
  | { event: "started"; command: string }
  /** The service has handed out all that the command put out. */
  | { event: "done"; command: string; exitCode?: number }
  /** With a command: that command failed, the shell goes on. Without: the operation failed; see `state`. */
  | { event: "faulted"; operation: OperationName; command?: string; fault: Fault }
  | { event: "disconnected" }
  | { event: "reconnected" }
  | { event: "closed" };

interface InFlight {
  lane: Lane;
  kind: OperationName;
  job: Job | undefined;
  envelope: Uint8Array;
  epoch: number;
}

const KEEP_ALIVE: readonly WsmanOption[] = [{ name: "WSMAN_CMDSHELL_OPTION_KEEPALIVE", value: "TRUE" }];
const OPERATION: Readonly<Record<Job["kind"], OperationName>> = {
  create: "create",
  connect: "connect",
  config: "get",
  command: "command",
  send: "send",
  signal: "signal",
  terminate: "signal",
  disconnect: "disconnect",
  reconnect: "reconnect",
  delete: "delete",
};
/** What may be sent twice: a Receive asks for what comes next, and a signal, an end or a question repeated is none more. */
const SAFE: ReadonlySet<OperationName> = new Set(["get", "receive", "signal", "delete", "reconnect", "disconnect"]);

export class ClientSession {
  readonly caller: Caller;
  readonly #options: ClientSessionOptions;
  readonly #shell = new Lane();
  readonly #lanes = new Map<string, Lane>();
  readonly #flying = new Map<number, InFlight>();
  readonly #requests: WsmanRequest[] = [];
  readonly #events: SessionEvent[] = [];
  #state: SessionState = "new";
  #shellId: string | undefined;
  #resourceUri: string;
  #lastId = 0;
  /** Counts reconnections; what was asked before one no longer tells of the shell's health. */
  #epoch = 0;
  /** The reconnection on its way was nobody's wish. */
  #unasked = false;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#resourceUri = options.resourceUri;
    this.caller = new Caller(options);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The id that the service gave, else the one that was wished for. */
  get shellId(): string | undefined {
    return this.#shellId ?? this.#options.shellId;
  }

  /** Bytes of input that were not posted yet. */
  get queuedBytes(): number {
    let sum = 0;
    for (const { jobs } of this.#all()) for (const { part } of jobs) sum += part?.bytes.length ?? 0;
    return sum;
  }

  /** The next request to post, or undefined. */
  nextRequest(): WsmanRequest | undefined {
    return this.#requests.shift();
  }

  /** The next event, or undefined. */
  nextEvent(): SessionEvent | undefined {
    return this.#events.shift();
  }

  create(creationXml?: Uint8Array): void {
    this.#expect("create", "new");
    const { shellId, name, inputStreams, outputStreams, idleTimeoutMs, environment, workingDirectory, lifetimeMs } = this.#options;
    const body: ShellCreation = { inputStreams, outputStreams };
    Object.assign(
      body,
      Object.fromEntries(
        Object.entries({ shellId, name, idleTimeoutMs, environment, workingDirectory, lifetimeMs, creationXml }).filter(
          ([, value]) => value !== undefined,
        ),
      ),
    );
    this.#open({ kind: "create", body }, creationXml?.length ?? 0);
  }

  /** Attaches to the shell that the options name. */
  connect(connectXml?: Uint8Array): void {
    this.#expect("connect", "new");
    this.#shellId = this.#options.shellId;
    this.#open({ kind: "connect", body: connectXml === undefined ? {} : { connectXml } }, connectXml?.length ?? 0);
  }

  #open(job: Job, size: number): void {
    this.#fits(size);
    this.#state = "opening";
    if (this.#options.askEnvelopeSize === true) this.#shell.jobs.push({ kind: "config" });
    this.#shell.jobs.push(job);
    this.#pump(this.#shell);
  }

  /** Starts a command; `args` are texts, or the bytes of a fragment. */
  command(id: string, command: string, args: readonly (string | Uint8Array)[], options: readonly WsmanOption[] = []): void {
    this.#fits(args.reduce((sum, each) => sum + each.length, 0));
    this.#start(id, { kind: "command", body: { commandId: id, command, arguments: args }, options });
  }

  /** Attaches to a command that runs in a shell that was connected. */
  connectCommand(id: string): void {
    this.#start(id, { kind: "connect", body: { commandId: id } });
  }

  #start(id: string, job: Job): void {
    if (this.#over) {
      const fault = new Fault("wsman-shell-closed", { state: this.#state, operation: "Command" });
      this.#events.push({ event: "faulted", operation: "command", command: id, fault });
      return;
    }
    const started = new Lane(id);
    started.jobs.push(job);
    this.#lanes.set(id, started);
    this.#pump(started);
  }

  /** Input; neighbours on the same stream travel together where they fit. Unknown commands are over: nobody wants it. */
  send(id: string | undefined, stream: string, bytes: Uint8Array, end = false): void {
    const to = this.#laneOf(id);
    if (to === undefined || this.#over) return;
    this.#fits(bytes.length);
    to.jobs.push({ kind: "send", part: { name: stream, bytes, ...(end ? { end } : {}) } });
    this.#pump(to);
  }

  /** A signal; input that still waits is not sent any more. */
  signal(id: string, code: string): void {
    const to = this.#laneOf(id);
    if (to === undefined || this.#over) return;
    to.jobs = to.jobs.filter(({ kind }) => kind !== "send");
    to.jobs.push({ kind: "signal", body: { code } });
    this.#pump(to);
  }

  /** Lets the service forget the command. Always done once, whatever went before. */
  terminate(id: string): void {
    const to = this.#laneOf(id);
    if (to === undefined || to.has("terminate")) return;
    const unsent = to.has("command");
    to.end();
    if (unsent || this.#over) this.#lanes.delete(id);
    else to.jobs.push({ kind: "terminate" });
    this.#pump(to);
  }

  #disconnectBody(idleTimeoutMs: number | undefined): Requests["disconnect"] {
    const { bufferMode } = this.#options;
    return { ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }), ...(bufferMode === undefined ? {} : { bufferMode }) };
  }

  disconnect(idleTimeoutMs?: number): void {
    this.#expect("disconnect", "open");
    this.#state = "disconnecting";
    this.#shell.jobs.push({ kind: "disconnect", body: this.#disconnectBody(idleTimeoutMs) });
    this.#pump(this.#shell);
  }

  reconnect(): void {
    this.#expect("reconnect", "disconnected");
    this.#state = "reconnecting";
    this.#epoch += 1;
    this.#shell.jobs.unshift({ kind: "reconnect" });
    this.#pump(this.#shell);
  }

  /** Closes the shell. Where its creation is still on the way, as soon as that is answered: no shell is left behind. */
  delete(): void {
    if (this.#over) return;
    const before = this.#state;
    this.#state = "closing";
    for (const each of this.#all()) {
      each.end();
    }
    if (before === "new") {
      this.#close();
      return;
    }
    this.#shell.jobs.push({ kind: "delete" });
    // An operation on its way need not be waited for, but creation must.
    if (before !== "opening") this.#shell.busy = undefined;
    this.#pump(this.#shell);
  }

  /** The answer to a request. Answers to forgotten requests are dropped. */
  answered(id: number, answer: HttpAnswer): void {
    const flight = this.#land(id);
    if (flight === undefined) return;
    try {
      this.#take(flight, answer);
    } catch (error) {
      this.#refused(flight, asFault(error));
    }
    this.#go(flight.lane);
  }

  /** A request has failed for good: no answer came, and it will not be tried again. */
  failed(id: number, fault: Fault): void {
    const flight = this.#land(id);
    if (flight === undefined) return;
    this.#refused(flight, fault);
    this.#go(flight.lane);
  }

  get #over(): boolean {
    return this.#state === "closing" || this.#state === "closed" || this.#state === "broken";
  }

  #expect(operation: string, state: SessionState): void {
    if (this.#state !== state) throw new Fault("wsman-shell-closed", { state: this.#state, operation });
  }

  #fits(size: number): void {
    if (size > this.caller.payloadSize) throw new Fault("wsman-too-large-to-send", { size, limit: this.caller.payloadSize });
  }

  #laneOf(id: string | undefined): Lane | undefined {
    return id === undefined ? this.#shell : this.#lanes.get(id);
  }

  *#all(): Generator<Lane> {
    yield this.#shell;
    yield* this.#lanes.values();
  }

  #land(id: number): InFlight | undefined {
    const flight = this.#flying.get(id);
    if (flight === undefined) return undefined;
    this.#flying.delete(id);
    if (flight.lane.busy === id) flight.lane.busy = undefined;
    if (flight.lane.poll === id) flight.lane.poll = undefined;
    return flight;
  }

  /** After an answer: the lane's next operation, and the Receive that it wants. */
  #go(each: Lane): void {
    this.#pump(each);
    this.#poll(each);
  }

  #pump(each: Lane): void {
    const [job] = each.jobs;
    if (job === undefined || each.busy !== undefined || !this.#may(job)) return;
    each.jobs.shift();
    const kind = OPERATION[job.kind];
    each.busy = this.#post(each, kind, this.#bodyOf(each, job), job);
  }

  #may({ kind }: Job): boolean {
    switch (kind) {
      case "create":
      case "connect":
      case "config":
        return this.#state === "opening" || this.#state === "open";
      case "disconnect":
        return this.#state === "disconnecting";
      case "reconnect":
        return this.#state === "reconnecting";
      case "delete":
        return this.#state === "closing";
      default:
        return this.#state === "open";
    }
  }

  #bodyOf(each: Lane, job: Job): Requests[OperationName] {
    if (job.part !== undefined) return { streams: [{ ...this.#packed(each.join(job.part, this.caller.payloadSize)), ...each.named }] };
    if (job.kind === "signal") return { ...job.body, ...each.named };
    if (job.kind === "terminate") return { ...each.named, code: SIGNAL.terminate };
    return job.body ?? {};
  }

  #packed(part: StreamPart): StreamPart {
    return this.#options.compress === true ? { ...part, bytes: compressXpress(part.bytes) } : part;
  }

  #poll(each: Lane): void {
    if (!each.polling || each.poll !== undefined || this.#state !== "open") return;
    const body = { streams: this.#options.outputStreams, ...each.named };
    each.poll = this.#post(each, "receive", body, undefined);
    each.unanswered = undefined;
  }

  #post<K extends OperationName>(each: Lane, kind: K, body: Requests[K], job: Job | undefined): number {
    const id = ++this.#lastId;
    const opens = job?.kind === "create" || (job?.kind === "connect" && each.command === undefined);
    const { options, compress } = this.#options;
    const again = kind === "receive" ? each.unanswered : undefined;
    const fresh = (): Uint8Array =>
      this.caller.encode(kind, body, {
        resourceUri: job?.kind === "config" ? RESOURCE.config : this.#resourceUri,
        ...(job?.kind === "create" || job?.kind === "config" || this.shellId === undefined ? {} : { shellId: this.shellId }),
        ...(opens && options !== undefined
          ? { options }
          : kind === "receive"
            ? { options: KEEP_ALIVE }
            : job?.options === undefined
              ? {}
              : { options: job.options }),
        ...(job?.kind === "create" && compress === true ? { compression: "xpress" } : {}),
      });
    const envelope = again ?? fresh();
    this.#flying.set(id, { lane: each, kind, job, envelope, epoch: this.#epoch });
    this.#requests.push({
      id,
      kind,
      envelope,
      ...(each.command === undefined ? {} : { command: each.command }),
      connection: kind === "receive" ? "poll" : "operation",
      safeToRetry: SAFE.has(kind),
      timeoutMs: this.caller.timeoutMs,
    });
    return id;
  }

  #take({ lane: each, kind, job }: InFlight, answer: HttpAnswer): void {
    if (kind === "receive") {
      this.#received(each, answer);
      return;
    }
    switch (job?.kind) {
      case "config": {
        const size = (this.caller.decode("get", answer).config?.maxEnvelopeSizeKb ?? 0) * 1024;
        if (size > this.caller.maxEnvelopeSize) this.caller.maxEnvelopeSize = size;
        break;
      }
      case "create": {
        const { shellId, shell, resourceUri } = this.caller.decode("create", answer);
        // The reference that the service gives is the one to use (WS-Transfer 3.3).
        this.#shellId = shellId;
        this.#resourceUri = shell?.resourceUri || resourceUri || this.#resourceUri;
        this.#opened(shell);
        break;
      }
      case "connect":
        this.#connected(each, answer);
        break;
      case "command":
        each.commandId = this.caller.decode("command", answer).commandId ?? each.command;
        this.#running(each);
        break;
      case "terminate":
        this.#forget(each);
        break;
      case "disconnect":
        this.caller.decode("disconnect", answer);
        this.#state = "disconnected";
        this.#events.push({ event: "disconnected" });
        break;
      case "reconnect":
        this.caller.decode("reconnect", answer);
        this.#state = "open";
        // Who never left is told of no return.
        if (!this.#unasked) this.#events.push({ event: "reconnected" });
        this.#unasked = false;
        for (const one of this.#all()) this.#go(one);
        break;
      case "delete":
        this.#close();
        break;
      case undefined:
        break;
      default:
        this.caller.decode(kind, answer);
    }
  }

  #opened(shell: ShellDescription | undefined): void {
    // The user may have closed it while it was being made: then only the Delete that waits may follow.
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#events.push({ event: "opened", shellId: this.shellId ?? "", ...(shell === undefined ? {} : { shell }) });
    this.#shell.polling = this.#options.commandsOnly !== true;
    for (const one of this.#lanes.values()) this.#pump(one);
  }

  #connected(each: Lane, answer: HttpAnswer): void {
    const { connectResponseXml } = this.caller.decode("connect", answer);
    if (each.command !== undefined) {
      this.#running(each);
      return;
    }
    this.#opened(undefined);
    if (connectResponseXml !== undefined) this.#events.push({ event: "data", stream: "stdout", bytes: connectResponseXml, end: false });
  }

  #running(each: Lane): void {
    if (each.command === undefined) return;
    // A terminate may wait already: then nobody wants the output.
    each.polling = !each.has("terminate");
    this.#events.push({ event: "started", command: each.command });
  }

  #received(each: Lane, answer: HttpAnswer): void {
    const { streams, state } = this.caller.decode("receive", answer);
    const named = each.command === undefined ? {} : { command: each.command };
    for (const { name, bytes, end } of streams) {
      if (bytes.length === 0 && end !== true) continue;
      const plain = this.#options.compress === true && bytes.length > 0 ? decompressXpress(bytes) : bytes;
      this.#events.push({ event: "data", ...named, stream: name, bytes: plain, end: end === true });
    }
    if (state?.state === COMMAND_STATE.done && each.command !== undefined) {
      each.polling = false;
      this.#events.push({ event: "done", command: each.command, ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }) });
    }
  }

  #refused(flight: InFlight, fault: Fault): void {
    const { lane: each, kind, job, epoch } = flight;
    // Nobody of us has left: the service lost sight of its client and keeps what is put out until it comes back.
    if (kind === "receive" && fault.is("wsman-shell-disconnected") && each.polling && this.#lost(each, flight)) return;
    // Asked before a reconnection, or on a lane that nobody reads any more: it tells nothing.
    if (kind === "receive" && (fault.is("wsman-timed-out") || epoch !== this.#epoch || !each.polling || this.#state !== "open")) return;
    switch (job?.kind) {
      case "config":
        return;
      case "terminate":
        this.#forget(each);
        return;
      case "delete":
        this.#close();
        return;
      case "create":
        this.#creationFailed(fault);
        return;
      case "disconnect":
        this.#events.push({ event: "faulted", operation: kind, fault });
        if (this.#state === "disconnecting") this.#state = "open";
        for (const one of this.#all()) this.#go(one);
        return;
      case "reconnect":
        if (this.#state === "reconnecting") this.#state = fault.code === "wsman-shell-in-use" && !this.#unasked ? "disconnected" : "broken";
        this.#events.push({ event: "faulted", operation: kind, fault });
        return;
      default:
        if (this.#over) return;
        if (each.command === undefined) this.#break(kind, fault);
        else this.#commandFailed(each, kind, fault);
    }
  }

  /** The same question is asked again after the reconnection: its answer may have been on the way when the network broke. */
  #lost(each: Lane, { envelope, epoch }: InFlight): boolean {
    if (this.#state !== "open" && this.#state !== "reconnecting") return false;
    each.unanswered = envelope;
    if (this.#state === "open" && epoch === this.#epoch) {
      this.#state = "reconnecting";
      this.#unasked = true;
      this.#epoch += 1;
      this.#shell.jobs.unshift({ kind: "reconnect" });
      this.#pump(this.#shell);
    }
    return true;
  }

  /** What became of the creation may be unknown: where the id was ours to choose, the shell is deleted all the same. */
  #creationFailed(fault: Fault): void {
    const answered = fault.layer === "wsman" || fault.layer === "limit" || fault.layer === "authentication" || fault.layer === "permission";
    const closing = this.#state === "closing";
    if (!closing) this.#events.push({ event: "faulted", operation: "create", fault });
    if (answered || fault.is("http-status") || this.#options.shellId === undefined) {
      if (closing) this.#close();
      else this.#state = "broken";
      return;
    }
    this.#state = "closing";
    if (!closing) this.#shell.jobs = [{ kind: "delete" }];
  }

  #break(operation: OperationName, fault: Fault): void {
    this.#state = "broken";
    this.#shell.jobs = [];
    this.#lanes.clear();
    this.#events.push({ event: "faulted", operation, fault });
  }

  #commandFailed(each: Lane, operation: OperationName, fault: Fault): void {
    if (each.command === undefined || this.#lanes.get(each.command) !== each) return;
    if (each.has("terminate")) return;
    this.#events.push({ event: "faulted", operation, command: each.command, fault });
    each.end({ kind: "terminate" });
  }

  #forget(each: Lane): void {
    each.end();
    if (each.command !== undefined && this.#lanes.get(each.command) === each) this.#lanes.delete(each.command);
  }

  #close(): void {
    this.#state = "closed";
    this.#lanes.clear();
    this.#flying.clear();
    this.#events.push({ event: "closed" });
  }
}
