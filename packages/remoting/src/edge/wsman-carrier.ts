/** Drives a client pool over WS-Management: posts what the shell asks, hands answers back, and keeps a Receive open. */
import { randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import type { ClientAction } from "../carrier.ts";
import type { ClientCarrier, ClientPoolPort, SessionPort } from "../client/carrier-port.ts";
import { ClientShell, type ClientShellOptions, type WsmanRequest } from "../wsman/index.ts";
import { HttpLines, type HttpLinesOptions } from "./http-lines.ts";
import { RESENDS_HEADER } from "./resends-header.ts";

export interface WsmanCarrierOptions extends Omit<HttpLinesOptions, "uri">, Omit<ClientShellOptions, "uri" | "newId"> {
  uri: string;
  /**
   * Follow the service to another host where it sends new sessions, with the credentials; default false. Elsewhere on its
   * own host it is followed always. To https only.
   */
  allowRedirection?: boolean;
  /** Default 5; 0 follows none. */
  maxRedirections?: number;
}

const MAX_REDIRECTS = 5;
/** What has an effect each time; sent again only to a service that says it looks at the message's id. */
const ONCE: ReadonlySet<string> = new Set(["command", "send"]);

export class WsmanCarrier implements ClientCarrier {
  readonly tellsDelivery = true;
  readonly #options: WsmanCarrierOptions;
  readonly #abort = new AbortController();
  #shell: ClientShell;
  #lines: HttpLines;
  #pool: ClientPoolPort | undefined;
  #session: SessionPort | undefined;
  /** What opened the session, for a redirection. */
  #opening: ClientAction | undefined;
  #redirects = 0;
  #queued = 0;
  #pending = 0;
  /** The service knows a request again that is sent a second time, and acts on it once. */
  #resends = false;
  #quiet: () => void = () => undefined;

  constructor(options: WsmanCarrierOptions) {
    this.#options = options;
    this.#shell = this.#shellFor(options.uri);
    this.#lines = this.#linesFor(options.uri);
  }

  get fragmentSize(): number {
    return this.#shell.fragmentSize;
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  start(pool: ClientPoolPort, session: SessionPort): void {
    this.#pool = pool;
    this.#session = session;
    this.pump();
  }

  pump(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    try {
      for (let action = pool.nextAction(); action !== undefined; action = pool.nextAction()) {
        if (action.do === "create" || action.do === "connect") this.#opening = action;
        if (action.do === "send") this.#queued += action.bytes.length;
        this.#shell.perform([action]);
      }
    } catch (error) {
      pool.broken(asFault(error));
    }
    this.#post();
  }

  /** Waits a moment for farewells that are on their way, then lets go of the connections. */
  async end(): Promise<void> {
    const quiet = new Promise<void>((resolve) => {
      this.#quiet = resolve;
    });
    const timer = setTimeout(() => this.#quiet(), 2000);
    if (this.#shell.state === "closing" && this.#pending > 0) await quiet;
    clearTimeout(timer);
    this.#abort.abort();
    await this.#lines.close();
  }

  /** @internal Ends all connections without a word, as when the process dies. */
  async drop(): Promise<void> {
    this.#pool = undefined;
    this.#abort.abort();
    await this.#lines.close();
  }

  #post(): void {
    for (let request = this.#shell.nextRequest(); request !== undefined; request = this.#shell.nextRequest()) void this.#exchange(request);
    this.#queued = this.#shell.queuedBytes;
  }

  async #exchange(request: WsmanRequest): Promise<void> {
    const shell = this.#shell;
    const farewell = request.kind === "delete";
    if (farewell) this.#pending += 1;
    try {
      if (request.kind === "receive") await this.#session?.readable(request.command);
      const answer = await this.#lines.post(request.envelope, {
        timeoutMs: request.timeoutMs,
        signal: this.#abort.signal,
        // A Receive whose connection was cut brought nothing in most cases; where it did, the gap in the fragments tells.
        safe: request.safeToRetry || request.kind === "receive" || (this.#resends && ONCE.has(request.kind)),
        enduring: shell.state !== "opening",
        ...(request.kind === "receive" && !this.#resends ? { repeated: () => this.#options.endurance?.unsure?.() } : {}),
        ...(request.kind === "command" && request.command !== undefined ? { left: this.#leaves(request.command) } : {}),
      });
      if (answer.headers[RESENDS_HEADER] === "accepted") this.#resends = true;
      const location = answer.headers["location"];
      shell.answered(request.id, {
        status: answer.status,
        headers: typeof location === "string" ? { location } : {},
        body: answer.body,
      });
    } catch (error) {
      shell.failed(request.id, asFault(error));
    }
    if (farewell && --this.#pending === 0) this.#quiet();
    if (shell !== this.#shell) return;
    // The next Receive leaves before this one's objects are read: the service works meanwhile.
    this.#post();
    this.#take();
  }

  #leaves(pipeline: string): (left: boolean) => void {
    return (left) => this.#session?.left(pipeline, left);
  }

  #take(): void {
    const pool = this.#pool;
    const session = this.#session;
    if (pool === undefined || session === undefined) return;
    for (let event = this.#shell.nextEvent(); event !== undefined; event = this.#shell.nextEvent()) {
      switch (event.event) {
        case "opened":
          pool.setFragmentSize(this.#shell.fragmentSize);
          break;
        case "data":
          pool.receive(event.bytes, event.pipeline);
          break;
        case "pipeline-faulted":
          session.pipelineFailed(event.pipeline, event.fault);
          break;
        case "faulted":
          this.#faulted(pool, session, event.operation, event.fault);
          break;
        case "disconnected":
          pool.disconnected();
          break;
        case "reconnected":
          pool.reconnected();
          break;
        case "closed":
          pool.deleted();
          break;
        case "done":
          // The pipeline's own state, which came before, is what counts.
          break;
      }
    }
    this.#post();
    session.changed();
  }

  #faulted(pool: ClientPoolPort, session: SessionPort, operation: string, fault: Fault): void {
    if (fault.is("wsman-redirect") && operation === "create" && this.#follow(String(fault.fields.uri))) return;
    const { state } = this.#shell;
    if ((operation === "disconnect" || operation === "reconnect") && (state === "open" || state === "disconnected")) {
      session.operationFailed(fault);
    } else pool.broken(fault);
  }

  /** Opens where the service said; the credentials go there too, so never in the clear. */
  #follow(location: string): boolean {
    const { allowRedirection, uri, maxRedirections = MAX_REDIRECTS } = this.#options;
    if (maxRedirections === 0 || this.#opening === undefined || !URL.canParse(location, uri)) return false;
    const target = new URL(location, uri);
    if (target.protocol !== "https:") return false;
    if (allowRedirection !== true && target.hostname !== new URL(uri).hostname) return false;
    if (++this.#redirects > maxRedirections) {
      this.#pool?.broken(new Fault("http-redirect-loop", { uri, count: maxRedirections }));
      return true;
    }
    void this.#lines.close();
    this.#lines = this.#linesFor(target.href);
    this.#shell = this.#shellFor(target.href);
    this.#shell.perform([this.#opening]);
    this.#post();
    return true;
  }

  #shellFor(uri: string): ClientShell {
    return new ClientShell({ sessionId: randomUUID(), ...this.#options, uri, newId: randomUUID });
  }

  #linesFor(uri: string): HttpLines {
    return new HttpLines({ ...this.#options, uri: new URL(uri) });
  }
}
