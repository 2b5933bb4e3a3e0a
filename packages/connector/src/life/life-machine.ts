/**
 * The life of a session that outlives its shells, as a table. It knows shells by number, counts what runs in each, is told
 * the time, and says when to open, hand out and close; `lasting-session.ts` does so.
 *
 * A shell is *current* (new pipelines go to it) or *draining* (they do not; it is closed when its last pipeline ends). The
 * next one is opened before the current one's lifetime is over: at once where nothing runs, else when the last pipeline has
 * ended or the next one is wanted. Where the service has no seat for two, the old one is closed first.
 */
export type LifeState = "absent" | "opening" | "live" | "aging" | "renewing" | "crowded" | "closed";

export type LifeEvent =
  /** A pipeline wants a shell. */
  | { event: "wanted" }
  /** `endsMs`: when the service will end it; undefined where nobody knows. `stateful`: it may hold variables. */
  | { event: "opened"; shell: number; endsMs: number | undefined; stateful: boolean }
  /** `quota`: the service has no seat for another one. */
  | { event: "open-failed"; quota: boolean }
  | { event: "began"; shell: number }
  | { event: "ended"; shell: number }
  | { event: "lost"; shell: number }
  | { event: "time" }
  | { event: "close" };

export type LifeAction =
  /** `after`: this shell is closed before, and that is waited for. */
  | { do: "open"; after?: number }
  /** All who want a shell get this one. */
  | { do: "serve"; shell: number }
  /** All who want a shell are told why there is none. */
  | { do: "fail" }
  | { do: "close"; shell: number }
  /** Send `time` then. */
  | { do: "wake"; atMs: number }
  | { do: "say"; words: LifeWords };

export type LifeWords = "renewing" | "renewed" | "renewing-later" | "kept" | "state-lost" | "lost";

interface Shell {
  number: number;
  running: number;
  stateful: boolean;
  endsMs: number | undefined;
}

type Guard = "idle" | "busy" | "quota, idle" | "quota, busy" | "living" | "due, idle" | "due, busy" | "due, stateful" | "current";
type Step = "open" | "replace" | "install" | "serve" | "fail" | "retire" | "drop" | "later" | "lost" | "kept";
type Row = readonly [state: LifeState, event: LifeEvent["event"], when: Guard | "", next: LifeState, steps: readonly Step[]];

/** The first row that fits holds; what stands in none changes nothing. */
const TABLE: readonly Row[] = [
  ["absent", "wanted", "", "opening", ["open"]],
  ["opening", "opened", "", "live", ["install", "serve"]],
  ["opening", "open-failed", "", "absent", ["fail"]],
  ["live", "wanted", "", "live", ["serve"]],
  ["live", "time", "due, stateful", "live", ["kept"]],
  ["live", "time", "due, idle", "renewing", ["open"]],
  ["live", "time", "due, busy", "aging", []],
  ["live", "lost", "current", "absent", ["lost", "drop"]],
  ["aging", "ended", "idle", "renewing", ["open"]],
  ["aging", "wanted", "", "renewing", ["open"]],
  ["aging", "lost", "current", "absent", ["lost", "drop"]],
  ["renewing", "opened", "", "live", ["retire", "install", "serve"]],
  ["renewing", "open-failed", "quota, idle", "opening", ["replace"]],
  ["renewing", "open-failed", "quota, busy", "crowded", []],
  ["renewing", "open-failed", "living", "live", ["later", "serve"]],
  ["renewing", "open-failed", "", "absent", ["fail"]],
  ["renewing", "lost", "current", "opening", ["lost", "drop"]],
  ["crowded", "ended", "idle", "opening", ["replace"]],
  ["crowded", "lost", "current", "opening", ["lost", "drop", "open"]],
  ["opening", "close", "", "closed", ["fail"]],
  ["renewing", "close", "", "closed", ["retire", "fail"]],
  ["crowded", "close", "", "closed", ["retire", "fail"]],
  ["absent", "close", "", "closed", ["fail"]],
  ["live", "close", "", "closed", ["retire"]],
  ["aging", "close", "", "closed", ["retire"]],
];

export interface LifeOptions {
  /** So long before a shell's end the next one is opened. */
  marginMs: number;
  /** After a renewal that failed for another reason than seats, the next attempt. */
  retryMs: number;
  /** False: shells are used until they end (Enable-CsOnlineSessionForReconnection switched off). */
  renew: boolean;
}

const DEFAULT_LIFE: LifeOptions = { marginMs: 5 * 60_000, retryMs: 30_000, renew: true };

export class LifeMachine {
  readonly #options: LifeOptions;
  readonly #actions: LifeAction[] = [];
  readonly #draining = new Map<number, Shell>();
  #current: Shell | undefined;
  #state: LifeState = "absent";
  #wanted = false;
  #dueMs: number | undefined;

  constructor(options: Partial<LifeOptions> = {}) {
    this.#options = { ...DEFAULT_LIFE, ...options };
  }

  get state(): LifeState {
    return this.#state;
  }

  /** The shell that new pipelines go to. */
  get current(): number | undefined {
    return this.#current?.number;
  }

  nextAction(): LifeAction | undefined {
    return this.#actions.shift();
  }

  receive(event: LifeEvent, nowMs: number): void {
    this.#count(event);
    const row = TABLE.find(([state, name, when]) => state === this.#state && name === event.event && this.#holds(when, event, nowMs));
    if (row !== undefined) {
      this.#state = row[3];
      for (const step of row[4]) this.#do(step, event, nowMs);
    } else if (event.event === "time" && this.#dueMs !== undefined && nowMs < this.#dueMs) {
      // Timers of a machine may be a little early.
      this.#wake(this.#dueMs);
    } else if (event.event === "opened") {
      // Nobody waits for it any more.
      this.#actions.push({ do: "close", shell: event.shell });
    }
    // Whoever wanted the shell that has just gone wants the next one.
    if (this.#state === "absent" && this.#wanted && event.event === "lost") this.receive({ event: "wanted" }, nowMs);
  }

  #count(event: LifeEvent): void {
    if (event.event === "wanted") this.#wanted = true;
    if (event.event !== "began" && event.event !== "ended" && event.event !== "lost") return;
    const shell = this.#current?.number === event.shell ? this.#current : this.#draining.get(event.shell);
    if (shell === undefined) return;
    if (event.event === "began") shell.running += 1;
    else if (event.event === "ended") shell.running -= 1;
    if (shell !== this.#current && (shell.running === 0 || event.event === "lost")) this.#shut(shell);
  }

  #holds(when: Guard | "", event: LifeEvent, nowMs: number): boolean {
    const idle = (this.#current?.running ?? 0) === 0;
    const due = this.#dueMs !== undefined && nowMs >= this.#dueMs;
    switch (when) {
      case "":
        return true;
      case "idle":
        return idle;
      case "busy":
        return !idle;
      case "quota, idle":
      case "quota, busy":
        return event.event === "open-failed" && event.quota && this.#current !== undefined && idle === (when === "quota, idle");
      case "living":
        return this.#current !== undefined;
      case "due, stateful":
        return due && this.#current?.stateful === true;
      case "due, idle":
        return due && idle;
      case "due, busy":
        return due && !idle;
      case "current":
        return event.event === "lost" && event.shell === this.#current?.number;
    }
  }

  #do(step: Step, event: LifeEvent, nowMs: number): void {
    switch (step) {
      case "open":
        if (this.#current !== undefined) this.#say("renewing");
        this.#actions.push({ do: "open" });
        return;
      case "replace": {
        const after = this.#current?.number;
        this.#current = undefined;
        this.#actions.push({ do: "open", ...(after === undefined ? {} : { after }) });
        return;
      }
      case "install":
        if (event.event === "opened") this.#install(event, nowMs);
        return;
      case "serve":
        if (this.#wanted && this.#current !== undefined) this.#actions.push({ do: "serve", shell: this.#current.number });
        this.#wanted = false;
        return;
      case "fail":
        this.#wanted = false;
        this.#actions.push({ do: "fail" });
        return;
      case "retire":
        this.#retire();
        return;
      case "drop":
        if (this.#current !== undefined) this.#actions.push({ do: "close", shell: this.#current.number });
        this.#current = undefined;
        this.#dueMs = undefined;
        return;
      case "later":
        this.#wake(nowMs + this.#options.retryMs);
        this.#say("renewing-later");
        return;
      case "lost":
        this.#say(this.#current?.stateful === true ? "state-lost" : "lost");
        return;
      case "kept":
        this.#dueMs = undefined;
        this.#say("kept");
    }
  }

  #install({ shell, endsMs, stateful }: LifeEvent & { event: "opened" }, nowMs: number): void {
    this.#current = { number: shell, running: 0, stateful, endsMs };
    this.#dueMs = undefined;
    if (endsMs === undefined || !this.#options.renew) return;
    // A life shorter than two margins is renewed at half of it.
    const lifeMs = endsMs - nowMs;
    this.#wake(endsMs - Math.min(this.#options.marginMs, lifeMs / 2));
  }

  /** The old shell takes no more pipelines; it goes when its last one has ended. */
  #retire(): void {
    const old = this.#current;
    this.#current = undefined;
    if (old === undefined) return;
    if (this.#state !== "closed") this.#say("renewed");
    if (old.running > 0 && this.#state !== "closed") this.#draining.set(old.number, old);
    else this.#shut(old);
    if (this.#state === "closed") for (const shell of this.#draining.values()) this.#shut(shell);
  }

  #shut(shell: Shell): void {
    this.#draining.delete(shell.number);
    this.#actions.push({ do: "close", shell: shell.number });
  }

  #wake(atMs: number): void {
    this.#dueMs = atMs;
    this.#actions.push({ do: "wake", atMs });
  }

  #say(words: LifeWords): void {
    this.#actions.push({ do: "say", words });
  }
}
