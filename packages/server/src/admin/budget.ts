/**
 * Budgets of remote PowerShell: how much of the service's time an account may use, over all its sessions. Pure: the time
 * comes in, delays and refusals go out.
 *
 * A budget has a *balance* of milliseconds. A pipeline is charged the time that it took; the balance recharges while time
 * passes, up to what an hour brings. Below zero each further pipeline is delayed, the longer the deeper (a micro delay);
 * at the *cutoff* the account is locked out until half of that is recharged. Beside it cmdlets are counted in short
 * periods, all and the destructive ones: whoever has none left waits for the next period.
 *
 * Kept in the memory of a process: a budget is worth as long as a recharge takes, and a write to the store for each cmdlet
 * would cost more than it protects. Where several processes serve one tenant, each grants the budget once.
 */
import { Fault } from "@tieline/fault";

export interface BudgetPolicy {
  /** Cmdlets of an account in one period. */
  cmdlets: number;
  /** Those of them that destroy. */
  destructive: number;
  periodSeconds: number;
  /** Milliseconds that an hour recharges, and the most that a balance holds. */
  rechargeMs: number;
  /** The account is locked out this far below zero. */
  cutoffMs: number;
  /** The longest delay of one pipeline. */
  longestDelayMs: number;
}

/** The counts are those of a dump that was seen in the wild (cmdlets, period, recharge, cutoff); the longest delay is ours. */
export const DEFAULT_BUDGET: BudgetPolicy = {
  cmdlets: 400,
  destructive: 120,
  periodSeconds: 5,
  rechargeMs: 2_160_000,
  cutoffMs: 3_000_000,
  longestDelayMs: 40_000,
};

export interface Admission {
  /** The pipeline waits so long; 0: not at all. */
  delayMs: number;
  /** What its caller is warned with, if it waits. */
  warning: string | undefined;
}

interface Account {
  balanceMs: number;
  atMs: number;
  periodMs: number;
  cmdlets: number;
  destructive: number;
  runspaces: number;
  locked: boolean;
}

const HOUR_MS = 3_600_000;
/** Accounts that have their whole budget are forgotten when there are more. */
const REMEMBERED = 10_000;
const DESTROYS = /^(?:Remove|Disable|Clear|Reset|Revoke|Uninstall|Unregister|Move)-/i;

export class Budgets {
  readonly #policy: BudgetPolicy;
  readonly #runspacesOf: number;
  readonly #accounts = new Map<string, Account>();

  /** @param runspaces the sessions that an account may have; shown in the dump */
  constructor(policy: Partial<BudgetPolicy>, runspaces: number) {
    this.#policy = { ...DEFAULT_BUDGET, ...policy };
    this.#runspacesOf = runspaces;
  }

  opened(account: string, nowMs: number): void {
    this.#of(account, nowMs).runspaces += 1;
  }

  closed(account: string, nowMs: number): void {
    const known = this.#of(account, nowMs);
    known.runspaces = Math.max(0, known.runspaces - 1);
  }

  /**
   * Before a pipeline of these cmdlets runs.
   *
   * @throws Fault `budget-locked`
   */
  admit(account: string, user: string, cmdlets: readonly string[], nowMs: number): Admission {
    const known = this.#of(account, nowMs);
    const { cutoffMs, rechargeMs, longestDelayMs } = this.#policy;
    if (known.balanceMs >= -cutoffMs / 2) known.locked = false;
    if (known.locked) {
      const missingMs = -cutoffMs / 2 - known.balanceMs;
      const seconds = Math.ceil((missingMs / rechargeMs) * (HOUR_MS / 1000));
      throw new Fault("budget-locked", { user, balance: Math.round(known.balanceMs), cutoff: -cutoffMs, seconds });
    }
    const counted = this.#count(known, cmdlets, nowMs);
    const deficit = known.balanceMs < 0 ? (-known.balanceMs / cutoffMs) * longestDelayMs : 0;
    const delayMs = Math.min(longestDelayMs, Math.round(Math.max(counted, deficit)));
    return { delayMs, warning: delayMs > 0 ? this.#words(known, delayMs) : undefined };
  }

  /** After it: the time that it took, its delay left out. */
  charge(account: string, ms: number, nowMs: number): void {
    const known = this.#of(account, nowMs);
    const { cutoffMs } = this.#policy;
    known.balanceMs = Math.max(-cutoffMs, known.balanceMs - ms);
    // What recharges until the next pipeline comes does not count: it is locked until half of the cutoff.
    if (known.balanceMs <= -cutoffMs) known.locked = true;
  }

  /** Counts them in this period, or a later one: then how long until it begins. */
  #count(known: Account, names: readonly string[], nowMs: number): number {
    const { cmdlets, destructive, periodSeconds } = this.#policy;
    const lengthMs = periodSeconds * 1000;
    if (nowMs >= known.periodMs + lengthMs) Object.assign(known, { periodMs: nowMs, cmdlets: 0, destructive: 0 });
    const more = names.filter((name) => DESTROYS.test(name)).length;
    // A pipeline that alone exceeds a period's count has a period to itself.
    const full =
      (known.cmdlets > 0 && known.cmdlets + names.length > cmdlets) ||
      (known.destructive > 0 && more > 0 && known.destructive + more > destructive);
    if (full) Object.assign(known, { periodMs: known.periodMs + lengthMs, cmdlets: 0, destructive: 0 });
    known.cmdlets += names.length;
    known.destructive += more;
    return Math.max(0, known.periodMs - nowMs);
  }

  /** The text that administrators know, with the dump that they send to support. */
  #words(known: Account, delayMs: number): string {
    const { cmdlets, destructive, periodSeconds, rechargeMs, cutoffMs } = this.#policy;
    const most = this.#runspacesOf;
    const left = (of: number, used: number): string => `${Math.max(0, of - used)}/${of}`;
    const dump = [
      "PolicyDN: Tieline",
      "BudgetType: PowerShell",
      `ActiveRunspaces: ${known.runspaces}/${most}`,
      `Balance: ${Math.round(known.balanceMs)}/${rechargeMs}/${-cutoffMs}`,
      `PowerShellCmdletsLeft: ${left(cmdlets, known.cmdlets)}`,
      `CmdletTimePeriod: ${periodSeconds}`,
      `DestructiveCmdletsLeft: ${left(destructive, known.destructive)}`,
      "QueueDepth: 100",
      `RunSpacesRemaining: ${left(most, known.runspaces)}`,
      `Locked: ${known.locked ? "True" : "False"}`,
    ];
    return `Micro delay applied. Actual delayed: ${delayMs} msecs, Enforced: True, Capped delay: ${delayMs} msecs, Required: False, Additional info: .; ${dump.join("; ")}`;
  }

  #of(account: string, nowMs: number): Account {
    const { rechargeMs } = this.#policy;
    let known = this.#accounts.get(account);
    if (known === undefined) {
      if (this.#accounts.size >= REMEMBERED) this.#forget(nowMs);
      known = { balanceMs: rechargeMs, atMs: nowMs, periodMs: nowMs, cmdlets: 0, destructive: 0, runspaces: 0, locked: false };
      this.#accounts.set(account, known);
    }
    // A clock that was put back recharges nothing and takes nothing.
    const passedMs = Math.max(0, nowMs - known.atMs);
    known.balanceMs = Math.min(rechargeMs, known.balanceMs + (passedMs / HOUR_MS) * rechargeMs);
    known.atMs = nowMs;
    if (known.periodMs - nowMs > this.#policy.periodSeconds * 1000 * 100) known.periodMs = nowMs;
    return known;
  }

  #forget(nowMs: number): void {
    for (const [account, { runspaces, balanceMs, atMs }] of this.#accounts) {
      const whole = balanceMs + ((nowMs - atMs) / HOUR_MS) * this.#policy.rechargeMs >= this.#policy.rechargeMs;
      if (runspaces === 0 && whole) this.#accounts.delete(account);
    }
  }
}
