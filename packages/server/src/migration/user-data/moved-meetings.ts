/** What became of the meetings of users whom a move brought and who are homed here since; read from the heads of their data. */
import type { ObjectId, TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";

/** In the order of the vendor's documentation. A move brings meetings with it, so here they have all arrived. */
export type MeetingMigrationState = "Pending" | "InProgress" | "Failed" | "Succeeded";

export interface MeetingMigration {
  user: ObjectId;
  userPrincipalName: string;
  state: MeetingMigrationState;
  /** That the move brought; the user may have others since. */
  meetings: number;
  atMs: number;
}

export interface MeetingMigrationQuery {
  user?: ObjectId | undefined;
  /** Those of a move at or after it. */
  fromMs?: number | undefined;
  /** Those of a move at or before it. */
  toMs?: number | undefined;
}

const PAGE = 500;

export class MovedMeetings {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /**
   * A page by object id.
   *
   * @param after the last user of the page before
   */
  async page(query: MeetingMigrationQuery, after: ObjectId | undefined, limit = PAGE): Promise<MeetingMigration[]> {
    let select = this.#db
      .selectFrom("user_data")
      .innerJoin("users", (join) =>
        join.onRef("users.tenant_id", "=", "user_data.tenant_id").onRef("users.object_id", "=", "user_data.object_id"),
      )
      .select(["user_data.object_id", "users.upn", "user_data.moved_ms", "user_data.moved_meetings"])
      .where("user_data.tenant_id", "=", this.#tenant)
      .where("user_data.moved_meetings", ">", 0)
      // Until the move is decided, and after it was undone, the user is homed elsewhere.
      .where("users.registrar_pool", "is not", null);
    if (query.user !== undefined) select = select.where("user_data.object_id", "=", query.user);
    if (query.fromMs !== undefined) select = select.where("user_data.moved_ms", ">=", query.fromMs);
    if (query.toMs !== undefined) select = select.where("user_data.moved_ms", "<=", query.toMs);
    if (after !== undefined) select = select.where("user_data.object_id", ">", after);
    const rows = await select.orderBy("user_data.object_id").limit(limit).execute();
    return rows.map((row) => ({
      user: row.object_id as ObjectId,
      userPrincipalName: row.upn,
      state: "Succeeded",
      meetings: row.moved_meetings ?? 0,
      atMs: row.moved_ms ?? 0,
    }));
  }
}
