/** The users of batches in the database. Lists come in pages; nothing here reads a whole batch at once. */
import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import { within, type MoveBatchUsersTable, type Queries, type Schema } from "../../store/index.ts";
import type { Finding, MoveOutcome } from "../moves/move.ts";
import { NO_COUNTS, type BatchId, type BatchUser, type BatchUserState, type Complaint, type StateCounts, type Task } from "./batch.ts";
import { BatchRows, kept, toKept } from "./batch-rows.ts";

/** Somebody to be added. */
export interface NewBatchUser {
  identity: string;
  objectId: ObjectId;
  sipAddress: string | null;
  displayName: string;
  source: string;
}

export interface UserPage {
  states?: readonly BatchUserState[] | undefined;
  /** Those with a higher sequence number, by it. */
  after?: number | undefined;
  /** Instead: those with a higher change number, by that. */
  since?: number | undefined;
  limit: number;
}

/** Rows an insert or an update by sequence numbers: below the number of parameters that either engine takes. */
const CHUNK = 400;
/** Rows that are swept in one statement: short enough that nobody waits behind it. */
const SWEEP = 5_000;

export class BatchUserRows {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  readonly #batch: BatchId;
  constructor(db: Queries, tenant: TenantId, batch: BatchId) {
    this.#db = db;
    this.#tenant = tenant;
    this.#batch = batch;
  }

  /** Those of the ids who are in the batch. */
  async present(ids: readonly ObjectId[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (let i = 0; i < ids.length; i += CHUNK) {
      const rows = await this.#db
        .selectFrom("move_batch_users")
        .select("object_id")
        .where("tenant_id", "=", this.#tenant)
        .where("batch_id", "=", this.#batch)
        .where("object_id", "in", ids.slice(i, i + CHUNK))
        .execute();
      for (const row of rows) found.add(row.object_id);
    }
    return found;
  }

  /** Adds them behind the last sequence number, with change numbers behind the last of these. */
  async add(users: readonly NewBatchUser[], lastSequence: number, lastChange: number): Promise<void> {
    const rows = users.map((user, i): MoveBatchUsersTable => ({
      tenant_id: this.#tenant,
      batch_id: this.#batch,
      sequence: lastSequence + i + 1,
      identity: user.identity,
      object_id: user.objectId,
      sip_address: user.sipAddress,
      display_name: user.displayName,
      source: user.source,
      state: "waiting" satisfies BatchUserState,
      task: "move" satisfies Task,
      wave: 0,
      attempts: 0,
      next_ms: 0,
      lease_owner: null,
      lease_until_ms: null,
      fault: null,
      findings: null,
      outcome: null,
      move_id: null,
      mail: 0,
      started_ms: null,
      finished_ms: null,
      change_number: lastChange + i + 1,
    }));
    // 23 columns a row.
    for (let i = 0; i < rows.length; i += 100) {
      await this.#db
        .insertInto("move_batch_users")
        .values(rows.slice(i, i + 100))
        .execute();
    }
  }

  async page({ states, after, since, limit }: UserPage): Promise<BatchUser[]> {
    let query = this.#db
      .selectFrom("move_batch_users")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", this.#batch)
      .limit(limit);
    if (states !== undefined) query = query.where("state", "in", states);
    if (after !== undefined) query = query.where("sequence", ">", after);
    query = since === undefined ? query.orderBy("sequence") : query.where("change_number", ">", since).orderBy("change_number");
    return (await query.execute()).map(userFromRow);
  }

  /** All of them, a page at a time, by sequence. */
  async *pages(states?: readonly BatchUserState[], size = 500): AsyncGenerator<BatchUser[], void, undefined> {
    for (let after = 0; ;) {
      const page = await this.page({ states, after, limit: size });
      if (page.length > 0) yield page;
      if (page.length < size) return;
      after = page.at(-1)?.sequence ?? 0;
    }
  }

  async byUsers(ids: readonly ObjectId[]): Promise<BatchUser[]> {
    const found: BatchUser[] = [];
    for (let i = 0; i < ids.length; i += CHUNK) {
      const rows = await this.#db
        .selectFrom("move_batch_users")
        .selectAll()
        .where("tenant_id", "=", this.#tenant)
        .where("batch_id", "=", this.#batch)
        .where("object_id", "in", ids.slice(i, i + CHUNK))
        .execute();
      found.push(...rows.map(userFromRow));
    }
    return found;
  }

  async counts(): Promise<StateCounts> {
    const rows = await this.#db
      .selectFrom("move_batch_users")
      .select((eb) => ["state", eb.fn.countAll().as("n")])
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", this.#batch)
      .groupBy("state")
      .execute();
    return { ...NO_COUNTS, ...Object.fromEntries(rows.map((row) => [row.state, Number(row.n)])) };
  }

  /** Who came to an end since then. */
  async finishedSince(sinceMs: number): Promise<number> {
    const row = await this.#db
      .selectFrom("move_batch_users")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", this.#batch)
      .where("finished_ms", ">", sinceMs)
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** The wave that somebody waits or is under way in; undefined where nobody does. */
  async wave(): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom("move_batch_users")
      .select((eb) => eb.fn.min("wave").as("wave"))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", this.#batch)
      .where("state", "in", ["waiting", "moving"] satisfies BatchUserState[])
      .executeTakeFirst();
    return row?.wave ?? undefined;
  }

  /** Users who are at the target though they were to be taken back. */
  async stuck(): Promise<number> {
    const row = await this.#db
      .selectFrom("move_batch_users")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", this.#batch)
      .where("state", "=", "moved")
      .where("task", "=", "undo")
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  async setWaves(waves: ReadonlyMap<number, number>): Promise<void> {
    const byWave = new Map<number, number[]>();
    for (const [sequence, wave] of waves) {
      const list = byWave.get(wave);
      if (list === undefined) byWave.set(wave, [sequence]);
      else list.push(sequence);
    }
    for (const [wave, sequences] of byWave) {
      for (let i = 0; i < sequences.length; i += CHUNK) {
        await this.#held((db) =>
          db
            .updateTable("move_batch_users")
            .set({ wave, change_number: 0 })
            .where("tenant_id", "=", this.#tenant)
            .where("batch_id", "=", this.#batch)
            .where("sequence", "in", sequences.slice(i, i + CHUNK))
            .where("wave", "!=", wave)
            .execute(),
        );
      }
    }
  }

  /** What a check found: those with nothing in one statement, the others one by one. */
  async setFindings(checked: readonly { user: BatchUser; findings: readonly Finding[] }[]): Promise<void> {
    const clean = checked.filter(({ findings }) => findings.length === 0).map(({ user }) => user.sequence);
    await this.#held(async (db) => {
      const set = (findings: readonly Finding[], sequences: readonly number[]) =>
        db
          .updateTable("move_batch_users")
          .set({ findings: toKept(findings), change_number: 0 })
          .where("tenant_id", "=", this.#tenant)
          .where("batch_id", "=", this.#batch)
          .where("sequence", "in", sequences)
          .execute();
      for (const part of chunks(clean, CHUNK)) await set([], part);
      for (const { user, findings } of checked) if (findings.length > 0) await set(findings, [user.sequence]);
    });
  }

  /** Changes all who fit, some thousands a statement; whoever was changed must not fit any longer. */
  async sweep(fits: SweepFits, changes: SweepChanges): Promise<number> {
    let swept = 0;
    for (const users of fits.users === undefined ? [undefined] : chunks(fits.users, CHUNK)) {
      for (;;) {
        const condition = (eb: ExpressionBuilder<Schema, "move_batch_users">): Expression<SqlBool> =>
          eb.and([
            eb("state", "=", fits.state),
            ...(fits.task === undefined ? [] : [eb("task", "=", fits.task)]),
            ...(fits.tried === true ? [eb("attempts", ">", 0)] : []),
            ...(users === undefined ? [] : [eb("sequence", "in", users)]),
          ]);
        const { fault, ...others } = changes;
        const picked = this.#db
          .selectFrom("move_batch_users")
          .select("sequence")
          .where("tenant_id", "=", this.#tenant)
          .where("batch_id", "=", this.#batch)
          .where(condition)
          .limit(SWEEP);
        const result = await this.#held((db) =>
          db
            .updateTable("move_batch_users")
            .set({ ...others, ...(fault === undefined ? {} : { fault: toKept(fault) }), change_number: 0 })
            .where("tenant_id", "=", this.#tenant)
            .where("batch_id", "=", this.#batch)
            .where("sequence", "in", picked)
            // Once more: on one of the engines somebody may have changed the row while this waited for it.
            .where(condition)
            .executeTakeFirst(),
        );
        const count = Number(result.numUpdatedRows);
        swept += count;
        if (count < SWEEP) break;
      }
    }
    return swept;
  }

  /**
   * Numbers what has changed since it was last asked for. A change is numbered by who reads, under the batch's lock: so a number
   * that was read is higher than all that were read before, and none is passed over, whoever commits when. A number is the
   * last one and the user's sequence number: no two are alike, and none has to be counted.
   *
   * @returns whether there was anything
   */
  async numberChanges(lastChange: number): Promise<boolean> {
    for (let hasAny = false; ; hasAny = true) {
      const first = await this.#db
        .selectFrom("move_batch_users")
        .select("sequence")
        .where("tenant_id", "=", this.#tenant)
        .where("batch_id", "=", this.#batch)
        .where("change_number", "=", 0)
        .orderBy("sequence")
        .limit(1)
        .executeTakeFirst();
      if (first === undefined) return hasAny;
      await this.#db
        .updateTable("move_batch_users")
        .set((eb) => ({ change_number: eb("sequence", "+", lastChange) }))
        .where("tenant_id", "=", this.#tenant)
        .where("batch_id", "=", this.#batch)
        .where("change_number", "=", 0)
        .where("sequence", "<", first.sequence + SWEEP)
        .execute();
    }
  }

  /** Prolongs the leases of all that the worker has. */
  async renew(owner: string, untilMs: number): Promise<void> {
    await this.#held((db) =>
      db
        .updateTable("move_batch_users")
        .set({ lease_until_ms: untilMs })
        .where("tenant_id", "=", this.#tenant)
        .where("batch_id", "=", this.#batch)
        .where("state", "=", "moving" satisfies BatchUserState)
        .where("lease_owner", "=", owner)
        .execute(),
    );
  }

  /** Whoever changes more than one row holds the batch's first: two who took rows in another order would wait for each other. */
  #held<T>(work: (db: Queries) => Promise<T>): Promise<T> {
    return within(this.#db, async (trx) => {
      await new BatchRows(trx, this.#tenant).lock(this.#batch);
      return work(trx);
    });
  }

  async removeAll(): Promise<void> {
    await this.#db.deleteFrom("move_batch_users").where("tenant_id", "=", this.#tenant).where("batch_id", "=", this.#batch).execute();
  }
}

/** Whom a sweep is about. */
export interface SweepFits {
  state: BatchUserState;
  task?: Task;
  /** Those who were tried before. */
  tried?: boolean;
  /** By sequence. */
  users?: readonly number[];
}

/** What a sweep may set. */
export type SweepChanges = Partial<Pick<MoveBatchUsersTable, "attempts" | "next_ms" | "finished_ms">> & {
  state?: BatchUserState;
  task?: Task;
  fault?: Complaint | null;
};

export function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size);
}

export function userFromRow(row: MoveBatchUsersTable): BatchUser {
  return {
    sequence: row.sequence,
    identity: row.identity,
    objectId: row.object_id as ObjectId,
    sipAddress: row.sip_address,
    displayName: row.display_name,
    source: row.source,
    state: row.state as BatchUserState,
    task: row.task as Task,
    wave: row.wave,
    attempts: row.attempts,
    complaint: kept(row.fault, "move_batch_users.fault") as Complaint | null,
    findings: kept(row.findings, "move_batch_users.findings") as Finding[] | null,
    outcome: kept(row.outcome, "move_batch_users.outcome") as MoveOutcome | null,
    startedMs: row.started_ms,
    finishedMs: row.finished_ms,
    changeNumber: row.change_number,
  };
}
