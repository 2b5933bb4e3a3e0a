/** Administrators of a deployment: its roles are groups, and who is in a group has the role. */
import { verifyPassword } from "@tieline/auth";
import { Collected, Runspace, structureOrThrow, textOf } from "@tieline/language";
import { SecureString, type PsObject, type PsValue } from "@tieline/remoting/objects";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { findRole, key, rolesFor, type Account } from "../../directory/index.ts";
import type { Migration } from "../../migration/index.ts";
import { poolCatalogue } from "../catalogues.ts";
import { CONTOSO, DEPLOYMENT, NOW, openLab, type Lab } from "../lab.fixture.ts";
import type { CmdletSession } from "../session.ts";
import { ADMINISTRATORS } from "./index.ts";

const ADMINISTRATOR = "administrator@contoso.local";
const PASSWORD = "four plain words here";
const secrets = { secret: new SecureString(PASSWORD), other: new SecureString("other plain words"), short: new SecureString("short") };

let lab: Lab;
let ended: string[];
/** Somebody of the directory without an account. */
let ken: { accountName: string; userPrincipalName: string; objectId: string; displayName: string };
beforeEach(async () => {
  lab = await openLab(3);
  ended = [];
  const accounts = new Set((await mine().accounts.list()).map((account) => key(account.accountName)));
  const people = await mine().users.find((eb) => eb.lit(true), 20);
  const found = people.find((person) => !accounts.has(key(person.accountName)));
  if (found === undefined) throw new Error("nobody in the directory");
  ken = found;
  const { accountId } = await account(ADMINISTRATOR);
  await mine().accounts.setPassword(accountId, { passwordHash: "not checked", ntHashSealed: null }, NOW);
});
afterEach(() => lab.store.close());

const mine = () => lab.directory.tenant(DEPLOYMENT);
async function account(name: string): Promise<Account> {
  const found = await lab.directory.accounts.find(name);
  if (found === undefined) throw new Error(`no account ${name}`);
  return found;
}

interface Said {
  said: string[];
  ids: string[];
  warned: string[];
  rows: PsObject[];
  out: PsValue[];
}

async function run(line: string, more: Partial<CmdletSession> = {}, as = ADMINISTRATOR): Promise<Said> {
  const caller = await account(as);
  const session: CmdletSession = {
    tenantId: DEPLOYMENT,
    directory: lab.directory,
    caller,
    sessionId: "own",
    endSessions: (id, keep) => ended.push(`${id} ${keep ?? ""}`.trim()),
    nowMs: () => NOW,
    newGuid: () => crypto.randomUUID(),
    ...more,
  };
  const sink = new Collected();
  const statement = structureOrThrow(line, { variables: secrets });
  const { error } = await new Runspace({ catalogue: poolCatalogue().forRoles(caller.roles), session }).run(statement, { sink });
  const errors = [...sink.errors, ...(error === undefined ? [] : [error])];
  return {
    said: errors.map(({ message }) => message),
    ids: errors.map(({ fullyQualifiedId }) => fullyQualifiedId),
    warned: sink.warnings.map(String),
    rows: sink.objects as PsObject[],
    out: sink.objects,
  };
}
const members = async (role: string): Promise<string[]> =>
  (await run(`Get-ADGroupMember ${role}`)).rows.map((row) => textOf(row.get("SamAccountName") ?? null));

describe("Add-ADGroupMember", () => {
  test("gives the role of that name to an account", async () => {
    expect((await run("Add-ADGroupMember -Identity CsUserAdministrator -Members viewer, CONTOSO\\helpdesk")).said).toEqual([]);
    expect((await account("viewer@contoso.local")).roles).toEqual(["CsUserAdministrator", "CsViewOnlyAdministrator"]);
    expect(await members("CsUserAdministrator")).toEqual(expect.arrayContaining(["viewer", "helpdesk", "useradmin"]));
    expect((await run("Get-CsAdminRoleAssignment viewer")).out).toEqual(["CsUserAdministrator", "CsViewOnlyAdministrator"]);
    // Sessions that are open keep the rights that they began with.
    expect(ended).toEqual([]);
  });

  test("makes an account of somebody in the directory, found by logon name in the domain, and says that it has no password", async () => {
    const { said, warned } = await run(`Add-ADGroupMember CsHelpDesk ${ken.accountName}`);
    expect([said, warned]).toEqual([[], [expect.stringContaining("has no password here")]]);
    const made = await account(`${ken.accountName}@CONTOSO.LOCAL`);
    expect(made).toMatchObject({
      userPrincipalName: ken.userPrincipalName,
      objectId: ken.objectId,
      roles: ["CsHelpDesk"],
      passwordHash: null,
    });
    expect((await account(ken.userPrincipalName)).accountId).toBe(made.accountId);
    expect((await account(`CONTOSO\\${ken.accountName}`)).accountId).toBe(made.accountId);
    // The next role goes to the same account.
    expect((await run(`Add-ADGroupMember CsViewOnlyAdministrator ${ken.userPrincipalName}`)).said).toEqual([]);
    expect((await account(ken.userPrincipalName)).roles).toEqual(["CsHelpDesk", "CsViewOnlyAdministrator"]);
  });

  test.each([
    ["GUID", () => ken.objectId],
    ["distinguished name", () => `"CN=${ken.displayName},CN=Users,DC=contoso,DC=local"`],
  ])("takes a person by %s", async (_, name) => {
    expect((await run(`Add-ADGroupMember "CN=CsHelpDesk,CN=Users,DC=contoso,DC=local" ${name()}`)).said).toEqual([]);
    expect((await account(ken.userPrincipalName)).roles).toEqual(["CsHelpDesk"]);
  });

  test("passes over who is a member, and refuses them where that is asked for", async () => {
    const again = "Add-ADGroupMember CsHelpDesk helpdesk, viewer";
    expect(await run(`${again} -DisablePermissiveModify`)).toMatchObject({
      said: ["The specified account name is already a member of the group"],
      ids: ["ActiveDirectoryServer:1378,Microsoft.ActiveDirectory.Management.Commands.AddADGroupMember"],
    });
    expect(await members("CsHelpDesk")).toEqual(["helpdesk"]);
    expect((await run(`${again} -PassThru`)).rows.map((row) => textOf(row.get("Name") ?? null))).toEqual(["CsHelpDesk"]);
    expect(await members("CsHelpDesk")).toEqual(["helpdesk", "viewer"]);
  });

  test.each([
    ["a group that is no role of a deployment", 'Add-ADGroupMember "Domain Admins" viewer', "'Domain Admins'"],
    ["a role of the service", 'Add-ADGroupMember "Global Administrator" viewer', "'Global Administrator'"],
    ["nobody", "Add-ADGroupMember CsHelpDesk viewer, nobody", "'nobody'"],
    ["another domain", "Add-ADGroupMember CsHelpDesk FABRIKAM\\viewer", "'FABRIKAM\\viewer'"],
  ])("refuses %s, and changes nothing", async (_, line, name) => {
    const before = JSON.stringify(await mine().accounts.list());
    const { said, ids } = await run(line);
    expect(said).toEqual([`Cannot find an object with identity: ${name} under: 'DC=contoso,DC=local'.`]);
    expect(ids[0]).toMatch(/^ActiveDirectoryCmdlet:Microsoft\.ActiveDirectory\.Management\.ADIdentityNotFoundException,/);
    expect(JSON.stringify(await mine().accounts.list())).toBe(before);
  });

  test("does not take a display name for an identity", async () => {
    expect((await run(`Add-ADGroupMember CsHelpDesk "${ken.displayName}"`)).said).toEqual([expect.stringContaining("Cannot find")]);
  });

  test("with -WhatIf changes nothing", async () => {
    expect((await run(`Add-ADGroupMember CsHelpDesk ${ken.accountName} -WhatIf`)).said).toEqual([]);
    expect(await lab.directory.accounts.find(ken.userPrincipalName)).toBeUndefined();
  });

  test("reaches no account of a tenant beside", async () => {
    expect((await run("Add-ADGroupMember CsAdministrator admin@contoso.com")).said).toEqual([expect.stringContaining("Cannot find")]);
    const online = await lab.directory.accounts.find("admin@contoso.com");
    expect(online).toMatchObject({ tenantId: CONTOSO, roles: expect.not.arrayContaining(["CsAdministrator"]) as unknown });
  });
});

describe("Remove-ADGroupMember", () => {
  test("asks first; takes the role, and ends the open sessions of the account alone", async () => {
    expect((await run("Remove-ADGroupMember CsHelpDesk helpdesk")).said).toEqual([expect.stringContaining("confirmation")]);
    expect(await members("CsHelpDesk")).toEqual(["helpdesk"]);
    expect((await run("Remove-ADGroupMember CsHelpDesk helpdesk, viewer -Confirm:$false")).said).toEqual([]);
    expect(await members("CsHelpDesk")).toEqual([]);
    expect(ended).toEqual([(await account("helpdesk@contoso.local")).accountId]);
    expect((await run("Remove-ADGroupMember CsHelpDesk helpdesk -Confirm:$false -DisablePermissiveModify")).said).toEqual([
      "The specified account name is not a member of the group",
    ]);
  });

  test("leaves somebody in CsAdministrator who can sign in", async () => {
    const refused = [expect.stringContaining("Nobody would be left in CsAdministrator")];
    const remove = "Remove-ADGroupMember CsAdministrator administrator -Confirm:$false";
    expect((await run(remove)).said).toEqual(refused);
    // Neither an account without a password nor one that is disabled can take the last one's place.
    await run(`Add-ADGroupMember CsAdministrator ${ken.accountName}, viewer`);
    expect((await run(remove)).said).toEqual(refused);
    await run("Set-ADAccountPassword viewer -Reset -NewPassword $secret");
    await run("Disable-ADAccount viewer");
    expect((await run(remove)).said).toEqual(refused);
    await run("Enable-ADAccount viewer");
    ended = [];
    expect((await run(remove)).said).toEqual([]);
    expect(ended).toEqual([`${(await account(ADMINISTRATOR)).accountId} own`]);
    expect((await run("Disable-ADAccount viewer", {}, "viewer@contoso.local")).said).toEqual(refused);
  });

  test("takes from two at once what it may take from each", async () => {
    await run("Add-ADGroupMember CsAdministrator viewer");
    await run("Set-ADAccountPassword viewer -Reset -NewPassword $secret");
    const { said } = await run("Remove-ADGroupMember CsAdministrator viewer, administrator -Confirm:$false");
    expect(said).toEqual([expect.stringContaining("Nobody would be left")]);
    expect(await members("CsAdministrator")).toEqual(["administrator", "viewer"]);
  });
});

describe("New-ADUser", () => {
  const anna = (more = ""): Promise<Said> =>
    run(`New-ADUser -Name "Anna Bauer" -SamAccountName anna -UserPrincipalName anna@contoso.com ${more}`);

  test("makes a person of the directory and an account that signs in", async () => {
    const { said, rows } = await anna("-AccountPassword $secret -Enabled $true -GivenName Anna -Surname Bauer -PassThru");
    expect(said).toEqual([]);
    expect(textOf(rows[0]?.get("DistinguishedName") ?? null)).toBe("CN=Anna Bauer,CN=Users,DC=contoso,DC=local");
    const made = await account("CONTOSO\\anna");
    expect(made).toMatchObject({ userPrincipalName: "anna@contoso.com", enabled: true, roles: [], ntHashSealed: null });
    expect(await verifyPassword(made.passwordHash ?? undefined, PASSWORD)).toBe(true);
    const [person] = await mine().users.find((eb) => eb("account_key", "=", "anna"), 1);
    expect(person).toMatchObject({ objectId: made.objectId, sipAddress: null, properties: { FirstName: "Anna", LastName: "Bauer" } });
    expect((await run("Get-CsAdUser anna@contoso.com")).rows.length).toBe(1);
  });

  test("takes the password as text, too, but not the name of its type", async () => {
    expect((await run('New-ADUser bert -AccountPassword "four plain words here" -Enabled $true')).said).toEqual([]);
    expect(await verifyPassword((await account("bert@contoso.local")).passwordHash ?? undefined, PASSWORD)).toBe(true);
    const { said } = await run("Set-ADAccountPassword bert -Reset -NewPassword System.Security.SecureString");
    expect(said).toEqual([expect.stringContaining("sent the name of the type")]);
  });

  test("without -Enabled the account does not sign in; the names are made of the one", async () => {
    expect((await run("New-ADUser bert")).said).toEqual([]);
    expect(await account("bert@contoso.local")).toMatchObject({
      enabled: false,
      passwordHash: null,
      userPrincipalName: "bert@contoso.local",
    });
  });

  test("keeps an NT hash where NTLM is on", async () => {
    const sealNtHash = (id: string, password: string): string => `${id} ${password.length}`;
    await run("New-ADUser bert -AccountPassword $secret -Enabled $true", { sealNtHash });
    const { accountId, ntHashSealed } = await account("bert@contoso.local");
    expect(ntHashSealed).toBe(`${accountId} ${PASSWORD.length}`);
    await run("Set-ADAccountPassword bert -Reset -NewPassword $other");
    expect((await account("bert@contoso.local")).ntHashSealed).toBeNull();
  });

  test.each([
    ["a weak password", "-AccountPassword $short -Enabled $true", /does not meet the length/],
    ["no password where it is to sign in", "-Enabled $true", /does not meet the length/],
    ["a logon name that is there", "-SamAccountName viewer", /already exists/],
    ["a user principal name that is there", "-UserPrincipalName VIEWER@contoso.local", /already exists/],
    ["a logon name that is none", '-SamAccountName "an na"', /properly formed/],
    ["a user principal name that is none", "-UserPrincipalName anna", /properly formed/],
  ])("refuses %s", async (_, more, text) => {
    const names = { SamAccountName: "anna", UserPrincipalName: "anna@contoso.com" };
    const line = Object.entries(names).flatMap(([name, value]) => (more.includes(`-${name}`) ? [] : [`-${name} ${value}`]));
    expect((await run(`New-ADUser "Anna Bauer" ${line.join(" ")} ${more}`)).said).toEqual([expect.stringMatching(text)]);
    expect(await mine().users.find((eb) => eb("display_key", "=", "anna bauer"))).toEqual([]);
  });

  test("makes nobody where the people are a forest's", async () => {
    const migration = { forest: {} } as unknown as Migration;
    const { said } = await run("New-ADUser anna", { migration });
    expect(said).toEqual([expect.stringContaining("read from Active Directory")]);
  });
});

describe("Set-ADAccountPassword", () => {
  test("resets, unlocks, and ends the open sessions", async () => {
    const { accountId } = await account("viewer@contoso.local");
    await lab.directory.accounts.failed(accountId, { failures: 1, lockMs: 60_000, windowMs: 60_000 }, NOW);
    expect((await run("Set-ADAccountPassword viewer -Reset -NewPassword $secret")).said).toEqual([]);
    const { passwordHash, lockedUntilMs, mustChangePassword } = await account("viewer@contoso.local");
    expect([await verifyPassword(passwordHash ?? undefined, PASSWORD), lockedUntilMs, mustChangePassword]).toEqual([true, null, false]);
    expect(ended).toEqual([accountId]);
  });

  test("without -Reset wants the password before", async () => {
    await run("Set-ADAccountPassword viewer -Reset -NewPassword $secret");
    expect((await run("Set-ADAccountPassword viewer -NewPassword $other")).said).toEqual([expect.stringContaining("needs -Reset")]);
    expect((await run("Set-ADAccountPassword viewer -OldPassword $other -NewPassword $other")).said).toEqual([
      "The specified network password is not correct",
    ]);
    expect((await run("Set-ADAccountPassword viewer -OldPassword $secret -NewPassword $other")).said).toEqual([]);
    expect((await run("Set-ADAccountPassword viewer -Reset -NewPassword $short")).ids).toEqual([
      expect.stringMatching(/^ActiveDirectoryServer:1325,/),
    ]);
  });

  test("gives somebody of the directory an account", async () => {
    expect((await run(`Set-ADAccountPassword ${ken.accountName} -Reset -NewPassword $secret -PassThru`)).rows[0]?.get("Enabled")).toBe(
      true,
    );
    expect(await account(ken.userPrincipalName)).toMatchObject({ objectId: ken.objectId, roles: [] });
  });
});

test("Disable- and Unlock-ADAccount say who has no account; a disabled one's sessions end", async () => {
  expect((await run(`Unlock-ADAccount ${ken.accountName}`)).said).toEqual([expect.stringContaining("has no account")]);
  const { accountId } = await account("viewer@contoso.local");
  await lab.directory.accounts.failed(accountId, { failures: 1, lockMs: 60_000, windowMs: 60_000 }, NOW);
  expect((await run("Unlock-ADAccount viewer")).said).toEqual([]);
  expect((await account("viewer@contoso.local")).lockedUntilMs).toBeNull();
  expect((await run("Disable-ADAccount viewer -PassThru")).rows[0]?.get("Enabled")).toBe(false);
  expect([(await account("viewer@contoso.local")).enabled, ended]).toEqual([false, [accountId]]);
});

describe("Get-CsAdminRole", () => {
  test("shows each role with the cmdlets that it may run", async () => {
    const { rows } = await run("Get-CsAdminRole");
    expect(rows.map((row) => textOf(row.get("Identity") ?? null)).toSorted()).toEqual([
      "CsAdministrator",
      "CsHelpDesk",
      "CsServerAdministrator",
      "CsUserAdministrator",
      "CsViewOnlyAdministrator",
    ]);
    const [helpDesk] = (await run("Get-CsAdminRole CsHelpDesk")).rows;
    const cmdlets = ((helpDesk?.get("Cmdlets") ?? []) as PsValue[]).map((each) => textOf(each));
    expect(cmdlets).toEqual(expect.arrayContaining(["Name=Get-CsUser", "Name=Get-ADGroupMember", "Name=Get-CsAdminRole"]));
    expect(cmdlets).not.toContain("Name=Add-ADGroupMember");
    expect([helpDesk?.get("IsStandardRole"), helpDesk?.get("UserScopes")]).toEqual([true, ["Global"]]);
  });

  test("finds by a pattern, and says which is not there", async () => {
    expect((await run('Get-CsAdminRole -Filter "*User*"')).rows.length).toBe(1);
    for (const line of ["Get-CsAdminRole CsKing", 'Get-CsAdminRole "Global Administrator"', "Get-CsAdminRole -Sid S-1-5-21-1"])
      expect((await run(line)).said).toEqual([expect.stringContaining("no administrative role")]);
  });
});

describe("who may run them", () => {
  it("leaves every change to CsAdministrator", () => {
    const changes = ADMINISTRATORS.filter(({ name }) => !name.startsWith("Get-"));
    expect(changes.length).toBe(7);
    for (const { name, declaration } of changes) {
      expect([name, rolesFor(name, "pool"), declaration.roles]).toEqual([name, ["CsAdministrator"], ["CsAdministrator"]]);
      expect(declaration.supportsShouldProcess).toBe(true);
    }
    expect(findRole("CsAdministrator")?.kind).toBe("pool");
  });

  it("is not known to others", async () => {
    const { said } = await run("Add-ADGroupMember CsAdministrator useradmin", {}, "useradmin@contoso.local");
    expect(said).toEqual([expect.stringContaining("'Add-ADGroupMember' is not recognized")]);
    expect((await run("Get-ADGroupMember CsAdministrator", {}, "useradmin@contoso.local")).rows.length).toBe(1);
  });
});
