/** The counters that administrators watch while they move users. */
import { sql } from "kysely";
import type { TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";

export interface MoveCounters {
  usersHomedOnline: number;
  usersHomedOnPremises: number;
  /** Of the former those who come from a deployment's directory. */
  usersSyncedAndHomedOnline: number;
  usersNotEnabled: number;
  /** Of the journal of this site: neither done nor undone. */
  activeMoves: number;
}

/**
 * As one site sees it.
 *
 * @param kind of the site: at a pool whoever is homed online is synchronised, or the pool would not know
 */
export async function moveCounters(db: Queries, tenant: TenantId, kind: "online" | "pool"): Promise<MoveCounters> {
  const online = sql`(hosting_provider is not null and hosting_provider != '' and upper(hosting_provider) != 'SRV:')`;
  const onPremises = sql`(upper(hosting_provider) = 'SRV:' or ((hosting_provider is null or hosting_provider = '') and registrar_pool is not null))`;
  const synced = kind === "pool" ? sql`1 = 1` : sql`properties like '%"DirSyncEnabled":true%'`;
  const count = (condition: ReturnType<typeof sql>) => sql<number | string>`coalesce(sum(case when ${condition} then 1 else 0 end), 0)`;
  const row = await db
    .selectFrom("users")
    .where("tenant_id", "=", tenant)
    .select([
      count(sql`enabled = 1 and ${online}`).as("online"),
      count(sql`enabled = 1 and ${onPremises}`).as("on_premises"),
      count(sql`enabled = 1 and ${online} and ${synced}`).as("synced"),
      count(sql`enabled = 0`).as("disabled"),
    ])
    .executeTakeFirstOrThrow();
  const active = await db
    .selectFrom("moves")
    .select((eb) => eb.fn.countAll().as("n"))
    .where("tenant_id", "=", tenant)
    .where("active", "=", 1)
    .executeTakeFirstOrThrow();
  return {
    usersHomedOnline: Number(row.online),
    usersHomedOnPremises: Number(row.on_premises),
    usersSyncedAndHomedOnline: Number(row.synced),
    usersNotEnabled: Number(row.disabled),
    activeMoves: Number(active.n),
  };
}
