/** What a batch came to, as data: outcomes, reasons of failures, the course of time, durations. Pure; faces print it. */
import { MOVE_STATES, type Batch, type HomedCounters, type MovedUser, type MoveState } from "./batch.ts";

export interface MoveReport {
  batch: Batch;
  /** Before the batch began, where this machine has started it, and now. */
  counters: { before: HomedCounters | undefined; now: HomedCounters };
  /** In the order of MOVE_STATES, those with nobody left out. */
  outcomes: readonly { state: MoveState; users: number }[];
  /** The commonest first. */
  reasons: readonly FailureReason[];
  course: Course | undefined;
  /** Of the users who moved; undefined where none did. */
  durations: Durations | undefined;
  /** TeamsUpgradePolicy's outcome, the commonest first. */
  teamsModes: readonly { mode: string; users: number }[];
  /** Policies without a counterpart at the target, the commonest first. */
  leftPolicies: readonly { policy: string; users: number }[];
  contacts: number;
  meetings: number;
  users: readonly MovedUser[];
}

export interface FailureReason {
  state: "Failed" | "Skipped";
  code: string;
  /** As one of them was told. */
  text: string;
  cure: string;
  users: number;
}

/** Users at their end, added up over time. */
export interface Course {
  beganAtMs: number;
  endedAtMs: number;
  /** Evenly spread, the last at the end. */
  points: readonly { atMs: number; moved: number; failed: number }[];
}

export interface Durations {
  medianMs: number;
  /** Nineteen of twenty took no longer. */
  most95Ms: number;
  longestMs: number;
  /** From `fromMs`, below `toMs`. */
  bins: readonly { fromMs: number; toMs: number; users: number }[];
}

const POINTS = 60;
const BINS = 16;

export function moveReport(
  batch: Batch,
  users: readonly MovedUser[],
  counters: { before?: HomedCounters | undefined; now: HomedCounters },
): MoveReport {
  const moved = users.filter(({ state }) => state === "Moved" || state === "Undone");
  return {
    batch,
    counters: { before: counters.before, now: counters.now },
    outcomes: MOVE_STATES.map((state) => ({ state, users: users.filter((user) => user.state === state).length })).filter(
      ({ users: count }) => count > 0,
    ),
    reasons: reasonsOf(users),
    course: courseOf(users),
    durations: durationsOf(moved.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]))),
    teamsModes: counted(moved.flatMap(({ teamsUpgradeMode }) => teamsUpgradeMode ?? [])).map(([mode, count]) => ({ mode, users: count })),
    leftPolicies: counted(moved.flatMap(({ leftPolicies }) => leftPolicies)).map(([policy, count]) => ({ policy, users: count })),
    contacts: moved.reduce((sum, { contacts = 0 }) => sum + contacts, 0),
    meetings: moved.reduce((sum, { meetings = 0 }) => sum + meetings, 0),
    users,
  };
}

function reasonsOf(users: readonly MovedUser[]): FailureReason[] {
  const found = new Map<string, FailureReason>();
  for (const { state, code, text, cure } of users) {
    if ((state !== "Failed" && state !== "Skipped") || (code === undefined && text === undefined)) continue;
    const key = `${state} ${code ?? text ?? ""}`;
    const reason = found.get(key);
    if (reason === undefined) found.set(key, { state, code: code ?? "", text: text ?? "", cure: cure ?? "", users: 1 });
    else reason.users += 1;
  }
  return [...found.values()].toSorted((a, b) => b.users - a.users);
}

function courseOf(users: readonly MovedUser[]): Course | undefined {
  const ends = users
    .flatMap(({ state, startedAtMs, finishedAtMs }) =>
      finishedAtMs === undefined || state === "Waiting" || state === "Moving" ? [] : [{ state, startedAtMs, atMs: finishedAtMs }],
    )
    .toSorted((a, b) => a.atMs - b.atMs);
  const last = ends.at(-1);
  if (last === undefined) return undefined;
  const beganAtMs = ends.reduce((first, { startedAtMs, atMs }) => Math.min(first, startedAtMs ?? atMs), last.atMs);
  const endedAtMs = Math.max(last.atMs, beganAtMs + 1);
  const points: { atMs: number; moved: number; failed: number }[] = [];
  let moved = 0;
  let failed = 0;
  let next = 0;
  for (let i = 0; i <= POINTS; i++) {
    const atMs = beganAtMs + ((endedAtMs - beganAtMs) * i) / POINTS;
    for (; next < ends.length && (ends[next] as { atMs: number }).atMs <= atMs; next++) {
      if (ends[next]?.state === "Failed") failed += 1;
      else if (ends[next]?.state !== "Skipped") moved += 1;
    }
    points.push({ atMs, moved, failed });
  }
  return { beganAtMs, endedAtMs, points };
}

function durationsOf(all: readonly number[]): Durations | undefined {
  const sorted = all.toSorted((a, b) => a - b);
  const longestMs = sorted.at(-1);
  if (longestMs === undefined) return undefined;
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  const widthMs = roundUp(longestMs / BINS);
  const bins = Array.from({ length: Math.floor(longestMs / widthMs) + 1 }, (_, i) => ({
    fromMs: i * widthMs,
    toMs: (i + 1) * widthMs,
    users: 0,
  }));
  for (const ms of sorted) (bins[Math.floor(ms / widthMs)] as { users: number }).users += 1;
  return { medianMs: at(0.5), most95Ms: at(0.95), longestMs, bins };
}

/** The next of 1, 2, 5, 10, 20, 50 ...: widths that people can read. */
function roundUp(ms: number): number {
  let step = 1;
  for (;;) {
    for (const factor of [1, 2, 5]) if (step * factor >= ms) return step * factor;
    step *= 10;
  }
}

function counted(items: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || a.localeCompare(b));
}
