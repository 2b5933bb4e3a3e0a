/** Who acts for whom, and how many meetings somebody has: what the preparation of a batch asks of the users' data. */
import type { ObjectId, TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { chunks } from "./batch-user-rows.ts";

export interface Delegation {
  /** SIP URIs in lower case. */
  principal: string;
  delegate: string;
}

interface Person {
  objectId: ObjectId;
  sipAddress: string | null;
}

const CHUNK = 400;

/** Delegations in which one of them is principal or delegate. */
export async function delegationsOf(db: Queries, tenant: TenantId, people: readonly Person[]): Promise<Delegation[]> {
  const found = new Map<string, Delegation>();
  for (const part of chunks(people, CHUNK)) {
    const uris = part.flatMap(({ sipAddress }) => (sipAddress === null ? [] : [sipAddress.toLowerCase()]));
    const [asPrincipal, asDelegate] = [
      await delegations(db, tenant)
        .where(
          "user_delegates.object_id",
          "in",
          part.map(({ objectId }) => objectId),
        )
        .execute(),
      uris.length === 0 ? [] : await delegations(db, tenant).where("user_delegates.uri", "in", uris).execute(),
    ];
    for (const { principal, delegate } of [...asPrincipal, ...asDelegate]) {
      if (principal !== null) found.set(`${principal} ${delegate}`, { principal, delegate });
    }
  }
  return [...found.values()];
}

function delegations(db: Queries, tenant: TenantId) {
  return db
    .selectFrom("user_delegates")
    .innerJoin("users", (join) =>
      join.onRef("users.tenant_id", "=", "user_delegates.tenant_id").onRef("users.object_id", "=", "user_delegates.object_id"),
    )
    .select(["users.sip_key as principal", "user_delegates.uri as delegate"])
    .where("user_delegates.tenant_id", "=", tenant);
}

/** By id; somebody without is not among them. */
export async function meetingsOf(db: Queries, tenant: TenantId, ids: readonly ObjectId[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const part of chunks(ids, CHUNK)) {
    const rows = await db
      .selectFrom("user_data")
      .select(["object_id", "meetings"])
      .where("tenant_id", "=", tenant)
      .where("object_id", "in", part)
      .where("meetings", ">", 0)
      .execute();
    for (const row of rows) found.set(row.object_id, row.meetings);
  }
  return found;
}
