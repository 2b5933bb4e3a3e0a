/**
 * The guard against guessing: after each failed logon the next answer comes later, and after too many of them nothing
 * is looked at for a while; per account, and per source address for whoever tries one password on many accounts. A source
 * that is familiar to the account counts for itself: guesses from elsewhere do not lock the account's owner out.
 *
 * Pure: the time is handed in, and delays are told, not slept. Unknown accounts are counted as known ones are.
 * Memory is bounded: beyond `capacity` entries the one that was touched longest ago is forgotten.
 */
import { Fault } from "@tieline/fault";
import { showable } from "../octets.ts";
import { sourceKey } from "./source-key.ts";

export interface LogonGuardOptions {
  /** Failures of an account after which it is locked. Default 10; 0 switches the lock off. */
  readonly accountThreshold?: number;
  /** Failures from one address after which it is locked. Default 100; 0 switches the lock off. */
  readonly sourceThreshold?: number;
  /** How long a lock lasts. Default 15 minutes. */
  readonly lockMs?: number;
  /** Failures are forgotten after this time without a new one. Default 15 minutes. */
  readonly forgetMs?: number;
  /** The delay after the first failure; it doubles with each. Default 200 ms. */
  readonly firstDelayMs?: number;
  /** Default 5 s. */
  readonly longestDelayMs?: number;
  /** Logons of one account that may be under way at once when one failed before. Default 4. */
  readonly concurrentAttempts?: number;
  /** Accounts and sources that are remembered, each. Default 10,000. */
  readonly capacity?: number;
}

const DEFAULTS: Required<LogonGuardOptions> = {
  accountThreshold: 10,
  sourceThreshold: 100,
  lockMs: 15 * 60_000,
  forgetMs: 15 * 60_000,
  firstDelayMs: 200,
  longestDelayMs: 5_000,
  concurrentAttempts: 4,
  capacity: 10_000,
};

interface Entry {
  failures: number;
  underWay: number;
  lastMs: number;
  lockedUntilMs: number;
}

/** A logon that was let through to be judged; tell it how that ended, once. */
export interface LogonAttempt {
  succeeded(nowMs: number): void;
  /** How long the refusal should be held back. */
  failed(nowMs: number): { delayMs: number };
  /** Neither: the attempt broke off, or was refused for another reason than the secret. */
  abandoned(): void;
}

export class LogonGuard {
  readonly #options: Required<LogonGuardOptions>;
  readonly #accounts = new Map<string, Entry>();
  readonly #sources = new Map<string, Entry>();

  constructor(options: LogonGuardOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * Before a secret is looked at.
   *
   * @param account one spelling for one account; letter case does not matter
   * @param source the peer's address
   * @param familiar true where the account signed in from there before
   * @throws Fault `account-locked`, `source-locked`
   */
  admit(account: string, source: string, nowMs: number, familiar = false): LogonAttempt {
    const name = account.slice(0, 256).toLowerCase();
    const place = sourceKey(source);
    const byAccount = this.#entry(this.#accounts, familiar ? `${name} at ${place}` : name, nowMs);
    const bySource = this.#entry(this.#sources, place, nowMs);
    const { accountThreshold, sourceThreshold, concurrentAttempts } = this.#options;
    if (bySource.lockedUntilMs > nowMs) {
      throw new Fault("source-locked", { source: showable(source), seconds: secondsUntil(bySource.lockedUntilMs, nowMs) });
    }
    if (byAccount.lockedUntilMs > nowMs) {
      throw new Fault("account-locked", { user: showable(account), seconds: secondsUntil(byAccount.lockedUntilMs, nowMs) });
    }
    // Many guesses sent at once must not all be judged before the first failure is counted.
    const crowd = accountThreshold > 0 && byAccount.failures > 0 && byAccount.underWay >= concurrentAttempts;
    const rush = accountThreshold > 0 && byAccount.failures === 0 && byAccount.underWay >= accountThreshold * 10;
    if (crowd || rush) throw new Fault("account-locked", { user: showable(account), seconds: 1 });

    byAccount.underWay++;
    bySource.underWay++;
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      byAccount.underWay--;
      bySource.underWay--;
    };
    return {
      succeeded: () => {
        close();
        // The source keeps its failures: one good account must not wash away guesses at others.
        byAccount.failures = 0;
      },
      failed: (failedMs) => {
        const counted = open;
        close();
        if (!counted) return { delayMs: 0 };
        this.#count(byAccount, accountThreshold, failedMs);
        this.#count(bySource, sourceThreshold, failedMs);
        return { delayMs: this.#delay(byAccount.failures) };
      },
      abandoned: close,
    };
  }

  /** An administrator's unlock, at all sources. */
  unlock(account: string): void {
    const name = account.slice(0, 256).toLowerCase();
    for (const key of this.#accounts.keys()) if (key === name || key.startsWith(`${name} at `)) this.#accounts.delete(key);
  }

  /** For a gauge: how many accounts and sources are locked. */
  locked(nowMs: number): { accounts: number; sources: number } {
    const count = (entries: Map<string, Entry>): number => [...entries.values()].filter((entry) => entry.lockedUntilMs > nowMs).length;
    return { accounts: count(this.#accounts), sources: count(this.#sources) };
  }

  #delay(failures: number): number {
    const { firstDelayMs, longestDelayMs } = this.#options;
    return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 30));
  }

  #count(entry: Entry, threshold: number, nowMs: number): void {
    entry.failures++;
    entry.lastMs = nowMs;
    if (threshold > 0 && entry.failures >= threshold) entry.lockedUntilMs = nowMs + this.#options.lockMs;
  }

  #entry(entries: Map<string, Entry>, key: string, nowMs: number): Entry {
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = { failures: 0, underWay: 0, lastMs: nowMs, lockedUntilMs: 0 };
      if (entries.size >= this.#options.capacity) evict(entries, nowMs);
    } else {
      entries.delete(key);
      const lapsed = entry.lockedUntilMs !== 0 && entry.lockedUntilMs <= nowMs;
      if (lapsed || (entry.lockedUntilMs === 0 && nowMs - entry.lastMs >= this.#options.forgetMs)) {
        entry.failures = 0;
        entry.lockedUntilMs = 0;
      }
    }
    entries.set(key, entry);
    return entry;
  }
}

/** Makes room for one: the entry longest untouched that is neither locked nor in use, among the first few; else the very first. */
function evict(entries: Map<string, Entry>, nowMs: number): void {
  let looked = 0;
  let first: string | undefined;
  for (const [key, entry] of entries) {
    first ??= key;
    if (entry.lockedUntilMs <= nowMs && entry.underWay === 0 && entry.failures === 0) {
      entries.delete(key);
      return;
    }
    if (++looked >= 64) break;
  }
  if (first !== undefined) entries.delete(first);
}

function secondsUntil(untilMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
}
