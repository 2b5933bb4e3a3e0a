/** A PostgreSQL server that is killed and comes back while people sign in at a service whose directory it holds. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startLab } from "../packages/server/src/index.ts";
import { runMain, type Ran } from "../packages/cli/src/run-main.fixture.ts";
import { cases, type Driver } from "./driver.ts";
import { missingPostgres, PostgresServer } from "./postgres-server.ts";

export const driver: Driver = {
  name: "PostgreSQL, killed in the middle of sign-ins",
  needs: missingPostgres,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "tieline-killed-"));
    await using server = await PostgresServer.start();
    try {
      await using lab = await startLab({
        folder: join(folder, "lab"),
        users: 3,
        databaseUrl: server.url,
      });
      const invoke = (...words: string[]): Promise<Ran> =>
        runMain(["invoke", "--data", lab.folder, "--user", "admin@contoso.com", ...words, "Get-CsTenant | Select-Object DisplayName"], {
          state: join(folder, "state"),
        });
      const works = async (): Promise<void> => {
        const ran = await invoke();
        assert.equal(ran.code, 0, ran.err);
        assert.equal(lab.sessionCount(), 0);
      };
      const refused = (ran: Ran, text: RegExp): void => {
        assert.notEqual(ran.code, 0);
        assert.match(ran.err, text);
        // Nothing of the inside, no result by halves, no session left.
        assert.doesNotMatch(ran.err, /ECONNREFUSED|terminating connection|postgres|\n\s+at /i);
        assert.deepEqual([ran.out, lab.sessionCount()], ["", 0]);
      };
      return await cases([
        ["a sign-in while it lives", works],
        [
          "killed: the authority, the legacy way and the endpoint each say that they are out of order",
          async () => {
            await server.kill();
            refused(await invoke(), /AADSTS90033/);
            refused(await invoke("--sign-in", "legacy"), /AADSTS90033/);
            refused(await invoke("--authentication", "basic"), /HTTP status 503/);
          },
        ],
        ["back: the same service signs in again, without a restart", async () => (await server.start(), await works())],
        [
          "killed while sign-ins are under way: each ends in a result or in a clear fault, and none hangs",
          async () => {
            const under = Promise.all([invoke(), invoke(), invoke()]);
            await wait(150);
            await server.kill();
            for (const ran of await under) if (ran.code !== 0) refused(ran, /AADSTS90033|HTTP status 50[03]|session/);
            await server.start();
            await works();
          },
        ],
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
