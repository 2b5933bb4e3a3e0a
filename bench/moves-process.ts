/**
 * One site of two for the benchmark of moves, in a process of its own: makes people who can be moved, and, at a pool, moves
 * them: one by one by the bare engine, or as administrators do, by a batch. Its argument is a `MovesSite` as JSON.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { startLab } from "../packages/server/src/lab/lab.ts";
import type { Ports } from "../packages/server/src/lab/places.ts";
import { BatchService, BatchWorker, ONLINE_TARGET, UserDataStore, type MoveEngine } from "../packages/server/src/migration/index.ts";
import type { SiteKind } from "../packages/server/src/site.ts";
import { dataOf, mover } from "./moves-people.ts";
import { answerQuestions } from "./peer-process.ts";

export interface MovesSite {
  folder: string;
  site: SiteKind;
  ports: Ports;
  databaseUrl: string | undefined;
  /** Contacts in the list of each. */
  contacts: number;
}

/** What moving so many took. */
export interface MovesTaken {
  ms: number;
  /** Of each move, ms, in the order of their ends. */
  times: number[];
}

const { site, contacts, ...places } = JSON.parse(process.argv[2] ?? "") as MovesSite;
const lab = await startLab({
  ...places,
  only: site,
  users: 8,
  contacts,
  limits: { perUser: 100_000, perTenant: 100_000, budget: "off" },
  // The workers are the benchmark's own, so that it says how many there are.
  hybrid: { batchConcurrency: 0 },
});
const mine = lab.sites[site];
const tenant = (await mine?.directory.tenants.list())?.find(({ name }) => name === "contoso" || name === "contoso.local");
if (mine === undefined || tenant === undefined) throw new Error("a lab without Contoso");
const here = mine.directory.tenant(tenant.tenantId);
/** People a transaction. */
const PAGE = 250;

async function make(from: number, count: number): Promise<void> {
  for (let i = from; i < from + count; i += PAGE) {
    const page = people(i, Math.min(PAGE, from + count - i));
    await mine?.directory.transaction(async (inside, queries) => {
      await inside.tenant(here.tenantId).users.add(page);
      if (site !== "pool") return;
      const data = new UserDataStore(queries, here.tenantId);
      for (const user of page) await data.write(user.objectId, dataOf(user, contacts), Date.now());
    });
  }
}

const people = (from: number, count: number) => Array.from({ length: count }, (_, i) => mover(site, from + i));

/** The engine alone: so many at a time, each the next of the list. */
async function moveBare(from: number, count: number, workers: number): Promise<MovesTaken> {
  const migration = migrationHere();
  await using hosted = await migration.openHosted({}, undefined);
  const began = performance.now();
  const { engine, times } = timed(migration.moves);
  let next = from;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < from + count) {
        const { objectId } = mover(site, next++);
        await engine.move({ user: objectId, target: ONLINE_TARGET, options: {}, by: "benchmark" }, { hosted });
      }
    }),
  );
  return { ms: performance.now() - began, times };
}

/** A batch, from New-TielineMoveBatch to its end. */
async function moveBatch(from: number, count: number, workers: number): Promise<MovesTaken> {
  const { batches, moves } = migrationHere();
  const { engine, times } = timed(moves);
  const service = new BatchService({ ...batches.options, moves: engine });
  const began = performance.now();
  const wish = { name: `batch of ${from}`, target: ONLINE_TARGET, limits: { concurrentMoves: workers }, by: "benchmark" };
  const { batchId } = await service.create(wish);
  for (let i = from; i < from + count; i += 500) {
    const page = people(i, Math.min(500, from + count - i));
    await service.add(
      batchId,
      page.map((user) => ({ identity: user.userPrincipalName, user })),
    );
  }
  await service.start(batchId, {}, "benchmark");
  const end = new AbortController();
  const worker = new BatchWorker({
    service,
    workerId: randomUUID(),
    concurrency: workers,
    pause: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
    random: Math.random,
    log: {
      info: (_facts, text) => text === "batch has ended" && end.abort(),
      warn: (facts, text) => console.log(`${text}: ${String(facts["err"])}`),
    },
  });
  await worker.run(end.signal);
  const ms = performance.now() - began;
  const { moved } = (await service.progress(await service.find(batchId))).counts;
  if (moved !== count) throw new Error(`${moved} of ${count} were moved`);
  return { ms, times };
}

function migrationHere() {
  const migration = mine?.migration;
  if (migration === undefined) throw new Error("only a pool moves");
  return migration;
}

/** The same engine with a clock. */
function timed(moves: MoveEngine): { engine: MoveEngine; times: number[] } {
  const times: number[] = [];
  const engine: MoveEngine = {
    async move(wish, call) {
      const began = performance.now();
      const outcome = await moves.move(wish, call);
      times.push(performance.now() - began);
      return outcome;
    },
    check: (wishes, hosted) => moves.check(wishes, hosted),
    settle: () => moves.settle(),
  };
  return { engine, times };
}

answerQuestions({ make, moveBare, moveBatch }, async () => lab[Symbol.asyncDispose]());
