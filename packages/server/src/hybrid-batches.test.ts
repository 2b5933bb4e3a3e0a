/** Batches by their cmdlets, moved by the real engine between the lab's two sites. */
import { Collected, command, Runspace } from "@tieline/language";
import { PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onlineCatalogue, poolCatalogue } from "./cmdlets/catalogues.ts";
import type { CmdletSession } from "./cmdlets/session.ts";
import { accountId, LAB_DEPLOYMENT, LAB_TENANTS, type TenantId } from "./directory/index.ts";
import { ADMIN, FULL, ONLINE, openTestHybrid, POOL, type Hybrid } from "./hybrid.fixture.ts";
import { BatchWorker, NO_USER_DATA, UserDataStore } from "./migration/index.ts";

let hybrid: Hybrid;
let worker: BatchWorker;
beforeAll(async () => {
  // This file's own worker moves them: when it does is no chance.
  hybrid = await openTestHybrid(60, { batchConcurrency: 0 });
  const principal = await hybrid.user(at("principal"));
  const delegates = [{ uri: `sip:${at("assistant")}`, maySchedule: true, mayAnswer: true, mayCall: false }];
  const data = new UserDataStore(hybrid.pool.store.db, LAB_DEPLOYMENT.tenant.tenantId);
  await data.write(principal.objectId, { ...NO_USER_DATA, delegates, meetings: FULL.meetings }, Date.now());
  worker = new BatchWorker({
    service: hybrid.migration.batches,
    workerId: "worker-of-the-test",
    idleMs: 0,
    pause: () => Promise.resolve(),
    random: () => 0.5,
    log: { info: () => undefined, warn: () => undefined },
  });
});
afterAll(() => hybrid[Symbol.asyncDispose]());

interface Answer {
  rows: Record<string, PsValue>[];
  said: string[];
}

/** A cmdlet on the pool, or online. */
async function run(
  name: string,
  parameters: Record<string, PsValue> = {},
  { roles = ["CsAdministrator"], online = false } = {},
): Promise<Answer> {
  const site = online ? hybrid.online : hybrid.pool;
  const session: CmdletSession = {
    tenantId: (online ? LAB_TENANTS[0]?.tenant.tenantId : LAB_DEPLOYMENT.tenant.tenantId) as TenantId,
    directory: site.directory,
    caller: { accountId: accountId("00000000-0000-4000-8000-ffffffffffff"), userPrincipalName: "administrator@contoso.local", roles },
    nowMs: () => Date.now(),
    newGuid: () => crypto.randomUUID(),
    ...(online ? {} : { migration: hybrid.migration }),
  };
  const sink = new Collected();
  const runspace = new Runspace({ catalogue: online ? onlineCatalogue() : poolCatalogue(), session });
  const outcome = await runspace.run([[command(name, parameters)]], { sink });
  const said = sink.errors.map((error) => error.message);
  if (outcome.state === "failed") said.push(outcome.error?.message ?? "failed");
  const rows = (sink.objects as PsObject[]).map((object) => Object.fromEntries(object.properties()));
  return { rows, said };
}

function signIn(): Record<string, PsValue> {
  const Credential = new PsObject({ typeNames: ["System.Management.Automation.PSCredential", "System.Object"] })
    .set("UserName", ADMIN, "adapted")
    .set("Password", new SecureString(hybrid.secrets.password(ADMIN)), "adapted");
  return { Credential, HostedMigrationOverrideUrl: "admin0a.online.lync.com" };
}

async function work(batch: string): Promise<Record<string, PsValue>> {
  for (let rounds = 0; rounds < 200; rounds += 1) {
    await worker.round();
    await worker.settled();
    const [row] = (await run("Get-TielineMoveBatch", { Batch: batch })).rows;
    if (row !== undefined && row["State"] !== "Running" && row["State"] !== "Undoing") return row;
  }
  throw new Error("the batch does not end");
}

const at = (name: string): string => `${name}@contoso.com`;

describe("a batch between the two sites", () => {
  it("finds before what each move would meet, with a cure, and leaves everybody where they are", async () => {
    const people = ["kenmyer", "nolicence", "noev", "nomeetadv", "principal", "room.baker", "ucs", "oldpolicy", "notsynced", "alice"];
    await run("New-TielineMoveBatch", { Name: "Check", Target: ONLINE, ...signIn() });
    const added = await run("Add-TielineMoveBatchUser", {
      Batch: "check",
      User: [...people.map(at), "sip:john.doe@contoso.com", "KENMYER@contoso.com", "nobody@contoso.com"],
    });
    expect(added).toEqual({ said: [], rows: [{ Added: 11, Duplicates: 1, NotFound: ["nobody@contoso.com"] }] });
    const { rows, said } = await run("Test-TielineMoveBatch", { Batch: "Check" });
    expect(said).toEqual([]);
    const found = new Map<string, string[]>();
    for (const row of rows) {
      const who = row["Identity"] as string;
      found.set(who, [...(found.get(who) ?? []), `${row["Severity"] as string} ${row["Code"] as string}`]);
      expect(row["Text"] as string).toMatch(/[.)'"]$/);
      expect((row["Cure"] as string).length).toBeGreaterThan(10);
    }
    expect(found.get(at("kenmyer"))?.some((finding) => finding.startsWith("Error"))).not.toBe(true);
    expect(found.get(at("nolicence"))).toContain("Error hosted-migration-licence");
    expect(found.get(at("noev"))).toEqual(expect.arrayContaining(["Error hosted-migration-voice-licence", "Warning batch-user-voice"]));
    expect(found.get(at("nomeetadv"))).toContain("Error hosted-migration-conferencing-licence");
    expect(found.get(at("principal"))).toEqual(["Warning batch-user-meetings", "Warning batch-user-delegate"]);
    expect(found.get(at("room.baker"))).toContain("Error batch-user-room");
    expect(found.get(at("ucs"))).toContain("Error move-unified-contact-store");
    expect(found.get(at("oldpolicy"))).toContain("Warning move-policies-left");
    expect(found.get(at("notsynced"))?.some((finding) => finding.startsWith("Error"))).toBe(true);
    expect(found.get(at("alice"))).toEqual(["Warning batch-user-already-there"]);
    expect(found.get("sip:john.doe@contoso.com")).toContain("Warning batch-user-upn");
    const kept = await run("Get-TielineMoveBatchUser", { Batch: "Check", ResultSize: 2 });
    expect(kept.rows.map((row) => (row["Findings"] as PsValue[]).length)).toEqual([
      found.get(at("kenmyer"))?.length ?? 0,
      found.get(at("nolicence"))?.length,
    ]);
    expect((await hybrid.user(at("kenmyer"))).registrarPool).toBe(POOL);
  });

  it("moves the pilots with what they have, one is refused, and the counters show it at both sites", async () => {
    const before = (await run("Get-TielineMoveCounter")).rows[0];
    const online = (await run("Get-TielineMoveCounter", {}, { online: true })).rows[0];
    await run("New-TielineMoveBatch", { Name: "Pilots", Target: ONLINE, ConcurrentMoves: 2, ...signIn() });
    await run("Add-TielineMoveBatchUser", { Batch: "Pilots", User: ["kenmyer", "user", "nolicence", "principal", "assistant"].map(at) });
    const started = await run("Start-TielineMoveBatch", { Batch: "Pilots" });
    expect(started.said).toEqual([]);
    expect(started.rows[0]).toMatchObject({ State: "Running", Users: 5, Waiting: 5 });
    const end = await work("Pilots");
    expect(end).toMatchObject({ State: "CompletedWithErrors", Moved: 4, Failed: 1, Waves: 1 });
    const users = (await run("Get-TielineMoveBatchUser", { Batch: "Pilots" })).rows;
    expect(users.map((row) => [row["State"], row["Homed"], row["Code"]])).toEqual([
      ["Moved", "Online", null],
      ["Moved", "Online", null],
      ["Failed", POOL, "hosted-migration-licence"],
      ["Moved", "Online", null],
      ["Moved", "Online", null],
    ]);
    expect((await hybrid.onlineUser(at("kenmyer"))).interpretedUserType).toBe("HybridOnlineSfBUser");
    const after = (await run("Get-TielineMoveCounter")).rows[0];
    const [homed, synced] = ["UsersHomedOnline", "UsersSyncedAndHomedOnline"] as const;
    expect(Number(after?.[homed]) - Number(before?.[homed])).toBe(4);
    expect(after?.["ActiveMoves"]).toBe(0);
    const onlineAfter = (await run("Get-TielineMoveCounter", {}, { online: true })).rows[0];
    expect(Number(onlineAfter?.[synced]) - Number(online?.[synced])).toBe(4);
  });

  it("takes one of them back, and says what is not possible", async () => {
    expect((await run("Undo-TielineMoveBatch", { Batch: "Pilots", User: [at("bob")], ...signIn() })).said).toEqual([
      'There is no user "bob@contoso.com" in the batch "Pilots".',
    ]);
    const undone = await run("Undo-TielineMoveBatch", { Batch: "Pilots", User: [at("kenmyer")], ...signIn() });
    expect(undone.said).toEqual([]);
    await work("Pilots");
    expect(await hybrid.user(at("kenmyer"))).toMatchObject({ hostingProvider: "SRV:", registrarPool: POOL });
    expect((await hybrid.user(at("user"))).hostingProvider).toBe(ONLINE);
    expect((await run("Suspend-TielineMoveBatch", { Batch: "Pilots" })).said[0]).toContain("CompletedWithErrors");
    expect((await run("Get-TielineMoveBatch", { Batch: "none" })).said).toEqual(['There is no batch of moves "none".']);
  });

  it("wants the roles of both halves of a deployment for moves across sites", async () => {
    const half = { roles: ["CsUserAdministrator"] };
    expect((await run("New-TielineMoveBatch", { Name: "Half", Target: ONLINE }, half)).said[0]).toContain("may not move users between");
    expect((await run("Start-TielineMoveBatch", { Batch: "Check" }, half)).said[0]).toContain("may not move users between");
    const both = { roles: ["CsUserAdministrator", "CsServerAdministrator"] };
    expect((await run("New-TielineMoveBatch", { Name: "Both", Target: ONLINE }, both)).said).toEqual([]);
    await run("Add-TielineMoveBatchUser", { Batch: "Both", User: [at("dialin")] });
    expect((await run("Start-TielineMoveBatch", { Batch: "Both" }, both)).said[0]).toContain("nobody has signed in to the other one");
    expect((await run("Remove-TielineMoveBatch", { Batch: "Both", Confirm: false }, both)).said).toEqual([]);
  });

  it("shows what would be done under -WhatIf, and does it not", async () => {
    await run("New-TielineMoveBatch", { Name: "What if", Target: ONLINE, WhatIf: true });
    expect((await run("Get-TielineMoveBatch")).rows.map((row) => row["Name"])).not.toContain("What if");
  });
});
