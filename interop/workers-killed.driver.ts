/**
 * Batches of some two hundred people between two sites, each a process, on one PostgreSQL server; the pool and three workers
 * beside it move them. Meanwhile workers are killed and replaced at random moments, the pool, the service and the database
 * server die, the service is away for a while. Afterwards both databases are read from outside: one home each, nothing lost,
 * nothing twice, each moved once. `TIELINE_SEED` chooses other moments.
 */
import { TwoSites } from "../packages/server/src/lab/two-sites.fixture.ts";
import { BatchWalk } from "./batch-walk.ts";
import { cases, type Driver } from "./driver.ts";
import { missingPostgres, PostgresServer } from "./postgres-server.ts";

/** Of the lab; a fifth of them is homed at the pool. */
const PEOPLE = 1000;

export const driver: Driver = {
  name: "workers, killed while they move a batch",
  needs: missingPostgres,
  async run() {
    await using server = await PostgresServer.start();
    const databaseUrls = { pool: server.url, online: server.url };
    await using sites = await TwoSites.prepare({ users: PEOPLE, contacts: 20, databaseUrls });
    await using walk = await BatchWalk.start(sites, server, process.env["TIELINE_SEED"] ?? "workers");
    return await cases(
      [
        [
          "workers die one after the other, the pool and the service once",
          () => walk.move("deaths", { victims: ["worker", "worker", "pool", "worker", "online", "worker", "worker"] }),
        ],
        [
          "all of it is taken back, while workers and the pool die",
          () => walk.undo("deaths", { victims: ["worker", "pool", "worker", "worker"] }),
        ],
        ["the database server dies again and again", () => walk.move("database", { victims: ["database", "worker", "database"] })],
        ["the service is away: what is taken back waits, and goes on when told", () => walk.undo("database", { isAway: true })],
        ["the service is away: the batch waits, and goes on when told", () => walk.move("away", { victims: ["worker"], isAway: true })],
        ["all of it is taken back once more, in peace", () => walk.undo("away", {})],
        ["nothing is in the logs but warnings of the dead", () => walk.requireQuiet()],
      ],
      240_000,
    );
  },
};
