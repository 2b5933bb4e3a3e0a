/**
 * The steps of a run, in their order:
 *
 *     connector     Delta                   Initial
 *     deployment    Delta Import            Full Import             what its directory has
 *     deployment    Delta Synchronization   Full Synchronization    what is to be exported of it
 *     tenant        Export                  Export                  sent, and what the tenant answered
 *
 * Each works in pages that are kept as they are done: a run that is cut off anywhere is gone on with by the next one, and
 * memory does not grow with the directory.
 */
import { Fault } from "@tieline/fault";
import { Users, type Tenant } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import type { ConnectorSpace, Outgoing, PendingOperation } from "./connector-space.ts";
import { MAX_BYTES, MAX_CHANGES, MAX_OBJECT_BYTES } from "./contract.ts";
import type { ProvisioningClient } from "./provisioning-client.ts";
import type { RunHistory } from "./run-history.ts";
import type { Schedule } from "./schedule.ts";
import { NO_COUNTERS, type Profile, type StepCounters, type SyncPolicy } from "./sync-run.ts";

/** What a step is handed. */
export interface StepFacts {
  db: Queries;
  deployment: Tenant;
  space: ConnectorSpace;
  schedule: Schedule;
  history: RunHistory;
  runId: string;
  policy: SyncPolicy;
  client: ProvisioningClient;
  /** More deletions than this are not exported; undefined: any number. */
  deletionThreshold: number | undefined;
  nowMs: () => number;
  /** Renews the lease, inside the transaction that keeps a page; and ends a run that is to stop. */
  hold: (trx: Queries) => Promise<void>;
  progress: (done: number, total: number | undefined) => void;
}

export interface Step {
  profile: Readonly<Record<SyncPolicy, Profile>>;
  connector: "deployment" | "tenant";
  /** Counts into `counters` as it goes, so that a step that fails has counted what it did. */
  run: (facts: StepFacts, counters: StepCounters) => Promise<void>;
}

export const STEPS: readonly Step[] = [
  { connector: "deployment", profile: { Delta: "Delta Import", Initial: "Full Import" }, run: importUsers },
  { connector: "deployment", profile: { Delta: "Delta Synchronization", Initial: "Full Synchronization" }, run: synchronise },
  { connector: "tenant", profile: { Delta: "Export", Initial: "Export" }, run: exportObjects },
];

/**
 * How far back a delta import looks beyond the last one: a change may be kept later than the moment that it is marked with, and
 * clocks of several front ends differ. What was seen already is not counted.
 */
const OVERLAP_MS = 10 * 60_000;
/** Bytes of a batch: below what the contract allows, with its frame. */
const BATCH_BYTES = MAX_BYTES - 256 * 1024;

async function importUsers(facts: StepFacts, counters: StepCounters): Promise<void> {
  const { db, deployment, space, schedule, policy, hold, progress, nowMs } = facts;
  const isFull = policy === "Initial";
  const begunMs = nowMs();
  const since = (await schedule.watermark()) - OVERLAP_MS;
  const users = new Users(db, deployment.tenantId);
  const where = isFull ? undefined : space.changedSince(since);
  const total = isFull ? await users.count() : undefined;
  let done = 0;
  for await (const page of users.pages({ where, without: { policies: true, plans: true } })) {
    await db.transaction().execute(async (trx) => {
      await hold(trx);
      add(counters, await space.import(trx, page, isFull));
    });
    done += page.length;
    progress(done, total);
  }
  await db.transaction().execute(async (trx) => {
    await hold(trx);
    counters.deletes += await space.importDeletions(trx);
    await schedule.setWatermark(trx, begunMs);
  });
}

async function synchronise(facts: StepFacts, counters: StepCounters): Promise<void> {
  const { db, space, policy, hold, progress } = facts;
  await db.transaction().execute(async (trx) => {
    await hold(trx);
    add(counters, await space.synchronise(trx, policy === "Initial"));
  });
  const { adds, updates, renames, deletes, unchanged } = counters;
  const done = adds + updates + renames + deletes + unchanged;
  progress(done, done);
}

/** What frees addresses first. What an address kept from being taken is tried again when the others are through. */
const PASSES: readonly { operation: PendingOperation; isAgain: boolean }[] = [
  { operation: "delete", isAgain: false },
  { operation: "update", isAgain: false },
  { operation: "add", isAgain: false },
  { operation: "update", isAgain: true },
  { operation: "add", isAgain: true },
];

async function exportObjects(facts: StepFacts, counters: StepCounters): Promise<void> {
  const { db, space, client, runId, policy, deployment, deletionThreshold, hold, history } = facts;
  const deletions = await space.countPending(db, ["delete"]);
  if (deletionThreshold !== undefined && deletions > deletionThreshold)
    throw new Fault("sync-deletions", { count: deletions, limit: deletionThreshold });
  const kind = policy === "Initial" ? "initial" : "delta";
  const { nextSequence, lastRunId } = await client.begin({ runId, kind, source: deployment.name });
  if (!(await isAsWeLeftIt(facts, lastRunId, history))) {
    await db.transaction().execute(async (trx) => {
      await hold(trx);
      await space.exportAgain(trx);
    });
  }
  const total = await space.countPending(db, ["add", "update", "delete"]);
  const exporting: Exporting = { facts, counters, sequence: nextSequence, done: 0, total };
  for (const { operation, isAgain } of PASSES) {
    const again = isAgain ? { code: "AttributeValueMustBeUnique", runId } : undefined;
    if (isAgain && counters.updates + counters.renames + counters.adds + counters.deletes === 0) continue;
    await exportPass(exporting, operation, again);
  }
  await client.finish(runId);
}

interface Exporting {
  facts: StepFacts;
  counters: StepCounters;
  sequence: number;
  done: number;
  total: number;
}

async function exportPass(
  exporting: Exporting,
  operation: PendingOperation,
  again: { code: string; runId: string } | undefined,
): Promise<void> {
  const { facts, counters } = exporting;
  const { db, space, client, runId, hold, nowMs, progress } = facts;
  const users = new Users(db, facts.deployment.tenantId);
  for (let after = ""; ;) {
    const rows = await space.pending(db, operation, after, MAX_CHANGES, again);
    if (rows.length === 0) return;
    const ids = rows.map((row) => row.anchor);
    const found = new Map(
      (await users.find((eb) => eb("object_id", "in", ids), ids.length)).map((user) => [user.objectId as string, user]),
    );
    const page = rows.map((row) => ({ row, out: space.outgoing(row, found.get(row.anchor)) }));
    const fitting = fittingPart(page.flatMap(({ out }) => out ?? []));
    const [large, sent] = [fitting.filter(isLarge), fitting.filter((out) => !isLarge(out))];
    // What did not fit any more comes with the next page.
    after = fitting.length < page.length && fitting.length > 0 ? lastOf(page, fitting) : (rows.at(-1)?.anchor ?? after);
    const answer =
      sent.length === 0
        ? undefined
        : await client.batch(runId, { sequence: exporting.sequence, changes: sent.map(({ change }) => change) });
    if (answer !== undefined) exporting.sequence += 1;
    const counted = await db.transaction().execute(async (trx) => {
      await hold(trx);
      const results = [...large.map((out) => space.tooLarge(out)), ...(answer?.results ?? [])];
      return space.acknowledge(trx, [...large, ...sent], results, { runId, nowMs: nowMs() });
    });
    // An error that is gone the second time was none.
    if (again !== undefined) counters.errors -= fitting.length;
    else exporting.done += rows.length;
    add(counters, counted);
    progress(exporting.done, exporting.total);
  }
}

function isLarge({ bytes }: Outgoing): boolean {
  return bytes > MAX_OBJECT_BYTES;
}

/** As many from the front as a batch holds. */
function fittingPart(all: readonly Outgoing[]): Outgoing[] {
  let bytes = 0;
  const end = all.findIndex((out) => (bytes += Math.min(out.bytes, MAX_OBJECT_BYTES)) > BATCH_BYTES);
  return end < 0 ? [...all] : all.slice(0, Math.max(1, end));
}

/** The anchor after which the next page begins. */
function lastOf(page: readonly { row: { anchor: string }; out: Outgoing | undefined }[], fitting: readonly Outgoing[]): string {
  const last = fitting.at(-1);
  const next = page.slice(page.findIndex(({ out }) => out === last) + 1);
  // Nothing but rows whose user is gone: the page is done.
  if (next.every(({ out }) => out === undefined)) return page.at(-1)?.row.anchor ?? "";
  return last?.row.anchor ?? "";
}

/** The tenant's last run was ours, and nothing that it had from us since is lost: it was not set back, nor is it another one. */
async function isAsWeLeftIt({ runId }: StepFacts, lastRunId: string | null, history: RunHistory): Promise<boolean> {
  if (lastRunId === null) return !(await history.hasExported());
  return history.isNewest(lastRunId, runId);
}

function add(to: StepCounters, more: StepCounters): void {
  for (const name of Object.keys(NO_COUNTERS) as (keyof StepCounters)[]) to[name] += more[name];
}
