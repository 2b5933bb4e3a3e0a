/** A pool's cmdlets as functions, following a batch, and what a report makes of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type PsObject, SecureString } from "@tieline/remoting/objects";
import type { MovedUser } from "./batch.ts";
import { CounterNotes } from "./counter-notes.ts";
import { followBatch, isForSignIn, type FollowEvent, type FollowOptions } from "./follow-batch.ts";
import { MoveCmdlets } from "./move-cmdlets.ts";
import { FakePool } from "./move-pool.fixture.ts";
import { moveReport } from "./move-report.ts";

const ID = "0d7a4c35-0000-4000-8000-000000000001";

async function planned(users: number, fails: Record<string, string> = {}): Promise<{ pool: FakePool; cmdlets: MoveCmdlets }> {
  const pool = new FakePool();
  const cmdlets = new MoveCmdlets(pool, "pool01.contoso.local");
  await cmdlets.create({ name: "pilot", target: "sipfed.online.lync.com", force: false, moveToTeams: true, ratePerMinute: 600 });
  await cmdlets.add(
    ID,
    Array.from({ length: users }, (_, i) => `sip:u${i + 1}@contoso.com`),
  );
  pool.fails = fails;
  return { pool, cmdlets };
}

async function followed(cmdlets: MoveCmdlets, options: Partial<FollowOptions> = {}): Promise<{ events: FollowEvent[] }> {
  const events: FollowEvent[] = [];
  for await (const event of followBatch(cmdlets, ID, { wait: async () => undefined, ...options })) events.push(event);
  return { events };
}

const last = (events: readonly FollowEvent[]): string => {
  const event = events.at(-1);
  return event?.kind === "ended" ? `ended ${event.batch.state}` : String(event?.kind);
};

test("what is not said is not sent, and a switch that is off neither", async () => {
  const { pool } = await planned(1);
  expect(pool.of("New-TielineMoveBatch")).toEqual([
    { Name: "pilot", Target: "sipfed.online.lync.com", MoveToTeams: true, RatePerMinute: 600 },
  ]);
});

test("the online side is signed in to by a token, or by a credential whose password is sealed", async () => {
  const { pool, cmdlets } = await planned(1);
  await cmdlets.start(ID, { accessToken: "eyJ", hostedMigrationUrl: "https://admin0a.test/x" });
  await cmdlets.resume(ID, { credential: { user: "admin@contoso.com", password: "s3cret" } });
  expect(pool.of("Start-TielineMoveBatch")).toEqual([
    { Batch: ID, AccessTokens: ["eyJ"], HostedMigrationOverrideUrl: "https://admin0a.test/x" },
  ]);
  const credential = pool.of("Resume-TielineMoveBatch")[0]?.["Credential"] as PsObject;
  expect(credential.typeNames[0]).toBe("System.Management.Automation.PSCredential");
  expect(credential.get("Password")).toBeInstanceOf(SecureString);
});

test("a pool that shows no such cmdlet to the account says which role is wanting", async () => {
  const { pool, cmdlets } = await planned(1);
  pool.missing = ["Start-TielineMoveBatch"];
  await expect(cmdlets.start(ID)).rejects.toMatchObject({ code: "move-cmdlet-missing", layer: "permission" });
});

test("a refusal that the catalogue knows keeps its code, another one its words", async () => {
  const { pool, cmdlets } = await planned(1);
  pool.refuses = {
    "Start-TielineMoveBatch": "Insufficient seats on the moon.",
    "Get-TielineMoveBatch": "No user of this tenant is alice@contoso.com.",
  };
  await expect(cmdlets.start(ID)).rejects.toMatchObject({
    code: "move-cmdlet-refused",
    fields: { reason: "Insufficient seats on the moon." },
  });
  await expect(cmdlets.get(ID)).rejects.toMatchObject({ code: "user-not-found" });
});

test("a batch is followed to its end; each failure is told once, when it happens", async () => {
  const { cmdlets } = await planned(6, { "sip:u2@contoso.com": "move-no-licence" });
  await cmdlets.start(ID);
  const { events } = await followed(cmdlets);
  expect(last(events)).toBe("ended CompletedWithErrors");
  const failed = events.flatMap((event, i) => (event.kind === "failed" ? [{ i, user: event.user.identity }] : []));
  expect(failed.map(({ user }) => user)).toEqual(["sip:u2@contoso.com"]);
  expect(failed[0]?.i).toBeLessThan(events.length - 3);
});

test("a batch on which nothing changes is looked at less often", async () => {
  const waited: number[] = [];
  const { pool, cmdlets } = await planned(1);
  await cmdlets.start(ID);
  pool.pace = 0;
  let looks = 0;
  await followed(cmdlets, {
    wait: async (ms) => {
      waited.push(ms);
      if (++looks === 6) pool.pace = 1;
    },
  });
  expect(waited.slice(0, 6)).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
});

test("where the sign-in has ended, a new one is handed over and the batch goes on", async () => {
  const { pool, cmdlets } = await planned(8);
  pool.signInEndsAfter = 4;
  await cmdlets.start(ID);
  const { events } = await followed(cmdlets, { renew: async () => ({ accessToken: "eyNew" }) });
  expect(events.filter(({ kind }) => kind === "renewed")).toHaveLength(1);
  expect(pool.of("Resume-TielineMoveBatch")).toEqual([{ Batch: ID, AccessTokens: ["eyNew"] }]);
  expect(last(events)).toBe("ended Completed");
});

test("a sign-in that ends again before anybody has moved is not tried for ever", async () => {
  const { pool, cmdlets } = await planned(8);
  pool.pace = 0;
  pool.signInEndsAfter = 0;
  await cmdlets.start(ID);
  const renew = async () => {
    pool.signInEndsAfter = 0;
    return { accessToken: "eyNew" };
  };
  const { events } = await followed(cmdlets, { renew });
  expect(events.filter(({ kind }) => kind === "renewed")).toHaveLength(1);
  expect(last(events)).toBe("ended Suspended");
});

test("nobody signs in for a batch that a person has paused", async () => {
  const { cmdlets } = await planned(8);
  await cmdlets.start(ID);
  await cmdlets.suspend(ID);
  const { events } = await followed(cmdlets, { renew: async () => ({ accessToken: "eyNew" }) });
  expect(last(events)).toBe("ended Suspended");
  expect(isForSignIn({ reason: "Suspended by CONTOSO\\administrator." })).toBe(false);
});

test("a report counts outcomes, reasons, modes and policies, and adds users up over time", async () => {
  const { cmdlets } = await planned(12, { "sip:u2@contoso.com": "move-no-licence", "sip:u5@contoso.com": "move-no-licence" });
  const before = await cmdlets.counters();
  const { batch, users } = await finished(cmdlets);
  const report = moveReport(batch, users, { before, now: await cmdlets.counters() });
  expect(report.outcomes).toEqual([
    { state: "Moved", users: 10 },
    { state: "Failed", users: 2 },
  ]);
  expect(report.reasons).toMatchObject([{ code: "move-no-licence", users: 2 }]);
  expect(report.teamsModes).toEqual([{ mode: "TeamsOnly", users: 10 }]);
  expect(report.leftPolicies).toEqual([{ policy: "ClientPolicy:Tag:Sales", users: 4 }]);
  expect([report.contacts, report.meetings]).toEqual([500, 20]);
  expect(report.course?.points.at(-1)).toMatchObject({ moved: 10, failed: 2 });
  expect(report.course?.points[0]).toMatchObject({ moved: 0, failed: 0 });
  expect(report.durations?.bins.reduce((sum, bin) => sum + bin.users, 0)).toBe(10);
  expect(report.durations).toMatchObject({ longestMs: 1510 });
  expect(report.counters.now.homedOnline - (report.counters.before?.homedOnline ?? 0)).toBe(10);
});

test("a report of a batch that has not begun has no course and no durations", async () => {
  const { cmdlets } = await planned(3);
  const users = await usersOf(cmdlets);
  expect(moveReport(await cmdlets.get(ID), users, { now: await cmdlets.counters() })).toMatchObject({
    outcomes: [{ state: "Waiting", users: 3 }],
    course: undefined,
    durations: undefined,
    reasons: [],
  });
});

async function usersOf(cmdlets: MoveCmdlets): Promise<MovedUser[]> {
  const users: MovedUser[] = [];
  for await (const user of cmdlets.users(ID)) users.push(user);
  return users;
}

async function finished(cmdlets: MoveCmdlets) {
  await cmdlets.start(ID);
  await followed(cmdlets);
  return { batch: await cmdlets.get(ID), users: await usersOf(cmdlets) };
}

test("counters are noted once for a batch, and never mixed up", () => {
  const folder = mkdtempSync(join(tmpdir(), "tieline-notes-"));
  try {
    const notes = new CounterNotes(folder);
    const counters = { homedOnline: 3, homedOnPremises: 37, syncedAndHomedOnline: 1, notEnabled: 2, activeMoves: 0 };
    notes.note("../a", counters);
    notes.note("../a", { ...counters, homedOnline: 9 });
    expect(notes.before("../a")).toEqual(counters);
    expect(notes.before("b")).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
