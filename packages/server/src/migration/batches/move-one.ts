/**
 * One user of a batch, from the claim to its record. The list of what may come of it:
 *
 *     a move of this batch is still open       as retry.ts decides of what is unsettled
 *     is in the directory no longer            failed
 *     is at the target, and was tried before   moved: somebody ended it
 *     is at the target                         skipped
 *     may never be moved (rules.ts)            failed
 *     the move went well                       moved, recorded in the transaction that ended it
 *     the move failed                          as retry.ts decides
 */
import { Fault, isFault } from "@tieline/fault";
import type { UserRecord } from "../../directory/index.ts";
import { MoveJournal, type MoveRow } from "../moves/journal.ts";
import type { MoveOutcome, MoveWish } from "../moves/move.ts";
import { TICKET_REFUSED } from "../moves/tickets.ts";
import type { Batch, BatchId } from "./batch.ts";
import type { BatchMails } from "./batch-mails.ts";
import type { BatchRows } from "./batch-rows.ts";
import type { BatchServiceOptions } from "./batch-service.ts";
import type { BatchLog } from "./batch-worker.ts";
import type { ClaimedUser, Claims } from "./claims.ts";
import { complaint } from "./complaint.ts";
import { isAt } from "./home.ts";
import type { HostedSessions } from "./hosted-sessions.ts";
import { recordsOf } from "./plan.ts";
import { countedAs, faultKind, type RetryRule } from "./retry.ts";
import { forbids } from "./rules.ts";

export interface MoveOneContext {
  service: BatchServiceOptions;
  claims: Claims;
  rows: BatchRows;
  sessions: HostedSessions;
  mails: BatchMails;
  /** Batches in which a move of this process has met a fault that is everybody's. */
  troubled: Set<BatchId>;
  retry: RetryRule;
  random: () => number;
  log: BatchLog;
}

/** Moves the user, or takes the move back. Only what could not be recorded is thrown: the lease lapses then. */
export async function moveOne(context: MoveOneContext, batch: Batch, user: ClaimedUser, record: UserRecord | undefined): Promise<void> {
  try {
    await attempt(context, batch, user, record);
    if (batch.faultStreak > 0 || context.troubled.delete(batch.batchId)) await context.rows.clearStreak(batch.batchId);
  } catch (error) {
    const kind = faultKind(error);
    if (countedAs(kind) !== undefined) context.troubled.add(batch.batchId);
    const decision = await context.claims.failed(user, error, context.service.nowMs(), context.random(), context.retry);
    const fields = { batch: batch.name, user: user.sequence, kind, what: decision.what, err: error };
    context.log.warn(fields, "a move did not succeed");
    if (kind === "sign-in" || kind === "site") await context.sessions.drop(batch.batchId);
  }
}

async function attempt(context: MoveOneContext, batch: Batch, user: ClaimedUser, given: UserRecord | undefined): Promise<void> {
  const { service, claims } = context;
  const nowMs = service.nowMs();
  const target = user.task === "undo" ? user.source : batch.target;
  const wasTried = user.isTakenOver || user.attempts > 1;
  let record = given;
  if (user.isTakenOver || user.complaint?.code === "move-unsettled") {
    // Whoever began it cannot say how it ended.
    await service.moves.settle();
    const open = await openOf(service, batch, user);
    if (open?.faultCode === TICKET_REFUSED) await settleAnew(context, batch, open);
    else if (open !== undefined) throw unsettled(open, "the other site has not been told yet, or another process is still at it");
    record = (await recordsOf(service, [user])).get(user.objectId);
  }
  const name = record?.sipAddress ?? user.displayName;
  if (record === undefined) return claims.settle(user, "failed", complaint("batch-user-gone", { user: user.displayName }), nowMs);
  if (isAt(record, target)) {
    const outcome = await journalled(service, batch, user, target);
    // A pause takes the count of tries back: the journal knows whether it was this batch.
    if (!wasTried && outcome === null && user.task === "move") {
      return claims.settle(user, "skipped", complaint("batch-user-already-there", { user: name, target }), nowMs);
    }
    return done(context, batch, user, record, outcome);
  }
  const forbidden = forbids({ user: record, target, options: batch.options, includeRooms: batch.includeRooms });
  if (forbidden !== undefined) {
    const { severity: _severity, ...why } = forbidden;
    return claims.settle(user, "failed", why, nowMs);
  }
  const hosted = await context.sessions.of(batch);
  const wish: MoveWish = {
    user: user.objectId,
    target,
    // On the way back nothing is left behind.
    options: user.task === "undo" ? {} : batch.options,
    by: batch.startedBy ?? batch.createdBy,
    batchId: batch.batchId,
  };
  try {
    await service.moves.move(wish, {
      hosted,
      alongside: (queries, outcome) => claims.moved(queries, user, outcome, service.nowMs(), hasMail(context, batch, user)),
    });
  } catch (error) {
    // Since it was claimed, somebody has ended a move that was open.
    const outcome = isFault(error) && error.code === "move-already-there" ? await journalled(service, batch, user, target) : null;
    if (outcome === null) throw error;
    return done(context, batch, user, record, outcome);
  }
  await mail(context, batch, user, record);
}

/** The move of this batch that is open: whoever has been moved halfway is neither moved nor to be moved once more. */
async function openOf({ directory, tenant }: BatchServiceOptions, batch: Batch, user: ClaimedUser): Promise<MoveRow | undefined> {
  const open = await new MoveJournal(directory.db, tenant).active(user.objectId);
  return open?.batchId === batch.batchId ? open : undefined;
}

/** The ticket of its run is refused: the batch's sign-in of now stands in for it. @throws Fault `move-unsettled` */
async function settleAnew({ service, sessions }: MoveOneContext, batch: Batch, open: MoveRow): Promise<void> {
  const refused = new Fault("hosted-ticket-refused", { reason: "it was refused when this move was to be settled" });
  let cause: unknown = refused;
  try {
    await service.moves.settle(await sessions.of(batch));
  } catch (error) {
    cause = error;
  }
  if ((await new MoveJournal(service.directory.db, service.tenant).get(open.moveId))?.active !== true) return;
  // Not as what the sign-in failed of: the user would be taken for one who has not begun.
  throw unsettled(open, `${refused.message} ${refused.cure}`.replace(/\.$/, ""), cause);
}

function unsettled({ sipAddress, state }: MoveRow, reason: string, cause?: unknown): Fault {
  const decision = state === "switched" ? "decided and to be completed" : "to be undone";
  return new Fault("move-unsettled", { user: sipAddress, reason, decision }, { cause });
}

/** What the journal says of it; null where it was not this batch that did it. */
async function journalled(
  { directory, tenant }: BatchServiceOptions,
  batch: Batch,
  user: ClaimedUser,
  target: string,
): Promise<MoveOutcome | null> {
  const rows = await new MoveJournal(directory.db, tenant).list({ user: user.objectId, batchId: batch.batchId, limit: 5 });
  const done = rows.find((row) => row.state === "done" && row.target.toLowerCase() === target.toLowerCase());
  return (done?.outcome ?? null) as unknown as MoveOutcome | null;
}

/** It was done already: only the record was missing. */
async function done(
  context: MoveOneContext,
  batch: Batch,
  user: ClaimedUser,
  record: UserRecord,
  outcome: MoveOutcome | null,
): Promise<void> {
  const { service, claims } = context;
  await claims.moved(service.directory.db, user, outcome, service.nowMs(), hasMail(context, batch, user));
  await mail(context, batch, user, record);
}

function hasMail({ mails }: MoveOneContext, batch: Batch, user: ClaimedUser): boolean {
  return mails.isOn && batch.mailTemplate !== null && user.task === "move";
}

/** A mail that cannot be handed over now is due until it can: the move stands. */
async function mail(context: MoveOneContext, batch: Batch, user: ClaimedUser, record: UserRecord): Promise<void> {
  if (!hasMail(context, batch, user)) return;
  try {
    await context.mails.send(batch, user, record);
  } catch (error) {
    context.log.warn({ batch: batch.name, user: user.sequence, err: error }, "mail to the moved could not be handed over");
  }
}
