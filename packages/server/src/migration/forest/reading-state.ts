/** How far the forest was read, and whose turn it is to read: one row a deployment. */
import type { TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";

/** Renewed with each page; a reader that was killed holds up the next for so long. */
const LEASE_MS = 120_000;

export class ReadingState {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** Counts a reading and takes it; undefined while another process reads. */
  async begin(nowMs: number): Promise<{ reading: number; cursor: string | null } | undefined> {
    await this.#db
      .insertInto("forest_state")
      .values({ tenant_id: this.#tenant, cursor: null, reading: 0, lease_until_ms: 0 })
      .onConflict((conflict) => conflict.column("tenant_id").doNothing())
      .execute();
    return this.#db
      .updateTable("forest_state")
      .set((eb) => ({ reading: eb("reading", "+", 1), lease_until_ms: nowMs + LEASE_MS }))
      .where("tenant_id", "=", this.#tenant)
      .where("lease_until_ms", "<=", nowMs)
      .returning(["reading", "cursor"])
      .executeTakeFirst();
  }

  async renew(reading: number, nowMs: number): Promise<void> {
    await this.#db
      .updateTable("forest_state")
      .set({ lease_until_ms: nowMs + LEASE_MS })
      .where("tenant_id", "=", this.#tenant)
      .where("reading", "=", reading)
      .execute();
  }

  /** Gives it back; the next reading begins at the cursor, or, without one, where this one began. */
  async end(reading: number, cursor: string | undefined): Promise<void> {
    await this.#db
      .updateTable("forest_state")
      .set({ lease_until_ms: 0, ...(cursor === undefined ? {} : { cursor }) })
      .where("tenant_id", "=", this.#tenant)
      .where("reading", "=", reading)
      .execute();
  }
}
