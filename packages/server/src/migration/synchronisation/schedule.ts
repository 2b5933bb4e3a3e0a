/**
 * When a deployment synchronises, and who does so now: one row. Whoever synchronises has a lease on it and renews it with
 * each page that it keeps, in the same transaction; one whose process died is taken over when its lease is over.
 */
import { Fault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { within, type Queries, type SyncScheduleTable } from "../../store/index.ts";
import type { SyncPolicy, SyncSchedule } from "./sync-run.ts";

export const LEASE_MS = 5 * 60_000;

export interface ScheduleDefaults {
  enabled: boolean;
  intervalMinutes: number;
}

export type ScheduleChanges = Partial<Pick<SyncSchedule, "enabled" | "intervalMinutes" | "nextPolicy" | "keepDays">>;

const MINUTE_MS = 60_000;
const KEEP_DAYS = 7;

export class Schedule {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  readonly #defaults: ScheduleDefaults;
  constructor(db: Queries, tenant: TenantId, defaults: ScheduleDefaults) {
    this.#db = db;
    this.#tenant = tenant;
    this.#defaults = defaults;
  }

  async get(nowMs: number): Promise<SyncSchedule> {
    return shown(await this.#row(this.#db, nowMs), nowMs);
  }

  async set(changes: ScheduleChanges, nowMs: number): Promise<SyncSchedule> {
    return within(this.#db, async (trx) => {
      const row = await this.#row(trx, nowMs);
      const interval = changes.intervalMinutes ?? row.interval_minutes;
      await trx
        .updateTable("sync_schedule")
        .set({
          enabled: (changes.enabled ?? row.enabled === 1) ? 1 : 0,
          interval_minutes: interval,
          next_policy: changes.nextPolicy ?? row.next_policy,
          keep_days: changes.keepDays ?? row.keep_days,
          // A shorter interval holds at once.
          next_ms: Math.min(row.next_ms, nowMs + interval * MINUTE_MS),
        })
        .where("tenant_id", "=", this.#tenant)
        .execute();
      return shown(await this.#row(trx, nowMs), nowMs);
    });
  }

  /** The run that had the lease and did not end, where there is one. @throws Fault `sync-busy` */
  async take(trx: Queries, owner: string, runId: string, nowMs: number): Promise<string | null> {
    const row = await this.#row(trx, nowMs);
    if (isLeased(row, nowMs)) {
      const since = new Date((row.lease_until_ms ?? nowMs) - LEASE_MS).toISOString();
      throw new Fault("sync-busy", { since, minutes: LEASE_MS / MINUTE_MS });
    }
    await trx
      .updateTable("sync_schedule")
      .set({ run_id: runId, lease_owner: owner, lease_until_ms: nowMs + LEASE_MS })
      .where("tenant_id", "=", this.#tenant)
      .execute();
    return row.lease_owner === null ? null : row.run_id;
  }

  /** Inside the transaction that keeps a page. @throws Fault `sync-lease-lost` */
  async hold(trx: Queries, owner: string, nowMs: number): Promise<void> {
    const held = await trx
      .updateTable("sync_schedule")
      .set({ lease_until_ms: nowMs + LEASE_MS })
      .where("tenant_id", "=", this.#tenant)
      .where("lease_owner", "=", owner)
      .executeTakeFirst();
    if (held.numUpdatedRows === 0n) throw new Fault("sync-lease-lost");
  }

  /** Ends the lease; `next` is what the scheduler does next. */
  async release(owner: string, next: SyncPolicy | undefined, nowMs: number): Promise<void> {
    const { interval_minutes: interval } = await this.#row(this.#db, nowMs);
    await this.#db
      .updateTable("sync_schedule")
      .set({
        lease_owner: null,
        lease_until_ms: null,
        next_ms: nowMs + interval * MINUTE_MS,
        ...(next === undefined ? {} : { next_policy: next }),
      })
      .where("tenant_id", "=", this.#tenant)
      .where("lease_owner", "=", owner)
      .execute();
  }

  /** Changes from before it have been imported. */
  async watermark(): Promise<number> {
    const row = await this.#db.selectFrom("sync_schedule").select("watermark_ms").where("tenant_id", "=", this.#tenant).executeTakeFirst();
    return row?.watermark_ms ?? 0;
  }

  async setWatermark(trx: Queries, watermarkMs: number): Promise<void> {
    await trx.updateTable("sync_schedule").set({ watermark_ms: watermarkMs }).where("tenant_id", "=", this.#tenant).execute();
  }

  /** Made where it is missing, and taken: a concurrent change waits here. */
  async #row(trx: Queries, nowMs: number): Promise<SyncScheduleTable> {
    await trx
      .insertInto("sync_schedule")
      .values({
        tenant_id: this.#tenant,
        enabled: this.#defaults.enabled ? 1 : 0,
        interval_minutes: this.#defaults.intervalMinutes,
        next_policy: "Initial",
        next_ms: nowMs,
        keep_days: KEEP_DAYS,
        watermark_ms: 0,
        run_id: null,
        lease_owner: null,
        lease_until_ms: null,
      })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet((eb) => ({ next_ms: eb.ref("sync_schedule.next_ms") })))
      .execute();
    return trx.selectFrom("sync_schedule").selectAll().where("tenant_id", "=", this.#tenant).executeTakeFirstOrThrow();
  }
}

function isLeased(row: SyncScheduleTable, nowMs: number): boolean {
  return row.lease_owner !== null && (row.lease_until_ms ?? 0) > nowMs;
}

function shown(row: SyncScheduleTable, nowMs: number): SyncSchedule {
  return {
    enabled: row.enabled === 1,
    intervalMinutes: row.interval_minutes,
    nextPolicy: row.next_policy,
    nextMs: row.next_ms,
    keepDays: row.keep_days,
    isRunning: isLeased(row, nowMs),
  };
}
