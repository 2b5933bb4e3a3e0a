/**
 * The bridge: a process of the user's own between stock PowerShell and any WS-Management endpoint. It takes requests on
 * its control socket (`control.ts`), gives each session a door of its own (`session-door.ts`), and passes on what both
 * sides say (`relay.ts`). It ends by itself when it has had nothing to do for a while.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { asFault, Fault } from "@tieline/fault";
import { listenSocket, type ByteLink, type SocketListener } from "@tieline/remoting";
import type { BridgeSession } from "./bridge-session.ts";
import {
  factsOf,
  readAnswer,
  readRequest,
  type ControlEvent,
  type ControlRequest,
  type OpenParameters,
  type SessionFacts,
} from "./control.ts";
import { LineLink } from "./line-link.ts";
import { CONTROL_VERSION, removeDescriptor, socketFor, writeDescriptor, type Descriptor } from "./place.ts";
import { SessionDoor, type FrontEnd } from "./session-door.ts";

/** What an attempt may tell and ask the person at the PowerShell in front. */
export interface Attempt {
  /** A line for `-Verbose`. */
  say: (text: string) => void;
  /** A line that must be read, such as a code to type into a browser. */
  show: (text: string) => void;
  warn: (text: string) => void;
  /** @throws Fault `interrupted` where nobody answers */
  ask: (text: string, hidden: boolean) => Promise<string>;
  /** Aborted when the person has left, or once the session is open: what renews it later has nobody to ask. */
  signal: AbortSignal;
}

export interface Opened {
  session: BridgeSession;
  facts: Pick<SessionFacts, "computerName" | "uri" | "user">;
}

/** How sessions and tokens are come by: the connector, with what it knows of accounts, proxies and labs. */
export interface Opener {
  open(parameters: OpenParameters, environment: Readonly<Record<string, string>>, front: FrontEnd, attempt: Attempt): Promise<Opened>;
  token(
    parameters: OpenParameters,
    environment: Readonly<Record<string, string>>,
    attempt: Attempt,
  ): Promise<{ token?: string; targetUri: string; expiresAtMs?: number }>;
}

export interface BridgeOptions {
  folder: string;
  opener: Opener;
  /** How long it stays with nothing to do. Default 10 minutes. */
  idleMs?: number;
  /** How long one who has connected may take to say what he wants. Default one minute. */
  patienceMs?: number;
}

interface Held {
  facts: SessionFacts;
  door: SessionDoor;
}

const MINUTE_MS = 60_000;
/** Requests at a time; more are turned away at once. */
const MAX_REQUESTS = 64;

export class Bridge implements AsyncDisposable {
  readonly descriptor: Descriptor;
  readonly #options: Required<BridgeOptions>;
  readonly #sessions = new Map<string, Held>();
  readonly #requests = new Set<LineLink>();
  readonly #over = new AbortController();
  #doors = 0;
  #listener: SocketListener | undefined;
  #idle: NodeJS.Timeout | undefined;
  #finish: () => void = () => undefined;
  /** Resolves when the bridge has ended, by itself or by `close`. Never rejects. */
  readonly ended: Promise<void>;

  private constructor(options: BridgeOptions) {
    this.#options = { idleMs: 10 * MINUTE_MS, patienceMs: MINUTE_MS, ...options };
    this.descriptor = {
      version: CONTROL_VERSION,
      pid: process.pid,
      control: socketFor(options.folder, "control"),
      secret: randomBytes(32).toString("base64url"),
      started: new Date().toISOString(),
    };
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** @throws Fault `socket-taken` where another bridge serves this folder already */
  static async start(options: BridgeOptions): Promise<Bridge> {
    const bridge = new Bridge(options);
    bridge.#listener = await listenSocket(bridge.descriptor.control, (link) => void bridge.#serve(link), { maxConnections: MAX_REQUESTS });
    writeDescriptor(options.folder, bridge.descriptor);
    bridge.#rest();
    return bridge;
  }

  get sessions(): SessionFacts[] {
    return [...this.#sessions.values()].map(({ facts }) => facts);
  }

  /** Ends every session, and leaves no file behind. */
  async close(): Promise<void> {
    if (this.#over.signal.aborted) return this.ended;
    clearTimeout(this.#idle);
    this.#over.abort(new Fault("session-closed"));
    removeDescriptor(this.#options.folder, this.descriptor.pid);
    await Promise.all([...this.#sessions.values()].map(({ door }) => door.close()));
    for (const request of this.#requests) request.destroy();
    await this.#listener?.close();
    this.#finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(link: ByteLink): Promise<void> {
    const lines = new LineLink(link);
    this.#requests.add(lines);
    clearTimeout(this.#idle);
    const silent = setTimeout(() => lines.destroy(), this.#options.patienceMs).unref();
    const tell = (event: ControlEvent): Promise<void> => lines.send(event);
    try {
      const first = await lines.next();
      clearTimeout(silent);
      if (first !== undefined) await this.#answer(readRequest(first, this.descriptor.secret), lines, tell);
    } catch (error) {
      await tell({ event: "failed", fault: factsOf(asFault(error), (error as { stage?: string }).stage) });
    } finally {
      clearTimeout(silent);
      await lines.close();
      this.#requests.delete(lines);
      this.#rest();
    }
  }

  async #answer(request: ControlRequest, lines: LineLink, tell: (event: ControlEvent) => Promise<void>): Promise<void> {
    switch (request.request) {
      case "list":
        return tell({ event: "sessions", sessions: this.sessions });
      case "close": {
        const all = [...this.#sessions.values()].filter(({ facts }) => request.id === "all" || facts.id === request.id);
        await Promise.all(all.map(({ door }) => door.close()));
        return tell({ event: "closed", count: all.length });
      }
      case "stop":
        await tell({ event: "stopping" });
        void this.close();
        return undefined;
      case "token":
        return this.#attempt(lines, tell, async (attempt) => {
          const found = await this.#options.opener.token(request.parameters, request.environment, attempt);
          await tell({ event: "token", ...found });
        });
      case "open":
        return this.#attempt(lines, tell, (attempt) => this.#open(request, attempt, tell));
    }
  }

  /** Runs what a person waits for; it ends when he leaves. */
  async #attempt(lines: LineLink, tell: (event: ControlEvent) => Promise<void>, run: (attempt: Attempt) => Promise<void>): Promise<void> {
    const left = new AbortController();
    const answers: ((answer: string) => void)[] = [];
    const listen = async (): Promise<void> => {
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) answers.shift()?.(readAnswer(line));
    };
    const gone = listen()
      .catch(() => undefined)
      .then(() => left.abort(new Fault("interrupted")));
    const signal = AbortSignal.any([left.signal, this.#over.signal]);
    await run({
      say: (text) => void tell({ event: "verbose", text }),
      show: (text) => void tell({ event: "show", text }),
      warn: (text) => void tell({ event: "warning", text }),
      ask: (text, hidden) => {
        signal.throwIfAborted();
        const answer = new Promise<string>((resolve, reject) => {
          answers.push(resolve);
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        });
        void tell({ event: "ask", text, hidden });
        return answer;
      },
      signal,
    });
    void gone;
  }

  /** Gives the client its door, and opens what is behind it when he is in. */
  async #open(
    request: ControlRequest & { request: "open" },
    attempt: Attempt,
    tell: (event: ControlEvent) => Promise<void>,
  ): Promise<void> {
    const { folder, opener, patienceMs } = this.#options;
    const id = randomUUID();
    this.#doors += 1;
    const settled = Promise.withResolvers<Opened>();
    settled.promise.catch(() => undefined);
    const door = await SessionDoor.open({
      folder,
      patienceMs,
      open: async (front, signal) => {
        try {
          const both = AbortSignal.any([attempt.signal, signal]);
          const opened = await opener.open(request.parameters, request.environment, front, { ...attempt, signal: both });
          this.#sessions.set(id, { facts: { id, name: request.name, ...opened.facts }, door });
          settled.resolve(opened);
          return opened.session;
        } catch (error) {
          settled.reject(error);
          throw error;
        }
      },
    });
    void door.finished.then(() => {
      settled.reject(new Fault("bridge-refused"));
      this.#sessions.delete(id);
      this.#doors -= 1;
      void door.close();
      this.#rest();
    });
    const leave = (): void => void door.close();
    attempt.signal.addEventListener("abort", leave, { once: true });
    try {
      await tell({ event: "pipe", path: door.path, secret: door.secret });
      const { facts } = await settled.promise;
      await tell({ event: "opened", session: { id, name: request.name, ...facts } });
    } finally {
      attempt.signal.removeEventListener("abort", leave);
    }
  }

  /** With nothing to do it waits a while for the next request, then ends. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#over.signal.aborted || this.#doors > 0 || this.#requests.size > 0) return;
    this.#idle = setTimeout(() => void this.close(), this.#options.idleMs);
  }
}
