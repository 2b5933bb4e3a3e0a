/**
 * Runs as a tenant keeps them: which one may send batches, and what each batch was answered with. A batch and its answer are
 * kept in one transaction, so that one that is sent again (its answer was lost) is applied once and answered the same.
 */
import { createHash } from "node:crypto";
import { Fault, isFault } from "@tieline/fault";
import type { Directory, Tenant } from "../../directory/index.ts";
import { recordFromJson, toJson, within, type JsonRecord, type Queries, type SyncInboundRunsTable } from "../../store/index.ts";
import { applyBatch } from "./apply-batch.ts";
import type { TenantNames } from "./check-attributes.ts";
import { OUTCOMES, type BatchAnswer, type BatchRequest, type BeginAnswer, type BeginRequest, type RunAnswer } from "./contract.ts";
import type { MovesOf } from "./moves-of-users.ts";
import { provision } from "./provision.ts";

export interface InboundOptions {
  db: Queries;
  directory: Directory;
  movesOf: MovesOf;
  nowMs: () => number;
  newGuid: () => string;
}

/** Runs of a tenant that are remembered. */
const KEPT = 200;

export class InboundRuns {
  readonly #options: InboundOptions;
  readonly #tenant: Tenant;
  constructor(options: InboundOptions, tenant: Tenant) {
    this.#options = options;
    this.#tenant = tenant;
  }

  /** Begins a run, or goes on with it; another one that is open is over with that. @throws Fault `sync-run-over` */
  async begin({ runId, kind, source }: BeginRequest, by: string): Promise<BeginAnswer> {
    const { db, nowMs, movesOf } = this.#options;
    const mine = this.#tenant.tenantId;
    const begun = await within(db, async (trx) => {
      const there = await this.#take(trx, runId);
      if (there !== undefined && there.ended_ms !== null) throw new Fault("sync-run-over", { run: runId });
      await trx
        .updateTable("sync_inbound_runs")
        .set({ ended_ms: nowMs() })
        .where("tenant_id", "=", mine)
        .where("ended_ms", "is", null)
        .where("run_id", "!=", runId)
        .execute();
      const last = await trx
        .selectFrom("sync_inbound_runs")
        .select(["run_id", "started_ms"])
        .where("tenant_id", "=", mine)
        .where("run_id", "!=", runId)
        .orderBy("started_ms", "desc")
        .orderBy("run_id", "desc")
        .limit(1)
        .executeTakeFirst();
      const lastRunId = last?.run_id ?? null;
      if (there !== undefined) return { nextSequence: there.last_sequence + 1, lastRunId };
      // Before the run begins, by the clock too: these changes are not fresh to it.
      await provision(trx, this.#tenant, movesOf, nowMs());
      const startedMs = Math.max(nowMs(), (last?.started_ms ?? 0) + 1);
      const row = { tenant_id: mine, run_id: runId, source, kind, started_by: by, started_ms: startedMs };
      await trx
        .insertInto("sync_inbound_runs")
        .values({ ...row, ended_ms: null, last_sequence: 0, counters: "{}" })
        .execute();
      await this.#forget(trx);
      await this.#markSynchronised(trx);
      return { nextSequence: 1, lastRunId };
    });
    return { runId, tenantId: mine, ...begun };
  }

  /** @throws Fault `sync-run-over`, `sync-sequence`, `sync-request` */
  async take(runId: string, request: BatchRequest): Promise<BatchAnswer> {
    try {
      return await this.#takeOnce(runId, request);
    } catch (error) {
      // Somebody else in the tenant took a name between our look and our write: the second look sees it.
      if (isFault(error) && error.code === "directory-duplicate") return this.#takeOnce(runId, request);
      throw error;
    }
  }

  /** True where it was open. */
  async finish(runId: string): Promise<RunAnswer> {
    const { db, nowMs } = this.#options;
    return within(db, async (trx) => {
      const run = await this.#take(trx, runId);
      if (run === undefined) throw new Fault("sync-run-over", { run: runId });
      const ended = run.ended_ms ?? nowMs();
      await trx
        .updateTable("sync_inbound_runs")
        .set({ ended_ms: ended })
        .where("tenant_id", "=", this.#tenant.tenantId)
        .where("run_id", "=", runId)
        .execute();
      return shown({ ...run, ended_ms: ended });
    });
  }

  async get(runId: string): Promise<RunAnswer> {
    const row = await this.#options.db
      .selectFrom("sync_inbound_runs")
      .selectAll()
      .where("tenant_id", "=", this.#tenant.tenantId)
      .where("run_id", "=", runId)
      .executeTakeFirst();
    if (row === undefined) throw new Fault("sync-run-over", { run: runId });
    return shown(row);
  }

  #takeOnce(runId: string, request: BatchRequest): Promise<BatchAnswer> {
    const { db, movesOf, nowMs, newGuid } = this.#options;
    const digest = createHash("sha256").update(JSON.stringify(request)).digest("base64url");
    const { sequence, changes } = request;
    if (new Set(changes.map((change) => change.anchor)).size !== changes.length)
      throw new Fault("sync-request", { what: "an object stands in the batch twice" });
    return within(db, async (trx) => {
      const run = await this.#take(trx, runId);
      if (run === undefined || run.ended_ms !== null) throw new Fault("sync-run-over", { run: runId });
      const kept = await this.#answered(trx, runId, sequence);
      if (kept !== undefined) {
        if (kept.digest === digest) return JSON.parse(kept.answer) as BatchAnswer;
        throw new Fault("sync-sequence", { sequence, reason: "another batch was sent under the same number" });
      }
      if (sequence !== run.last_sequence + 1)
        throw new Fault("sync-sequence", { sequence, reason: `the next one is ${run.last_sequence + 1}` });
      const results = await applyBatch(trx, changes, {
        tenant: this.#tenant,
        names: await this.#names(trx),
        movesOf,
        runStartedMs: run.started_ms,
        nowMs: nowMs(),
        newGuid,
      });
      const answer: BatchAnswer = { sequence, results };
      const counters = counted(run.counters, results);
      await trx
        .updateTable("sync_inbound_runs")
        .set({ last_sequence: sequence, counters: toJson(counters) })
        .where("tenant_id", "=", this.#tenant.tenantId)
        .where("run_id", "=", runId)
        .execute();
      await trx
        .insertInto("sync_inbound_batches")
        .values({ tenant_id: this.#tenant.tenantId, run_id: runId, sequence, digest, answer: JSON.stringify(answer) })
        .execute();
      return answer;
    });
  }

  /** The run's row, and nobody else has it until the end of the transaction. */
  async #take(trx: Queries, runId: string): Promise<SyncInboundRunsTable | undefined> {
    const mine = this.#tenant.tenantId;
    // One row that all runs of the tenant pass: two that begin at once do so one after the other.
    await trx
      .updateTable("tenants")
      .set((eb) => ({ changed_ms: eb.ref("changed_ms") }))
      .where("tenant_id", "=", mine)
      .execute();
    return trx.selectFrom("sync_inbound_runs").selectAll().where("tenant_id", "=", mine).where("run_id", "=", runId).executeTakeFirst();
  }

  #answered(trx: Queries, runId: string, sequence: number): Promise<{ digest: string; answer: string } | undefined> {
    return trx
      .selectFrom("sync_inbound_batches")
      .select(["digest", "answer"])
      .where("tenant_id", "=", this.#tenant.tenantId)
      .where("run_id", "=", runId)
      .where("sequence", "=", sequence)
      .executeTakeFirst();
  }

  async #names(trx: Queries): Promise<TenantNames> {
    const rows = await trx
      .selectFrom("domains")
      .select("name_key")
      .where("tenant_id", "=", this.#tenant.tenantId)
      .where("verified", "=", 1)
      .execute();
    return { domains: new Set(rows.map((row) => row.name_key)), initialDomain: this.#tenant.initialDomain };
  }

  /** Get-CsTenant shows it. */
  async #markSynchronised(trx: Queries): Promise<void> {
    const mine = this.#tenant.tenantId;
    const row = await trx.selectFrom("tenants").select("properties").where("tenant_id", "=", mine).executeTakeFirstOrThrow();
    const properties = recordFromJson(row.properties, "tenants.properties");
    if (properties["DirSyncEnabled"] === true) return;
    await trx
      .updateTable("tenants")
      .set({ properties: toJson({ ...properties, DirSyncEnabled: true }) })
      .where("tenant_id", "=", mine)
      .execute();
  }

  /** Answers of runs that are over, and runs of long ago. */
  async #forget(trx: Queries): Promise<void> {
    const mine = this.#tenant.tenantId;
    const over = trx.selectFrom("sync_inbound_runs").select("run_id").where("tenant_id", "=", mine).where("ended_ms", "is not", null);
    await trx.deleteFrom("sync_inbound_batches").where("tenant_id", "=", mine).where("run_id", "in", over).execute();
    const newest = trx
      .selectFrom("sync_inbound_runs")
      .select("run_id")
      .where("tenant_id", "=", mine)
      .orderBy("started_ms", "desc")
      .orderBy("run_id", "desc")
      .limit(KEPT);
    await trx.deleteFrom("sync_inbound_runs").where("tenant_id", "=", mine).where("run_id", "not in", newest).execute();
  }
}

function counted(before: string, results: BatchAnswer["results"]): JsonRecord {
  const counters: Record<string, number> = Object.fromEntries([...OUTCOMES, "error"].map((name) => [name, 0]));
  for (const [name, value] of Object.entries(recordFromJson(before, "sync_inbound_runs.counters"))) counters[name] = Number(value);
  for (const result of results) {
    const name = "outcome" in result ? result.outcome : "error";
    counters[name] = (counters[name] ?? 0) + 1;
  }
  return counters;
}

function shown(row: SyncInboundRunsTable): RunAnswer {
  return {
    runId: row.run_id,
    source: row.source,
    kind: row.kind,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    lastSequence: row.last_sequence,
    counters: recordFromJson(row.counters, "sync_inbound_runs.counters") as Record<string, number>,
  };
}
