/** Batches and their users as objects to print, under the names that the pool's cmdlets use. */
import type { Batch, HomedCounters, MovedUser } from "@tieline/connector";
import { DateTime, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { DefaultView } from "./output/printer.ts";
import { lasting } from "./output/words.ts";

const BATCH = "Tieline.MoveBatch";
const USER = "Tieline.MoveBatchUser";

const VIEWS: Readonly<Record<string, DefaultView>> = {
  [BATCH]: {
    kind: "table",
    columns: ["Name", "State", "Users", "Moved", "Failed", "Waiting", "Left", "StartedAt", "Target"],
  },
  [USER]: { kind: "table", columns: ["SipAddress", "DisplayName", "State", "Homed", "Wave", "Attempts", "Code", "Text"] },
};

export function moveView(typeNames: readonly string[]): DefaultView | undefined {
  return VIEWS[typeNames[0] ?? ""];
}

export function batchObject(batch: Batch, counters?: { before: HomedCounters | undefined; now: HomedCounters }): PsObject {
  return PsObject.of(
    {
      BatchId: batch.batchId,
      Name: batch.name,
      State: batch.state,
      Reason: batch.reason ?? null,
      Cure: batch.cure ?? null,
      Target: batch.target,
      Users: batch.users,
      Waiting: batch.waiting,
      Moving: batch.moving,
      Moved: batch.moved,
      Failed: batch.failed,
      Skipped: batch.skipped,
      Undone: batch.undone,
      RatePerMinute: batch.ratePerMinute ?? null,
      SecondsLeft: batch.secondsLeft ?? null,
      Left: batch.secondsLeft === undefined || batch.state !== "Running" ? null : lasting(batch.secondsLeft * 1000),
      Wave: batch.wave,
      Waves: batch.waves,
      CreatedBy: batch.createdBy,
      CreatedAt: moment(batch.createdAtMs),
      StartedAt: moment(batch.startedAtMs),
      FinishedAt: moment(batch.finishedAtMs),
      ...(counters === undefined
        ? {}
        : {
            CountersBefore: counters.before === undefined ? null : countersObject(counters.before),
            Counters: countersObject(counters.now),
          }),
    },
    [BATCH],
  );
}

export function userObject(user: MovedUser): PsObject {
  return PsObject.of(
    {
      SipAddress: user.sipAddress,
      DisplayName: user.displayName,
      Identity: user.identity,
      State: user.state,
      Homed: user.homed,
      Wave: user.wave,
      Attempts: user.attempts,
      Code: user.code ?? null,
      Text: user.text ?? null,
      Cure: user.cure ?? null,
      TeamsUpgradeMode: user.teamsUpgradeMode ?? null,
      Contacts: user.contacts ?? null,
      Meetings: user.meetings ?? null,
      LeftPolicies: [...user.leftPolicies],
      Warnings: [...user.warnings],
      StartedAt: moment(user.startedAtMs),
      FinishedAt: moment(user.finishedAtMs),
      DurationMs: user.durationMs ?? null,
    },
    [USER],
  );
}

function countersObject(counters: HomedCounters): PsObject {
  return PsObject.of({
    UsersHomedOnline: counters.homedOnline,
    UsersHomedOnPremises: counters.homedOnPremises,
    UsersSyncedAndHomedOnline: counters.syncedAndHomedOnline,
    UsersNotEnabled: counters.notEnabled,
    ActiveMoves: counters.activeMoves,
  });
}

/** What the counters are called, in the order in which they are shown. */
export const COUNTERS: readonly (readonly [keyof HomedCounters, string])[] = [
  ["homedOnline", "Users homed online"],
  ["homedOnPremises", "Users homed on premises"],
  ["syncedAndHomedOnline", "Users synced and homed online"],
  ["notEnabled", "Users not enabled"],
];

/** Lines of a table for people: before, now, and the difference. */
export function counterLines(now: HomedCounters, before?: HomedCounters): string[] {
  const widest = Math.max(...COUNTERS.map(([, title]) => title.length));
  return COUNTERS.map(([key, title]) => {
    const difference = before === undefined ? 0 : now[key] - before[key];
    const change = difference === 0 ? "" : `  (${difference > 0 ? "+" : ""}${difference})`;
    return `${title.padEnd(widest)}  ${String(now[key]).padStart(6)}${change}`;
  });
}

function moment(ms: number | undefined): PsValue {
  return ms === undefined ? null : DateTime.fromDate(new Date(ms));
}

/** Data of a document with its moments (`startedAtMs`) as ISO 8601 (`startedAt`). */
export function dated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dated);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      /[aA]tMs$/.test(name) && typeof inner === "number" ? [name.slice(0, -2), new Date(inner).toISOString()] : [name, dated(inner)],
    ),
  );
}
