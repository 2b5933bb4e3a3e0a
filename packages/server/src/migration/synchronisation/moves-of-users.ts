/** What the journal of moves says of users, as far as synchronisation must not step between. */
import type { ObjectId, Tenant } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import type { MoveState } from "./homing.ts";

export interface MoveMark {
  state: MoveState;
  /** When a move of the user was last written of; 0: never. */
  changedMs: number;
}

export const NO_MOVE: MoveMark = { state: "none", changedMs: 0 };

/** Users without a move are left out. */
export type MovesOf = (queries: Queries, tenant: Tenant, users: readonly ObjectId[]) => Promise<ReadonlyMap<ObjectId, MoveMark>>;

/** Parameters of one `in`; either engine takes this many. */
const PARAMETERS = 2000;

export const movesOfUsers: MovesOf = async (queries, tenant, users) => {
  const marks = new Map<ObjectId, MoveMark>();
  for (let i = 0; i < users.length; i += PARAMETERS) {
    const rows = await queries
      .selectFrom("moves")
      .select(["object_id", "active", "state", "direction", "changed_ms"])
      .where("tenant_id", "=", tenant.tenantId)
      .where("object_id", "in", users.slice(i, i + PARAMETERS))
      .orderBy("changed_ms")
      .orderBy("active")
      .execute();
    for (const row of rows) {
      const user = row.object_id as ObjectId;
      const before = marks.get(user)?.state ?? "none";
      // The last that was done says where the user is; what was undone says nothing; one that is active outweighs all.
      const done: MoveState = row.direction === "to-online" ? "moved" : "none";
      const state = row.active === 1 || before === "under-way" ? "under-way" : row.state === "done" ? done : before;
      marks.set(user, { state, changedMs: row.changed_ms });
    }
  }
  return marks;
};
