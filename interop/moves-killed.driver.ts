/**
 * Moves of a user between two sites, each a process of its own, with a death at every step: SIGKILL of either site before
 * and after each of its transactions, the network cut, the database server killed. Afterwards both databases are read from
 * outside: one home, nothing lost, nothing twice.
 */
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { judge, MOMENTS, ONLINE, POOL, serves, view, WALKER, type Way } from "../packages/server/src/lab/fault-walk.fixture.ts";
import { TwoSites } from "../packages/server/src/lab/two-sites.fixture.ts";
import type { UserData } from "../packages/server/src/migration/index.ts";
import type { SiteKind } from "../packages/server/src/site.ts";
import { cases, type Driver } from "./driver.ts";
import { missingPostgres, PostgresServer } from "./postgres-server.ts";

const SITES: readonly SiteKind[] = ["pool", "online"];
/** Whoever is dead is taken for dead after three seconds instead of thirty. */
const PACE = { leaseMs: 3_000 };
type Case = readonly [title: string, body: () => Promise<void>];

export const driver: Driver = {
  name: "moves, killed at every step",
  needs: () => undefined,
  async run() {
    const embedded = await walk("SQLite");
    const missing = missingPostgres();
    if (missing !== undefined) {
      console.log(`  skipped PostgreSQL: ${missing}`);
      return embedded;
    }
    await using server = await PostgresServer.start();
    const served = await walk("PostgreSQL", server);
    return { passed: embedded.passed + served.passed, failed: embedded.failed + served.failed };
  },
};

async function walk(engine: string, server?: PostgresServer) {
  const url = server?.url;
  await using sites = await TwoSites.start({
    users: 8,
    contacts: 20,
    ...(url === undefined ? {} : { databaseUrls: { pool: url, online: url } }),
  });
  const both = async () => ({ pool: await view(sites, "pool", url), online: await view(sites, "online", url) });
  const credential = { user: "admin@contoso.com", password: sites.password("admin@contoso.com") };
  const started = await both();
  const expected: UserData = started.pool.data;
  assert.ok(expected.contacts.length >= 20, "the walker has contacts");
  const go = (way: Way) => sites.move({ sipAddress: WALKER, target: way === "to-online" ? ONLINE : POOL, credential });
  /** The user stands at the start of the way, whatever the case before has left. */
  const atStart = async (way: Way): Promise<void> => {
    await recovered();
    const { pool } = await both();
    const home: Way = pool.homed === "here" ? "to-online" : "to-pool";
    if (home !== way) assert.equal((await go(home)).code, "done");
  };
  const recovered = async (): Promise<void> => {
    for (const each of SITES) if (!sites.isRunning(each)) await sites.start(each, { pace: PACE });
    await settled();
  };
  const settled = async (): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const { open, code } = await sites.settle();
      if (open === 0) return;
      assert.ok(i < 60, `${open ?? code} moves are still open`);
      await wait(500);
    }
  };
  const agree = async (): Promise<void> => {
    const { pool, online } = await both();
    assert.deepEqual(judge(expected, pool, online), []);
  };
  const deaths: Case[] = (["to-online", "to-pool"] as const).flatMap((way) =>
    MOMENTS[way].map(([site, at]): Case => [
      `${engine}, ${way}: the ${site} site dies at ${at}`,
      async () => {
        await atStart(way);
        await sites.kill(site);
        await sites.start(site, { dieAt: at, pace: PACE });
        const { code } = await go(way);
        assert.equal(sites.isRunning(site), false, `it did not die: ${code}`);
        const { pool, online } = await both();
        assert.ok(!(serves(pool) && serves(online)), "both serve");
        await recovered();
        await agree();
      },
    ]),
  );
  const together: Case[] = (["to-online", "to-pool"] as const).map((way): Case => [
    `${engine}, ${way}: both sites die`,
    async () => {
      await atStart(way);
      await sites.kill("online");
      await sites.start("online", { dieAt: "commit:before", pace: PACE });
      await go(way);
      await sites.kill("pool");
      await recovered();
      await agree();
    },
  ]);
  const databases: Case[] =
    server === undefined
      ? []
      : (["to-online", "to-pool"] as const).map((way): Case => [
          `${engine}, ${way}: the database server dies under both, again and again`,
          async () => {
            for (let round = 0; round < 4; round += 1) {
              await atStart(way);
              const moving = go(way);
              await wait(20 + 40 * round);
              await server.kill();
              await wait(300);
              await server.start();
              await moving;
              await settled();
              await agree();
            }
          },
        ]);
  return await cases([...deaths, ...together, ...databases], 120_000);
}
