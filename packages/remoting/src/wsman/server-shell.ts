/**
 * One shell at the service ([MS-WSMV] 3.1.1, 3.1.4): its commands, what they have put out, who may use it, and the
 * operations on it. Knows neither XML nor HTTP; what it says to clients goes through `Port`.
 *
 *     asked -> open <-> disconnected
 *        \       \---------\-> deleting (Delete) or ending (the pool has closed) -> gone
 */
import { Fault } from "@tieline/fault";
import type { ClientAction, ServerAction } from "../carrier.ts";
import type { Answers, OperationName } from "./operation.ts";
import { fragmentOf, type CommandLine, type ReceiveBody, type SendBody, type SignalBody } from "./body/command.ts";
import type { ConnectAnswer, ConnectBody, DisconnectBody, ShellDescription } from "./body/shell.ts";
import type { CommandDescription } from "./body/enumeration.ts";
import type { Exchange } from "./exchanges.ts";
import { Outlet } from "./outlet.ts";
import type { ServerEvent, ShellRequest, WinrsAction, WinrsOutput } from "./server-event.ts";
import type { WsmanOption } from "./soap/envelope.ts";
import { wireId } from "./soap/guid.ts";
import { SIGNAL } from "./soap/namespaces.ts";
import { compressXpress, decompressXpress } from "./xpress/frame.ts";

/** How a shell reaches the outside. */
export interface Port {
  /** Answers with what the outlet has, if it still can. */
  deliver(exchange: number, outlet: Outlet): void;
  connected(exchange: number, answer: ConnectAnswer): void;
  refuse(exchange: number, fault: Fault): void;
  emit(event: ServerEvent): void;
}

export interface ShellLimits {
  /** Commands that run at one time in one shell. */
  commandsPerShell: number;
  /** Bytes that wait in one outlet before the pipeline is asked to pause. */
  backlog: number;
}

/** Ends of commands that are still remembered, for a Receive that comes late. */
const REMEMBERED = 16;
/** Answers that are still remembered, for a message that comes twice; a client has few on their way. */
const REMEMBERED_ANSWERS = 64;

/** `deleting`: the client wants no more of it; `ending`: the pool has closed by itself and what it said last is still to be fetched. */
type State = "asked" | "open" | "disconnected" | "deleting" | "ending";

export interface ShellFacts {
  id: string;
  request: ShellRequest;
  idleTimeoutMs: number;
  compress: boolean;
  sessionId: string | undefined;
  nowMs: number;
}

export class ServerShell {
  readonly id: string;
  readonly request: ShellRequest;
  readonly createdMs: number;
  idleTimeoutMs: number;
  /** When a client last asked for something. */
  activeMs: number;
  state: State = "asked";
  /** The pool has said its last. */
  closed = false;
  readonly #port: Port;
  readonly #limits: ShellLimits;
  readonly #compress: boolean;
  readonly #pool = new Outlet();
  readonly #commands = new Map<string, Outlet>();
  readonly #paused = new Set<Outlet>();
  /** Answers to what was done lately, by the id of the message that asked for it. */
  readonly #done = new Map<string, { operation: OperationName; answer: Answers[OperationName] }>();
  #sessionId: string | undefined;
  #connecting: { exchange: number; sessionId: string | undefined } | undefined;

  constructor({ id, request, idleTimeoutMs, compress, sessionId, nowMs }: ShellFacts, port: Port, limits: ShellLimits) {
    this.id = id;
    this.request = request;
    this.idleTimeoutMs = idleTimeoutMs;
    this.#compress = compress;
    this.#sessionId = sessionId;
    this.createdMs = nowMs;
    this.activeMs = nowMs;
    this.#port = port;
    this.#limits = limits;
  }

  /** True while a client waits for something here. */
  get awaited(): boolean {
    return this.#connecting !== undefined || this.#outlets().some(({ waiting }) => waiting !== undefined);
  }

  describe(nowMs: number, maxIdleTimeoutMs: number): ShellDescription {
    const { request } = this;
    const description: ShellDescription = {
      shellId: this.id,
      resourceUri: request.resourceUri,
      owner: request.identity.name,
      idleTimeoutMs: this.idleTimeoutMs,
      maxIdleTimeoutMs,
      inputStreams: request.kind === "powershell" ? ["stdin", "pr"] : ["stdin"],
      outputStreams: request.kind === "powershell" ? ["stdout"] : ["stdout", "stderr"],
      compression: this.#compress ? "XpressCompression" : "NoCompression",
      state: this.state === "disconnected" ? "Disconnected" : "Connected",
      runTimeMs: nowMs - this.createdMs,
      inactivityMs: nowMs - this.activeMs,
    };
    if (request.name !== undefined) description.name = request.name;
    if (request.identity.address !== undefined) description.clientIp = request.identity.address;
    if (request.locale !== undefined) description.locale = request.locale;
    if (request.environment !== undefined) description.environment = request.environment;
    if (request.workingDirectory !== undefined) description.workingDirectory = request.workingDirectory;
    return description;
  }

  describeCommands(): CommandDescription[] {
    return Array.from(this.#commands, ([commandId, outlet]) => ({ commandId, commandLine: "", state: outlet.done ? "Done" : "Running" }));
  }

  /** Throws where this client may not do this with the shell now. */
  admit(operation: "receive" | "command" | "send" | "signal" | "disconnect", { sessionId }: Exchange): void {
    if (this.state === "ending" && operation !== "receive") throw new Fault("wsman-shell-not-found", { shell: wireId(this.id) });
    if (this.state === "disconnected") throw new Fault("wsman-shell-disconnected", {});
    if (this.#foreign(sessionId)) throw new Fault("wsman-shell-in-use", {});
  }

  /** The answer to a message that came before: its client did not get it, and wants it done once. */
  answered({ operation, relatesTo }: Exchange): Answers[OperationName] | undefined {
    const done = relatesTo === undefined ? undefined : this.#done.get(relatesTo);
    return done?.operation === operation ? done.answer : undefined;
  }

  /** Remembers an answer for the case that it gets lost. */
  done({ operation, relatesTo }: Exchange, answer: Answers[OperationName]): void {
    if (relatesTo === undefined) return;
    const [oldest] = this.#done.keys();
    if (this.#done.size >= REMEMBERED_ANSWERS && oldest !== undefined) this.#done.delete(oldest);
    this.#done.set(relatesTo, { operation, answer });
  }

  /** Starts a command under the client's id. */
  command(line: CommandLine, id: string, options: readonly WsmanOption[]): void {
    if (this.#commands.has(id)) throw new Fault("wsman-command-exists", {});
    let running = 0;
    for (const each of this.#commands.values()) if (!each.done || !each.empty) running++;
    if (running >= this.#limits.commandsPerShell) throw new Fault("command-quota", {});
    if (this.request.kind === "powershell") {
      const bytes = fragmentOf(line);
      this.#commands.set(id, new Outlet(id));
      this.#act({ do: "command", pipeline: id, bytes, text: line.command });
    } else {
      this.#commands.set(id, new Outlet(id));
      this.#winrs({
        do: "command",
        command: id,
        line: line.command,
        arguments: line.arguments.map(String),
        consoleInput: isOn(options, "WINRS_CONSOLEMODE_STDIN"),
        skipShell: isOn(options, "WINRS_SKIP_CMD_SHELL"),
      });
    }
    this.#forgetOld();
  }

  send({ streams }: SendBody): void {
    for (const { commandId } of streams) {
      if (commandId !== undefined && !this.#commands.has(commandId)) throw new Fault("wsman-command-not-found", {});
    }
    for (const { name, commandId, bytes, end } of streams) {
      const plain = this.#compress && bytes.length > 0 ? decompressXpress(bytes) : bytes;
      if (this.request.kind === "cmd") {
        if (commandId === undefined) throw new Fault("wsman-schema-invalid", { reason: "a Stream has no CommandId" });
        this.#winrs({ do: "stdin", command: commandId, bytes: plain, end: end === true });
      } else if (plain.length > 0) {
        this.#act({ do: "send", pipeline: commandId, stream: name === "pr" ? "prompt-response" : "default", bytes: plain });
      }
    }
  }

  /** Answers now, or when there is something; an earlier Receive on the same outlet gives way. */
  receive({ commandId }: ReceiveBody, { id: exchange, relatesTo }: Pick<Exchange, "id" | "relatesTo">): void {
    const outlet = commandId === undefined ? this.#pool : this.#commands.get(commandId);
    if (outlet === undefined) throw new Fault("wsman-command-not-found", {});
    const earlier = outlet.waiting;
    outlet.asked(relatesTo);
    outlet.waiting = exchange;
    if (earlier !== undefined) this.#port.refuse(earlier, new Fault("wsman-receive-replaced", {}));
    this.#flush(outlet);
  }

  signal({ commandId, code }: SignalBody): void {
    if (commandId === undefined) return;
    if (!this.#commands.has(commandId)) throw new Fault("wsman-command-not-found", {});
    if (this.request.kind === "powershell") {
      // Whatever is not the stop of a pipeline ends it, as with Windows.
      if (code === SIGNAL.stop) this.#act({ do: "stop", pipeline: commandId });
      else this.#terminate(commandId);
    } else if (code === SIGNAL.ctrlC || code === SIGNAL.ctrlBreak) {
      this.#winrs({ do: "signal", command: commandId, signal: code === SIGNAL.ctrlC ? "ctrl_c" : "ctrl_break" });
    } else this.#terminate(commandId);
  }

  #terminate(id: string): void {
    const outlet = this.#commands.get(id) as Outlet;
    this.#commands.delete(id);
    this.#paused.delete(outlet);
    if (this.request.kind === "powershell") this.#act({ do: "terminate", pipeline: id });
    else this.#winrs({ do: "terminate", command: id });
    if (!outlet.done) outlet.finish(0);
    this.#flush(outlet);
  }

  /** Ends the waiting of every Receive; what is put out from now on is kept. */
  disconnect({ idleTimeoutMs }: DisconnectBody, clamp: (ms: number) => number): void {
    if (this.request.kind === "cmd") throw new Fault("wsman-disconnect-unsupported", {});
    this.state = "disconnected";
    if (idleTimeoutMs !== undefined) this.idleTimeoutMs = clamp(idleTimeoutMs);
    this.#refuseAll(new Fault("wsman-shell-disconnected", {}));
    this.#act(idleTimeoutMs === undefined ? { do: "disconnect" } : { do: "disconnect", idleTimeoutMs });
  }

  /** The same client comes back ([MS-WSMV] 3.1.4.16): nothing to do where it never left. */
  reconnect(sessionId: string | undefined): void {
    if (this.#foreign(sessionId)) throw new Fault("wsman-shell-in-use", {});
    if (this.state !== "disconnected") return;
    this.state = "open";
    this.#act({ do: "reconnect" });
  }

  /** Another client takes over a shell that nobody listens to ([MS-WSMV] 3.1.4.17). */
  connect({ connectXml }: ConnectBody, exchange: Exchange): void {
    if (this.#foreign(exchange.sessionId) && this.state !== "disconnected" && this.awaited) throw new Fault("wsman-shell-in-use", {});
    if (this.request.kind === "cmd") throw new Fault("wsman-disconnect-unsupported", {});
    if (connectXml === undefined) throw new Fault("wsman-schema-invalid", { reason: "Connect has no connectXml" });
    this.refuseConnect(new Fault("wsman-receive-replaced", {}));
    this.#connecting = { exchange: exchange.id, sessionId: exchange.sessionId };
    this.#act({ do: "connect", bytes: connectXml });
  }

  /** The pool takes the client that connects: the shell is that client's from now on. */
  connected(connectResponseXml: Uint8Array): void {
    const connecting = this.#connecting;
    if (connecting === undefined) return;
    this.#connecting = undefined;
    this.state = "open";
    this.#sessionId = connecting.sessionId;
    this.#refuseAll(new Fault("wsman-receive-replaced", {}));
    this.#port.connected(connecting.exchange, { connectResponseXml, inputStreams: ["stdin", "pr"], outputStreams: ["stdout"] });
  }

  /** The pool will not have the client that connects: all stays as it was. */
  refuseConnect(fault: Fault): void {
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting !== undefined) this.#port.refuse(connecting.exchange, fault);
  }

  connectCommand(id: string): void {
    if (!this.#commands.has(id)) throw new Fault("wsman-command-not-found", {});
    this.#act({ do: "connect-command", pipeline: id });
  }

  /** What the pool has to say; its data is fetched by the Receives that wait, in as few answers as it fits. */
  perform(actions: Iterable<ServerAction>): void {
    const touched = new Set<Outlet>();
    for (const action of actions) {
      if (action.do === "closed") {
        this.closed = true;
        if (this.state !== "deleting") this.state = "ending";
        continue;
      }
      const outlet = action.pipeline === undefined ? this.#pool : this.#commands.get(action.pipeline);
      if (action.do === "data") {
        if (outlet === undefined) continue;
        this.#put(outlet, "stdout", action.bytes);
      } else outlet?.finish(0);
      if (outlet !== undefined) touched.add(outlet);
    }
    for (const outlet of touched) this.#flush(outlet);
  }

  performWinrs(outputs: Iterable<WinrsOutput>): void {
    const touched = new Set<Outlet>();
    for (const output of outputs) {
      const outlet = this.#commands.get(output.command);
      if (outlet === undefined || outlet.done) continue;
      touched.add(outlet);
      if (output.do === "output") this.#put(outlet, output.stream, output.bytes);
      else {
        for (const name of ["stdout", "stderr"]) outlet.put({ name, commandId: output.command, bytes: new Uint8Array(0), end: true });
        outlet.finish(output.code);
      }
    }
    for (const outlet of touched) this.#flush(outlet);
  }

  /** True where the pool has closed, and what it said was fetched or is not wanted. */
  get spent(): boolean {
    return this.closed && (this.state === "deleting" || this.#pool.empty);
  }

  /** Ends what waits here; for a shell that goes. */
  release(fault: Fault): void {
    this.refuseConnect(fault);
    this.#refuseAll(fault);
  }

  delete(): void {
    this.state = "deleting";
    if (this.request.kind === "powershell") this.#act({ do: "delete" });
    else {
      this.closed = true;
      this.#winrs({ do: "delete" });
    }
  }

  /** An exchange's client is gone. */
  forget(exchange: number): void {
    if (this.#connecting?.exchange === exchange) this.#connecting = undefined;
    for (const outlet of this.#outlets()) if (outlet.waiting === exchange) outlet.waiting = undefined;
  }

  /** After an outlet was emptied: the pipeline may go on. */
  relieve(outlet: Outlet): void {
    if (outlet.size > this.#limits.backlog / 2 || !this.#paused.delete(outlet)) return;
    this.#port.emit({ event: "pressure", shell: this.id, pipeline: outlet.commandId, high: false });
  }

  #put(outlet: Outlet, name: string, bytes: Uint8Array): void {
    const { commandId } = outlet;
    outlet.put({ name, ...(commandId === undefined ? {} : { commandId }), bytes: this.#compress ? compressXpress(bytes) : bytes });
    if (outlet.size <= this.#limits.backlog || this.#paused.has(outlet)) return;
    this.#paused.add(outlet);
    this.#port.emit({ event: "pressure", shell: this.id, pipeline: commandId, high: true });
  }

  #flush(outlet: Outlet): void {
    const { waiting } = outlet;
    if (waiting === undefined || !outlet.ready) return;
    outlet.waiting = undefined;
    this.#port.deliver(waiting, outlet);
  }

  #refuseAll(fault: Fault): void {
    for (const outlet of this.#outlets()) {
      const { waiting } = outlet;
      outlet.waiting = undefined;
      if (waiting !== undefined) this.#port.refuse(waiting, fault);
    }
  }

  /** Ends of commands that nobody terminated are kept for a while only, so that a careless client fills nothing. */
  #forgetOld(): void {
    let ended = 0;
    for (const outlet of this.#commands.values()) if (outlet.done && outlet.empty) ended++;
    for (const [id, outlet] of this.#commands) {
      if (ended <= REMEMBERED) return;
      if (!outlet.done || !outlet.empty || outlet.waiting !== undefined) continue;
      this.#commands.delete(id);
      this.#act({ do: "terminate", pipeline: id });
      ended -= 1;
    }
  }

  #outlets(): Outlet[] {
    return [this.#pool, ...this.#commands.values()];
  }

  #foreign(sessionId: string | undefined): boolean {
    return sessionId !== undefined && this.#sessionId !== undefined && sessionId.toLowerCase() !== this.#sessionId.toLowerCase();
  }

  #act(action: ClientAction): void {
    if (this.request.kind === "powershell") this.#port.emit({ event: "action", shell: this.id, action });
  }

  #winrs(action: WinrsAction): void {
    this.#port.emit({ event: "winrs", shell: this.id, action });
  }
}

/** An option is on where it says so; Windows writes TRUE, others True or 1. */
function isOn(options: readonly WsmanOption[], name: string): boolean {
  return options.some((each) => each.name.toUpperCase() === name && /^(?:true|1)$/i.test(each.value));
}
