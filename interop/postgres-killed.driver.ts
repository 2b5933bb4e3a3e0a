/** A PostgreSQL server that is killed and comes back while people sign in at a service whose directory it holds. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startLab } from "../packages/server/src/index.ts";
import { runMain, type Ran } from "../packages/cli/src/run-main.fixture.ts";
import { freePort } from "./child.ts";
import { cases, type Driver } from "./driver.ts";

/** It does not run as root; this account is on every system. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

export const driver: Driver = {
  name: "PostgreSQL, killed in the middle of sign-ins",
  needs: () => (spawnSync("initdb", ["--version"]).error === undefined ? undefined : "no initdb and postgres on the PATH"),
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "tieline-postgres-"));
    const data = join(folder, "data");
    const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
    const port = await freePort();
    const made = spawnSync("initdb", ["-D", data, "-A", "trust", "-U", "tieline", "--no-sync"], { ...as, cwd: folder, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    const control = (...words: string[]): Promise<void> =>
      new Promise((resolve, reject) => {
        const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`;
        const child = spawn("pg_ctl", ["-D", data, "-l", join(folder, "log"), "-w", "-o", options, ...words], {
          ...as,
          cwd: folder,
          stdio: "ignore",
        });
        child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`pg_ctl ${words.join(" ")} ended with ${code}`))));
      });
    const kill = (): Promise<void> => control("-m", "immediate", "stop");
    await control("start");
    try {
      await using lab = await startLab({
        folder: join(folder, "lab"),
        users: 3,
        databaseUrl: `postgres://tieline@127.0.0.1:${port}/postgres`,
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
            await kill();
            refused(await invoke(), /AADSTS90033/);
            refused(await invoke("--sign-in", "legacy"), /AADSTS90033/);
            refused(await invoke("--authentication", "basic"), /HTTP status 503/);
          },
        ],
        ["back: the same service signs in again, without a restart", async () => (await control("start"), await works())],
        [
          "killed while sign-ins are under way: each ends in a result or in a clear fault, and none hangs",
          async () => {
            const under = Promise.all([invoke(), invoke(), invoke()]);
            await wait(150);
            await kill();
            for (const ran of await under) if (ran.code !== 0) refused(ran, /AADSTS90033|HTTP status 50[03]|session/);
            await control("start");
            await works();
          },
        ],
      ]);
    } finally {
      await kill().catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
