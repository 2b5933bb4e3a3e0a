/** What an administrator takes away is gone at once: open sessions, and a password that was right a moment ago. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashPassword } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { connect, RemotingServer, type Session } from "@tieline/remoting";
import { createLabTenants } from "../directory/index.ts";
import { openSite, type Site } from "../site.ts";
import type { Principal } from "./principal.ts";

const PASSWORD = "four plain words here";

let folder: string;
let site: Site;
let server: RemotingServer<Principal>;
let sockets = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tl-end-"));
  site = await openSite({
    kind: "online",
    folder,
    computer: "admin0a.online.lync.com",
    identity: { host: "login.test", aliases: [], endpointHosts: ["admin0a.online.lync.com"], siteKey: new Uint8Array(32).fill(3) },
    log: { info: () => undefined, warn: () => undefined },
  });
  const passwordHash = await hashPassword(PASSWORD);
  await createLabTenants(site.directory, {
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

async function run(session: Session, cmdlet: string, parameters: Record<string, string | boolean> = {}): Promise<string> {
  try {
    for await (const _ of session.invoke(cmdlet, parameters));
    return "done";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

/** What was run under this name, as the audit has it. */
async function ran(user: string): Promise<string[]> {
  const tenant = await site.directory.tenants.byDomain("contoso.com");
  const rows = tenant === undefined ? [] : await site.directory.tenant(tenant.tenantId).audit.list({ limit: 50 });
  return rows.filter(({ account }) => account === user).map(({ cmdlet }) => cmdlet);
}

const VIEWER = "viewer@contoso.com";

test.each([
  ["a new password", "Set-MsolUserPassword", { UserPrincipalName: VIEWER }],
  ["a block", "Set-MsolUser", { UserPrincipalName: VIEWER, BlockCredential: true }],
  ["a removal", "Remove-MsolUser", { UserPrincipalName: VIEWER, Force: true }],
  ["a role that is taken", "Remove-MsolRoleMember", { RoleName: "Global Reader", RoleMemberEmailAddress: VIEWER }],
])("%s ends the open sessions of the account, and no other's", async (_, cmdlet, parameters) => {
  const [admin, viewer, other] = [await session("admin@contoso.com"), await session(VIEWER), await session("helpdesk@contoso.com")];
  expect(await run(viewer, "Get-CsTenant")).toBe("done");
  expect(await run(admin, cmdlet, parameters as Record<string, string | boolean>)).toBe("done");
  // The client may not have heard of it yet; the service runs nothing more for it, and it does not look so either.
  expect(await run(viewer, "Get-CsTenant")).toMatch(/^(session-closed|runspace-pool-state)$/);
  await expect.poll(() => viewer.state).not.toBe("opened");
  expect(await ran(VIEWER)).toEqual(["Get-CsTenant"]);
  expect(await run(other, "Get-CsTenant")).toBe("done");
});

test("one's own new password leaves the session in which it was set, and ends the others", async () => {
  const [mine, elsewhere] = [await session("admin@contoso.com"), await session("admin@contoso.com")];
  const given = { UserPrincipalName: "admin@contoso.com", NewPassword: "other plain words here", ForceChangePassword: false };
  expect(await run(mine, "Set-MsolUserPassword", given)).toBe("done");
  await expect.poll(() => elsewhere.state).not.toBe("opened");
  expect(await run(mine, "Get-CsTenant")).toBe("done");
});

test("the password that was right a moment ago is not remembered", async () => {
  const admin = await session("admin@contoso.com");
  expect(await site.signIn.password(VIEWER, PASSWORD, "192.0.2.1")).toBeDefined();
  const given = { UserPrincipalName: VIEWER, NewPassword: "other plain words here", ForceChangePassword: false };
  expect(await run(admin, "Set-MsolUserPassword", given)).toBe("done");
  expect(await site.signIn.password(VIEWER, PASSWORD, "192.0.2.1")).toBeUndefined();
  expect(await site.signIn.password(VIEWER, "other plain words here", "192.0.2.1")).toBeDefined();
});
