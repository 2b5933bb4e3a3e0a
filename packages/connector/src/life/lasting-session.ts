/**
 * One session as its callers see it, behind which shells come and go: before the service ends them, when the network was
 * away for too long, when the service was started anew. When to do what stands in `life-machine.ts`, what becomes of a
 * pipeline in `after-loss.ts`; this file carries it out.
 */
import { asFault, Fault, isFault } from "@tieline/fault";
import { Outage, PipelineBuilder, type Endurance, type Session } from "@tieline/remoting";
import { PsDictionary } from "@tieline/remoting/objects";
import { isLoss, isOutage } from "./after-loss.ts";
import { sleep, SYSTEM_CLOCK, type LifeClock } from "./clock.ts";
import { LastingRun, type LastingRunOwner, type Lease } from "./lasting-run.ts";
import { LifeMachine, type LifeAction, type LifeOptions, type LifeWords } from "./life-machine.ts";
import type { PipelineSpec, RemoteSession, RunOptions } from "./remote-session.ts";

/** A shell with what must happen when it is given up: its session closed, its seat free, its record gone. */
export interface LivingShell {
  session: Session;
  release(): Promise<void>;
}

export interface LastingOptions {
  /** Opens a shell with a credential that is fresh; called again for each further one. */
  open: (signal: AbortSignal) => Promise<LivingShell>;
  clock?: LifeClock;
  /** Default: what the service announces; where it announces nothing, sixty minutes are assumed. */
  lifetimeMs?: number;
  life?: Partial<LifeOptions>;
  /** Enable-CsOnlineSessionForReconnection. Default true; false: the session ends with its shell. */
  reconnection?: boolean;
  /** How long a lost service is looked for before pipelines that wait are told. */
  endurance?: Pick<Endurance, "forMs" | "firstPauseMs" | "longestPauseMs" | "random">;
  /** A verbose line. */
  say?: (words: string) => void;
  /** Waits until this credential may ask for more; see `pace.ts`. */
  pace?: { turn(signal?: AbortSignal): Promise<void>; warned(text: string): void };
  /** Repeats what only reads from the start, although its reader has seen output; told so that he can throw that away. */
  onRestart?: (pipeline: string) => void;
}

/** What the retired service allowed; also the assumption about services that say nothing. */
const ASSUMED_LIFETIME_MS = 60 * 60_000;

const WORDS: Readonly<Record<LifeWords, string>> = {
  renewing: "The session nears the end of its lifetime: signing in again for the next one",
  renewed: "The next session is open; work goes on in it",
  "renewing-later": "The next session could not be opened yet; trying again",
  kept: "The session nears the end of its lifetime. It may hold variables, so it is used until the service ends it",
  "state-lost": "The session is over, and with it the variables that it held; the next command opens a new one",
  lost: "The session is over; the next command opens a new one",
};

export class LastingSession implements RemoteSession, AsyncDisposable {
  readonly #options: LastingOptions;
  readonly #clock: LifeClock;
  readonly #machine: LifeMachine;
  readonly #shells = new Map<number, LivingShell>();
  readonly #waiters = new Set<{ resolve: (lease: Lease) => void; reject: (error: unknown) => void }>();
  readonly #closing = new AbortController();
  readonly #goodbyes = new Set<Promise<void>>();
  #last = 0;
  #lift: () => void = () => undefined;
  #lastFault: Fault | undefined;
  #openError: unknown;
  #left = false;
  #current: Session | undefined;

  constructor(options: LastingOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#machine = new LifeMachine({ ...options.life, ...(options.reconnection === false ? { renew: false } : {}) });
  }

  /** The shell that new pipelines go to; another one after a renewal. */
  get id(): string {
    return this.#current?.id ?? "";
  }

  /** `opened` while commands can be run, though their shell may have to be opened first. */
  get state(): Session["state"] {
    if (this.#left) return "disconnected";
    if (this.#machine.state === "closed") return "closed";
    if (this.#options.reconnection === false && this.#current !== undefined) return this.#current.state;
    return this.#current === undefined ? "before-open" : "opened";
  }

  /** Why the last shell was lost. */
  get fault(): Fault | undefined {
    return this.#lastFault ?? this.#current?.fault;
  }

  /** Opens the first shell, so that what is wrong is told at once. @throws Fault */
  async open(signal?: AbortSignal): Promise<this> {
    const lease = await this.#lease(signal);
    lease.end();
    return this;
  }

  /** Resolves when the shell is over that new pipelines go to now. Never rejects. */
  get over(): Promise<Fault | undefined> {
    return this.#current?.over ?? Promise.resolve(undefined);
  }

  /** What the shell told of itself that new pipelines go to. */
  get applicationPrivateData(): Session["applicationPrivateData"] {
    return this.#current?.applicationPrivateData;
  }

  run(spec: PipelineSpec, options: RunOptions = {}): LastingRun {
    return this.#start(spec, options, undefined);
  }

  queryCommands(query: Parameters<Session["queryCommands"]>[0], options: Pick<RunOptions, "signal"> = {}): LastingRun {
    // A question, as it is counted when its session is lost.
    const asked: PipelineSpec = { statements: [[{ text: "Get-Command" }]] };
    return this.#start(asked, options, (session, given) => session.queryCommands(query, given));
  }

  /** Clears the runspace of the shell that new pipelines go to. */
  async resetRunspace(): Promise<boolean> {
    const lease = await this.#lease(undefined);
    try {
      return await lease.session.resetRunspace();
    } finally {
      lease.end();
    }
  }

  #start(spec: PipelineSpec, options: RunOptions, start: LastingRunOwner["start"]): LastingRun {
    options.signal?.throwIfAborted();
    const { pace, onRestart, reconnection } = this.#options;
    return new LastingRun(spec, options, {
      ...(start === undefined ? {} : { start }),
      lease: (signal) => this.#lease(signal),
      reconnection: reconnection !== false,
      ...(pace === undefined ? {} : { pace }),
      ...(onRestart === undefined ? {} : { onRestart }),
    });
  }

  pipeline(): PipelineBuilder<LastingRun> {
    return new PipelineBuilder((spec, options) => this.run(spec, options));
  }

  invoke(...[command, parameters = {}, options = {}]: Parameters<Session["invoke"]>): ReturnType<Session["invoke"]> {
    return this.pipeline().command(command).parameters(parameters).run(options).output(options);
  }

  invokeScript(...[text, options = {}]: Parameters<Session["invokeScript"]>): ReturnType<Session["invokeScript"]> {
    return this.pipeline().script(text).run(options).output(options);
  }

  /** Asks anew where the session is lost meanwhile: a question has no effect. */
  async commandMetadata(...[names = null, options = {}]: Parameters<Session["commandMetadata"]>): ReturnType<Session["commandMetadata"]> {
    for (let attempt = 1; ; attempt++) {
      const lease = await this.#lease(options.signal);
      try {
        return await lease.session.commandMetadata(names, options);
      } catch (error) {
        if (!isLoss(error)) throw error;
        lease.lost(error);
        if (attempt === 3 || this.#options.reconnection === false) throw error;
      } finally {
        lease.end();
      }
    }
  }

  /** Leaves the shell at the service for others to come back to; this object is of no more use then. */
  async disconnect(options: { idleTimeoutMs?: number } = {}): Promise<void> {
    const lease = await this.#lease(undefined);
    await lease.session.disconnect(options);
    this.#lift();
    this.#left = true;
  }

  /** Closes every shell. Never throws. */
  async close(): Promise<void> {
    this.#lift();
    if (this.#left) return;
    this.#receive({ event: "close" });
    this.#closing.abort(new Fault("session-superseded"));
    await Promise.all(this.#goodbyes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A shell for one pipeline, opened first if need be. */
  #lease(signal: AbortSignal | undefined): Promise<Lease> {
    if (this.#machine.state === "closed" || this.#left) return Promise.reject(new Fault("session-superseded"));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    this.#look();
    if (this.#options.reconnection === false && this.#last > 0 && this.#machine.current === undefined) {
      return Promise.reject(this.fault ?? new Fault("session-closed"));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiter.reject(signal?.reason);
      const settle = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter = {
        resolve: (lease: Lease) => (settle(), resolve(lease)),
        reject: (error: unknown) => (settle(), reject(error as Error)),
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#receive({ event: "wanted" });
    });
  }

  /** A shell may have been lost while nobody used it. */
  #look(): void {
    const number = this.#machine.current;
    const session = number === undefined ? undefined : this.#shells.get(number)?.session;
    if (number !== undefined && session !== undefined && session.state !== "opened") this.#lost(number, session.fault);
  }

  #lost(number: number, error: unknown): void {
    this.#lastFault = error === undefined ? undefined : asFault(error);
    this.#receive({ event: "lost", shell: number });
  }

  #receive(event: Parameters<LifeMachine["receive"]>[0]): void {
    this.#machine.receive(event, this.#clock.nowMs());
    for (let action = this.#machine.nextAction(); action !== undefined; action = this.#machine.nextAction()) this.#act(action);
  }

  #act(action: LifeAction): void {
    switch (action.do) {
      case "open":
        void this.#open(action.after);
        return;
      case "serve":
        this.#serve(action.shell);
        return;
      case "fail":
        for (const waiter of this.#waiters) waiter.reject(this.#openError ?? new Fault("session-superseded"));
        return;
      case "close":
        this.#goodbye(action.shell);
        return;
      case "wake":
        this.#lift();
        this.#lift = this.#clock.after(Math.max(0, action.atMs - this.#clock.nowMs()), () => {
          this.#look();
          this.#receive({ event: "time" });
        });
        return;
      case "say":
        if (this.#options.reconnection !== false) this.#options.say?.(WORDS[action.words]);
    }
  }

  #serve(number: number): void {
    const session = this.#shells.get(number)?.session;
    if (session === undefined) return;
    for (const waiter of this.#waiters) {
      this.#receive({ event: "began", shell: number });
      let over = false;
      waiter.resolve({
        session,
        lost: (error) => this.#lost(number, error),
        end: () => {
          if (over) return;
          over = true;
          this.#receive({ event: "ended", shell: number });
        },
      });
    }
  }

  #goodbye(number: number): void {
    const shell = this.#shells.get(number);
    this.#shells.delete(number);
    if (shell === undefined) return;
    const gone = shell.release().catch(() => undefined);
    this.#goodbyes.add(gone);
    void gone.finally(() => this.#goodbyes.delete(gone));
  }

  async #open(after: number | undefined): Promise<void> {
    try {
      if (after !== undefined) {
        this.#goodbye(after);
        await Promise.all(this.#goodbyes);
      }
      const shell = await this.#endure();
      const number = ++this.#last;
      this.#shells.set(number, shell);
      if (this.#machine.state !== "closed") this.#current = shell.session;
      const told = announcement(shell.session);
      const lifetimeMs = this.#options.lifetimeMs ?? told.lifetimeMs ?? ASSUMED_LIFETIME_MS;
      const openedMs = this.#clock.nowMs();
      this.#receive({ event: "opened", shell: number, endsMs: openedMs + lifetimeMs, stateful: told.stateful });
    } catch (error) {
      this.#openError = error;
      this.#receive({ event: "open-failed", quota: isFault(error) && error.layer === "limit" });
    }
  }

  /** Opens, and where there was a session before tries for a while: the service may be away for a moment. */
  async #endure(): Promise<LivingShell> {
    const { open, endurance = {}, say, reconnection } = this.#options;
    const { signal } = this.#closing;
    const outage = new Outage({ ...endurance, nowMs: () => this.#clock.nowMs() });
    for (let attempt = 0; ; attempt++) {
      try {
        return await open(signal);
      } catch (error) {
        // The first time, what is wrong is told at once.
        if (this.#last === 0 || reconnection === false || signal.aborted || !isOutage(error)) throw error;
        const waitMs = outage.failed(asFault(error), attempt);
        if (waitMs === undefined) throw error;
        if (attempt === 0) say?.(`${asFault(error).message} Trying again`);
        await sleep(waitMs, this.#clock, signal);
      }
    }
  }
}

/** What a service of our kind tells in its private data: how long its sessions live, and whether they hold variables. */
function announcement(session: Session): { lifetimeMs: number | undefined; stateful: boolean } {
  const told = session.applicationPrivateData?.get("SessionLife");
  if (!(told instanceof PsDictionary)) return { lifetimeMs: undefined, stateful: true };
  const seconds = Number(told.get("LifetimeSeconds"));
  return { lifetimeMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined, stateful: told.get("KeepsState") !== false };
}
