/**
 * What is done after a move that failed: tried again later, given up, or the whole batch paused. Everything known of a fault stands
 * in the two tables; a fault that is in neither is final, since trying again what cannot succeed only costs time.
 *
 *     kind         what it is about            what is done
 *     final        this user                   the user has failed
 *     transient    this user, or the service   again, later each time, so often as is allowed; then the user has failed
 *     site, disk   everybody alike             again; so many in a row pause the batch
 *     sign-in      everybody alike             the batch is paused at once, until somebody signs in again
 *     unsettled    nobody knows yet, since the again, after the move was settled; so many in a row pause the batch, as
 *                  other site is away          everybody who is begun with is served by nobody until it is back
 */
import { isFault, type FaultEntry } from "@tieline/fault";

export type FaultKind = "final" | "transient" | "site" | "disk" | "sign-in" | "unsettled";

const BY_LAYER: Readonly<Partial<Record<FaultEntry["layer"], FaultKind>>> = {
  // Where the service is, nobody's own matter.
  discovery: "site",
  name: "site",
  network: "site",
  proxy: "site",
  tls: "site",
  http: "site",
  limit: "transient",
  authentication: "sign-in",
  store: "site",
};

/** Faults that are counted together, where several in a row pause the batch. */
const COUNTED: Readonly<Partial<Record<FaultKind, string>>> = { site: "site", unsettled: "site", disk: "disk" };

/** As what it is counted; undefined where it says nothing of all the others. */
export function countedAs(kind: FaultKind): string | undefined {
  return COUNTED[kind];
}

/** Where the layer does not say it. */
const BY_CODE: Readonly<Record<string, FaultKind>> = {
  "store-full": "disk",
  "store-unwritable": "disk",
  "store-failed": "disk",
  "store-damaged": "final",
  // Provisioning online takes its time after a licence was assigned.
  "move-not-provisioned": "transient",
  "move-unsettled": "unsettled",
  // Somebody else moves this user at the moment, or a process that is gone did.
  "move-in-progress": "transient",
  "move-undone": "transient",
  // The account may not move anybody.
  "hosted-migration-caller": "sign-in",
  "hosted-request-invalid": "final",
  "batch-sign-in-ended": "sign-in",
  "batch-sign-in-missing": "sign-in",
};

export function faultKind(error: unknown): FaultKind {
  if (!isFault(error)) return "final";
  return BY_CODE[error.code] ?? BY_LAYER[error.layer] ?? "final";
}

/** Whether the same move may well succeed a moment later. */
export function retryable(error: unknown): boolean {
  return !["final", "sign-in"].includes(faultKind(error));
}

export interface RetryRule {
  /** Tries a user has, the first included. */
  maxAttempts: number;
  /** Faults of one kind in a row that pause the batch. */
  pauseAfter: number;
  /** The first wait; each further one is twice as long. */
  firstMs: number;
  longestMs: number;
}

export const DEFAULT_RETRY: RetryRule = { maxAttempts: 6, pauseAfter: 5, firstMs: 2_000, longestMs: 10 * 60_000 };

export type Decision =
  | { what: "again"; afterMs: number }
  /** The user waits on, and the batch is paused. */
  | { what: "pause"; kind: FaultKind }
  | { what: "give-up" };

/**
 * @param attempts tries of this user so far, this one included
 * @param streak faults that are counted together with it, in a row in the batch, this one included
 * @param chance at least 0, less than 1: spreads those who failed together
 */
export function decide(kind: FaultKind, attempts: number, streak: number, chance: number, rule: RetryRule = DEFAULT_RETRY): Decision {
  if (kind === "sign-in") return { what: "pause", kind };
  if (countedAs(kind) !== undefined && streak >= rule.pauseAfter) return { what: "pause", kind };
  if (kind === "final") return { what: "give-up" };
  // An unsettled move ends one way or the other: giving up would say what nobody knows.
  if (kind !== "unsettled" && attempts >= rule.maxAttempts) return { what: "give-up" };
  return { what: "again", afterMs: backoffMs(attempts, chance, rule) };
}

/** Between half of the wait and all of it. */
export function backoffMs(attempts: number, chance: number, rule: RetryRule = DEFAULT_RETRY): number {
  const wholeMs = Math.min(rule.longestMs, rule.firstMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(wholeMs * (0.5 + chance / 2));
}
