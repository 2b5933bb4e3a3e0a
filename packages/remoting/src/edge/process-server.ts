/** Serves one session over a byte link by the out-of-process framing: a socket's or an SSH channel's. */
import { asFault, type Fault } from "@tieline/fault";
import { ServerChannel, type ServerChannelOptions } from "../process/index.ts";
import { ServerPool, type ServerPoolOptions } from "../psrp/index.ts";
import { HostedSession, type SessionOrigin } from "../server/hosted-session.ts";
import type { RunspaceHandler } from "../server/runspace.ts";
import { within, type ByteLink } from "./byte-link.ts";
import { sessionKeys } from "./session-keys.ts";

export interface ProcessServerOptions extends ServerChannelOptions {
  pool?: Omit<ServerPoolOptions, "sessionKeys">;
  /** How long the opening may take, from the connection to the client's first messages. Default 60,000. */
  openTimeoutMs?: number;
  /** A session without a running pipeline and without a word of the client is ended after this time. Default: never. */
  idleTimeoutMs?: number;
  /** The longest life of a session. Default: without limit. */
  lifetimeMs?: number;
  /** How long pipelines may take to stop when the session closes. Default 10,000. */
  stopTimeoutMs?: number;
}

export interface ServedSession {
  /** Resolves when the session and its link are over. Never rejects. */
  readonly finished: Promise<void>;
  /** Ends it from this side; a client that is PowerShell shows the reason. */
  close(reason?: Fault): Promise<void>;
}

export function serveLink<P>(
  link: ByteLink,
  handler: RunspaceHandler<P>,
  origin: SessionOrigin<P>,
  options: ProcessServerOptions = {},
): ServedSession {
  return new LinkServer(link, handler, origin, options);
}

/** How long a client may take to close its end. */
const GOODBYE_MS = 3000;

/** Actions are taken from the pool only while less than this waits for the link: the rest stays where it holds back its maker. */
const LINK_BYTES = 256 * 1024;

class LinkServer<P> implements ServedSession {
  readonly #link: ByteLink;
  readonly #channel: ServerChannel;
  readonly #session: HostedSession<P>;
  readonly #options: ProcessServerOptions;
  readonly finished: Promise<void>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #idle: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #refusal: Fault | undefined;

  constructor(link: ByteLink, handler: RunspaceHandler<P>, origin: SessionOrigin<P>, options: ProcessServerOptions) {
    this.#link = link;
    this.#options = options;
    this.#channel = new ServerChannel(options);
    const pool = new ServerPool({ ...options.pool, sessionKeys: sessionKeys() });
    pool.setFragmentSize(32_768);
    this.#session = new HostedSession(pool, handler, origin, () => void this.#flush(), options.stopTimeoutMs);
    this.#session.opened.catch((fault: Fault) => this.#refuse(fault));
    this.#after(options.openTimeoutMs ?? 60_000, () => this.#session.id === undefined && this.#link.destroy());
    if (options.lifetimeMs !== undefined) this.#after(options.lifetimeMs, () => void this.close());
    this.finished = this.#serve();
  }

  async close(reason?: Fault): Promise<void> {
    this.#session.close(reason);
    await this.finished;
  }

  async #serve(): Promise<void> {
    this.#rest();
    const input = this.#link.input[Symbol.asyncIterator]();
    try {
      for (let next = await input.next(); next.done !== true; next = await input.next()) {
        this.#rest();
        this.#channel.receive(next.value);
        this.#take();
        if (this.#session.over) break;
      }
      if (!this.#session.over) this.#channel.end();
      this.#take();
    } catch (error) {
      this.#refuse(asFault(error));
    }

    // Whoever is gone without a word leaves nothing running; a session that closed in order is over already.
    const inOrder = this.#session.over && this.#refusal === undefined;
    this.#session.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#idle);
    await this.#flush();
    // The client closes its end after our last word. A stock PowerShell whose ssh was gone by then would crash.
    if (inOrder) await within(rest(input), GOODBYE_MS);
    await this.#link.close().catch(() => this.#link.destroy());
    await this.#session.finished;
  }

  #take(): void {
    for (let event = this.#channel.nextEvent(); event !== undefined; event = this.#channel.nextEvent()) {
      if (event.event === "data") {
        const { pipeline } = event;
        this.#session.receive(event.bytes, pipeline, event.stream);
        const ready = this.#session.inputReady(pipeline);
        // What the message caused at once is said before its acknowledgement, as PowerShell does.
        if (ready === undefined) this.#acknowledge(pipeline);
        else void ready.then(() => this.#acknowledge(pipeline));
      } else if (event.event === "delete") {
        this.#session.close();
      } else this.#session.stop(event.pipeline);
    }
    // Some packets are answered without an event.
    void this.#flush();
  }

  #acknowledge(pipeline: string | undefined): void {
    this.#drain();
    this.#channel.acknowledge(pipeline);
    void this.#flush();
  }

  #drain(): void {
    while (this.#channel.queuedBytes < LINK_BYTES) {
      const action = this.#session.nextAction();
      if (action === undefined) return;
      const { reason } = this.#session;
      if (action.do === "closed" && reason !== undefined) this.#refuse(reason);
      else if (action.do !== "closed" || this.#refusal === undefined) this.#channel.send(action);
    }
  }

  #flush(): Promise<void> {
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async #write(): Promise<void> {
    // Everything that happens in this turn travels together.
    await Promise.resolve();
    try {
      for (;;) {
        this.#drain();
        const bytes = this.#channel.dataToSend();
        if (bytes === undefined) break;
        await this.#link.write(bytes);
      }
      // Nothing may be awaited from here on: what comes later must find that nobody writes.
      this.#writing = undefined;
      if (this.#channel.closed) void this.#link.close();
    } catch {
      this.#writing = undefined;
      this.#link.destroy();
    }
  }

  /** The text goes to the client's screen; then the link ends. */
  #refuse(fault: Fault): void {
    if (this.#refusal !== undefined || this.#channel.closed) return;
    this.#refusal = fault;
    this.#channel.refuse(fault.message);
    void this.#flush();
  }

  #rest(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === undefined) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => (this.#session.busy ? this.#rest() : void this.close()), idleTimeoutMs);
    this.#idle.unref();
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

/** Reads to the end and keeps nothing. Never rejects. */
async function rest(input: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    while ((await input.next()).done !== true);
  } catch {
    // Ended, in its way.
  }
}
