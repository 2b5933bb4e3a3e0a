/**
 * The journal of moves of one tenant or deployment: rows that say how far each move is. A step and its row are written in
 * one transaction, and only by the process that holds the move: a process that was taken for dead changes nothing any more.
 */
import { Fault } from "@tieline/fault";
import { sql } from "kysely";
import { fromJson, isDuplicate, toJson, type Json, type MovesTable, type Queries } from "../../store/index.ts";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import type { Direction, MoveOptions } from "./move.ts";

export interface MoveRow {
  moveId: string;
  objectId: ObjectId;
  sipAddress: string;
  role: MovesTable["role"];
  direction: Direction;
  source: string;
  target: string;
  state: string;
  active: boolean;
  /** What happened when, ms. */
  steps: readonly (readonly [string, number])[];
  options: MoveOptions;
  by: string;
  batchId: string | null;
  runId: string | null;
  outcome: Json;
  faultCode: string | null;
  owner: string;
  leaseMs: number;
  startedMs: number;
  changedMs: number;
}

export type NewMove = Pick<MoveRow, "moveId" | "objectId" | "sipAddress" | "role" | "direction" | "source" | "target" | "state" | "by"> & {
  options?: MoveOptions;
  batchId?: string | null;
  runId?: string | null;
  owner?: string;
  leaseMs?: number;
  outcome?: Json;
  active?: boolean;
};

/** What a step changes beside the state. */
export interface Advance {
  active?: boolean;
  outcome?: Json;
  faultCode?: string | null;
  leaseMs?: number;
}

export interface MoveQuery {
  activeOnly?: boolean;
  /** Those that this site leads, or those that it follows. */
  role?: MovesTable["role"];
  user?: ObjectId;
  batchId?: string;
  /** The newest so many. Default 100. */
  limit?: number;
}

/** Written out: the indexes of open moves are for those alone, and an engine takes one only where it sees that. */
const OPEN = sql<0 | 1>`1`;

export class MoveJournal {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** @throws Fault `move-in-progress` where the user has an open move */
  async begin(move: NewMove, nowMs: number): Promise<MoveRow> {
    const row: MovesTable = {
      tenant_id: this.#tenant,
      move_id: move.moveId,
      object_id: move.objectId,
      sip_key: move.sipAddress.toLowerCase(),
      role: move.role,
      direction: move.direction,
      source: move.source,
      target: move.target,
      state: move.state,
      active: move.active === false ? 0 : 1,
      steps: toJson([[move.state, nowMs]]),
      options: toJson((move.options ?? {}) as Json),
      by_account: move.by,
      batch_id: move.batchId ?? null,
      run_id: move.runId ?? null,
      outcome: move.outcome === undefined ? null : toJson(move.outcome),
      fault_code: null,
      owner: move.owner ?? "",
      lease_ms: move.leaseMs ?? 0,
      started_ms: nowMs,
      changed_ms: nowMs,
    };
    // Not by the error of a duplicate: inside a transaction PostgreSQL lets nothing follow one.
    const result = await this.#db
      .insertInto("moves")
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
      .catch((error: unknown) => {
        if (isDuplicate(error)) return undefined;
        throw error;
      });
    if ((result?.numInsertedOrUpdatedRows ?? 0n) > 0n) return fromRow(row);
    const other = await this.active(move.objectId);
    throw new Fault("move-in-progress", {
      user: move.sipAddress,
      since: new Date(other?.startedMs ?? nowMs).toISOString(),
      by: other?.by ?? "another process",
    });
  }

  async get(moveId: string): Promise<MoveRow | undefined> {
    const row = await this.#db
      .selectFrom("moves")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("move_id", "=", moveId)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** The user's open move. */
  async active(user: ObjectId): Promise<MoveRow | undefined> {
    const row = await this.#db
      .selectFrom("moves")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", user)
      .where("active", "=", OPEN)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** Newest first. */
  async list({ activeOnly, role, user, batchId, limit = 100 }: MoveQuery): Promise<MoveRow[]> {
    let query = this.#db.selectFrom("moves").selectAll().where("tenant_id", "=", this.#tenant);
    if (activeOnly === true) query = query.where("active", "=", OPEN);
    if (role !== undefined) query = query.where("role", "=", role);
    if (user !== undefined) query = query.where("object_id", "=", user);
    if (batchId !== undefined) query = query.where("batch_id", "=", batchId);
    const rows = await query.orderBy("started_ms", "desc").orderBy("move_id").limit(limit).execute();
    return rows.map(fromRow);
  }

  /**
   * Goes from one state to the next; false where the move is not there any more, or is another process's by now.
   *
   * @param owner left out: whoever holds it
   */
  async advance(row: MoveRow, state: string, nowMs: number, change: Advance = {}, owner?: string): Promise<boolean> {
    let query = this.#db
      .updateTable("moves")
      .set({
        state,
        active: change.active === false ? 0 : 1,
        // Onto what is there: the row that the caller has seen may be of a step before.
        steps: sql<string>`substr(steps, 1, length(steps) - 1) || ${`,${toJson([state, nowMs])}]`}`,
        changed_ms: nowMs,
        ...(change.outcome === undefined ? {} : { outcome: toJson(change.outcome) }),
        ...(change.faultCode === undefined ? {} : { fault_code: change.faultCode }),
        ...(change.leaseMs === undefined ? {} : { lease_ms: change.leaseMs }),
      })
      .where("tenant_id", "=", this.#tenant)
      .where("move_id", "=", row.moveId)
      .where("state", "=", row.state);
    if (owner !== undefined) query = query.where("owner", "=", owner);
    return (await query.executeTakeFirst()).numUpdatedRows > 0n;
  }

  /** Why an open move cannot be settled; whoever settles it later says otherwise. */
  async note(moveId: string, faultCode: string): Promise<void> {
    await this.#db
      .updateTable("moves")
      .set({ fault_code: faultCode })
      .where("tenant_id", "=", this.#tenant)
      .where("move_id", "=", moveId)
      .where("active", "=", OPEN)
      .execute();
  }

  /** Keeps moves of this process its own. */
  async renew(owner: string, leaseMs: number): Promise<void> {
    await this.#db
      .updateTable("moves")
      .set({ lease_ms: leaseMs })
      .where("tenant_id", "=", this.#tenant)
      .where("active", "=", OPEN)
      .where("role", "=", "leader")
      .where("owner", "=", owner)
      .execute();
  }

  /** Leads of nobody, or of a process that is gone: takes one, if nobody is quicker. */
  async takeOver(row: MoveRow, owner: string, leaseMs: number): Promise<boolean> {
    const result = await this.#db
      .updateTable("moves")
      .set({ owner, lease_ms: leaseMs })
      .where("tenant_id", "=", this.#tenant)
      .where("move_id", "=", row.moveId)
      .where("active", "=", OPEN)
      .where("owner", "=", row.owner)
      .where("lease_ms", "=", row.leaseMs)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Open moves that this site leads and whose lease has lapsed, the oldest first. */
  async orphans(nowMs: number, limit: number): Promise<MoveRow[]> {
    const rows = await this.#db
      .selectFrom("moves")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("active", "=", OPEN)
      .where("role", "=", "leader")
      .where("lease_ms", "<=", nowMs)
      .orderBy("started_ms")
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  /** Open moves that this site leads; those that cannot be settled for one reason, or all. */
  async openCount(faultCode?: string): Promise<number> {
    let query = this.#db
      .selectFrom("moves")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("tenant_id", "=", this.#tenant)
      .where("active", "=", OPEN)
      .where("role", "=", "leader");
    if (faultCode !== undefined) query = query.where("fault_code", "=", faultCode);
    const row = await query.executeTakeFirstOrThrow();
    return Number(row.n);
  }
}

function fromRow(row: MovesTable): MoveRow {
  return {
    moveId: row.move_id,
    objectId: row.object_id as ObjectId,
    sipAddress: row.sip_key,
    role: row.role,
    direction: row.direction,
    source: row.source,
    target: row.target,
    state: row.state,
    active: row.active === 1,
    steps: fromJson(row.steps, "moves.steps") as unknown as MoveRow["steps"],
    options: fromJson(row.options, "moves.options") as MoveOptions,
    by: row.by_account,
    batchId: row.batch_id,
    runId: row.run_id,
    outcome: row.outcome === null ? null : fromJson(row.outcome, "moves.outcome"),
    faultCode: row.fault_code,
    owner: row.owner,
    leaseMs: row.lease_ms,
    startedMs: row.started_ms,
    changedMs: row.changed_ms,
  };
}
