/**
 * The service end of WS-Management (DSP0226, [MS-WSMV] 3.1): requests in, answers out, now or later; shells by owner;
 * time given from outside. The edge authenticates, unseals and posts; the host behind runs the pools.
 *
 * No client waits in vain: every request that is not answered at once has a deadline shortly before its OperationTimeout.
 */
import { asFault, Fault } from "@tieline/fault";
import type { ServerAction } from "../carrier.ts";
import type { ShellCreation } from "./body/shell.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchanges, type Exchange } from "./exchanges.ts";
import { OPERATIONS, operationOf, type Answers, type OperationName, type Requests } from "./operation.ts";
import { judgeCreation, judgeOptions, shellKind } from "./server-creation.ts";
import { Enumerations, type Items } from "./server-enumeration.ts";
import type { CloseReason, ServerAnswer, ServerEvent, ServerIdentity, ServerRequest, WinrsOutput } from "./server-event.ts";
import { ServerShell, type Port } from "./server-shell.ts";
import { parseEnvelope, type Envelope, type WsmanHeader } from "./soap/envelope.ts";
import { normalId, wireId } from "./soap/guid.ts";
import { RESOURCE } from "./soap/namespaces.ts";

export interface ServerOptions {
  /** Gives a fresh GUID at each call. */
  newId: () => string;
  /** Which session configurations there are; the name as the client wrote it. */
  hasConfiguration: (name: string) => boolean;
  /** Whether there is a command shell. */
  commandShell?: boolean;
  /** For WSManFault/@Machine. */
  machine?: string;
  /** What Identify says. */
  product?: { vendor: string; version: string };
  /** Bytes of a request, and of an answer. */
  maxEnvelopeSize?: number;
  idleTimeout?: { defaultMs?: number; minMs?: number; maxMs?: number };
  /** Where a request names no OperationTimeout. */
  operationTimeoutMs?: number;
  /** Requests of one principal that wait at one time. */
  operationsPerUser?: number;
  commandsPerShell?: number;
  /** Bytes that may wait in one outlet before its pipeline is asked to pause. */
  backlog?: number;
}

const DEFAULTS = {
  maxEnvelopeSize: 512_000,
  idleDefaultMs: 7_200_000,
  idleMinMs: 60_000,
  idleMaxMs: 2_147_483_647,
  operationTimeoutMs: 60_000,
  operationsPerUser: 1500,
  commandsPerShell: 1000,
  backlog: 4 * 1024 * 1024,
};

/** How long a pool may take to close after Delete, and its last words wait to be fetched. */
const GRACE_MS = 10_000;
const REMEMBERED_FAREWELLS = 1000;
/** No honest request has so many elements. */
const REQUEST_ELEMENTS = 20_000;

/**
 * @example
 * ```ts
 * const service = new ServerDispatch({ newId: () => crypto.randomUUID(), hasConfiguration: (name) => name === "Microsoft.PowerShell" });
 * service.request({ id: 1, identity: { key: "contoso\\alice", name: "alice" }, body }, Date.now());
 * for (let event = service.nextEvent(); event !== undefined; event = service.nextEvent()) {
 *   if (event.event === "open") service.accept(event.shell, Date.now());
 * }
 * for (let answer = service.nextAnswer(); answer !== undefined; answer = service.nextAnswer()) console.log(answer.status);
 * ```
 */
export class ServerDispatch {
  readonly #options: ServerOptions;
  readonly #shells = new Map<string, ServerShell>();
  readonly #creations = new Map<string, { exchange: number; creationXml: Uint8Array | undefined }>();
  /** By shell, and by exchange. */
  readonly #deadlines = new Deadlines<string | number>();
  readonly #exchanges: Exchanges;
  readonly #enumerations = new Enumerations();
  /** Why shells were ended from this side, for a while. */
  readonly #farewells = new Map<string, { owner: string; fault: Fault }>();
  readonly #events: ServerEvent[] = [];
  readonly #port: Port;
  readonly #idle: { defaultMs: number; minMs: number; maxMs: number };
  readonly #maxEnvelopeSize: number;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#maxEnvelopeSize = options.maxEnvelopeSize ?? DEFAULTS.maxEnvelopeSize;
    const { defaultMs = DEFAULTS.idleDefaultMs, minMs = DEFAULTS.idleMinMs, maxMs = DEFAULTS.idleMaxMs } = options.idleTimeout ?? {};
    this.#idle = { defaultMs, minMs, maxMs };
    const { newId, machine = "" } = options;
    const { operationTimeoutMs = DEFAULTS.operationTimeoutMs, operationsPerUser = DEFAULTS.operationsPerUser } = options;
    const exchanges = { newId, machine, operationTimeoutMs, operationsPerUser, maxEnvelopeSize: this.#maxEnvelopeSize };
    this.#exchanges = new Exchanges(exchanges, this.#deadlines);
    this.#port = {
      deliver: (exchange, outlet) => {
        const shell = this.#exchanges.get(exchange)?.shell;
        if (this.#exchanges.deliver(exchange, outlet) && shell !== undefined) this.#shells.get(shell)?.relieve(outlet);
      },
      connected: (exchange, answer) => {
        this.#exchanges.answer(exchange, "connect", answer);
      },
      refuse: (exchange, fault) => {
        this.#exchanges.refuse(exchange, fault);
      },
      emit: (event) => {
        this.#events.push(event);
      },
    };
  }

  /** Shells that are there, in whatever state. */
  get shellCount(): number {
    return this.#shells.size;
  }

  /** A request has come in; its answer comes from `nextAnswer`, at once or later. Never throws. */
  request(request: ServerRequest, nowMs: number): void {
    let envelope: Envelope | undefined;
    try {
      envelope = parseEnvelope(request.body, { bom: true, limits: { size: this.#maxEnvelopeSize, elements: REQUEST_ELEMENTS } });
      if (envelope.problem !== undefined) throw envelope.problem;
      this.#dispatch(request, envelope, nowMs);
    } catch (error) {
      const fault = asFault(error);
      if (this.#exchanges.get(request.id) !== undefined) this.#exchanges.refuse(request.id, fault);
      else this.#exchanges.turnAway(request.id, envelope?.header.messageId, fault);
    }
  }

  nextAnswer(): ServerAnswer | undefined {
    return this.#exchanges.nextAnswer();
  }

  nextEvent(): ServerEvent | undefined {
    return this.#events.shift();
  }

  /** The host will have the shell: the client is told, and the pool gets what it opens with. */
  accept(shellId: string, nowMs: number): void {
    const shell = this.#shells.get(shellId);
    const creation = this.#creations.get(shellId);
    if (shell === undefined || creation === undefined) return;
    this.#creations.delete(shellId);
    shell.state = "open";
    this.#touch(shell, nowMs);
    const description = shell.describe(nowMs, this.#idle.maxMs);
    const url = this.#exchanges.get(creation.exchange)?.url;
    this.#exchanges.answer(creation.exchange, "create", {
      shellId,
      resourceUri: shell.request.resourceUri,
      shell: description,
      ...(url === undefined ? {} : { address: url }),
    });
    if (creation.creationXml !== undefined) {
      this.#events.push({ event: "action", shell: shellId, action: { do: "create", bytes: creation.creationXml } });
    }
  }

  /** The host will not have the shell. */
  refuse(shellId: string, fault: Fault): void {
    const creation = this.#creations.get(shellId);
    if (creation === undefined) return;
    this.#exchanges.refuse(creation.exchange, fault);
    this.#drop(shellId, "refused", fault);
  }

  /** The pool's answer to the action `connect`: the bytes of connectResponseXml. */
  connected(shellId: string, connectResponseXml: Uint8Array): void {
    this.#shells.get(shellId)?.connected(connectResponseXml);
  }

  /** The pool refuses the action `connect`. */
  refuseConnect(shellId: string, fault: Fault): void {
    this.#shells.get(shellId)?.refuseConnect(fault);
  }

  /** What a pool has to say. Unknown shells are gone: nobody listens. */
  perform(shellId: string, actions: Iterable<ServerAction>, nowMs: number): void {
    const shell = this.#shells.get(shellId);
    if (shell === undefined) return;
    const { awaited } = shell;
    shell.perform(actions);
    if (awaited) this.#waited(shell, nowMs);
    this.#settle(shell, nowMs);
  }

  /** What a command shell has to say. */
  performWinrs(shellId: string, outputs: Iterable<WinrsOutput>): void {
    this.#shells.get(shellId)?.performWinrs(outputs);
  }

  /** Ends a shell from this side; whoever waits is told why. */
  closeShell(shellId: string, fault: Fault): void {
    const shell = this.#shells.get(shellId);
    if (shell === undefined) return;
    if (shell.state !== "deleting" && shell.state !== "asked") shell.delete();
    this.#remember(shell, fault);
    this.#drop(shellId, "closed", fault);
  }

  /** Whoever asks for the shell later, between two Receives say, is told the same. */
  #remember(shell: ServerShell, fault: Fault): void {
    const [oldest] = this.#farewells.keys();
    if (this.#farewells.size >= REMEMBERED_FAREWELLS && oldest !== undefined) this.#farewells.delete(oldest);
    this.#farewells.set(shell.id, { owner: shell.request.identity.key, fault });
  }

  /** Ends everything, for a shutdown. */
  close(fault: Fault = new Fault("wsman-shutting-down", {})): void {
    for (const id of Array.from(this.#shells.keys())) this.closeShell(id, fault);
    for (const id of this.#exchanges.ids()) this.#exchanges.refuse(id, fault);
  }

  /** The client of a request has gone before it was answered. */
  abandoned(exchange: number): void {
    const shell = this.#exchanges.finish(exchange)?.shell;
    if (shell === undefined) return;
    // A shell whose maker has gone before it was there is wanted by nobody.
    if (this.#creations.get(shell)?.exchange === exchange) this.#drop(shell, "abandoned", new Fault("wsman-operation-aborted", {}));
    else this.#shells.get(shell)?.forget(exchange);
  }

  /** An answer could not be sent: what it took from an outlet goes back, for the next Receive. */
  returned(answer: ServerAnswer): void {
    this.#exchanges.returned(answer);
  }

  /** When `tick` is to be called, or undefined while nothing waits. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  tick(nowMs: number): void {
    for (let key = this.#deadlines.due(nowMs); key !== undefined; key = this.#deadlines.due(nowMs)) {
      if (typeof key === "number") this.#timedOut(key, nowMs);
      else this.#idled(key, nowMs);
    }
  }

  #timedOut(exchange: number, nowMs: number): void {
    const { shell: id, operation } = this.#exchanges.get(exchange) ?? {};
    this.#exchanges.refuse(exchange, new Fault("wsman-timed-out", {}));
    const shell = id === undefined ? undefined : this.#shells.get(id);
    if (shell === undefined) return;
    if (operation === "create") this.#drop(shell.id, "abandoned", new Fault("wsman-timed-out", {}));
    else {
      shell.forget(exchange);
      this.#waited(shell, nowMs);
    }
  }

  /** A client that has waited until now was there until now. */
  #waited(shell: ServerShell, nowMs: number): void {
    if (shell.state === "open") this.#touch(shell, nowMs);
  }

  #idled(shellId: string, nowMs: number): void {
    const shell = this.#shells.get(shellId);
    if (shell === undefined) return;
    const dueMs = shell.activeMs + shell.idleTimeoutMs;
    const ending = shell.state === "deleting" || shell.state === "ending";
    if (!ending && (shell.awaited || dueMs > nowMs)) {
      this.#deadlines.set(shellId, shell.awaited ? nowMs + shell.idleTimeoutMs : dueMs);
      return;
    }
    if (!ending) shell.delete();
    this.#drop(shellId, shell.state === "ending" ? "ended" : ending ? "deleted" : "idle", new Fault("wsman-operation-aborted", {}));
  }

  #dispatch(request: ServerRequest, { header, body }: Envelope, nowMs: number): void {
    const operation = operationOf(header.action, body);
    if (operation === "identify") {
      this.#exchanges.identify(request.id, this.#identity());
      return;
    }
    const { identity } = request;
    if (identity === undefined) throw new Fault("access-denied", {});
    if (header.messageId === undefined) throw new Fault("wsman-header-missing", { header: "MessageID" });
    if (header.resourceUri === undefined) throw new Fault("wsman-header-missing", { header: "ResourceURI" });
    judgeOptions(header.options ?? []);
    const exchange = this.#exchanges.admit(request, operation, identity, header, nowMs);
    const row = OPERATIONS[operation];
    const decoded = row.decode(body);
    this.#carryOut(exchange, operation, decoded, header, nowMs);
  }

  #carryOut(exchange: Exchange, operation: OperationName, decoded: Requests[OperationName], header: WsmanHeader, nowMs: number): void {
    const { id } = exchange;
    switch (operation) {
      case "create":
        this.#create(exchange, decoded as Requests["create"], header, nowMs);
        return;
      case "enumerate":
        this.#enumerate(exchange, decoded as Requests["enumerate"], header, nowMs);
        return;
      case "pull": {
        const { context, maxElements } = decoded as Requests["pull"];
        this.#exchanges.answer(
          id,
          "pull",
          this.#enumerations.pull(context, exchange.identity.key, maxElements, exchange.maxEnvelopeSize, nowMs),
        );
        return;
      }
      case "release":
        this.#enumerations.release((decoded as Requests["release"]).context, exchange.identity.key, nowMs);
        this.#exchanges.answer(id, "release", {});
        return;
      case "get":
        if (header.resourceUri === RESOURCE.config) {
          const config = { maxEnvelopeSizeKb: Math.floor(this.#maxEnvelopeSize / 1024), maxTimeoutMs: 60_000, maxBatchItems: 32_000 };
          this.#exchanges.answer(id, "get", { config });
          return;
        }
    }
    const shell = this.#find(exchange, header, operation === "get");
    exchange.shell = shell.id;
    if (operation === "get") {
      this.#exchanges.answer(id, "get", { shell: shell.describe(nowMs, this.#idle.maxMs) });
      return;
    }
    this.#touch(shell, nowMs);
    this.#onShell(shell, exchange, operation, decoded);
    this.#settle(shell, nowMs);
  }

  #onShell(shell: ServerShell, exchange: Exchange, operation: OperationName, decoded: Requests[OperationName]): void {
    const { id, sessionId, options } = exchange;
    const before = shell.answered(exchange);
    if (before !== undefined) return this.#exchanges.answer(id, operation, before);
    switch (operation) {
      case "command": {
        shell.admit(operation, exchange);
        const line = decoded as Requests["command"];
        const commandId = line.commandId ?? normalId(this.#options.newId());
        shell.command(line, commandId, options);
        shell.done(exchange, { commandId });
        this.#exchanges.answer(id, operation, { commandId });
        return;
      }
      case "send":
        shell.admit(operation, exchange);
        shell.send(decoded as Requests["send"]);
        shell.done(exchange, {});
        this.#exchanges.answer(id, operation, {});
        return;
      case "receive":
        shell.admit(operation, exchange);
        shell.receive(decoded as Requests["receive"], exchange);
        return;
      case "signal":
        shell.admit(operation, exchange);
        shell.signal(decoded as Requests["signal"]);
        shell.done(exchange, {});
        this.#exchanges.answer(id, operation, {});
        return;
      case "delete":
        shell.delete();
        this.#exchanges.answer(id, operation, {});
        return;
      case "disconnect":
        shell.admit(operation, exchange);
        shell.disconnect(decoded as Requests["disconnect"], (ms) => this.#clampIdle(ms));
        this.#exchanges.answer(id, operation, {});
        return;
      case "reconnect":
        shell.reconnect(sessionId);
        this.#exchanges.answer(id, operation, {});
        return;
      case "connect": {
        const body = decoded as Requests["connect"];
        if (body.commandId === undefined) shell.connect(body, exchange);
        else {
          shell.connectCommand(body.commandId);
          this.#exchanges.answer(id, operation, {});
        }
        return;
      }
      default:
        throw new Fault("wsman-action-unsupported", { action: operation });
    }
  }

  #create(exchange: Exchange, creation: ShellCreation, header: WsmanHeader, nowMs: number): void {
    const { id = normalId(this.#options.newId()), compress, request } = judgeCreation(creation, header, exchange, this.#options);
    if (this.#shells.has(id)) throw new Fault("wsman-shell-exists", {});
    const facts = {
      id,
      request,
      idleTimeoutMs: this.#clampIdle(creation.idleTimeoutMs ?? this.#idle.defaultMs),
      compress,
      sessionId: exchange.sessionId,
      nowMs,
    };
    const { commandsPerShell = DEFAULTS.commandsPerShell, backlog = DEFAULTS.backlog } = this.#options;
    this.#shells.set(id, new ServerShell(facts, this.#port, { commandsPerShell, backlog }));
    this.#creations.set(id, { exchange: exchange.id, creationXml: creation.creationXml });
    exchange.shell = id;
    const { creationXml } = creation;
    this.#events.push({ event: "open", shell: id, request, ...(creationXml === undefined ? {} : { creationXml }) });
  }

  #enumerate(exchange: Exchange, { optimize, maxElements, filter }: Requests["enumerate"], header: WsmanHeader, nowMs: number): void {
    const { identity, maxEnvelopeSize, id } = exchange;
    let items: Items;
    if (header.resourceUri === RESOURCE.shell) {
      const wanted = filter?.["ShellId"];
      const own = Array.from(this.#shells.values()).filter(
        (shell) =>
          shell.request.identity.key === identity.key &&
          (shell.state === "open" || shell.state === "disconnected") &&
          (wanted === undefined || shell.id === normalId(wanted)),
      );
      items = { shells: own.map((shell) => shell.describe(nowMs, this.#idle.maxMs)) };
    } else if (header.resourceUri === RESOURCE.command) {
      const wanted = filter?.["ShellId"];
      if (wanted === undefined) throw new Fault("wsman-filter-unsupported", {});
      items = { commands: this.#own(wanted, identity).describeCommands() };
    } else throw new Fault("wsman-resource-unknown", { uri: (header.resourceUri ?? "").slice(0, 300) });
    const context = `uuid:${wireId(this.#options.newId())}`;
    this.#exchanges.answer(
      id,
      "enumerate",
      this.#enumerations.start(context, identity.key, items, optimize ? maxElements : 0, maxEnvelopeSize, nowMs),
    );
  }

  /** The shell that the selectors name; the resource must be its own, or that of shells in general where `anyResource`. */
  #find(exchange: Exchange, { selectors, resourceUri }: WsmanHeader, anyResource: boolean): ServerShell {
    const names = Object.keys(selectors ?? {});
    const id = selectors?.["ShellId"];
    const general = anyResource && resourceUri === RESOURCE.shell;
    if (!general) shellKind(resourceUri ?? "", this.#options);
    if (id === undefined) throw new Fault("wsman-selectors-missing", {});
    if (names.length > 1) throw new Fault("wsman-selectors-unexpected", {});
    const shell = this.#own(id, exchange.identity);
    if (!general && shell.request.resourceUri.toLowerCase() !== resourceUri?.toLowerCase()) {
      throw new Fault("wsman-shell-not-found", { shell: wireId(shell.id) });
    }
    return shell;
  }

  /** Someone else's shell is as good as none: the answer is the same. */
  #own(selector: string, identity: ServerIdentity): ServerShell {
    const shell = this.#shells.get(normalId(selector));
    const farewell = this.#farewells.get(normalId(selector));
    if (shell === undefined && farewell?.owner === identity.key) throw farewell.fault;
    if (shell === undefined || shell.request.identity.key !== identity.key || shell.state === "asked" || shell.state === "deleting") {
      throw new Fault("wsman-shell-not-found", { shell: selector.slice(0, 80) });
    }
    return shell;
  }

  #touch(shell: ServerShell, nowMs: number): void {
    shell.activeMs = nowMs;
    this.#deadlines.set(shell.id, nowMs + shell.idleTimeoutMs);
  }

  /** After anything that may have ended a shell. */
  #settle(shell: ServerShell, nowMs: number): void {
    if (this.#shells.get(shell.id) !== shell) return;
    if (shell.spent) this.#drop(shell.id, shell.state === "deleting" ? "deleted" : "ended", new Fault("wsman-operation-aborted", {}));
    else if (shell.closed || shell.state === "deleting") this.#deadlines.set(shell.id, nowMs + GRACE_MS);
    else if (shell.state !== "asked") this.#deadlines.set(shell.id, shell.activeMs + shell.idleTimeoutMs);
  }

  #drop(shellId: string, reason: CloseReason, fault: Fault): void {
    const shell = this.#shells.get(shellId);
    if (shell === undefined) return;
    this.#shells.delete(shellId);
    const creation = this.#creations.get(shellId);
    this.#creations.delete(shellId);
    if (creation !== undefined) this.#exchanges.refuse(creation.exchange, fault);
    this.#deadlines.lift(shellId);
    shell.release(fault);
    this.#events.push({ event: "closed", shell: shellId, reason });
  }

  #clampIdle(ms: number): number {
    return Math.min(this.#idle.maxMs, Math.max(this.#idle.minMs, ms));
  }

  #identity(): Answers["identify"] {
    const { vendor = "Tieline", version = "OS: 0.0.0 SP: 0.0 Stack: 3.0" } = this.#options.product ?? {};
    return { protocolVersion: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", vendor, version };
  }
}
