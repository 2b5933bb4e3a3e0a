/** Kill -9 of the process that synchronises, at each step; and what the next process makes of it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { asFault } from "@tieline/fault";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLabDeployment, Directory, type ObjectId } from "../../directory/index.ts";
import { openStore, sqliteDialect, storeOver, type Store } from "../../store/index.ts";
import { BatchRequest, BeginRequest } from "./contract.ts";
import { LEASE_MS } from "./schedule.ts";
import type { SyncRun } from "./sync-run.ts";
import { DEPLOYMENT, guids, openTenant, poolUser, type TestTenant } from "./synchronisation.fixture.ts";

const COUNT = 1203;

let folder: string;
let online: Store;
let tenant: TestTenant;
let server: Server;
let child: ChildProcess | undefined;
/** What happens to the process: when a request has come, or before its answer goes. */
let kill: { at: "request" | "answer"; path: RegExp; count: number } | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-sync-crash-"));
  online = await storeOver(sqliteDialect(":memory:"), "sqlite", Date.now());
  tenant = await openTenant(online);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      if (isTime("request", path)) return;
      void answer(path, JSON.parse(Buffer.concat(chunks).toString())).then(([status, body]) => {
        if (!isTime("answer", path)) response.writeHead(status).end(JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using pool = await openStore({ folder, name: "pool", nowMs: Date.now() });
  const directory = Directory.of(pool);
  await createLabDeployment(directory, {
    users: 0,
    nowMs: Date.now(),
    credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
  });
  const { users } = directory.tenant(DEPLOYMENT);
  for (const user of await users.find((eb) => eb.lit(true))) await users.remove(user.objectId);
  const next = guids("f");
  await users.add(Array.from({ length: COUNT }, (_, i) => poolUser(next() as ObjectId, `user${i}`)));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  kill = undefined;
  server.closeAllConnections();
  server.close();
  await online.close();
  rmSync(folder, { recursive: true, force: true });
});

function isTime(at: "request" | "answer", path: string): boolean {
  if (kill?.at !== at || !kill.path.test(path)) return false;
  kill.count -= 1;
  if (kill.count > 0) return false;
  child?.kill("SIGKILL");
  return true;
}

async function answer(path: string, body: unknown): Promise<[number, object]> {
  const [, runId = "", verb] = /^\/runs\/([^/]+)\/(\w+)$/.exec(path) ?? [];
  const { runs } = tenant;
  try {
    if (verb === "batches") return [200, await runs.take(runId, BatchRequest.parse(body))];
    return [200, verb === "finish" ? await runs.finish(runId) : await runs.begin(BeginRequest.parse(body), "crash")];
  } catch (error) {
    const fault = asFault(error);
    return [fault.entry.http ?? 500, { error: { code: fault.code, message: fault.message } }];
  }
}

/** The run, where the process came to its end. */
async function synchronise(policy: string, aheadMs: number, killAt?: string): Promise<SyncRun | undefined> {
  const program = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
  const port = String((server.address() as AddressInfo).port);
  const started = spawn(process.execPath, ["--conditions=@tieline/source", program, folder, port, policy, String(aheadMs), DEPLOYMENT], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = started;
  const ended = once(started, "close");
  let run: SyncRun | undefined;
  for await (const line of createInterface({ input: started.stdout })) {
    if (killAt !== undefined && line.startsWith(killAt)) started.kill("SIGKILL");
    if (line.startsWith("end ")) run = JSON.parse(line.slice(4)) as SyncRun;
  }
  await ended;
  return run;
}

it.each([
  ["in the middle of the import", "Full Import 500", undefined],
  ["after the synchronisation", "Full Synchronization", undefined],
  ["when the run is begun at the tenant", undefined, { at: "answer", path: /runs$/, count: 1 }],
  ["when the second batch arrives", undefined, { at: "request", path: /batches$/, count: 2 }],
  ["when the tenant has the second batch, and its answer is lost", undefined, { at: "answer", path: /batches$/, count: 2 }],
  ["after the second batch is acknowledged", "Export 1000", undefined],
  ["when everything is exported and the run is not finished", undefined, { at: "request", path: /finish$/, count: 1 }],
] as const)("killed %s: the next process reaches the same end, with nobody twice", async (_when, line, request) => {
  kill = request;
  expect(await synchronise("Initial", 0, line)).toBeUndefined();
  kill = undefined;
  const run = await synchronise("Delta", LEASE_MS + 1000);
  expect(run).toMatchObject({ result: "success" });
  const users = tenant.directory.tenant(tenant.tenant.tenantId).users;
  expect(await users.count()).toBe(COUNT);
  const anchors = await online.db.selectFrom("sync_anchors").select("anchor").execute();
  expect(anchors).toHaveLength(COUNT);
  await using pool = await openStore({ folder, name: "pool", nowMs: Date.now() });
  const left = await pool.db.selectFrom("sync_objects").select("anchor").where("pending", "is not", null).execute();
  expect(left).toEqual([]);
  const history = await pool.db.selectFrom("sync_runs").select("result").orderBy("started_ms").execute();
  expect(history.map((each) => each.result)).toEqual(["stopped-server-down", "success"]);
});
