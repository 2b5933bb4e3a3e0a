/**
 * The walk of moves through all faults: one user, two processes, and a death or a cut at a step; afterwards both databases
 * are read from outside and must agree. What is asked of them stands in `judge`.
 */
import { join } from "node:path";
import { Kysely } from "kysely";
import { digestOf, UserDataStore, type UserData } from "../migration/index.ts";
import { LAB_DEPLOYMENT, LAB_TENANTS, type ObjectId, type TenantId } from "../directory/index.ts";
import type { SiteKind } from "../site.ts";
import { postgresDialect, sqliteDialect, type Queries } from "../store/index.ts";
import { postgresSchema } from "../store/postgres.ts";
import type { Schema } from "../store/schema.ts";
import type { TwoSites } from "./two-sites.fixture.ts";

export const WALKER = "sip:kenmyer@contoso.com";
export const ONLINE = "sipfed.online.lync.com";
export const POOL = "pool01.contoso.local";

export type Way = "to-online" | "to-pool";

/** Each moment at which something can die: the site, and the step that it is about to take or has taken. */
export const MOMENTS: Readonly<Record<Way, readonly (readonly [site: SiteKind, at: string])[]>> = {
  "to-online": moments(["freeze", "export", "import", "switch", "redirect", "release"], ["import", "commit"]),
  "to-pool": moments(["freeze", "export", "switch", "redirect", "release"], ["freeze", "commit"]),
};

function moments(leader: readonly string[], follower: readonly string[]): (readonly [SiteKind, string])[] {
  const both = (site: SiteKind, steps: readonly string[]) =>
    steps.flatMap((step) => (["before", "after"] as const).map((when) => [site, `${step}:${when}`] as const));
  return [...both("pool", leader), ...both("online", follower)];
}

/** What one site has of the user, read from its database by nobody's leave. */
export interface View {
  homed: "here" | "elsewhere" | "nowhere";
  data: UserData;
  /** The newest move's state, and whether it is open. */
  state: string | undefined;
  open: number;
}

const TENANTS: Readonly<Record<SiteKind, TenantId>> = {
  online: LAB_TENANTS[0]?.tenant.tenantId as TenantId,
  pool: LAB_DEPLOYMENT.tenant.tenantId,
};

/** A site's database, beside the site; whoever opens it destroys it. */
export function databaseFromOutside(folder: string, site: SiteKind, databaseUrl?: string): Queries {
  const dialect =
    databaseUrl === undefined
      ? sqliteDialect(join(folder, `${site}.db`))
      : postgresDialect({ url: databaseUrl, schema: postgresSchema(site), maxConnections: 2 });
  return new Kysely<Schema>({ dialect });
}

export async function view(sites: TwoSites, site: SiteKind, databaseUrl?: string): Promise<View> {
  const db = databaseFromOutside(sites.folder, site, databaseUrl);
  try {
    const tenant = TENANTS[site];
    const user = await db
      .selectFrom("users")
      .selectAll()
      .where("tenant_id", "=", tenant)
      .where("sip_key", "=", WALKER)
      .executeTakeFirstOrThrow();
    const moves = await db
      .selectFrom("moves")
      .selectAll()
      .where("tenant_id", "=", tenant)
      .where("object_id", "=", user.object_id)
      .orderBy("started_ms", "desc")
      .execute();
    const data = await new UserDataStore(db, tenant).read(user.object_id as ObjectId);
    const [newest] = moves;
    return {
      homed: user.registrar_pool === null ? (user.hosting_provider === null ? "nowhere" : "elsewhere") : "here",
      data: { ...data, policies: {} },
      state: newest?.state,
      open: moves.filter((move) => move.active === 1).length,
    };
  } finally {
    await db.destroy();
  }
}

/** States in which a site has promised not to serve. */
const HELD: readonly (string | undefined)[] = ["frozen", "undoing", "imported"];

/** Whether a site serves the user, by its own database alone. */
export function serves({ homed, open, state }: View): boolean {
  return homed === "here" && !(open > 0 && HELD.includes(state));
}

/** Nothing lost, nothing twice, one home; in words what is wrong, or nothing. */
export function judge(expected: UserData, pool: View, online: View): string[] {
  const wrong: string[] = [];
  if (pool.open + online.open > 0) wrong.push(`open moves: ${pool.open} at the pool, ${online.open} online`);
  const homes = [pool, online].filter(({ homed }) => homed === "here").length;
  if (homes !== 1) wrong.push(`homed at ${homes} sites (pool ${pool.homed}, online ${online.homed})`);
  const [home, other] = pool.homed === "here" ? [pool, online] : [online, pool];
  if (digestOf(home.data) !== digestOf(expected)) wrong.push("the data at home are not those of before");
  if (other.data.contacts.length + other.data.meetings.length + other.data.groups.length > 0) wrong.push("the other site still has data");
  return wrong;
}
