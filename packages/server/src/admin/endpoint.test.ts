/** The endpoint over a socket: tenants, roles, limits, lifetime, audit, shutdown. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { connect, RemotingServer, type Session } from "@tieline/remoting";
import { openSite, type Site } from "../site.ts";
import { createLabTenants, type AuditEntry } from "../directory/index.ts";
import { adminDomain, type EndpointLimits } from "./endpoint.ts";
import type { Principal } from "./principal.ts";

let folder: string;
let site: Site;
let server: RemotingServer<Principal>;
let sockets = 0;

async function open(limits: Partial<EndpointLimits> = {}): Promise<void> {
  site = await openSite({
    kind: "online",
    folder,
    computer: "admin0a.online.lync.com",
    limits,
    log: { info: () => undefined, warn: () => undefined },
  });
  await createLabTenants(site.directory, {
    users: 4,
    nowMs: Date.now(),
    credentials: async () => ({ passwordHash: null, ntHashSealed: null }),
  });
  server = new RemotingServer({ handler: site.endpoint });
}

async function session(user: string): Promise<Session> {
  const account = await site.directory.accounts.find(user);
  if (account === undefined) throw new Error(`no account ${user}`);
  const path = join(folder, `s${++sockets}`);
  await server.listenSocket(path, { account, mechanism: "local" });
  return connect({ transport: { kind: "socket", path } });
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "none";
  } catch (error) {
    return isFault(error) ? error.code : `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function all(values: AsyncIterable<unknown>): Promise<string[]> {
  const list: string[] = [];
  for await (const value of values) list.push(String((value as { get?: (name: string) => unknown }).get?.("DisplayName") ?? value));
  return list;
}

async function audit(user: string): Promise<AuditEntry[]> {
  const account = await site.directory.accounts.find(user);
  return account === undefined ? [] : site.directory.tenant(account.tenantId).audit.list({ limit: 50 });
}

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tl-ep-"))));
afterEach(async () => {
  await server.close();
  await site[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("each tenant sees itself alone", async () => {
  await open();
  const contoso = await session("admin@contoso.com");
  const fabrikam = await session("admin@fabrikam.com");
  expect(await all(contoso.invoke("Get-CsTenant"))).toEqual(["Contoso.com"]);
  expect(await all(fabrikam.invoke("Get-CsTenant"))).toEqual(["Fabrikam.com"]);
  expect(await codeOf(all(fabrikam.invoke("Get-CsOnlineUser", { Identity: "alice@contoso.com" })))).toContain(
    "Management object not found",
  );
});

test("each cmdlet that ran leaves an audit row, with how it ended and no secret", async () => {
  await open();
  const mine = await session("admin@contoso.com");
  await all(mine.invoke("Get-CsOnlineUser", { Identity: "alice" }));
  await codeOf(all(mine.invoke("Get-CsOnlineUser", { Identity: "nobody" })));
  await mine.close();
  const rows = await audit("admin@contoso.com");
  expect(rows.map((row) => [row.cmdlet, row.outcome, row.parameters["Identity"]])).toEqual([
    ["Get-CsOnlineUser", "failed", "nobody"],
    ["Get-CsOnlineUser", "done", "alice"],
  ]);
  expect(rows[0]).toMatchObject({ account: "admin@contoso.com", session: mine.id, client: "socket" });
});

test("a fourth session is refused with the known text; closing one makes room at once", async () => {
  await open();
  const held = [await session("admin@contoso.com"), await session("admin@contoso.com"), await session("admin@contoso.com")];
  expect(await codeOf(session("admin@contoso.com"))).toBe("shell-quota-user");
  await held[0]?.close();
  expect(await all((await session("admin@contoso.com")).invoke("Get-CsTenant"))).toEqual(["Contoso.com"]);
});

test("the tenant's limit counts all its administrators", async () => {
  await open({ perTenant: 2 });
  await session("admin@contoso.com");
  await session("helpdesk@contoso.com");
  expect(await codeOf(session("viewer@contoso.com"))).toBe("shell-quota-tenant");
  await session("admin@fabrikam.com");
});

test("a session ends with its lifetime and gives its seat back", async () => {
  await open({ lifetimeMs: 300 });
  const mine = await session("admin@contoso.com");
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(mine.state).not.toBe("opened");
  expect(site.endpoint.quota.held((await site.directory.accounts.find("admin@contoso.com"))?.tenantId ?? "")).toBe(0);
});

test("remote PowerShell can be switched off for a tenant; a disabled account and one without roles stay out", async () => {
  await open();
  const account = await site.directory.accounts.find("viewer@fabrikam.com");
  if (account === undefined) throw new Error("no account");
  const accounts = site.directory.tenant(account.tenantId).accounts;
  await accounts.setRoles(account.accountId, [], Date.now());
  expect(await codeOf(session("viewer@fabrikam.com"))).toBe("tenant-not-permitted");
  await accounts.setEnabled(account.accountId, false, Date.now());
  expect(await codeOf(session("viewer@fabrikam.com"))).toBe("logon-failed");
  await site.directory.tenants.setRemotePowerShell(account.tenantId, false, Date.now());
  expect(await codeOf(session("admin@fabrikam.com"))).toBe("tenant-powershell-disabled");
});

test("an orderly shutdown ends open sessions with a word", async () => {
  await open();
  const mine = await session("admin@contoso.com");
  await server.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(mine.state).not.toBe("opened");
});

test.each([
  ["/OcsPowershell?AdminDomain=Contoso.com", "contoso.com"],
  ["/x?admindomain=a.b;PSVersion=7.6.5", "a.b"],
  ["/x?PSVersion=5.1&AdminDomain=a%2Eb", "a.b"],
  ["/x?AdminDomain=%zz", "%zz"],
  ["/x?AdminDomain=", undefined],
  ["/x", undefined],
  [undefined, undefined],
])("AdminDomain of %j is %j", (endpoint, domain) => {
  expect(adminDomain(endpoint)).toBe(domain);
});

test("over its budget an account is warned and delayed, over all its sessions; PowerShell's own commands are free", async () => {
  await open({ budget: { cmdlets: 2, periodSeconds: 1, longestDelayMs: 30 } });
  const [mine, other] = [await session("admin@contoso.com"), await session("admin@contoso.com")];
  const warnings: string[] = [];
  const get = (one: Session): Promise<unknown> =>
    one
      .pipeline()
      .command("Get-CsTenant")
      .command("Select-Object")
      .run()
      .toArray({ onRecord: (record) => void (record.stream === "warning" && warnings.push(record.record.message ?? "")) });
  await get(mine);
  await get(other);
  expect(warnings).toEqual([]);
  expect(await get(other)).toHaveLength(1);
  expect(warnings).toEqual([
    expect.stringMatching(/^Micro delay applied\. Actual delayed: \d+ msecs, Enforced: True, .*ActiveRunspaces: 2\/3; /),
  ]);
});

test("an account that has used up everything is locked out with a reason, and its neighbour is not", async () => {
  await open({ budget: { rechargeMs: 1, cutoffMs: 1, longestDelayMs: 0 } });
  const mine = await session("admin@contoso.com");
  for (let i = 0; i < 20; i++) await codeOf(all(mine.invoke("Get-CsOnlineUser")));
  await expect(all(mine.invoke("Get-CsTenant"))).rejects.toThrow(/used up its budget for remote PowerShell/);
  expect(await all((await session("admin@fabrikam.com")).invoke("Get-CsTenant"))).toEqual(["Fabrikam.com"]);
});
