/** Batches and their users as objects: what Get-TielineMoveBatch and its relatives put out. */
import { DateTime, Double, Guid, PsObject, type PsValue } from "@tieline/remoting/objects";
import { homedAtDeployment, type UserRecord } from "../../directory/index.ts";
import type { Batch, BatchUser, Finding, Progress } from "../../migration/index.ts";

export const BATCH = "Tieline.MoveBatch";
export const BATCH_USER = "Tieline.MoveBatchUser";
export const FINDING = "Tieline.MoveFinding";

function made(typeName: string, text: string, properties: Readonly<Record<string, PsValue>>): PsObject {
  const object = new PsObject({ typeNames: [typeName, "System.Object"], text });
  for (const [name, value] of Object.entries(properties)) object.set(name, value, "adapted");
  return object;
}

const moment = (ms: number | null): DateTime | null => (ms === null ? null : DateTime.fromDate(new Date(ms)));
const capital = (word: string): string => word.replace(/^./, (letter) => letter.toUpperCase());

export function batchObject(batch: Batch, { counts, wave, ratePerMinute, secondsLeft, isOutsideWindow }: Progress): PsObject {
  const { window, timeZone } = batch.limits;
  const hours = isOutsideWindow ? `Moves begin at ${window ?? ""} only (${timeZone}).` : null;
  return made(BATCH, batch.name, {
    BatchId: new Guid(batch.batchId),
    Name: batch.name,
    State: batch.state,
    Reason: batch.reason?.text ?? hours,
    Cure: batch.reason?.cure ?? null,
    Target: batch.target,
    Users: batch.users,
    Waiting: counts.waiting,
    Moving: counts.moving,
    Moved: counts.moved,
    Failed: counts.failed,
    Skipped: counts.skipped,
    Undone: counts.undone,
    RatePerMinute: new Double(ratePerMinute),
    SecondsLeft: secondsLeft,
    Wave: wave,
    Waves: batch.waves,
    ConcurrentMoves: batch.limits.concurrentMoves,
    CreatedBy: batch.createdBy,
    CreatedAt: moment(batch.createdMs),
    StartedAt: moment(batch.startedMs),
    FinishedAt: moment(batch.finishedMs),
  });
}

/** @param record the user as the directory has it now; absent where it is gone */
export function batchUserObject(user: BatchUser, record: UserRecord | undefined): PsObject {
  const { outcome, complaint } = user;
  return made(BATCH_USER, user.displayName, {
    Sequence: user.sequence,
    Identity: user.identity,
    DisplayName: record?.displayName ?? user.displayName,
    SipAddress: record?.sipAddress ?? user.sipAddress,
    State: capital(user.state),
    Homed: homedText(record),
    Wave: user.wave,
    Attempts: user.attempts,
    Code: complaint?.code ?? null,
    Text: complaint?.text ?? null,
    Cure: complaint?.cure ?? null,
    TeamsUpgradeMode: outcome?.teamsUpgradeMode ?? null,
    Contacts: outcome?.moved.contacts ?? null,
    Meetings: outcome?.moved.meetings ?? null,
    LeftPolicies: outcome?.leftPolicies ?? [],
    Warnings: outcome?.warnings ?? [],
    Findings: (user.findings ?? []).map((finding) => findingObject(user, finding)),
    StartedAt: moment(user.startedMs),
    FinishedAt: moment(user.finishedMs),
    DurationMs: outcome?.durationMs ?? null,
    ChangeNumber: user.changeNumber,
  });
}

/** `Online`, or the pool: what reports show as Homed. */
function homedText(record: UserRecord | undefined): string | null {
  if (record === undefined) return null;
  return homedAtDeployment(record) === "online" ? "Online" : record.registrarPool;
}

export function findingObject(user: BatchUser, { severity, code, text, cure }: Finding): PsObject {
  return made(FINDING, text, {
    Identity: user.identity,
    DisplayName: user.displayName,
    SipAddress: user.sipAddress,
    Severity: capital(severity),
    Code: code,
    Text: text,
    Cure: cure,
  });
}
