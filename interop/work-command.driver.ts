/**
 * `tieline work` as an administrator runs it: two of them, by the command line's own program, beside a pool on PostgreSQL that
 * moves nobody itself. One is killed in the middle of a batch, the other is told to end and another comes; everybody arrives
 * once, which both sites are asked for.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { JoinedSites, ONLINE, type Row } from "./joined-sites.ts";
import { missingPostgres, PostgresServer } from "./postgres-server.ts";

const PROGRAM = join(import.meta.dirname, "../packages/cli/bin/tieline.js");
const PEOPLE = 60;
const BATCH = "night";

/** A worker with the processes that it starts, which a signal reaches together. */
class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown[]>;
  #said = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#end = once(child, "exit");
    child.stderr?.on("data", (piece: Buffer) => (this.#said += piece.toString()));
  }

  /** Resolves when it works. */
  static async start(sites: JoinedSites): Promise<Worker> {
    const words = ["work", "--config", sites.configuration("pool"), "--moves", "2"];
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...sites.environment },
    });
    const worker = new Worker(child);
    await worker.#until("until Ctrl-C");
    return worker;
  }

  async #until(words: string): Promise<void> {
    while (!this.#said.includes(words)) {
      assert.equal(this.#child.exitCode, null, this.#said);
      await wait(50);
    }
  }

  async kill(): Promise<void> {
    process.kill(-(this.#child.pid ?? 0), "SIGKILL");
    await this.#end;
  }

  /** What it says, once it has ended by itself. */
  async end(): Promise<string> {
    this.#child.kill("SIGTERM");
    const [code] = await this.#end;
    assert.equal(code, 0, this.#said);
    return this.#said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}

async function status(sites: JoinedSites): Promise<Row> {
  const [batch] = JSON.parse(await sites.move("status", BATCH)) as Row[];
  assert.ok(batch !== undefined);
  return batch;
}

async function moved(sites: JoinedSites, atLeast: number): Promise<void> {
  while (Number((await status(sites))["Moved"]) < atLeast) await wait(200);
}

function casesOf(sites: JoinedSites, workers: AsyncDisposableStack): (readonly [string, () => Promise<void>])[] {
  const addresses = Array.from({ length: PEOPLE }, (_, i) => `user${i + 1}@corp.test`);
  const start = async (): Promise<Worker> => workers.use(await Worker.start(sites));
  let first: Worker;
  let second: Worker;
  return [
    [
      "a batch waits while nobody works",
      async () => {
        await sites.move("start", "--users", addresses.join(","), "--name", BATCH, "--yes", "--no-follow");
        await wait(3000);
        const { State, Moved, Waiting } = await status(sites);
        assert.deepEqual([State, Moved, Waiting], ["Running", 0, PEOPLE]);
      },
    ],
    [
      "one of two is killed in the middle, the other is told to end and ends what it has begun",
      async () => {
        sites.delayMs = 250;
        [first, second] = [await start(), await start()];
        await moved(sites, 6);
        await first.kill();
        await moved(sites, 16);
        assert.match(await second.end(), /Ending the moves that are under way/);
        const { State, Moving } = await status(sites);
        // Of the killed one, nobody has been able to know yet; of the other there is none.
        assert.equal(State, "Running");
        assert.ok(Number(Moving) <= 2, `${Number(Moving)} are under way`);
      },
    ],
    [
      "another takes over those of the dead, and everybody arrives once",
      async () => {
        sites.delayMs = 0;
        await start();
        while ((await status(sites))["State"] === "Running") await wait(500);
        const { State, Moved, Failed } = await status(sites);
        assert.deepEqual([State, Moved, Failed], ["Completed", PEOPLE, 0]);
        const there = await sites.invoke(
          "service",
          `Get-CsOnlineUser -Filter 'HostingProvider -eq "${ONLINE}"' | Select-Object UserPrincipalName`,
        );
        assert.deepEqual(there.map(nameOf).toSorted(), addresses.toSorted());
        const here = await sites.invoke("pool", "Get-CsUser | Select-Object UserPrincipalName, HostingProvider, RegistrarPool");
        assert.deepEqual(here.map(nameOf).toSorted(), addresses.toSorted());
        assert.ok(here.every((row) => row["HostingProvider"] === ONLINE && row["RegistrarPool"] === null));
        const journal = await sites.invoke("pool", "Get-TielineMove | Select-Object SipAddress, State");
        const done = journal.filter((row) => row["State"] === "done").map((row) => row["SipAddress"]);
        assert.equal(done.length, PEOPLE);
        assert.equal(new Set(done).size, PEOPLE);
        // What the dead had begun was undone before it was done again.
        assert.ok(journal.every((row) => row["State"] === "done" || row["State"] === "undone"));
      },
    ],
  ];
}

function nameOf(row: Row): string {
  return String(row["UserPrincipalName"]);
}

export const driver: Driver = {
  name: "tieline work, by its command line",
  needs: missingPostgres,
  async run(): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-work-"));
    try {
      await using server = await PostgresServer.start();
      const pool = { hybrid: { workers: 0 } };
      await using sites = await JoinedSites.start(folder, { pool, databaseUrl: server.url, people: PEOPLE });
      await using workers = new AsyncDisposableStack();
      return await cases(casesOf(sites, workers), 180_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
