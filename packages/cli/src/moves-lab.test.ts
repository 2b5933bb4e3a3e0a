/** Moves between the lab's two sites from the command line: who signs in where, and what comes of it at both. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLab, type RunningLab } from "@tieline/server";
import type { PsObject } from "@tieline/remoting/objects";
import { poolSide, withSites, type SiteOptions } from "./commands/move-sites.ts";
import { open, sourceFor } from "./commands/session-source.ts";
import type { Surroundings } from "./invocation.ts";
import { runMain, type Ran } from "./run-main.fixture.ts";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-move-lab-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 20 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function around(environment: Record<string, string> = {}): Surroundings {
  return {
    stdin: new PassThrough().end(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    environment: { XDG_STATE_HOME: join(folder, "state"), TIELINE_TOKEN_CACHE: "memory", ...environment },
    signal: new AbortController().signal,
  } as unknown as Surroundings;
}

const inLab = (more: Partial<SiteOptions> = {}): SiteOptions => ({ data: lab.folder, ...more });

test("the online account's token is for the hosted migration service, and opens it for the pool", async () => {
  await withSites(inLab({ onlineAccount: "admin@contoso.com" }), around(), async ({ access }) => {
    const { accessToken, hostedMigrationUrl } = (await access?.()) ?? {};
    expect(hostedMigrationUrl).toBe("https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc");
    const { session } = await open(sourceFor(...poolSide(inLab(), around())));
    await using _closed = { [Symbol.asyncDispose]: () => session.close() };
    const homes: unknown[] = [];
    for (const Target of ["sipfed.online.lync.com", "pool01.contoso.local"]) {
      const parameters = {
        Identity: "kenmyer@contoso.com",
        Target,
        AccessTokens: [accessToken ?? ""],
        HostedMigrationOverrideUrl: hostedMigrationUrl ?? "",
      };
      for await (const _ of session.invoke("Move-CsUser", { ...parameters, Confirm: false })) continue;
      for await (const user of session.invoke("Get-CsUser", { Identity: "kenmyer@contoso.com" }))
        homes.push((user as PsObject).get("HostingProvider"));
    }
    expect(homes.map(String)).toEqual(["sipfed.online.lync.com", "SRV:"]);
  });
});

test("where nobody was named, nothing is handed to the pool; the legacy way hands it the password", async () => {
  await withSites(inLab(), around(), async ({ access }) => expect(access).toBeUndefined());
  await withSites(inLab({ signIn: "legacy", onlineAccount: "admin@contoso.com" }), around(), async ({ access }) => {
    expect(await access?.()).toEqual({ credential: { kind: "password", user: "admin@contoso.com", password: expect.any(String) } });
  });
  await withSites(inLab({ hostedMigrationUrl: "https://admin0a.online.lync.com/x" }), around(), async ({ access }) => {
    expect(await access?.()).toEqual({ hostedMigrationUrl: "https://admin0a.online.lync.com/x" });
  });
});

const ONLINE = ["--online-account", "admin@contoso.com"];

function tieline(...words: string[]): Promise<Ran> {
  return runMain([...words, "--data", lab.folder], { state: join(folder, "state"), env: { TIELINE_TOKEN_CACHE: "memory" } });
}

async function homes(): Promise<Record<string, string>> {
  const { out } = await tieline("move", "users", "pilot", "-o", "json", "--query", "[].[SipAddress, Homed]");
  return Object.fromEntries(JSON.parse(out) as [string, string][]);
}

test("a pilot is planned, started, followed, looked at, taken back and reported, from the first word to the last", async () => {
  const pilots = "kenmyer@contoso.com,jdoe@contoso.com,nolicence@contoso.com,nobody@contoso.com";
  const plan = await tieline("move", "plan", "--users", pilots, "--name", "pilot", "-o", "json", ...ONLINE);
  expect([plan.code, plan.err]).toEqual([3, ""]);
  const { users, ready, findings } = JSON.parse(plan.out) as {
    users: number;
    ready: number;
    findings: { severity: string; code: string }[];
  };
  expect([users, ready]).toEqual([3, 2]);
  expect(findings.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
    "user-not-found",
    "hosted-migration-licence",
  ]);

  const start = await tieline("move", "start", "pilot", "--yes", "--follow", "-o", "json", ...ONLINE);
  expect(start.err).toMatch(/^failed sip:nolicence@contoso.com {2}HostedMigration fault: Error=\(507\)/);
  expect([start.code, JSON.parse(start.out)]).toMatchObject([3, [{ State: "CompletedWithErrors", Moved: 2, Failed: 1 }]]);
  const [{ CountersBefore: before, Counters: now }] = JSON.parse(start.out) as [Record<string, Record<string, number>>];
  expect([now?.["UsersHomedOnline"], now?.["UsersHomedOnPremises"]]).toEqual([
    (before?.["UsersHomedOnline"] ?? 0) + 2,
    (before?.["UsersHomedOnPremises"] ?? 0) - 2,
  ]);
  expect(await homes()).toEqual({
    "sip:kenmyer@contoso.com": "Online",
    "sip:john.doe@contoso.com": "Online",
    "sip:nolicence@contoso.com": "pool01.contoso.local",
  });

  const undo = await tieline("move", "undo", "pilot", "--only", "kenmyer@contoso.com", "--yes", "--follow", ...ONLINE);
  expect([undo.code, undo.err]).toEqual([0, ""]);
  expect(await homes()).toMatchObject({ "sip:kenmyer@contoso.com": "pool01.contoso.local", "sip:john.doe@contoso.com": "Online" });

  const report = await tieline("move", "report", "pilot", "--format", "json");
  expect(JSON.parse(report.out)).toMatchObject({
    outcomes: [
      { state: "Moved", users: 1 },
      { state: "Failed", users: 1 },
      { state: "Undone", users: 1 },
    ],
    reasons: [{ state: "Failed", code: "hosted-migration-licence", users: 1 }],
  });
  expect((await tieline("move", "report", "pilot", "--format", "html")).out).toContain("Where users are homed");
  expect((await tieline("move", "remove", "pilot", "--yes")).code).toBe(0);
  expect((await tieline("move", "status", "pilot")).err).toContain("batch-not-found");
});

test("where nobody was named, the deployment's own application signs in; planned and started in one", async () => {
  const words = ["--users", "user@contoso.com", "--name", "unattended", "--yes", "--follow", "-o", "json"];
  const { code, out } = await tieline("move", "start", ...words);
  expect([code, JSON.parse(out)]).toMatchObject([0, [{ State: "Completed", Moved: 1 }]]);
});
