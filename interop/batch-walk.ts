/** A batch of all who are homed at a lab's pool, moved and taken back while processes of either site die. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isFault } from "@tieline/fault";
import { chance, type Chance } from "../packages/server/src/directory/chance.ts";
import type { SiteKind } from "../packages/server/src/site.ts";
import type { TwoSites } from "../packages/server/src/lab/two-sites.fixture.ts";
import { openBeside } from "../packages/server/src/lab/worker-process.fixture.ts";
import { ONLINE_TARGET, type Batch, type BatchService, type Finding } from "../packages/server/src/migration/index.ts";
import { MoveWorkers } from "./move-workers.ts";
import { requireQuiet } from "./moves-logs.ts";
import { requireStanding, standing, type Standing } from "./moves-standing.ts";
import type { PostgresServer } from "./postgres-server.ts";

const BY = "administrator@contoso.local";
const WORKERS = 3;
/** The dead are taken over sooner than in a deployment, for whoever waits for the end of this. */
const PACE = { batchConcurrency: 3, batchLeaseMs: 8_000, leaseMs: 5_000 };
/** So many begin a minute, that the batch is still there when the last victim dies. */
const RATE = 480;

export type Victim = SiteKind | "worker" | "database";

export interface Troubles {
  /** Die in this order, at moments by chance, and come back. */
  victims?: readonly Victim[];
  /** The service is away until the batch waits for it. */
  isAway?: boolean;
}

type Administrators = Awaited<ReturnType<typeof openBeside>>;

export class BatchWalk implements AsyncDisposable {
  readonly #sites: TwoSites;
  readonly #server: PostgresServer;
  readonly #chance: Chance;
  readonly #administrators: Administrators;
  readonly #workers: MoveWorkers;
  readonly #before: Standing;
  readonly #moved = new Set<string>();
  readonly #stayed = new Set<string>();
  /** Sequence numbers in the first batch. */
  readonly #refused = new Set<number>();
  #first: string | undefined;
  readonly #times = { toOnline: 0, toPool: 0 };

  private constructor(sites: TwoSites, server: PostgresServer, seed: string, administrators: Administrators, before: Standing) {
    this.#sites = sites;
    this.#server = server;
    this.#chance = chance(seed);
    this.#administrators = administrators;
    this.#workers = new MoveWorkers(sites, server.url, PACE);
    this.#before = before;
  }

  static async start(sites: TwoSites, server: PostgresServer, seed: string): Promise<BatchWalk> {
    for (const site of ["online", "pool"] as const) await sites.start(site, { pace: PACE });
    const { folder, ports } = sites;
    const pace = { batchConcurrency: 0, settleEveryMs: 0 };
    const administrators = await openBeside({ folder, ports, databaseUrl: server.url, name: "administrators", pace });
    const walk = new BatchWalk(sites, server, seed, administrators, await standing("pool", server.url));
    for (let i = 0; i < WORKERS; i += 1) await walk.#workers.start();
    return walk;
  }

  /** The first time all who are homed at the pool, of whom those stay whom the check refuses; then those who were moved. */
  async move(name: string, troubles: Troubles): Promise<void> {
    const { directory } = this.#administrators.site;
    const [deployment] = await directory.tenants.list();
    assert.ok(deployment !== undefined);
    const here = await directory.tenant(deployment.tenantId).users.find((eb) => eb("registrar_pool", "is not", null), 1000);
    const people = here.filter(({ sipAddress }) => !this.#stayed.has(sipAddress?.toLowerCase() ?? ""));
    const limits = { concurrentMoves: 12, waveSize: 80, ratePerMinute: RATE };
    const batch = await this.#batches.create({ name, target: ONLINE_TARGET, limits, by: BY });
    await this.#batches.add(
      batch.batchId,
      people.map((user) => ({ identity: user.userPrincipalName, user })),
    );
    const refused = new Set<string>();
    for await (const page of this.#batches.check(await this.#batches.find(name)))
      for (const { user, findings } of page) {
        if (!findings.some(refuses)) continue;
        refused.add(user.objectId);
        this.#refused.add(user.sequence);
      }
    this.#first ??= name;
    for (const { objectId, sipAddress } of people)
      if (sipAddress !== null) (refused.has(objectId) ? this.#stayed : this.#moved).add(sipAddress.toLowerCase());
    await this.#batches.start(batch.batchId, {}, BY);
    const ended = await this.#through(name, troubles);
    this.#times.toOnline += 1;
    const users = await this.#batches.page(ended.batchId, { limit: 1000 });
    const stayed = users.filter(({ state }) => state === "failed" || state === "skipped");
    const told = stayed.filter(({ objectId }) => !refused.has(objectId)).map((user) => `${user.identity}: ${user.complaint?.text}`);
    assert.deepEqual(told, [], "the check has refused all who were not moved");
    const { counts } = await this.#batches.progress(ended);
    assert.deepEqual([counts.moved, stayed.length], [people.length - refused.size, refused.size]);
    assert.equal(ended.state, counts.failed > 0 ? "CompletedWithErrors" : "Completed");
    assert.ok(counts.moved >= 150, `only ${counts.moved} were to be moved`);
    await this.#requireStanding("online");
  }

  /** Everybody comes back with the data of before. */
  async undo(name: string, troubles: Troubles): Promise<void> {
    const { batchId } = await this.#batches.find(name);
    await this.#batches.undo(batchId, undefined, {}, BY);
    const ended = await this.#through(name, troubles);
    this.#times.toPool += 1;
    const { counts } = await this.#batches.progress(ended);
    assert.deepEqual([ended.state, counts.undone, counts.moved + counts.waiting + counts.moving], ["Undone", this.#moved.size, 0]);
    await this.#requireStanding("pool");
  }

  /** No errors, and warnings of known kinds only; a move is given up for nobody but those whom the check refuses. */
  async requireQuiet(): Promise<void> {
    const logs = ["online.log", "pool.log", "administrators.log"].flatMap((file) =>
      readFileSync(join(this.#sites.folder, file), "utf8").split("\n"),
    );
    requireQuiet([...logs, ...this.#workers.log()], (batch, user) => batch === this.#first && this.#refused.has(Number(user)));
  }

  get #batches(): BatchService {
    const { migration } = this.#administrators.site;
    assert.ok(migration !== undefined);
    return migration.batches;
  }

  /** Until it has ended; as an administrator who looks at it now and then, and lets it go on when it waits. */
  async #through(name: string, { victims = [], isAway = false }: Troubles): Promise<Batch> {
    const began = performance.now();
    const end = { isThere: false };
    const died = this.#deaths(victims, end);
    died.catch(() => undefined);
    if (isAway) await this.#away(name);
    let resumed = 0;
    for (;;) {
      const batch = await this.#batches.find(name).catch(orAway);
      if (batch?.state === "Suspended") {
        assert.equal(batch.reason?.code, "batch-paused");
        resumed += 1;
        await this.#batches.resume(batch.batchId, {}, BY).catch(orAway);
      } else if (batch !== undefined && batch.state !== "Running" && batch.state !== "Undoing") {
        end.isThere = true;
        assert.equal(await died, victims.length, "so many died before the end");
        const seconds = (performance.now() - began) / 1000;
        const text = `${batch.users} users, ${seconds.toFixed(1)} s, ${(batch.users / seconds).toFixed(1)} users/s`;
        console.log(`          ${name}: ${batch.state}, ${text}, told to go on ${resumed} times`);
        return batch;
      }
      await wait(250);
    }
  }

  /** How many died while the batch was under way. */
  async #deaths(victims: readonly Victim[], end: { isThere: boolean }): Promise<number> {
    let died = 0;
    const back: Promise<void>[] = [];
    const soon = (start: Promise<void>): void => {
      start.catch(() => undefined);
      back.push(start);
    };
    for (const victim of victims) {
      await wait(500 + this.#chance.below(1500));
      if (!end.isThere) died += 1;
      if (victim === "worker") {
        while (this.#workers.running === 0) await wait(50);
        this.#workers.kill(this.#chance.below(this.#workers.running));
        soon(this.#workers.start());
      } else if (victim === "database") {
        // Nothing starts without it.
        await Promise.all(back);
        await this.#server.kill();
        await wait(this.#chance.below(1000));
        await this.#server.start();
      } else {
        await this.#sites.kill(victim);
        soon(this.#back(victim));
      }
    }
    await Promise.all(back);
    return died;
  }

  /** The service dies and stays away until the batch waits for it, and nobody is under way. */
  async #away(name: string): Promise<void> {
    await wait(500 + this.#chance.below(1500));
    await this.#sites.kill("online");
    for (let i = 0; ; i += 1) {
      const batch = await this.#batches.find(name);
      if (batch.state === "Suspended") break;
      assert.ok(i < 400, `it is ${batch.state} without the service`);
      await wait(100);
    }
    await this.#back("online");
  }

  /** While nobody listens on a port, another's connection may go out from it: then once more, a moment later. */
  async #back(site: SiteKind): Promise<void> {
    for (let i = 0; ; i += 1) {
      try {
        return await this.#sites.start(site, { pace: PACE });
      } catch (error) {
        if (i === 40 || !String(error).includes("is in use by another program")) throw error;
        await wait(250);
      }
    }
  }

  async #requireStanding(at: SiteKind): Promise<void> {
    for (let i = 0; ; i += 1) {
      const [pool, online] = [await standing("pool", this.#server.url), await standing("online", this.#server.url)];
      // What the dead have left is settled once their leases have lapsed.
      if (pool.open + online.open > 0 && i < 30) {
        await wait(1000);
        continue;
      }
      const [before, moved, stayed, times] = [this.#before, this.#moved, this.#stayed, this.#times];
      return requireStanding(pool, online, { before, moved, stayed, at, times });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
    await this.#administrators[Symbol.asyncDispose]();
  }
}

/** Rooms are passed over: no more than a warning, as nobody has asked for them. */
function refuses({ severity, code }: Finding): boolean {
  return severity === "error" || code === "batch-user-room";
}

/** While the database is away nobody can say how a batch is. */
function orAway(error: unknown): undefined {
  if (!isFault(error) || error.layer !== "store") throw error;
}
