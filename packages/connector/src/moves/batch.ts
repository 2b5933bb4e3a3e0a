/** A batch of moves as a pool's cmdlets tell of it, and how their objects are read. */
import { DateTime, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";

/** What the service of a move online is called on every pool. */
export const ONLINE_TARGET = "sipfed.online.lync.com";

const BATCH_STATES = ["Planned", "Running", "Suspended", "Completed", "CompletedWithErrors", "Cancelled", "Undoing", "Undone"] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export const MOVE_STATES = ["Waiting", "Moving", "Moved", "Failed", "Skipped", "Undone"] as const;
export type MoveState = (typeof MOVE_STATES)[number];

/** How many users stand where. */
export type MoveCounts = Readonly<Record<Lowercase<MoveState>, number>>;

export interface Batch extends MoveCounts {
  batchId: string;
  name: string;
  state: BatchState;
  /** Why it is suspended, or begins nobody at this hour. */
  reason: string | undefined;
  /** What to do about the reason, in the words of the pool's cmdlets. */
  cure: string | undefined;
  target: string;
  users: number;
  /** Users a minute of late; undefined where nothing is under way. */
  ratePerMinute: number | undefined;
  secondsLeft: number | undefined;
  wave: number;
  waves: number;
  createdBy: string;
  /** Milliseconds since 1970, as all times here. */
  createdAtMs: number | undefined;
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
}

/** A user of a batch, with what became of the move. */
export interface MovedUser {
  sequence: number;
  /** As the user was added. */
  identity: string;
  displayName: string;
  sipAddress: string;
  state: MoveState;
  /** Where the user is served: `Online`, or a pool. */
  homed: string;
  wave: number;
  attempts: number;
  /** Of the fault, where the move failed or was skipped. */
  code: string | undefined;
  text: string | undefined;
  cure: string | undefined;
  teamsUpgradeMode: string | undefined;
  contacts: number | undefined;
  meetings: number | undefined;
  leftPolicies: readonly string[];
  /** Of a move that was made: what was worth saying. */
  warnings: readonly string[];
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  durationMs: number | undefined;
  changeNumber: number;
}

/** What the check of a batch found. */
export interface PreflightFinding {
  identity: string;
  displayName: string;
  sipAddress: string;
  severity: "error" | "warning";
  code: string;
  text: string;
  cure: string;
}

/** The numbers that administrators watch while users move. */
export interface HomedCounters {
  homedOnline: number;
  homedOnPremises: number;
  syncedAndHomedOnline: number;
  notEnabled: number;
  activeMoves: number;
}

export interface AddedUsers {
  added: number;
  duplicates: number;
  /** Identities that are nobody's. */
  notFound: string[];
}

export function readBatch(value: PsValue): Batch {
  const o = value as PsObject;
  const counts = Object.fromEntries(MOVE_STATES.map((state) => [state.toLowerCase(), numberOf(o.get(state)) ?? 0])) as MoveCounts;
  return {
    ...counts,
    batchId: textOf(o.get("BatchId")) ?? "",
    name: textOf(o.get("Name")) ?? "",
    state: oneOf(BATCH_STATES, o.get("State"), "Planned"),
    reason: textOf(o.get("Reason")),
    cure: textOf(o.get("Cure")),
    target: textOf(o.get("Target")) ?? "",
    users: numberOf(o.get("Users")) ?? 0,
    ratePerMinute: numberOf(o.get("RatePerMinute")),
    secondsLeft: numberOf(o.get("SecondsLeft")),
    wave: numberOf(o.get("Wave")) ?? 0,
    waves: numberOf(o.get("Waves")) ?? 0,
    createdBy: textOf(o.get("CreatedBy")) ?? "",
    createdAtMs: momentOf(o.get("CreatedAt")),
    startedAtMs: momentOf(o.get("StartedAt")),
    finishedAtMs: momentOf(o.get("FinishedAt")),
  };
}

export function readMovedUser(value: PsValue): MovedUser {
  const o = value as PsObject;
  return {
    sequence: numberOf(o.get("Sequence")) ?? 0,
    identity: textOf(o.get("Identity")) ?? "",
    displayName: textOf(o.get("DisplayName")) ?? "",
    sipAddress: textOf(o.get("SipAddress")) ?? "",
    state: oneOf(MOVE_STATES, o.get("State"), "Waiting"),
    homed: textOf(o.get("Homed")) ?? "",
    wave: numberOf(o.get("Wave")) ?? 0,
    attempts: numberOf(o.get("Attempts")) ?? 0,
    code: textOf(o.get("Code")),
    text: textOf(o.get("Text")),
    cure: textOf(o.get("Cure")),
    teamsUpgradeMode: textOf(o.get("TeamsUpgradeMode")),
    contacts: numberOf(o.get("Contacts")),
    meetings: numberOf(o.get("Meetings")),
    leftPolicies: listOf(o.get("LeftPolicies")),
    warnings: listOf(o.get("Warnings")),
    startedAtMs: momentOf(o.get("StartedAt")),
    finishedAtMs: momentOf(o.get("FinishedAt")),
    durationMs: numberOf(o.get("DurationMs")),
    changeNumber: numberOf(o.get("ChangeNumber")) ?? 0,
  };
}

export function readPreflightFinding(value: PsValue): PreflightFinding {
  const o = value as PsObject;
  return {
    identity: textOf(o.get("Identity")) ?? "",
    displayName: textOf(o.get("DisplayName")) ?? "",
    sipAddress: textOf(o.get("SipAddress")) ?? "",
    severity: textOf(o.get("Severity"))?.toLowerCase() === "warning" ? "warning" : "error",
    code: textOf(o.get("Code")) ?? "",
    text: textOf(o.get("Text")) ?? "",
    cure: textOf(o.get("Cure")) ?? "",
  };
}

export function readCounters(value: PsValue): HomedCounters {
  const o = value as PsObject;
  return {
    homedOnline: numberOf(o.get("UsersHomedOnline")) ?? 0,
    homedOnPremises: numberOf(o.get("UsersHomedOnPremises")) ?? 0,
    syncedAndHomedOnline: numberOf(o.get("UsersSyncedAndHomedOnline")) ?? 0,
    notEnabled: numberOf(o.get("UsersNotEnabled")) ?? 0,
    activeMoves: numberOf(o.get("ActiveMoves")) ?? 0,
  };
}

export function readAdded(value: PsValue): AddedUsers {
  const o = value as PsObject;
  return { added: numberOf(o.get("Added")) ?? 0, duplicates: numberOf(o.get("Duplicates")) ?? 0, notFound: listOf(o.get("NotFound")) };
}

/** A batch that nobody works on any more. */
export function isOver({ state }: Pick<Batch, "state">): boolean {
  return state === "Completed" || state === "CompletedWithErrors" || state === "Cancelled" || state === "Undone";
}

function textOf(value: PsValue | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = value instanceof PsObject ? value.toString() : String(value as string | number);
  return text === "" ? undefined : text;
}

function numberOf(value: PsValue | undefined): number | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  const number = Number(value instanceof PsObject && value.base !== undefined ? value.base : value);
  return Number.isFinite(number) ? number : undefined;
}

function momentOf(value: PsValue | undefined): number | undefined {
  if (value instanceof DateTime) return value.toDate().getTime();
  const text = textOf(value);
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function listOf(value: PsValue | undefined): string[] {
  if (value === null || value === undefined) return [];
  if (value instanceof PsObject && value.base !== undefined) return listOf(value.base);
  const items = value instanceof PsList ? value.items : Array.isArray(value) ? (value as PsValue[]) : [value];
  return items.map((each) => textOf(each) ?? "").filter((each) => each !== "");
}

/** Enumerations travel in any letter case. */
function oneOf<T extends string>(names: readonly T[], value: PsValue | undefined, otherwise: T): T {
  const text = textOf(value)?.toLowerCase();
  return names.find((each) => each.toLowerCase() === text) ?? otherwise;
}
