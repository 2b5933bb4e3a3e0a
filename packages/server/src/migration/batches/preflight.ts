/** The check of a batch before it begins: what a move of each user would find, and what the batch knows beside, kept with the users. */
import { key, type ObjectId, type UserRecord } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import type { HostedSession } from "../hosted/hosted-session.ts";
import type { Finding } from "../moves/move.ts";
import type { Batch, BatchUser } from "./batch.ts";
import type { BatchServiceOptions } from "./batch-service.ts";
import { BatchUserRows, chunks } from "./batch-user-rows.ts";
import { finding } from "./complaint.ts";
import { delegationsOf, meetingsOf } from "./delegations.ts";
import { recordsOf } from "./plan.ts";
import { judge, type UserFacts } from "./rules.ts";

export interface Checked {
  user: BatchUser;
  findings: readonly Finding[];
}

/** Users a page: what a move engine takes at a time. */
const PAGE = 500;

/** Those who wait, a page at a time. Aborting ends after a page; what was found until then is kept. */
export async function* checkBatch(
  options: BatchServiceOptions,
  batch: Batch,
  hosted: HostedSession | undefined,
  signal?: AbortSignal,
): AsyncGenerator<readonly Checked[], void, undefined> {
  const { directory, tenant } = options;
  const rows = new BatchUserRows(directory.db, tenant, batch.batchId);
  for await (const page of rows.pages(["waiting"], PAGE)) {
    const checked = await checkPage(options, batch, hosted, page);
    await rows.setFindings(checked);
    yield checked;
    if (signal?.aborted === true) return;
  }
}

async function checkPage(
  options: BatchServiceOptions,
  batch: Batch,
  hosted: HostedSession | undefined,
  page: readonly BatchUser[],
): Promise<Checked[]> {
  const { directory, tenant, moves } = options;
  const records = await recordsOf(options, page);
  const present = page.flatMap((user) => records.get(user.objectId) ?? []);
  const found = await moves.check(
    present.map(({ objectId }) => ({
      user: objectId,
      target: batch.target,
      options: batch.options,
      by: batch.createdBy,
      batchId: batch.batchId,
    })),
    hosted,
  );
  const ids = present.map(({ objectId }) => objectId);
  const others = await otherBatches(directory.db, options, batch, ids);
  const meetings = await meetingsOf(directory.db, tenant, ids);
  const apart = await apartFrom(options, batch, present);
  return page.map((user): Checked => {
    const record = records.get(user.objectId);
    if (record === undefined) return { user, findings: [finding("error", "batch-user-gone", { user: user.displayName })] };
    const facts: UserFacts = {
      user: record,
      target: batch.target,
      options: batch.options,
      includeRooms: batch.includeRooms,
      otherBatch: others.get(user.objectId),
      meetings: meetings.get(user.objectId),
      apart: apart.get(key(record.sipAddress ?? "")),
    };
    const unasked = batch.crosses && hosted === undefined ? [finding("warning", "batch-online-unchecked", { user: user.displayName })] : [];
    return { user, findings: merged([...(found.get(user.objectId) ?? []), ...judge(facts), ...unasked]) };
  });
}

/** Faults of a move that say what one of the rules says. */
const SAME: Readonly<Record<string, string>> = { "move-already-there": "batch-user-already-there", "user-not-found": "batch-user-gone" };

function merged(findings: readonly Finding[]): Finding[] {
  const codes = new Set(findings.map(({ code }) => code));
  return findings.filter(({ code }) => !codes.has(SAME[code] ?? ""));
}

/** Names of other batches that have not ended and have one of the users still to move, by user. */
async function otherBatches(
  db: Queries,
  { tenant }: Pick<BatchServiceOptions, "tenant">,
  batch: Batch,
  ids: readonly ObjectId[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const part of chunks(ids, 400)) {
    const rows = await db
      .selectFrom("move_batch_users")
      .innerJoin("move_batches", "move_batches.batch_id", "move_batch_users.batch_id")
      .select(["move_batch_users.object_id", "move_batches.name"])
      .where("move_batch_users.tenant_id", "=", tenant)
      .where("move_batch_users.object_id", "in", part)
      .where("move_batch_users.batch_id", "!=", batch.batchId)
      .where("move_batch_users.state", "in", ["waiting", "moving"])
      .where("move_batches.state", "in", ["Running", "Suspended", "Undoing"])
      .execute();
    for (const row of rows) found.set(row.object_id, row.name);
  }
  return found;
}

/** Those who act with a user and are not in the batch, by the user's SIP URI. */
async function apartFrom(
  { tenant, directory }: BatchServiceOptions,
  batch: Batch,
  users: readonly UserRecord[],
): Promise<Map<string, string[]>> {
  const apart = new Map<string, string[]>();
  const delegations = await delegationsOf(directory.db, tenant, users);
  if (delegations.length === 0) return apart;
  const uris = [...new Set(delegations.flatMap(({ principal, delegate }) => [principal, delegate]))];
  const idOf = new Map<string, ObjectId>();
  for (const part of chunks(uris, 400)) {
    const people = directory
      .tenant(tenant)
      .users.stream({ where: (eb) => eb("sip_key", "in", part), without: { plans: true, policies: true } });
    for await (const { sipAddress, objectId } of people) idOf.set(key(sipAddress ?? ""), objectId);
  }
  const present = await new BatchUserRows(directory.db, tenant, batch.batchId).present([...idOf.values()]);
  const isHere = (uri: string): boolean => present.has(idOf.get(uri) ?? "");
  const note = (uri: string, other: string): void => {
    if (!isHere(other)) apart.set(uri, [...(apart.get(uri) ?? []), other.replace(/^sip:/, "")]);
  };
  for (const { principal, delegate } of delegations) {
    note(principal, delegate);
    note(delegate, principal);
  }
  return apart;
}
