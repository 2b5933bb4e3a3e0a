/**
 * The users that are still to be written to the forest: rows, so that what a transaction has decided is written even if the
 * process or the forest is away afterwards. A row says that a user is to be written, not what: that is read when it is.
 */
import type { Fault } from "@tieline/fault";
import { type ObjectId, type TenantId } from "../../directory/index.ts";
import { within, type Queries } from "../../store/index.ts";

/** A user's row is one process's for so long; more than a write takes, with its reconnection. */
const LEASE_MS = 120_000;

export interface Claim {
  version: number;
  attempts: number;
}

export class ForestOutbox {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async add(queries: Queries, user: ObjectId, nowMs: number): Promise<void> {
    await queries
      .insertInto("forest_outbox")
      .values({
        tenant_id: this.#tenant,
        object_id: user,
        version: 1,
        attempts: 0,
        next_ms: nowMs,
        lease_until_ms: 0,
        fault_code: null,
        fault: null,
        queued_ms: nowMs,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "object_id"]).doUpdateSet((eb) => ({
          version: eb("forest_outbox.version", "+", 1),
          attempts: 0,
          next_ms: nowMs,
        })),
      )
      .execute();
  }

  async count(): Promise<number> {
    const row = await this.#db
      .selectFrom("forest_outbox")
      .where("tenant_id", "=", this.#tenant)
      .select((eb) => eb.fn.countAll().as("n"))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** The user who waits longest; undefined where nobody does. */
  async longest(): Promise<{ queuedMs: number; faultCode: string | null } | undefined> {
    const row = await this.#db
      .selectFrom("forest_outbox")
      .where("tenant_id", "=", this.#tenant)
      .select(["queued_ms", "fault_code"])
      .orderBy("queued_ms")
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? undefined : { queuedMs: row.queued_ms, faultCode: row.fault_code };
  }

  /** Those whose time has come and whom nobody is writing, the longest due first. */
  async due(nowMs: number, limit: number): Promise<ObjectId[]> {
    const rows = await this.#db
      .selectFrom("forest_outbox")
      .select("object_id")
      .where("tenant_id", "=", this.#tenant)
      .where("next_ms", "<=", nowMs)
      .where("lease_until_ms", "<=", nowMs)
      .orderBy("next_ms")
      .orderBy("object_id")
      .limit(limit)
      .execute();
    return rows.map((row) => row.object_id as ObjectId);
  }

  /** Takes the user for writing; undefined where there is nothing to write, or somebody else is at it and will see the change. */
  async claim(user: ObjectId, nowMs: number): Promise<Claim | undefined> {
    return this.#db
      .updateTable("forest_outbox")
      .set({ lease_until_ms: nowMs + LEASE_MS })
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", user)
      .where("lease_until_ms", "<=", nowMs)
      .returning(["version", "attempts"])
      .executeTakeFirst();
  }

  /**
   * What this version was is written. Gives the newer version where the user was changed meanwhile: then it is to be
   * written again. Otherwise the readings of the forest that have begun by now are told not to know better.
   */
  async done(user: ObjectId, version: number): Promise<number | undefined> {
    return within(this.#db, async (trx) => {
      const gone = await trx
        .deleteFrom("forest_outbox")
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", user)
        .where("version", "=", version)
        .executeTakeFirst();
      if (gone.numDeletedRows === 0n) {
        const newer = await trx
          .selectFrom("forest_outbox")
          .select("version")
          .where("tenant_id", "=", this.#tenant)
          .where("object_id", "=", user)
          .executeTakeFirst();
        return newer?.version;
      }
      const state = await trx.selectFrom("forest_state").select("reading").where("tenant_id", "=", this.#tenant).executeTakeFirst();
      await trx
        .updateTable("forest_objects")
        .set({ written: state?.reading ?? 0 })
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", user)
        .execute();
      return undefined;
    });
  }

  /** Gives the user back, to be tried again then. */
  async postpone(user: ObjectId, attempts: number, nextMs: number, fault: Fault): Promise<void> {
    await this.#db
      .updateTable("forest_outbox")
      .set({ attempts, next_ms: nextMs, lease_until_ms: 0, fault_code: fault.code, fault: fault.message })
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", user)
      .execute();
  }

  async drop(user: ObjectId): Promise<void> {
    await this.#db.deleteFrom("forest_outbox").where("tenant_id", "=", this.#tenant).where("object_id", "=", user).execute();
  }
}
