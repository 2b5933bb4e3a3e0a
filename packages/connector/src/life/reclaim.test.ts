/** Seats that a crash has left taken, with real processes that are killed; and the register that tells them apart. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ntHash, SYSTEM_SOURCES } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { Dialler } from "@tieline/net";
import { RemotingServer, type Runspace } from "@tieline/remoting";
import { openLasting, rememberPassword, type LastingConnection } from "./open-lasting.ts";
import { isAt } from "./reclaim.ts";
import { processStart, ShellRegistry } from "./shell-registry.ts";

let folder: string;
let server: RemotingServer<string>;
let targetUri: string;
let open: Set<string>;
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-life-"));
  open = new Set();
  children = [];
  server = new RemotingServer<string>({
    handler: {
      open(context): Runspace {
        if (open.size >= 3) throw new Fault("shell-quota-user", { limit: 3 });
        open.add(context.id);
        return { privateData: null, run: async (_, output) => output.write("ran"), close: () => void open.delete(context.id) };
      },
    },
    wsman: { operationTimeoutMs: 5000 },
  });
  const { port } = await server.listenHttp({
    authentication: {
      sources: SYSTEM_SOURCES,
      policy: { ntlm: true },
      ntlm: (user) => ({ ntHash: ntHash("Sesame!"), name: user }),
    },
  });
  targetUri = `http://127.0.0.1:${port}/wsman`;
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function holder(): Promise<{ child: ChildProcess; id: string }> {
  const program = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tieline/source", program, targetUri, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const failed = once(child, "exit").then(() => Promise.reject(new Error("the holder has ended")));
  const [line] = (await Promise.race([once(child.stdout, "data"), failed])) as [Buffer];
  failed.catch(() => undefined);
  return { child, id: line.toString().trim() };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

const connect = (): Promise<LastingConnection> =>
  openLasting(
    {
      targetUri,
      user: "alice",
      authentication: "negotiate",
      credential: async () => ({ kind: "password", user: "alice", password: "Sesame!" }),
    },
    { dialler: new Dialler() },
    { registry: new ShellRegistry(folder) },
  );
const ids = (): string[] => [...open].map((id) => id.toLowerCase()).sort();

test("what killed processes held is closed when the seats are needed; what living ones hold is not", async () => {
  const holders = [await holder(), await holder(), await holder()] as const;
  expect(ids()).toEqual(holders.map(({ id }) => id.toLowerCase()).sort());
  await end(holders[0].child, "SIGKILL");
  await end(holders[2].child, "SIGKILL");
  expect(open.size).toBe(3);
  const { session } = await connect();
  expect(ids()).toEqual([holders[1].id, session.id].map((id) => id.toLowerCase()).sort());
  expect(await session.pipeline().command("Anything").run().toArray()).toEqual(["ran"]);
  await session.close();
  expect(ids()).toEqual([holders[1].id.toLowerCase()]);
  expect(new ShellRegistry(folder).list().map(({ id }) => id)).toEqual([holders[1].id]);
});

test("where all seats are held by the living, the fault names them", async () => {
  const holders = [await holder(), await holder(), await holder()];
  const fault = await connect().then(
    () => undefined,
    (error: unknown) => error as Fault & { stage?: string },
  );
  expect(fault).toMatchObject({ code: "shell-seats-held", stage: "Initializing remote session" });
  for (const { id, child } of holders)
    expect(fault?.message.toLowerCase()).toContain(`${id.toLowerCase()} (sfbpowershellsession, connected, process ${child.pid}`);
  expect(fault?.message).toContain("The maximum number of concurrent shells for this user has been exceeded");
  expect(open.size).toBe(3);
});

test("a process that is asked to end closes what it has, and its record is gone", async () => {
  const { child } = await holder();
  expect(readdirSync(join(folder, "shells"))).toHaveLength(1);
  await end(child, "SIGTERM");
  await expect.poll(() => open.size).toBe(0);
  expect(readdirSync(join(folder, "shells"))).toEqual([]);
});

const shell = (id: string): { id: string; uri: string; user: string; since: string } => ({
  id,
  uri: "https://host/a?b",
  user: "alice",
  since: "2026-01-01T00:00:00Z",
});

test("a number that another process has since got does not bring the dead to life", () => {
  const starts = new Map([[7, "100"]]);
  const startOf = (pid: number): string | undefined => starts.get(pid);
  new ShellRegistry(folder, { pid: 7, startOf }).add(shell("one"));
  expect(new ShellRegistry(folder, { pid: 8, startOf }).list()).toMatchObject([{ id: "one", pid: 7, living: true }]);
  starts.set(7, "900");
  const other = new ShellRegistry(folder, { pid: 8, startOf });
  expect(other.list()).toMatchObject([{ id: "one", living: false }]);
  other.forget(new Set(["another"]));
  expect(other.list()).toHaveLength(1);
  other.forget(new Set(["one"]));
  expect(readdirSync(join(folder, "shells"))).toEqual([]);
});

test("forgetting leaves the living alone; files of others and half files are passed over", () => {
  const registry = new ShellRegistry(folder);
  registry.add(shell("mine"));
  registry.forget(new Set(["mine"]));
  expect(registry.list()).toMatchObject([{ id: "mine", living: true, pid: process.pid }]);
  writeFileSync(join(folder, "shells", "1.x.json"), '[{"id":');
  writeFileSync(join(folder, "shells", "2.x.json"), '{"id":"no list"}');
  writeFileSync(join(folder, "shells", "readme"), "?");
  expect(registry.list()).toHaveLength(1);
  registry.remove("mine");
  expect(registry.list()).toEqual([]);
});

test("the record is its owner's alone and holds no secret", () => {
  const registry = new ShellRegistry(folder);
  registry.add(shell("mine"));
  const [name = ""] = readdirSync(join(folder, "shells"));
  const path = join(folder, "shells", name);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual([shell("mine")]);
});

test("a folder that cannot be written is a fault of ours, and costs no session", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => new ShellRegistry(file).add(shell("x"))).toThrow(expect.objectContaining({ code: "folder-unwritable" }));
  const said: string[] = [];
  const { session } = await openLasting(
    {
      targetUri,
      user: "alice",
      authentication: "negotiate",
      credential: async () => ({ kind: "password", user: "alice", password: "Sesame!" }),
    },
    { dialler: new Dialler() },
    { registry: new ShellRegistry(file), say: (words) => said.push(words) },
  );
  expect([session.state, said]).toEqual(["opened", [expect.stringContaining(file)]]);
  await session.close();
});

test("processes: this one has a start, one that cannot be has none", () => {
  expect(processStart(process.pid)).toBeDefined();
  expect(processStart(2 ** 30)).toBeUndefined();
});

test("the same endpoint and account, however written", () => {
  expect(isAt({ uri: "https://Host:443/a", user: "A@b" }, "https://host/other?AdminDomain=x", "a@B")).toBe(true);
  expect(isAt({ uri: "https://host/a", user: "a" }, "https://host:5986/a", "a")).toBe(false);
  expect(isAt({ uri: "https://host/a", user: "a" }, "https://host/a", "b")).toBe(false);
});

test("a person is asked for a password once; a token is asked for each time", async () => {
  let asked = 0;
  const password = rememberPassword(async () => ((asked += 1), { kind: "password", user: "a", password: "b" }));
  await password("a");
  await password("a");
  expect(asked).toBe(1);
  const token = rememberPassword(async () => ((asked += 1), { kind: "token", token: "t" }));
  await token("a");
  await token("a");
  expect(asked).toBe(3);
});
