/** A part of the walk through all faults (interop/moves-killed.driver.ts has the whole): a death on either side of the decision. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { judge, ONLINE, serves, view, WALKER, type View } from "./fault-walk.fixture.ts";
import { TwoSites } from "./two-sites.fixture.ts";

// The runner's own Node may be an older one, which cannot run the sources.
const canRun = Number(process.versions.node.split(".")[0]) >= 24;

let sites: TwoSites;
let before: View;
beforeAll(async () => {
  if (!canRun) return;
  sites = await TwoSites.start({ users: 8, contacts: 20 });
  before = await view(sites, "pool");
}, 120_000);
afterAll(() => sites?.[Symbol.asyncDispose]());

test.runIf(canRun)(
  "killed before the pool has switched, the move is undone; killed after, it is completed; at no time do both sites serve",
  async () => {
    const credential = { user: "admin@contoso.com", password: sites.password("admin@contoso.com") };
    for (const [at, home] of [
      ["switch:before", "pool"],
      ["switch:after", "online"],
    ] as const) {
      await sites.kill("pool");
      await sites.start("pool", { dieAt: at });
      expect((await sites.move({ sipAddress: WALKER, target: ONLINE, credential })).code).toBe("gone");
      const [pool, online] = [await view(sites, "pool"), await view(sites, "online")];
      expect([pool, online].filter(serves)).toEqual([]);
      await sites.start("pool");
      await expect.poll(async () => (await sites.settle()).open, { timeout: 30_000 }).toBe(0);
      const after = { pool: await view(sites, "pool"), online: await view(sites, "online") };
      expect(judge(before.data, after.pool, after.online)).toEqual([]);
      expect(after[home].homed).toBe("here");
    }
  },
  120_000,
);
