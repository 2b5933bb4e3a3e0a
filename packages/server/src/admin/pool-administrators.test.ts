/** An administrator of a pool whom another has made signs in, and is out at once when the role is taken. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashPassword, ntHash } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { connect, RemotingServer, type Session } from "@tieline/remoting";
import { SecureString } from "@tieline/remoting/objects";
import { createLabDeployment, DEPLOYMENT_ACCOUNTS, LAB_DEPLOYMENT } from "../directory/index.ts";
import { openSite, type Site } from "../site.ts";
import type { Principal } from "./principal.ts";

const PASSWORD = "four plain words here";
const ANNA = "anna@contoso.local";

let folder: string;
let site: Site;
let server: RemotingServer<Principal>;
let sockets = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tl-pool-"));
  site = await openSite({
    kind: "pool",
    folder,
    computer: "pool01.contoso.local",
    vaultKey: new Uint8Array(32).fill(5),
    log: { info: () => undefined, warn: () => undefined },
  });
  const passwordHash = await hashPassword(PASSWORD);
  await createLabDeployment(site.directory, {
    users: 3,
    nowMs: Date.now(),
    credentials: () => Promise.resolve({ passwordHash, ntHashSealed: null }),
  });
  server = new RemotingServer({ handler: site.endpoint });
});
afterEach(async () => {
  await server.close();
  await site[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function session(user: string): Promise<Session> {
  const account = await site.directory.accounts.find(user);
  if (account === undefined) throw new Error(`no account ${user}`);
  const path = join(folder, `s${++sockets}`);
  await server.listenSocket(path, { account, mechanism: "local" });
  return connect({ transport: { kind: "socket", path } });
}

async function run(session: Session, cmdlet: string, parameters: Record<string, string | boolean | SecureString> = {}): Promise<string> {
  try {
    for await (const _ of session.invoke(cmdlet, parameters));
    return "done";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("is made, signs in, and administers until the role is taken", async () => {
  const admin = await session(`${DEPLOYMENT_ACCOUNTS[0]?.name ?? ""}@contoso.local`);
  const given = { Name: "anna", AccountPassword: new SecureString(PASSWORD), Enabled: true };
  expect(await run(admin, "New-ADUser", given)).toBe("done");
  expect((await site.signIn.password(ANNA, PASSWORD, "192.0.2.1"))?.account.roles).toEqual([]);
  expect((await site.signIn.ntlm("anna", "CONTOSO"))?.ntHash).toEqual(ntHash(PASSWORD));
  // Without a role nobody opens a session.
  await expect(session(ANNA)).rejects.toThrow();
  expect(await run(admin, "Add-ADGroupMember", { Identity: "CsUserAdministrator", Members: "anna" })).toBe("done");
  const [anna, other] = [await session(ANNA), await session("viewer@contoso.local")];
  expect(await run(anna, "Get-CsUser")).toBe("done");
  const taken = { Identity: "CsUserAdministrator", Members: "anna", Confirm: false };
  expect(await run(admin, "Remove-ADGroupMember", taken)).toBe("done");
  expect(await run(anna, "Get-CsUser")).toMatch(/^(session-closed|runspace-pool-state)$/);
  await expect.poll(() => anna.state).not.toBe("opened");
  expect(await run(other, "Get-CsUser")).toBe("done");
});

test("a new password is the only one at once, and no record has it", async () => {
  const admin = await session("administrator@contoso.local");
  expect(await site.signIn.password("viewer@contoso.local", PASSWORD, "192.0.2.1")).toBeDefined();
  const given = { Identity: "viewer", Reset: true, NewPassword: new SecureString("other plain words here") };
  expect(await run(admin, "Set-ADAccountPassword", given)).toBe("done");
  expect(await site.signIn.password("viewer@contoso.local", PASSWORD, "192.0.2.1")).toBeUndefined();
  expect(await site.signIn.password("viewer@contoso.local", "other plain words here", "192.0.2.1")).toBeDefined();
  const rows = await site.directory.tenant(LAB_DEPLOYMENT.tenant.tenantId).audit.list({ limit: 10 });
  expect(rows.find(({ cmdlet }) => cmdlet === "Set-ADAccountPassword")).toMatchObject({
    account: "administrator@contoso.local",
    parameters: { Identity: "viewer" },
  });
  expect(JSON.stringify(rows)).not.toContain("plain words");
});
