/** The lab's directory synchronisation: a first run finds the two halves agreed, but for the one account that was never joined. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LAB_TENANTS, type TenantId, type UserRecord } from "../directory/index.ts";
import { startLab, type RunningLab } from "./lab.ts";

const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;
let folder: string;
let lab: RunningLab;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-lab-sync-"));
  lab = await startLab({ folder, users: 40 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function people(): Promise<Map<string, UserRecord>> {
  const { users } = lab.sites.online!.directory.tenant(CONTOSO);
  return new Map((await users.find((eb) => eb("upn_key", "is not", null), 1000)).map((user) => [user.accountName, user]));
}
const homing = ({ hostingProvider, registrarPool, sipAddress, enabled }: UserRecord) => ({
  hostingProvider,
  registrarPool,
  sipAddress,
  enabled,
});

test("nobody's homing is changed by it, and notsynced is joined", async () => {
  const before = await people();
  const run = await lab.sites.pool?.migration?.synchronisation?.cycle("Initial", { by: "test" });
  expect([run?.result, run?.fault]).toEqual(["success", null]);
  const after = await people();
  expect(after.size).toBe(before.size);
  for (const [account, user] of before)
    if (account !== "notsynced") expect(homing(after.get(account) as UserRecord), account).toEqual(homing(user));
  expect(after.get("notsynced")?.properties["DirSyncEnabled"]).toBe(true);
  const again = await lab.sites.pool?.migration?.synchronisation?.cycle("Delta", { by: "test" });
  expect(again?.result).toBe("success");
});
