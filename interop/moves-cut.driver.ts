/**
 * Moves between two sites, each a process of its own, with the network cut, or one answer lost, at every step. While it is so,
 * never do both sites serve the user; when it is whole again, the move is done or undone, with nothing lost and nothing twice.
 */
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { judge, ONLINE, POOL, serves, view, WALKER, type Way } from "../packages/server/src/lab/fault-walk.fixture.ts";
import { TwoSites } from "../packages/server/src/lab/two-sites.fixture.ts";
import { cases, type Driver } from "./driver.ts";

const STEPS: Readonly<Record<Way, readonly string[]>> = {
  "to-online": ["freeze", "export", "import", "switch", "redirect", "release"],
  "to-pool": ["freeze", "export", "switch", "redirect", "release"],
};

export const driver: Driver = {
  name: "moves, with the network cut at every step",
  needs: () => undefined,
  async run() {
    await using sites = await TwoSites.start({ users: 8, contacts: 20 });
    const credential = { user: "admin@contoso.com", password: sites.password("admin@contoso.com") };
    const both = async () => ({ pool: await view(sites, "pool"), online: await view(sites, "online") });
    const go = (way: Way) => sites.move({ sipAddress: WALKER, target: way === "to-online" ? ONLINE : POOL, credential });
    const expected = (await both()).pool.data;
    const walked = (["to-online", "to-pool"] as const).flatMap((way) =>
      STEPS[way].flatMap((step) =>
        (["before", "after"] as const).flatMap((when) =>
          (["cut", "lose-reply"] as const).map((how): readonly [string, () => Promise<void>] => [
            `${way}: ${how === "cut" ? "the network is cut" : "an answer is lost"} ${when} ${step}`,
            async () => {
              const { pool: start } = await both();
              const home: Way = start.homed === "here" ? "to-online" : "to-pool";
              if (home !== way) assert.equal((await go(home)).code, "done");
              await sites.stop("pool");
              await sites.start("pool", { breakAt: { at: `${step}:${when}`, how } });
              await go(way);
              const { pool, online } = await both();
              assert.ok(!(serves(pool) && serves(online)), "both sites serve");
              await sites.mend();
              for (let i = 0; (await sites.settle()).open !== 0; i += 1) {
                assert.ok(i < 60, "moves are still open");
                await wait(500);
              }
              const after = await both();
              assert.deepEqual(judge(expected, after.pool, after.online), []);
            },
          ]),
        ),
      ),
    );
    return await cases(walked, 120_000);
  },
};
