/** The command line while sessions end beneath it: a lab whose sessions live for two seconds. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attach, reachEndpoint } from "@tieline/connector";
import { type RunningLab, startLab } from "@tieline/server";
import type { ConnectionOptions, Surroundings } from "./invocation.ts";
import { open, sourceFor } from "./commands/session-source.ts";
import { main } from "./main.ts";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-hour-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 5, limits: { lifetimeMs: 2000, budget: { cmdlets: 1000 } } });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  code: Promise<number>;
  stdin: PassThrough;
  out: () => string;
  err: () => string;
}

function start(words: readonly string[]): Running {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = { out: "", err: "" };
  stdout.on("data", (chunk: Buffer) => (texts.out += chunk.toString()));
  stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString()));
  return { code: main(words, around(stdin, stdout, stderr)), stdin, out: () => texts.out, err: () => texts.err };
}

function around(stdin = new PassThrough(), stdout = new PassThrough(), stderr = new PassThrough()): Surroundings {
  const environment = { XDG_STATE_HOME: join(folder, "state") };
  return { stdin, stdout, stderr, environment, signal: new AbortController().signal } as unknown as Surroundings;
}

const log = (): string => readFileSync(lab.logPath, "utf8");
const opened = (): number => log().split('"session opened"').length - 1;
const ended = (): number => log().split('"session ended by its lifetime"').length - 1;

test("a prompt goes on over the ends of its sessions, with one line where it was asked for", async () => {
  const run = start(["connect", "admin@contoso.com", "--data", lab.folder, "-o", "jsonl"]);
  const before = opened();
  for (let line = 1; line <= 3; line++) {
    run.stdin.write("Get-CsTenant | Select-Object DisplayName\n");
    await expect.poll(() => run.out().split("Contoso.com").length - 1, { timeout: 10_000 }).toBe(line);
    const sessions = opened();
    await expect.poll(opened, { timeout: 10_000 }).toBeGreaterThan(sessions);
  }
  run.stdin.end();
  expect(await run.code).toBe(0);
  expect(opened() - before).toBeGreaterThan(2);
  expect(run.err()).toContain("VERBOSE: The next session is open; work goes on in it");
  // Said by the stages once, not again for each session.
  expect(run.err().split("Requesting authentication token")).toHaveLength(2);
  await expect.poll(() => lab.sessionCount()).toBe(0);
});

test("switched off, it ends with its session, and says why", async () => {
  const run = start(["connect", "admin@contoso.com", "--data", lab.folder, "--no-reconnection", "-o", "jsonl"]);
  run.stdin.write("Get-CsOnlineSipDomain\n");
  await expect.poll(run.out, { timeout: 10_000 }).toContain("contoso.com");
  const before = ended();
  await expect.poll(ended, { timeout: 10_000 }).toBeGreaterThan(before);
  await expect
    .poll(() => {
      run.stdin.write("Get-CsOnlineSipDomain\n");
      return run.err();
    })
    .toContain("session-lifetime-over");
  expect(await run.code).toBe(1);
});

test("what an ended process left is listed as such and closed on request; a living one's stays", async () => {
  const options: ConnectionOptions = { data: lab.folder, user: "viewer@contoso.com" };
  const source = sourceFor(options, undefined, around());
  const living = await open(source);
  const { transport } = await reachEndpoint(source.wish, source.surroundings);
  const left = await open({ ...source, reconnection: false });
  // As a process that was killed left it: its record under a number that nobody has.
  source.registry.remove(left.session.id);
  const shells = join(folder, "state", "tieline", "shells");
  mkdirSync(shells, { recursive: true });
  const record = { id: left.session.id, uri: transport.uri, user: "viewer@contoso.com", since: new Date().toISOString() };
  writeFileSync(join(shells, `${2 ** 30}.1.json`), JSON.stringify([record]));
  const list = start(["sessions", "list", "viewer@contoso.com", "--data", lab.folder, "--query", "[].Process"]);
  expect([await list.code, (JSON.parse(list.out()) as string[]).toSorted()]).toEqual([
    0,
    [`${2 ** 30} (ended)`, `${process.pid}`].toSorted(),
  ]);
  const close = start(["sessions", "close", "--abandoned", "--user", "viewer@contoso.com", "--data", lab.folder]);
  expect([await close.code, close.err().toLowerCase()]).toEqual([0, `closed ${left.session.id}.\n`.toLowerCase()]);
  await expect(attach({ transport, id: left.session.id })).rejects.toMatchObject({ code: "wsman-shell-not-found" });
  expect(living.session.state).toBe("opened");
  const again = start(["sessions", "close", "--abandoned", "--data", lab.folder]);
  expect([await again.code, again.err()]).toEqual([0, "No session was left behind by an ended process of this machine.\n"]);
  expect(await start(["sessions", "close", "--user", "viewer@contoso.com", "--data", lab.folder]).code).toBe(2);
  await living.session.close();
  await left.session.close();
});
