/**
 * How fast this process asks one service for one credential: a bucket of tokens that all its sessions share. Free until the
 * service warns that it delays us; then the bucket holds one token, filled at half the pace of the last minute, and fills
 * up again when no warning has come for a while. Nothing is ever repeated because of a delay.
 */
import { sleep, SYSTEM_CLOCK, type LifeClock } from "./clock.ts";
import { recogniseMicroDelay } from "./micro-delay.ts";

export interface PaceOptions {
  clock?: LifeClock;
  /** Told once for each time that we slow down, and when it is over. */
  say?: (words: string) => void;
  /** The slowest: a pipeline in so many milliseconds. Default 30,000. */
  slowestMs?: number;
  /** After so long without a warning the pace doubles. Default 60,000. */
  recoverMs?: number;
}

/** Where nobody is warned, a pipeline may follow another at once. */
const FREE_MS = 0;
const FIRST_MS = 100;
const MINUTE_MS = 60_000;

export class Pace {
  readonly #clock: LifeClock;
  readonly #options: PaceOptions;
  /** When pipelines began, within the last minute. */
  #begun: number[] = [];
  #intervalMs = FREE_MS;
  #nextMs = 0;
  #warnedMs = 0;

  constructor(options: PaceOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Milliseconds between two pipelines; 0: as fast as they come. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Resolves when the next pipeline may be sent, in the order of the calls. @throws the signal's reason */
  async turn(signal?: AbortSignal, say = this.#options.say): Promise<void> {
    const nowMs = this.#clock.nowMs();
    this.#recover(nowMs, say);
    const atMs = Math.max(nowMs, this.#nextMs);
    if (this.#intervalMs > 0) this.#nextMs = atMs + this.#intervalMs;
    this.#begun = [...this.#begun.filter((ms) => ms > nowMs - MINUTE_MS), atMs].slice(-1000);
    if (atMs > nowMs) await sleep(atMs - nowMs, this.#clock, signal);
  }

  /** A warning of the service, of whatever kind. */
  warned(text: string, say = this.#options.say): void {
    const delay = recogniseMicroDelay(text);
    if (delay === undefined) return;
    const nowMs = this.#clock.nowMs();
    const lately = this.#begun.filter((ms) => ms > nowMs - MINUTE_MS).length;
    const seen = lately === 0 ? FIRST_MS : Math.max(FIRST_MS, MINUTE_MS / lately);
    const before = this.#intervalMs;
    // Several pipelines of one burst are warned of together: that is one warning.
    if (before === FREE_MS || nowMs - this.#warnedMs > before) {
      this.#intervalMs = Math.min(this.#options.slowestMs ?? 30_000, Math.max(seen, before) * (before === FREE_MS ? 1 : 2));
    }
    this.#warnedMs = nowMs;
    // What runs is being delayed by the service; what comes behind waits here instead of there.
    this.#nextMs = Math.max(this.#nextMs, nowMs + Math.max(delay.actualMs, delay.cappedMs));
    if (before === FREE_MS) {
      say?.(`The service delays this account (${Math.ceil(delay.actualMs / 1000)} s): going slower for a while`);
    }
  }

  /** The same pace, whose words go to one session's user. */
  told(say: (words: string) => void): { turn(signal?: AbortSignal): Promise<void>; warned(text: string): void } {
    return { turn: (signal) => this.turn(signal, say), warned: (text) => this.warned(text, say) };
  }

  #recover(nowMs: number, say: PaceOptions["say"]): void {
    const { recoverMs = MINUTE_MS } = this.#options;
    while (this.#intervalMs > 0 && nowMs - this.#warnedMs >= recoverMs) {
      this.#intervalMs = this.#intervalMs / 2 < FIRST_MS ? FREE_MS : this.#intervalMs / 2;
      this.#warnedMs += recoverMs;
      if (this.#intervalMs === FREE_MS) say?.("The service no longer delays this account");
    }
  }
}

/** One pace for each credential at each service, for all sessions of this process. */
export class Paces {
  readonly #paces = new Map<string, Pace>();
  readonly #options: PaceOptions;

  constructor(options: PaceOptions = {}) {
    this.#options = options;
  }

  of(account: string, endpoint: string): Pace {
    const key = `${account}\n${endpoint}`.toLowerCase();
    const pace = this.#paces.get(key) ?? new Pace(this.#options);
    this.#paces.set(key, pace);
    return pace;
  }
}
