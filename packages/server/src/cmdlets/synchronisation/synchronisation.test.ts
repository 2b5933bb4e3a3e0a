/** The cmdlets of synchronisation, as an administrator of a deployment types them. */
import { Collected, command, Runspace, type StructuredCommand } from "@tieline/language";
import { Guid, TimeSpan, type PsObject } from "@tieline/remoting/objects";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountId } from "../../directory/index.ts";
import type { Migration } from "../../migration/index.ts";
import { DEPLOYMENT, openBoth, type TestDeployment } from "../../migration/synchronisation/synchronisation.fixture.ts";
import type { SynchronisationService } from "../../migration/synchronisation/index.ts";
import { sqliteDialect, storeOver, type Store } from "../../store/index.ts";
import { poolCatalogue } from "../catalogues.ts";
import type { CmdletSession } from "../session.ts";

const NOW = Date.UTC(2020, 7, 5, 10);
let store: Store;
let at: TestDeployment;
let service: SynchronisationService;

beforeAll(async () => {
  store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
  at = await openBoth(store);
  service = await at.open({ deletionThreshold: 0 });
  await at.hire("anna");
  await at.hire("berta", { sipAddress: "sip:berta@elsewhere.test" });
});
afterAll(() => store.close());

async function run(commands: StructuredCommand[], roles = ["CsAdministrator"], synchronisation: SynchronisationService | null = service) {
  const session: CmdletSession = {
    tenantId: DEPLOYMENT,
    directory: at.tenant.directory,
    caller: { accountId: accountId("00000000-0000-4000-8000-ffffffffffff"), userPrincipalName: "administrator@contoso.local", roles },
    nowMs: () => at.tenant.clock.nowMs,
    newGuid: () => "00000000-0000-4000-8000-000000000001",
    migration: { synchronisation: synchronisation ?? undefined } as Migration,
  };
  const sink = new Collected();
  const outcome = await new Runspace({ catalogue: poolCatalogue().forRoles(roles), session }).run([commands], { sink });
  const said = [...sink.errors.map((error) => error.message), ...(outcome.state === "failed" ? [outcome.error?.message ?? "failed"] : [])];
  return { rows: sink.objects as PsObject[], said, sink, outcome };
}

function values(object: PsObject | undefined, ...names: string[]): unknown[] {
  return names.map((name) => object?.get(name));
}

describe("the cmdlets of synchronisation", () => {
  it("Start-ADSyncSyncCycle runs, shows how far it is, and puts out the counters", async () => {
    const { rows, said, sink } = await run([command("Start-ADSyncSyncCycle", { PolicyType: "delta" })]);
    expect(said).toEqual([]);
    expect(values(rows[0], "Result", "RunResult", "PolicyType", "Adds", "Updates", "ExportErrors")).toEqual([
      "Success",
      "completed-export-errors",
      "Delta",
      1,
      0,
      1,
    ]);
    const steps = rows[0]?.get("Steps") as PsObject[];
    expect(steps.map((step) => values(step, "ConnectorName", "RunProfileName", "StepResult", "Adds"))).toEqual([
      ["contoso.local", "Delta Import", "success", 2],
      ["contoso.local", "Delta Synchronization", "success", 2],
      ["contoso.com", "Export", "completed-export-errors", 1],
    ]);
    expect(sink.warnings).toEqual([expect.stringMatching(/Get-TielineSyncError/)]);
    expect(sink.progresses.map((record) => record.status)).toContain("contoso.com: Export");
  });

  it("Get-TielineSyncError and Get-ADSyncCSObject name the object, the attribute and the reason", async () => {
    const { rows } = await run([command("Get-TielineSyncError")]);
    expect(rows.map((row) => values(row, "UserPrincipalName", "ErrorCode", "AttributeName"))).toEqual([
      ["berta@contoso.com", "DataValidationFailed", "msRTCSIP-PrimaryUserAddress"],
    ]);
    expect((await run([command("Get-TielineSyncError", { ErrorCode: "LargeObject" })])).rows).toEqual([]);
    const found = await run([command("Get-TielineSyncError"), command("Get-ADSyncCSObject")]);
    expect(values(found.rows[0], "UserPrincipalName", "PendingExport", "LastExported")).toEqual(["berta@contoso.com", "Add", null]);
    expect((await run([command("Get-ADSyncCSObject", { PendingExport: "Add" })])).rows).toHaveLength(1);
    expect((await run([command("Get-ADSyncCSObject", { UserPrincipalName: "nobody@contoso.com" })])).said).toEqual([
      "Synchronisation knows no object nobody@contoso.com.",
    ]);
  });

  it("runs and steps are found again by their id", async () => {
    const { rows } = await run([command("Get-ADSyncRunProfileResult", { NumberRequested: 1 })]);
    expect(values(rows[0], "RunProfileName", "Result", "UserName", "ErrorCode")).toEqual([
      "Delta",
      "completed-export-errors",
      "administrator@contoso.local",
      null,
    ]);
    const steps = await run([command("Get-ADSyncRunProfileResult", { NumberRequested: 1 }), command("Get-ADSyncRunStepResult")]);
    expect(steps.rows.map((step) => step.get("StepNumber"))).toEqual([1, 2, 3]);
    const unknown = new Guid("99999999-0000-4000-8000-000000000000");
    expect((await run([command("Get-ADSyncRunStepResult", { RunHistoryId: unknown })])).said).toEqual([
      expect.stringMatching(/^There is no run 99999999/),
    ]);
    expect((await run([command("Get-ADSyncConnectorRunStatus")])).rows).toEqual([]);
  });

  it("too many deletions stop a run before anything is exported, and -AllowDeletions lets them pass", async () => {
    await at.dismiss("anna");
    const refused = await run([command("Start-ADSyncSyncCycle")]);
    expect(refused.said).toEqual([expect.stringMatching(/holds 1 deletions, more than the threshold of 0/)]);
    expect(values((await run([command("Start-ADSyncSyncCycle", { AllowDeletions: true })])).rows[0], "Deletes")).toEqual([1]);
  });

  it("Set-ADSyncScheduler changes what Get-ADSyncScheduler shows", async () => {
    const changes = {
      SyncCycleEnabled: false,
      CustomizedSyncCycleInterval: "00:10:00",
      NextSyncCyclePolicyType: "Initial",
      PurgeRunHistoryInterval: "3.00:00:00",
    };
    expect((await run([command("Set-ADSyncScheduler", changes)])).said).toEqual([]);
    const { rows } = await run([command("Get-ADSyncScheduler")]);
    expect(values(rows[0], "SyncCycleEnabled", "NextSyncCyclePolicyType", "SyncCycleInProgress")).toEqual([false, "Initial", false]);
    expect(String(rows[0]?.get("CurrentlyEffectiveSyncCycleInterval"))).toBe("00:10:00");
    expect(rows[0]?.get("PurgeRunHistoryInterval")).toEqual(TimeSpan.fromMilliseconds(3 * 86_400_000));
    const wrong = await run([command("Set-ADSyncScheduler", { CustomizedSyncCycleInterval: "00:00:30" })]);
    expect(wrong.said.join()).toMatch(/whole minutes/);
  });

  it("-WhatIf runs nothing", async () => {
    const before = (await service.runs(100)).length;
    expect((await run([command("Start-ADSyncSyncCycle", { WhatIf: true })])).rows).toEqual([]);
    expect((await service.runs(100)).length).toBe(before);
  });

  it("a deployment without a tenant says so", async () => {
    for (const name of ["Start-ADSyncSyncCycle", "Get-ADSyncScheduler", "Get-TielineSyncError"])
      expect((await run([command(name)], ["CsAdministrator"], null)).said).toEqual(["This deployment synchronises with no tenant."]);
  });

  it("readers see, and run nothing", () => {
    const names = (role: string): string[] =>
      poolCatalogue()
        .forRoles([role])
        .all()
        .map((each) => each.name)
        .filter((name) => /ADSync|TielineSync/.test(name));
    expect(names("CsViewOnlyAdministrator").every((name) => name.startsWith("Get-"))).toBe(true);
    expect(names("CsServerAdministrator")).toHaveLength(8);
  });
});
