/** The runs of a deployment and their steps, as they are while they run and afterwards. */
import type { Fault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { recordFromJson, toJson, type Queries, type SyncRunStepsTable, type SyncRunsTable } from "../../store/index.ts";
import type { Profile, StepCounters, SyncPolicy, SyncResult, SyncRun, SyncStep } from "./sync-run.ts";

/** Results of a step that came to its end. */
const WHOLE = ["success", "completed-export-errors"];
const DAY_MS = 24 * 60 * 60_000;
/** Runs that are shown at once, at most. */
const SHOWN = 1000;

export class RunHistory {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async begin(trx: Queries, run: { runId: string; policy: SyncPolicy; startedBy: string; startedMs: number }): Promise<void> {
    await trx
      .insertInto("sync_runs")
      .values({
        tenant_id: this.#tenant,
        run_id: run.runId,
        policy: run.policy,
        started_by: run.startedBy,
        started_ms: run.startedMs,
        ended_ms: null,
        result: "in-progress",
        fault: null,
      })
      .execute();
  }

  async beginStep(runId: string, step: Pick<SyncStep, "number" | "connector" | "profile" | "startedMs">): Promise<void> {
    const counters = { adds: 0, updates: 0, renames: 0, deletes: 0, unchanged: 0, deferred: 0, errors: 0 };
    const { number, connector, profile, startedMs } = step;
    await this.#db
      .insertInto("sync_run_steps")
      .values({
        tenant_id: this.#tenant,
        run_id: runId,
        number,
        connector,
        profile,
        started_ms: startedMs,
        ended_ms: null,
        result: "in-progress",
        ...counters,
      })
      .execute();
  }

  async endStep(runId: string, number: number, result: SyncResult, counters: StepCounters, nowMs: number): Promise<void> {
    await this.#db
      .updateTable("sync_run_steps")
      .set({ ...counters, result, ended_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("run_id", "=", runId)
      .where("number", "=", number)
      .execute();
  }

  /** Ends a run that is still in progress, and its steps with it. */
  async end(trx: Queries, runId: string, result: SyncResult, fault: Fault | undefined, nowMs: number): Promise<void> {
    const said = fault === undefined ? null : toJson({ code: fault.code, message: fault.message, cure: fault.cure });
    await trx
      .updateTable("sync_runs")
      .set({ result, fault: said, ended_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("run_id", "=", runId)
      .where("result", "=", "in-progress")
      .execute();
    await trx
      .updateTable("sync_run_steps")
      .set({ result, ended_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("run_id", "=", runId)
      .where("result", "=", "in-progress")
      .execute();
  }

  /** Whether a run was one of ours, and no export of ours was whole since. */
  async isNewest(runId: string, beside: string): Promise<boolean> {
    const own = await this.#db
      .selectFrom("sync_runs")
      .select("started_ms")
      .where("tenant_id", "=", this.#tenant)
      .where("run_id", "=", runId)
      .executeTakeFirst();
    if (own === undefined) return false;
    const later = await this.#db
      .selectFrom("sync_run_steps")
      .select("run_id")
      .where("tenant_id", "=", this.#tenant)
      .where("profile", "=", "Export")
      .where("result", "in", WHOLE)
      .where("started_ms", ">", own.started_ms)
      .where("run_id", "not in", [runId, beside])
      .limit(1)
      .executeTakeFirst();
    return later === undefined;
  }

  /** Whether anything was ever exported whole. */
  async hasExported(): Promise<boolean> {
    const step = await this.#db
      .selectFrom("sync_run_steps")
      .select("run_id")
      .where("tenant_id", "=", this.#tenant)
      .where("profile", "=", "Export")
      .where("result", "in", WHOLE)
      .limit(1)
      .executeTakeFirst();
    return step !== undefined;
  }

  /** The newest first. */
  async list(limit: number, runId?: string): Promise<SyncRun[]> {
    let query = this.#db.selectFrom("sync_runs").selectAll().where("tenant_id", "=", this.#tenant);
    if (runId !== undefined) query = query.where("run_id", "=", runId);
    const runs = await query.orderBy("started_ms", "desc").orderBy("run_id", "desc").limit(Math.min(limit, SHOWN)).execute();
    if (runs.length === 0) return [];
    const steps = await this.#db
      .selectFrom("sync_run_steps")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where(
        "run_id",
        "in",
        runs.map((run) => run.run_id),
      )
      .orderBy("number")
      .execute();
    return runs.map((run) =>
      fromRow(
        run,
        steps.filter((step) => step.run_id === run.run_id),
      ),
    );
  }

  /** Forgets what is older, except the newest runs: by them it is known what the tenant has. */
  async purge(keepDays: number, nowMs: number): Promise<void> {
    const newest = this.#db
      .selectFrom("sync_runs")
      .select("run_id")
      .where("tenant_id", "=", this.#tenant)
      .orderBy("started_ms", "desc")
      .limit(50);
    await this.#db
      .deleteFrom("sync_runs")
      .where("tenant_id", "=", this.#tenant)
      .where("started_ms", "<", nowMs - keepDays * DAY_MS)
      .where("run_id", "not in", newest)
      .execute();
  }
}

function fromRow(row: SyncRunsTable, steps: readonly SyncRunStepsTable[]): SyncRun {
  return {
    runId: row.run_id,
    policy: row.policy,
    startedBy: row.started_by,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    result: row.result as SyncResult,
    fault: row.fault === null ? null : (recordFromJson(row.fault, "sync_runs.fault") as unknown as NonNullable<SyncRun["fault"]>),
    steps: steps.map((step) => ({
      number: step.number,
      connector: step.connector,
      profile: step.profile as Profile,
      startedMs: step.started_ms,
      endedMs: step.ended_ms,
      result: step.result as SyncResult,
      counters: {
        adds: step.adds,
        updates: step.updates,
        renames: step.renames,
        deletes: step.deletes,
        unchanged: step.unchanged,
        deferred: step.deferred,
        errors: step.errors,
      },
    })),
  };
}
