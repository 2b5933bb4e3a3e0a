/**
 * Shells of a WS-Management endpoint and the sessions behind them: binds the pure dispatch to runspaces, promises and
 * one timer. Knows no HTTP: `edge/http-endpoint.ts` does.
 */
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import type { ClientAction, ServerAction } from "../carrier.ts";
import { sessionKeys } from "../edge/session-keys.ts";
import { ServerPool, type ServerPoolOptions } from "../psrp/index.ts";
import { ServerDispatch, type ServerAnswer, type ServerIdentity, type ServerOptions, type ShellRequest } from "../wsman/index.ts";
import { commandShellContext, HostedCommandShell, type CommandShellHandler } from "./command-shell.ts";
import { HostedSession } from "./hosted-session.ts";
import type { RunspaceHandler } from "./runspace.ts";

/** Whom a request comes from. */
export interface Caller<P> {
  principal: P;
  /** Requests with the same key come from the same principal; shells belong to it. */
  key: string;
  /** What rsp:Owner shows. */
  name: string;
  address: string | undefined;
}

export interface WsmanServiceOptions<P = unknown> extends Omit<ServerOptions, "newId" | "hasConfiguration" | "commandShell"> {
  /** Serves command shells (WinRS) beside PowerShell's; none by default. */
  commandShell?: CommandShellHandler<P>;
  /** Which session configurations there are. Default: any name. */
  hasConfiguration?: (name: string) => boolean;
  pool?: Omit<ServerPoolOptions, "sessionKeys">;
  /** How long pipelines may take to stop when a shell is deleted. Default 10,000. */
  stopTimeoutMs?: number;
  /** Milliseconds; default the machine's. */
  nowMs?: () => number;
}

/** A Send is answered late while its pipeline is far behind, but before the client gives it up. */
const LONGEST_HOLD_MS = 20_000;

export class WsmanService<P> {
  readonly #handler: RunspaceHandler<P>;
  readonly #options: WsmanServiceOptions<P>;
  readonly #dispatch: ServerDispatch;
  readonly #nowMs: () => number;
  readonly #principals = new WeakMap<ServerIdentity, P>();
  readonly #sessions = new Map<string, HostedSession<P>>();
  readonly #commandShells = new Map<string, HostedCommandShell>();
  readonly #answers = new Map<number, (answer: ServerAnswer) => void>();
  /** Input that arrived in the request at hand: its answer waits for those who read it. */
  #fed: { session: HostedSession<P>; pipeline: string | undefined }[] = [];
  #lastId = 0;
  #timer: { at: number; handle: NodeJS.Timeout } | undefined;
  #pumping = false;

  constructor(handler: RunspaceHandler<P>, options: WsmanServiceOptions<P> = {}) {
    this.#handler = handler;
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#dispatch = new ServerDispatch({
      ...options,
      newId: randomUUID,
      hasConfiguration: options.hasConfiguration ?? (() => true),
      commandShell: options.commandShell !== undefined,
    });
  }

  get shellCount(): number {
    return this.#dispatch.shellCount;
  }

  /**
   * Takes a request; its answer may take as long as the client allows.
   *
   * @param caller undefined for an anonymous request: then Identify is all it may ask
   * @param gone aborted when the client's connection is gone
   */
  async request(body: Uint8Array, caller: Caller<P> | undefined, url: string, gone: AbortSignal): Promise<ServerAnswer> {
    const id = ++this.#lastId;
    const identity = caller === undefined ? undefined : this.#identityOf(caller);
    const answered = new Promise<ServerAnswer>((resolve) => this.#answers.set(id, resolve));
    const onGone = (): void => {
      if (!this.#answers.delete(id)) return;
      this.#dispatch.abandoned(id);
      this.#pump();
    };
    gone.addEventListener("abort", onGone, { once: true });
    this.#dispatch.request({ id, body, url, ...(identity === undefined ? {} : { identity }) }, this.#nowMs());
    this.#pump();
    const fed = this.#fed;
    this.#fed = [];
    for (const { session, pipeline } of fed) await atMost(session.inputReady(pipeline), LONGEST_HOLD_MS);
    const answer = await answered;
    gone.removeEventListener("abort", onGone);
    return answer;
  }

  /** The answer did not reach its client: what it brought goes back for the next Receive. */
  returned(answer: ServerAnswer): void {
    this.#dispatch.returned(answer);
    this.#pump();
  }

  /** Ends every shell; whoever waits is told why. */
  async close(reason: Fault = new Fault("wsman-shutting-down")): Promise<void> {
    const all = [...this.#sessions.values()];
    for (const session of all) session.close(reason);
    await Promise.all(all.map((session) => session.finished));
    this.#dispatch.close(reason);
    this.#pump();
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }

  #identityOf({ principal, key, name, address }: Caller<P>): ServerIdentity {
    const identity: ServerIdentity = { key, name, ...(address === undefined ? {} : { address }) };
    this.#principals.set(identity, principal);
    return identity;
  }

  /** Events to their sessions, answers to their requests, until there are none. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let event = this.#dispatch.nextEvent(); event !== undefined; event = this.#dispatch.nextEvent()) {
        if (event.event === "open") this.#open(event.shell, event.request, event.creationXml);
        else if (event.event === "winrs") this.#commandShells.get(event.shell)?.act(event.action);
        else if (event.event === "action") this.#act(event.shell, event.action);
        else if (event.event === "pressure") {
          this.#sessions.get(event.shell)?.press(event.pipeline, event.high);
          this.#commandShells.get(event.shell)?.press(event.pipeline, event.high);
        } else if (event.event === "closed") this.#closed(event.shell);
      }
      for (let answer = this.#dispatch.nextAnswer(); answer !== undefined; answer = this.#dispatch.nextAnswer()) {
        const answered = this.#answers.get(answer.id);
        this.#answers.delete(answer.id);
        if (answered === undefined) this.#dispatch.returned(answer);
        else answered(answer);
      }
    } finally {
      this.#pumping = false;
    }
    this.#arm();
  }

  #open(shell: string, request: ShellRequest, creationXml: Uint8Array | undefined): void {
    if (request.kind === "cmd") return void this.#openCommandShell(shell, request);
    const { identity, url, name, configuration } = request;
    const pool = new ServerPool({ ...this.#options.pool, sessionKeys: sessionKeys() });
    pool.setFragmentSize(request.fragmentSize);
    const session: HostedSession<P> = new HostedSession(
      pool,
      this.#handler,
      {
        principal: this.#principals.get(identity) as P,
        transport: "wsman",
        clientAddress: identity.address,
        endpoint: url === undefined ? undefined : pathOf(url),
        configurationName: configuration,
        name,
      },
      () => this.#drain(shell, session),
      this.#options.stopTimeoutMs,
    );
    this.#sessions.set(shell, session);
    session.opened.then(
      () => {
        this.#dispatch.accept(shell, this.#nowMs());
        this.#drain(shell, session);
        this.#pump();
      },
      (fault: unknown) => {
        this.#dispatch.refuse(shell, asFault(fault));
        this.#pump();
      },
    );
    if (creationXml !== undefined) session.receive(creationXml);
  }

  async #openCommandShell(shell: string, request: ShellRequest): Promise<void> {
    try {
      const principal = this.#principals.get(request.identity) as P;
      const opened = await this.#options.commandShell?.open(commandShellContext(shell, principal, request));
      if (opened === undefined) throw new Fault("wsman-resource-unknown", { uri: request.resourceUri });
      const hosted = new HostedCommandShell(opened, (outputs) => {
        this.#dispatch.performWinrs(shell, outputs);
        this.#pump();
      });
      this.#commandShells.set(shell, hosted);
      this.#dispatch.accept(shell, this.#nowMs());
    } catch (error) {
      this.#dispatch.refuse(shell, asFault(error));
    }
    this.#pump();
  }

  #act(shell: string, action: ClientAction): void {
    const session = this.#sessions.get(shell);
    if (session === undefined) return;
    switch (action.do) {
      case "create":
        // The pool has it already: the handler decided on it before the shell was accepted.
        break;
      case "connect":
        this.#connect(shell, session, action.bytes);
        break;
      case "command":
        session.receive(action.bytes, action.pipeline);
        break;
      case "send":
        session.receive(action.bytes, action.pipeline, action.stream);
        if (session.inputReady(action.pipeline) !== undefined) this.#fed.push({ session, pipeline: action.pipeline });
        break;
      case "stop":
      case "terminate":
        session.stop(action.pipeline);
        break;
      case "disconnect":
        session.pool.disconnected();
        break;
      case "reconnect":
        session.pool.reconnected();
        break;
      case "delete":
        session.close();
        break;
      case "connect-command":
        break;
    }
  }

  #connect(shell: string, session: HostedSession<P>, bytes: Uint8Array): void {
    try {
      this.#dispatch.connected(shell, session.pool.connect(bytes));
      session.turn();
    } catch (error) {
      this.#dispatch.refuseConnect(shell, asFault(error));
    }
  }

  #drain(shell: string, session: HostedSession<P>): void {
    const actions: ServerAction[] = [];
    for (let action = session.nextAction(); action !== undefined; action = session.nextAction()) actions.push(action);
    if (actions.length === 0) return;
    const { reason } = session;
    if (session.over && reason !== undefined) this.#dispatch.closeShell(shell, reason);
    else this.#dispatch.perform(shell, actions, this.#nowMs());
    this.#pump();
  }

  #closed(shell: string): void {
    this.#commandShells.get(shell)?.end();
    this.#commandShells.delete(shell);
    const session = this.#sessions.get(shell);
    this.#sessions.delete(shell);
    if (session?.over === false) session.abort();
  }

  #arm(): void {
    const at = this.#dispatch.nextDeadline();
    if (at === undefined || (this.#timer !== undefined && this.#timer.at <= at)) return;
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(
      () => {
        this.#timer = undefined;
        this.#dispatch.tick(this.#nowMs());
        this.#pump();
        this.#arm();
      },
      Math.min(2_000_000_000, Math.max(1, at - this.#nowMs())),
    );
    handle.unref();
    this.#timer = { at, handle };
  }
}

function pathOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed === undefined ? url : parsed.pathname + parsed.search;
}

async function atMost(promise: Promise<void> | undefined, ms: number): Promise<void> {
  if (promise === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    promise,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms).unref();
    }),
  ]);
  clearTimeout(timer);
}
