/** `tieline move` and `tieline sync` as they are typed, at a pool that is made of arrays. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Fault } from "@tieline/fault";
import { FakePool } from "@tieline/connector/test-move-pool";
import { poolSide } from "./commands/move-sites.ts";
import type { Surroundings } from "./invocation.ts";
import { MoveDesk } from "./move-desk.fixture.ts";
import { fromCheck, planText } from "./move-plan-words.ts";
import { styleFor } from "./style.ts";

let pool: FakePool;
let desk: MoveDesk;

beforeEach(() => {
  pool = new FakePool();
  desk = new MoveDesk(pool);
});
afterEach(() => desk[Symbol.dispose]());

const address = (i: number): string => `sip:u${i}@contoso.com`;

/** A file of so many users, with more lines after them. */
function file(users: number, ...lines: string[]): string {
  const path = desk.path("pilots.csv");
  writeFileSync(
    path,
    ["SipAddress,DisplayName", ...Array.from({ length: users }, (_, i) => `${address(i + 1)},User ${i + 1}`), ...lines, ""].join("\r\n"),
  );
  return path;
}

/** A batch `pilot` that is planned. */
async function planned(users: number): Promise<void> {
  await desk.tieline("move", "plan", file(users), "--name", "pilot", "-o", "json");
}

test("a plan is made of a file: the batch, its users by the thousand, the check, and how to start it", async () => {
  const { code, out, err } = await desk.tieline("move", "plan", file(2500), "--name", "pilot", "-o", "table");
  expect([code, err]).toEqual([0, ""]);
  expect(pool.of("Add-TielineMoveBatchUser").map(({ User }) => (User as string[]).length)).toEqual([1000, 1000, 500]);
  expect(out).toContain("pilot: 2,500 users to sipfed.online.lync.com");
  expect(out).toContain("2,500 users ready");
  expect(out).toContain("tieline move start pilot");
});

test("findings stand together, each kind with its cure; what is broken in the file beside what the check found", async () => {
  pool.fails = { [address(2)]: "move-no-licence", [address(3)]: "move-no-licence" };
  pool.unknown = [address(4)];
  const { code, out } = await desk.tieline("move", "plan", file(5, `${address(1)},Again`, ",Nobody"), "--name", "pilot", "-o", "table");
  expect(code).toBe(3);
  expect(out).toContain("2 users ready, 2 users cannot move yet");
  expect(out).toMatch(
    /error move-no-licence {2}2 users\n.*u2@contoso.com has no licence\.\n.*u3@contoso.com has no licence\.\n {4}cure: Assign a licence\./,
  );
  expect(out).toMatch(/error user-not-found {2}1 user\n/);
  expect(out).toMatch(/error move-row-no-address {2}1 line\n {4}Line 8 of the users/);
  expect(out).toMatch(/warning move-row-duplicate {2}1 line\n/);
});

test("as JSON a plan is one whole, with moments as ISO 8601", async () => {
  pool.fails = { [address(2)]: "move-no-licence" };
  const { out } = await desk.tieline("move", "plan", file(3), "--name", "pilot", "-o", "json");
  expect(JSON.parse(out)).toMatchObject({
    batch: { name: "pilot", state: "Planned", createdAt: "2026-03-02T09:00:00.000Z" },
    users: 3,
    ready: 2,
    refused: 1,
    findings: [{ from: "check", code: "move-no-licence", user: address(2) }],
  });
});

test.each<[string[], Record<string, unknown>]>([
  [["--target", "pool01.contoso.local"], { Target: "pool01.contoso.local" }],
  [["--target", "online"], { Target: "sipfed.online.lync.com" }],
  [["--concurrent", "16", "--wave-size", "500", "--rate", "600"], { ConcurrentMoves: 16, WaveSize: 500, RatePerMinute: 600 }],
  [["--window", "20:00-06:00", "--time-zone", "Europe/Berlin"], { Window: "20:00-06:00", TimeZone: "Europe/Berlin" }],
  [["--force"], { Force: true }],
  [
    ["--bypass-audio-conferencing-check", "--bypass-enterprise-voice-check", "--move-to-teams", "--include-rooms"],
    { BypassAudioConferencingCheck: true, BypassEnterpriseVoiceCheck: true, MoveToTeams: true, IncludeRooms: true },
  ],
])("%j is told to the pool", async (words, parameters) => {
  await desk.tieline("move", "plan", "--users", "a@x.com,b@x.com", "--name", "n", ...words);
  expect(pool.of("New-TielineMoveBatch")[0]).toMatchObject(parameters);
});

test("a filter is looked up by the pool, a list is read as Move-CsUser -UserList takes it", async () => {
  await desk.tieline("move", "plan", "--filter", "Department -eq 'Sales'", "--name", "sales");
  expect(pool.of("Add-TielineMoveBatchUser")).toMatchObject([{ Filter: "Department -eq 'Sales'" }]);
  writeFileSync(desk.path("list.txt"), "sip:u1@contoso.com,sip:u2@contoso.com");
  await desk.tieline("move", "plan", "--list", desk.path("list.txt"), "--name", "more");
  expect(pool.of("Add-TielineMoveBatchUser")[1]).toMatchObject({ User: [address(1), address(2)] });
});

test("--what-if reads the file and asks nobody", async () => {
  const { code, out } = await desk.tieline("move", "plan", file(3, "nonsense,X"), "--what-if", "-o", "table");
  expect([code, pool.calls]).toEqual([3, []]);
  expect(out).toContain("3 users would be moved online. Nothing was changed.");
  expect(out).toContain("move-row-not-address");
});

test.each<[string[], number, string]>([
  [["move", "plan"], 2, "Who is to be moved was not said"],
  [["move", "plan", "--users", "a@x.com", "--filter", "x"], 2, "in several ways"],
  [["move", "plan", "/nowhere/users.csv"], 2, "file-unreadable"],
  [["move", "plan", "--users", "a@x.com", "--window", "8-9"], 2, "Write it as 20:00-06:00"],
  [["move", "start", "pilot", "--users", "a@x.com"], 2, "was planned already"],
  [["move", "report", "pilot", "--format", "xml"], 2, "Allowed choices"],
  [["sync", "--delta", "--initial"], 2, "cannot be used with"],
])("%j is refused before the pool is asked", async (words, code, text) => {
  const ran = await desk.tieline(...words);
  expect(ran.err).toContain(text);
  expect([ran.code, pool.calls]).toEqual([code, []]);
});

test("a plan that could not be filled is not left behind", async () => {
  pool.refuses = { "Add-TielineMoveBatchUser": "The disk is full." };
  const { code, err } = await desk.tieline("move", "plan", file(2), "--name", "pilot");
  expect([code, pool.of("Remove-TielineMoveBatch")]).toEqual([1, [expect.objectContaining({ Confirm: false })]]);
  expect(err).toContain("The disk is full.");
});

test("a batch is started, followed to its end, and the exit code says that some failed", async () => {
  await planned(5);
  pool.fails = { [address(2)]: "move-no-licence" };
  desk.answer = "y";
  const { code, out, err } = await desk.tieline("move", "start", "pilot");
  expect(err).toContain("Move 5 users of pilot to sipfed.online.lync.com? [y/N]");
  expect(err).toContain("pilot: 3 of 5 moved, 1 failed, 7,080 a minute, 1 min 0 s left 80 %");
  expect(err).toContain(`failed ${address(2)}  HostedMigration fault: move-no-licence`);
  expect(out).toMatch(/pilot +CompletedWithErrors/);
  expect(code).toBe(3);
});

test("who does not say yes starts nothing; who cannot say it must give --yes", async () => {
  await planned(2);
  desk.answer = "n";
  expect((await desk.tieline("move", "start", "pilot")).err).toContain("pilot is planned, and was not started.");
  desk.answer = undefined;
  const { code, err } = await desk.tieline("move", "start", "pilot");
  expect([code, pool.of("Start-TielineMoveBatch")]).toEqual([2, []]);
  expect(err).toContain("Add --yes");
});

test("where nobody looks, a start comes back at once; --follow stays", async () => {
  await planned(4);
  const { code, out } = await desk.tieline("move", "start", "pilot", "--yes");
  expect([code, JSON.parse(out)[0].State]).toEqual([0, "Running"]);
  const followed = await desk.tieline("move", "resume", "pilot", "--follow");
  expect([followed.code, JSON.parse(followed.out)[0].State]).toEqual([0, "Completed"]);
  expect(followed.err).toBe("");
});

test("plan and start in one shows the plan on stderr, and the batch alone on stdout", async () => {
  const { code, out, err } = await desk.tieline("move", "start", "--file", file(3), "--name", "pilot", "--yes", "--follow", "-o", "json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject([
    {
      Name: "pilot",
      State: "Completed",
      Moved: 3,
      CountersBefore: { UsersHomedOnline: 3 },
      Counters: { UsersHomedOnline: 6, UsersHomedOnPremises: 34 },
    },
  ]);
  expect(err).toContain("3 users ready");
});

test("nothing is started where nobody can move", async () => {
  pool.unknown = [address(1), address(2)];
  const { code, err } = await desk.tieline("move", "start", "--file", file(2), "--name", "pilot", "--yes");
  expect([code, pool.of("Start-TielineMoveBatch")]).toEqual([1, []]);
  expect(err).toContain("move-nobody-ready");
});

test("Ctrl-C leaves the batch running, and says so", async () => {
  await planned(50);
  desk.atPause = (stop) => stop.abort(new Fault("interrupted"));
  const { code, err } = await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  expect([code, pool.state]).toEqual([130, "Running"]);
  expect(err).toContain("pilot goes on at the pool");
  expect(pool.of("Stop-TielineMoveBatch")).toEqual([]);
});

test("a follower who is thrown out says that the batch goes on", async () => {
  await planned(50);
  desk.atPause = () => (pool.refuses = { "Get-TielineMoveBatch": "The pool is being restarted." });
  const { code, err } = await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  expect([code, pool.state]).toEqual([1, "Running"]);
  expect(err).toContain("pilot goes on at the pool");
});

test("the token of the online account goes to the pool, and another one when its sign-in has ended", async () => {
  await planned(8);
  let asked = 0;
  desk.access = async () => ({ accessToken: `eyToken${++asked}` });
  pool.signInEndsAfter = 4;
  const { code, err } = await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  expect(pool.of("Start-TielineMoveBatch")).toMatchObject([{ AccessTokens: ["eyToken1"] }]);
  expect(pool.of("Resume-TielineMoveBatch")).toMatchObject([{ AccessTokens: ["eyToken2"] }]);
  expect(err).toContain("The sign-in had ended");
  expect(err).not.toContain("eyToken");
  expect(code).toBe(0);
});

test("a batch that waits for a sign-in which nobody here can give ends with its reason", async () => {
  await planned(8);
  pool.signInEndsAfter = 2;
  const { code, err } = await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  expect(code).toBe(4);
  expect(err).toContain("The sign-in to the online side has ended.");
  expect(err).toContain("--online-account NAME@DOMAIN");
});

test("a pool that wants a sign-in, or could not ask online, is told of in the words of the command line", async () => {
  await planned(2);
  pool.refuses = {
    "Start-TielineMoveBatch": 'The batch "pilot" moves users between two sites, and nobody has signed in to the other one.',
  };
  const { code, err } = await desk.tieline("move", "start", "pilot", "--yes");
  expect([code, err.includes("--online-account NAME@DOMAIN")]).toEqual([4, true]);
  pool.refuses = {};
  pool.fails = { [address(1)]: "batch-online-unchecked" };
  expect((await desk.tieline("move", "plan", "--users", address(1), "-o", "table")).out).toContain("--online-account NAME@DOMAIN");
});

test("a finding whose text names nobody is told with its user, and a cure in options instead of parameters", () => {
  const finding = {
    identity: "a@x.com",
    displayName: "A",
    sipAddress: "sip:a@x.com",
    severity: "error" as const,
    code: "hosted-migration-voice-licence",
    text: "HostedMigration fault: Error=(520).",
    cure: "Assign a license, or move with -BypassEnterpriseVoiceCheck, or use Set-CsUser -LineURI.",
  };
  const plan = { batch: undefined, target: "online", ready: 0, refused: 1, users: 1, findings: [fromCheck(finding)] };
  const text = planText(plan, styleFor({ isTTY: false }, {}), 200);
  expect(text).toContain("sip:a@x.com: HostedMigration fault: Error=(520).");
  expect(text).toContain("or move with --bypass-enterprise-voice-check, or use Set-CsUser -LineURI.");
});

test("a batch is paused, cancelled, undone and removed", async () => {
  await planned(3);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  expect(JSON.parse((await desk.tieline("move", "pause", "pilot")).out)).toMatchObject([{ State: "Suspended" }]);
  const undone = await desk.tieline("move", "undo", "pilot", "--only", address(1), "--only", address(2), "--yes", "--follow");
  expect(pool.of("Undo-TielineMoveBatch")).toMatchObject([{ User: [address(1), address(2)] }]);
  expect([undone.code, JSON.parse(undone.out)[0].State]).toEqual([0, "Undone"]);
  expect((await desk.tieline("move", "cancel", "pilot", "--yes")).out).toContain("Cancelled");
  expect((await desk.tieline("move", "remove", "pilot", "--yes")).err).toContain("is forgotten");
  expect((await desk.tieline("move", "undo", "pilot")).code).toBe(2);
});

test("who is not in the batch is told, and the others are taken back", async () => {
  await planned(2);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  pool.writes = { "Undo-TielineMoveBatch": ["sip:x@contoso.com is not in the batch."] };
  const { code, out, err } = await desk.tieline("move", "undo", "pilot", "--only", address(1), "--only", "sip:x@contoso.com", "--yes");
  expect([code, JSON.parse(out)[0].State]).toEqual([3, "Undone"]);
  expect(err).toContain("error sip:x@contoso.com is not in the batch.");
});

test("a cycle of synchronisation is started, and the exit code says that the tenant has refused something", async () => {
  expect((await desk.tieline("sync")).code).toBe(0);
  pool.runResult = "completed-export-errors";
  expect((await desk.tieline("sync", "--initial")).code).toBe(3);
  expect(pool.of("Start-ADSyncSyncCycle")).toEqual([{ PolicyType: "Delta" }, { PolicyType: "Initial" }]);
  expect(JSON.parse((await desk.tieline("sync", "--status")).out)).toMatchObject([{ NextSyncCyclePolicyType: "Delta" }]);
});

test("status shows a batch with the counters before and now, and all batches without", async () => {
  await planned(4);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  const one = await desk.tieline("move", "status", "pilot", "-o", "table");
  expect(one.out).toMatch(/pilot +Completed +4 +4/);
  expect(one.out).toMatch(/Users homed online +7 {2}\(\+4\)/);
  expect(one.out).toMatch(/Users homed on premises +33 {2}\(-4\)/);
  const all = await desk.tieline("move", "status", "-o", "json", "--query", "[].[Name, State]");
  expect(JSON.parse(all.out)).toEqual([["pilot", "Completed"]]);
});

test("users are listed with where they are homed, by their state", async () => {
  pool.fails = { [address(2)]: "move-no-licence" };
  await planned(3);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  const { out } = await desk.tieline("move", "users", "pilot", "--state", "failed", "-o", "jsonl");
  expect(JSON.parse(out)).toMatchObject({
    SipAddress: address(2),
    State: "Failed",
    Homed: "pool01.contoso.local",
    Code: "move-no-licence",
  });
  const table = await desk.tieline("move", "users", "pilot", "-o", "table");
  expect(table.out).toMatch(/SipAddress +DisplayName +State +Homed/);
});

test("failed users as CSV are a file to plan again", async () => {
  pool.fails = { [address(2)]: "move-no-licence" };
  await planned(3);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  writeFileSync(desk.path("again.csv"), (await desk.tieline("move", "users", "pilot", "--state", "failed", "-o", "csv")).out);
  await desk.tieline("move", "plan", desk.path("again.csv"), "--name", "again");
  expect(pool.of("Add-TielineMoveBatchUser").at(-1)).toMatchObject({ User: [address(2)] });
});

test("a report is text, CSV, JSON or a page, by --format or by the file's name", async () => {
  pool.fails = { [address(2)]: "move-no-licence" };
  await planned(7);
  await desk.tieline("move", "start", "pilot", "--yes", "--follow");
  const text = (await desk.tieline("move", "report", "pilot", "--format", "table")).out;
  expect(text).toMatch(/Moved +6\nFailed +1\n/);
  expect(text).toContain("Teams upgrade mode: TeamsOnly 6");
  expect(text).toContain("Left behind: ClientPolicy:Tag:Sales 2");
  expect(text).toMatch(/failed move-no-licence {2}1 user\n/);
  expect((await desk.tieline("move", "report", "pilot", "--format", "csv")).out.split("\r\n")).toHaveLength(9);
  const data = JSON.parse((await desk.tieline("move", "report", "pilot", "--format", "json")).out);
  expect(data).toMatchObject({ counters: { before: { homedOnline: 3 }, now: { homedOnline: 9 } }, contacts: 300 });
  expect(data.users[0]).toMatchObject({ state: "Moved", startedAt: "2026-03-02T09:00:01.000Z" });
  const { err, out } = await desk.tieline("move", "report", "pilot", "--out", desk.path("pilot.html"));
  expect([out, err]).toEqual(["", `The report is in ${desk.path("pilot.html")}.\n`]);
  expect(readFileSync(desk.path("pilot.html"), "utf8")).toMatch(/^<!doctype html>/);
});

test("a page is not written to a terminal, and not into a folder that is not there", async () => {
  await planned(1);
  desk.answer = "";
  expect((await desk.tieline("move", "report", "pilot", "--format", "html")).err).toContain("--out report.html");
  const { code, err } = await desk.tieline("move", "report", "pilot", "--out", desk.path("no/where.html"));
  expect([code, err.includes("move-report-unwritable")]).toEqual([2, true]);
});

test("an account without the cmdlets learns which role is wanting", async () => {
  pool.missing = ["New-TielineMoveBatch"];
  const { code, err } = await desk.tieline("move", "plan", "--users", "a@x.com");
  expect([code, err.includes("CsUserAdministrator")]).toEqual([5, true]);
});

test("every command for moves has examples in its help", async () => {
  const verbs = ["plan", "start", "status", "users", "pause", "resume", "cancel", "undo", "remove", "report"];
  for (const words of [...verbs.map((verb) => ["move", verb]), ["sync"]]) {
    const { code, out } = await desk.tieline(...words, "--help");
    expect([words, code, out.includes(`$ tieline ${words.join(" ")}`)]).toEqual([words, 0, true]);
  }
});

test("verbs and choices are completed", async () => {
  const words = async (...typed: string[]): Promise<string[]> => (await desk.tieline("__complete", "--", ...typed)).out.trim().split("\n");
  expect(await words("move", "p")).toEqual(["pause", "plan"]);
  expect(await words("move", "users", "pilot", "--state", "f")).toEqual(["failed"]);
  expect(await words("move", "report", "pilot", "--format", "h")).toEqual(["html"]);
  expect(await words("move", "start", "--bypass")).toEqual(["--bypass-audio-conferencing-check", "--bypass-enterprise-voice-check"]);
});

const around = (environment: Record<string, string>): Surroundings => ({ environment }) as unknown as Surroundings;

test("the pool gets nothing of the online account's: no token, no application, no account that is signed in here", () => {
  const [options, user, { environment }] = poolSide(
    {
      pool: "pool02.contoso.local",
      user: "admin@contoso.local",
      signIn: "certificate",
      clientId: "app",
      certificateFile: "app.pem",
      tenant: "t",
    },
    around({ TIELINE_TOKEN: "eyJ", TIELINE_CLIENT_SECRET: "s", TIELINE_PASSWORD: "of the pool" }),
  );
  expect([options.targetUri, user]).toEqual(["https://pool02.contoso.local/OcsPowershell", "admin@contoso.local"]);
  for (const name of ["signIn", "clientId", "certificateFile", "tenant", "overrideAdminDomain"]) expect(options).not.toHaveProperty(name);
  expect(environment).toEqual({ TIELINE_PASSWORD: "of the pool", TIELINE_TOKEN_CACHE: "memory" });
});

test("a lab has a pool and an administrator of its own; elsewhere the pool must be named", () => {
  expect(poolSide({ lab: true }, around({})).slice(0, 2)).toMatchObject([
    { targetUri: "https://pool01.contoso.local/OcsPowershell" },
    "administrator@contoso.local",
  ]);
  expect(poolSide({}, around({ TIELINE_POOL: "p.x.com" }))[0].targetUri).toBe("https://p.x.com/OcsPowershell");
  expect(() => poolSide({}, around({}))).toThrow(/Which pool/);
});
