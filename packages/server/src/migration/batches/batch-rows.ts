/** The batches of one deployment in the database. Every change of state is made under the lock of the batch's row. */
import { Fault } from "@tieline/fault";
import { parseGuid, type TenantId } from "../../directory/index.ts";
import { fromJson, isDuplicate, recordFromJson, toJson, type Json, type MoveBatchesTable, type Queries } from "../../store/index.ts";
import type { MoveOptions } from "../moves/move.ts";
import type { Batch, BatchId, BatchState, Complaint } from "./batch.ts";

export type NewBatch = Pick<
  Batch,
  "batchId" | "name" | "target" | "options" | "limits" | "mailTemplate" | "includeRooms" | "crosses" | "createdBy"
>;

/** What may be changed of a row. */
export type BatchChanges = Partial<
  Pick<
    MoveBatchesTable,
    | "crosses"
    | "hosted_url"
    | "users"
    | "waves"
    | "last_change"
    | "next_slot_ms"
    | "fault_streak"
    | "streak_kind"
    | "undoing"
    | "started_by"
    | "started_ms"
    | "finished_ms"
    | "sign_in_sealed"
    | "sign_in_version"
  > & { state: BatchState; reason: Complaint | null }
>;

export class BatchRows {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** @throws Fault `batch-exists` */
  async add(batch: NewBatch, nowMs: number): Promise<void> {
    const row: MoveBatchesTable = {
      batch_id: batch.batchId,
      tenant_id: this.#tenant,
      name: batch.name,
      name_key: batch.name.toLowerCase(),
      target: batch.target,
      options: JSON.stringify(batch.options),
      concurrent_moves: batch.limits.concurrentMoves,
      wave_size: batch.limits.waveSize,
      rate_per_minute: batch.limits.ratePerMinute,
      hours: batch.limits.window,
      time_zone: batch.limits.timeZone,
      mail_template: batch.mailTemplate,
      include_rooms: batch.includeRooms ? 1 : 0,
      crosses: batch.crosses ? 1 : 0,
      hosted_url: null,
      sign_in_sealed: null,
      sign_in_version: 0,
      state: "Planned" satisfies BatchState,
      undoing: 0,
      reason: null,
      users: 0,
      waves: 0,
      last_change: 0,
      next_slot_ms: 0,
      fault_streak: 0,
      streak_kind: null,
      created_by: batch.createdBy,
      created_ms: nowMs,
      started_by: null,
      started_ms: null,
      finished_ms: null,
    };
    try {
      await this.#db.insertInto("move_batches").values(row).execute();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("batch-exists", { batch: batch.name }, { cause: error });
    }
  }

  /** In the order in which they were made. */
  async list(states?: readonly BatchState[]): Promise<Batch[]> {
    let query = this.#db.selectFrom("move_batches").selectAll().where("tenant_id", "=", this.#tenant);
    if (states !== undefined) query = query.where("state", "in", states);
    const rows = await query.orderBy("created_ms").orderBy("batch_id").execute();
    return rows.map(fromRow);
  }

  /** By id or name. @throws Fault `batch-not-found` */
  async find(idOrName: string): Promise<Batch> {
    const guid = parseGuid(idOrName);
    const row = await this.#db
      .selectFrom("move_batches")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where((eb) =>
        eb.or([eb("name_key", "=", idOrName.trim().toLowerCase()), ...(guid === undefined ? [] : [eb("batch_id", "=", guid)])]),
      )
      .executeTakeFirst();
    if (row === undefined) throw new Fault("batch-not-found", { batch: idOrName });
    return fromRow(row);
  }

  /** Takes the row until the transaction ends; undefined where it was removed. */
  async lock(id: BatchId): Promise<LockedBatch | undefined> {
    const [row] = await this.#db
      .updateTable("move_batches")
      // Nothing changes; on both engines this is what takes the row.
      .set((eb) => ({ last_change: eb.ref("last_change") }))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", id)
      .returningAll()
      .execute();
    return row === undefined ? undefined : { batch: fromRow(row), row };
  }

  async change(id: BatchId, { reason, ...changes }: BatchChanges): Promise<void> {
    await this.#db
      .updateTable("move_batches")
      .set({ ...changes, ...(reason === undefined ? {} : { reason: reason === null ? null : JSON.stringify(reason) }) })
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", id)
      .execute();
  }

  /** Where the fault was followed by a move that went well. */
  async clearStreak(id: BatchId): Promise<void> {
    await this.#db
      .updateTable("move_batches")
      .set({ fault_streak: 0, streak_kind: null })
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", id)
      .where("fault_streak", ">", 0)
      .execute();
  }

  async signIn(id: BatchId): Promise<string | null> {
    const row = await this.#db
      .selectFrom("move_batches")
      .select("sign_in_sealed")
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", id)
      .executeTakeFirst();
    return row?.sign_in_sealed ?? null;
  }

  async remove(id: BatchId): Promise<void> {
    await this.#db.deleteFrom("move_batches").where("tenant_id", "=", this.#tenant).where("batch_id", "=", id).execute();
  }
}

/** A row that is held. */
export interface LockedBatch {
  batch: Batch;
  /** With what only the rows' keepers need. */
  row: MoveBatchesTable;
}

function fromRow(row: MoveBatchesTable): Batch {
  return {
    batchId: row.batch_id as BatchId,
    name: row.name,
    target: row.target,
    options: recordFromJson(row.options, "move_batches.options") as MoveOptions,
    limits: {
      concurrentMoves: row.concurrent_moves,
      waveSize: row.wave_size,
      ratePerMinute: row.rate_per_minute,
      window: row.hours,
      timeZone: row.time_zone,
    },
    mailTemplate: row.mail_template,
    includeRooms: row.include_rooms === 1,
    crosses: row.crosses === 1,
    hostedUrl: row.hosted_url,
    hasSignIn: row.sign_in_sealed !== null,
    signInVersion: row.sign_in_version,
    state: row.state as BatchState,
    isUndoing: row.undoing === 1,
    reason: kept(row.reason, "move_batches.reason") as Complaint | null,
    users: row.users,
    waves: row.waves,
    faultStreak: row.fault_streak,
    createdBy: row.created_by,
    createdMs: row.created_ms,
    startedBy: row.started_by,
    startedMs: row.started_ms,
    finishedMs: row.finished_ms,
  };
}

/** A value that was written by this program as JSON, or null. */
export function kept(text: string | null, where: string): Json {
  return text === null ? null : fromJson(text, where);
}

export function toKept(value: object | null): string | null {
  return value === null ? null : toJson(value as Json);
}
