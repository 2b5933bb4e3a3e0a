/** Where all people of a lab's two sites stand, read from both databases by nobody's leave. */
import assert from "node:assert/strict";
import { LAB_DEPLOYMENT, LAB_TENANTS, type ObjectId, type TenantId } from "../packages/server/src/directory/index.ts";
import { digestOf, NO_USER_DATA, UserDataStore } from "../packages/server/src/migration/index.ts";
import type { SiteKind } from "../packages/server/src/site.ts";
import { databaseFromOutside } from "../packages/server/src/lab/fault-walk.fixture.ts";

const TENANTS: Readonly<Record<SiteKind, TenantId>> = {
  online: LAB_TENANTS[0]?.tenant.tenantId as TenantId,
  pool: LAB_DEPLOYMENT.tenant.tenantId,
};

interface Person {
  isHere: boolean;
  /** Of contacts, meetings and the rest, without policies, which each site has of its own. */
  digest: string;
  /** Contacts, groups and meetings. */
  entries: number;
  redirect: string | undefined;
}

/** One site, by SIP URI. */
export interface Standing {
  people: ReadonlyMap<string, Person>;
  open: number;
  /** Moves that were done, by SIP URI and direction. */
  done: ReadonlyMap<string, number>;
}

export async function standing(site: SiteKind, databaseUrl: string): Promise<Standing> {
  const tenant = TENANTS[site];
  const db = databaseFromOutside("", site, databaseUrl);
  try {
    const redirects = await db.selectFrom("redirects").selectAll().where("tenant_id", "=", tenant).execute();
    const leads = new Map(redirects.map((row) => [row.object_id, row.target]));
    const people = new Map<string, Person>();
    const users = await db.selectFrom("users").selectAll().where("tenant_id", "=", tenant).execute();
    const data = await new UserDataStore(db, tenant).readMany(users.map((user) => user.object_id as ObjectId));
    for (const user of users) {
      if (user.sip_key === null) continue;
      const { contacts, groups, meetings, ...rest } = data.get(user.object_id as ObjectId) ?? NO_USER_DATA;
      people.set(user.sip_key, {
        isHere: user.registrar_pool !== null,
        digest: digestOf({ ...rest, contacts, groups, meetings, policies: {} }),
        entries: contacts.length + groups.length + meetings.length,
        redirect: leads.get(user.object_id),
      });
    }
    const moves = await db.selectFrom("moves").selectAll().where("tenant_id", "=", tenant).execute();
    const done = new Map<string, number>();
    for (const { sip_key, direction, state } of moves)
      if (state === "done") done.set(`${sip_key} ${direction}`, (done.get(`${sip_key} ${direction}`) ?? 0) + 1);
    return { people, open: moves.filter((move) => move.active === 1).length, done };
  } finally {
    await db.destroy();
  }
}

/** What must hold of those who were moved and of those who were not, however it came to that. */
export interface Expected {
  before: Standing;
  moved: ReadonlySet<string>;
  stayed: ReadonlySet<string>;
  /** Where the moved are now. */
  at: SiteKind;
  /** Done moves of each of the moved since the beginning, each way. */
  times: { toOnline: number; toPool: number };
}

/** One home each, nothing lost, nothing twice, nothing left behind, no move open. */
export function requireStanding(pool: Standing, online: Standing, { before, moved, stayed, at, times }: Expected): void {
  const wrong: string[] = [];
  if (pool.open + online.open > 0) wrong.push(`open moves: ${pool.open} at the pool, ${online.open} online`);
  for (const sip of [...moved, ...stayed]) {
    const [here, there] = [pool.people.get(sip), online.people.get(sip)];
    const [home, other] = moved.has(sip) && at === "online" ? [there, here] : [here, there];
    if (home?.isHere !== true || other?.isHere === true) wrong.push(`${sip}: pool ${here?.isHere}, online ${there?.isHere}`);
    if (home?.digest !== before.people.get(sip)?.digest) wrong.push(`${sip}: the data are not those of before`);
    if (home?.redirect !== undefined) wrong.push(`${sip}: is sent away from home, to ${home.redirect}`);
    if ((other?.entries ?? 0) > 0) wrong.push(`${sip}: the other site still has data`);
    for (const [way, count] of [["to-online", times.toOnline] as const, ["to-pool", times.toPool] as const]) {
      const found = [pool, online].map(({ done }) => done.get(`${sip} ${way}`) ?? 0);
      const wanted = moved.has(sip) ? count : 0;
      if (found.some((each) => each !== wanted)) wrong.push(`${sip}: moved ${way} ${found.join(" and ")} times, not ${wanted}`);
    }
  }
  assert.deepEqual([wrong.length, ...wrong.slice(0, 12)], [0]);
}
