import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { verifyPassword } from "@tieline/auth";
import { textOf } from "@tieline/language";
import { SecureString } from "@tieline/remoting/objects";
import { ROLES } from "../../directory/index.ts";
import { column, command, CONTOSO, FABRIKAM, openLab, type Answer, type Lab } from "../lab.fixture.ts";

let lab: Lab;
let ended: string[];
beforeEach(async () => {
  lab = await openLab(3);
  ended = [];
  lab.identity.whenSessionsEnd((account, keep) => ended.push(`${account} ${keep ?? ""}`.trim()));
});
afterEach(() => lab.store.close());

type Words = Parameters<typeof command>;
const run = (...words: Words): Promise<Answer> => lab.online()(command(...words));
const as = (user: string, ...words: Words): Promise<Answer> => lab.online(CONTOSO, user)(command(...words));
const account = async (user: string) => {
  const found = await lab.directory.accounts.find(user);
  if (found === undefined) throw new Error(user);
  return found;
};
const texts = (answer: Answer, name: string): string[] => column(answer, name).map((value) => textOf(value ?? null));
const ANNA = "anna@contoso.com";
const anna = (more: Words[1] = {}): Promise<Answer> => run("New-MsolUser", { UserPrincipalName: ANNA, DisplayName: "Anna Bauer", ...more });
const GIVEN = "four plain words here";

describe("New-MsolUser", () => {
  test("makes an account without roles, and shows once the password that was made", async () => {
    const made = await anna();
    expect(made.said).toEqual([]);
    const [password = ""] = texts(made, "Password");
    const found = await account(ANNA);
    expect(await verifyPassword(found.passwordHash ?? undefined, password)).toBe(true);
    expect(found).toMatchObject({ roles: [], enabled: true, mustChangePassword: true, tenantId: CONTOSO });
    expect(texts(await run("Get-MsolUser", { UserPrincipalName: ANNA }), "Password")).toEqual([""]);
  });

  test("takes a password as text or as SecureString, and does not show it", async () => {
    const made = await anna({ Password: GIVEN, ForceChangePassword: false });
    expect([made.said, made.rows[0]?.has("Password")]).toEqual([[], false]);
    expect((await account(ANNA)).mustChangePassword).toBe(false);
    const secure = { UserPrincipalName: "bert@contoso.com", DisplayName: "Bert", Password: new SecureString(GIVEN) };
    expect((await run("New-MsolUser", secure)).said).toEqual([]);
    expect(await verifyPassword((await account("bert@contoso.com")).passwordHash ?? undefined, GIVEN)).toBe(true);
  });

  test.each([
    ["a short password", { Password: "short" }, "fewer than 12"],
    ["the name in the password", { UserPrincipalName: "annabauer@contoso.com", Password: "annabauer is my name" }, "annabauer"],
    ["the name of the type in place of a SecureString", { Password: "System.Security.SecureString" }, "SecureString"],
    ["another tenant's domain", { UserPrincipalName: "anna@fabrikam.com" }, "fabrikam.com is no domain"],
    ["no name", { UserPrincipalName: "anna" }, "name@domain"],
    ["an account that is there", { UserPrincipalName: "Admin@contoso.com" }, "already an account"],
    ["another tenant", { TenantId: FABRIKAM }, "may not act on the tenant"],
  ])("refuses %s", async (_, more, text) => {
    const { said } = await anna(more);
    expect(said).toEqual([expect.stringContaining(text)]);
    expect(await lab.directory.accounts.find(ANNA)).toBeUndefined();
  });

  test("with -WhatIf nothing is made", async () => {
    expect((await anna({ WhatIf: true })).rows).toEqual([]);
    expect(await lab.directory.accounts.find(ANNA)).toBeUndefined();
  });
});

describe("Get-MsolUser", () => {
  test("shows the tenant's own accounts, by name, by search, by state", async () => {
    const all = texts(await run("Get-MsolUser"), "UserPrincipalName");
    expect(all).toContain("admin@contoso.com");
    expect(all.some((name) => name.endsWith("fabrikam.com"))).toBe(false);
    expect(texts(await run("Get-MsolUser", { SearchString: "help" }), "UserPrincipalName")).toEqual(["helpdesk@contoso.com"]);
    expect((await run("Get-MsolUser", { EnabledFilter: "DisabledOnly" })).rows).toEqual([]);
    expect((await run("Get-MsolUser", { MaxResults: 1 })).rows.length).toBe(1);
    expect((await run("Get-MsolUser", { UserPrincipalName: "admin@fabrikam.com" })).said).toEqual([
      expect.stringContaining("User Not Found"),
    ]);
  });

  test("shows state of password, block and second factors", async () => {
    const { rows } = await run("Get-MsolUser", { UserPrincipalName: "admin@contoso.com" });
    expect(rows[0]?.get("BlockCredential")).toBe(false);
    expect(rows[0]?.get("StrongAuthenticationRequirements")).toEqual([]);
    expect(rows[0]?.get("LastPasswordChangeTimestamp")).not.toBeNull();
  });
});

describe("what takes rights away", () => {
  test("a new password voids tokens and ends sessions", async () => {
    await anna();
    const { accountId } = await account(ANNA);
    const changed = await run("Set-MsolUserPassword", { UserPrincipalName: ANNA });
    expect(changed.objects.length).toBe(1);
    const found = await account(ANNA);
    expect(await verifyPassword(found.passwordHash ?? undefined, textOf(changed.objects[0] ?? null))).toBe(true);
    expect(found.tokensValidFromMs).toBeGreaterThan(0);
    expect(ended).toEqual([accountId]);
    expect((await run("Set-MsolUserPassword", { UserPrincipalName: ANNA, NewPassword: GIVEN })).objects).toEqual([]);
    expect((await run("Set-MsolUserPassword", { UserPrincipalName: ANNA, NewPassword: "aaaaaaaaaaaaaaaa" })).said.length).toBe(1);
  });

  test("one's own password leaves one's own session", async () => {
    const { accountId } = await account("admin@contoso.com");
    await as("admin@contoso.com", "Set-MsolUserPassword", { UserPrincipalName: "admin@contoso.com", NewPassword: GIVEN });
    expect(ended).toEqual([`${accountId} own`]);
  });

  test("blocking and removing end everything, and nobody does so to themselves", async () => {
    await anna();
    expect((await run("Set-MsolUser", { UserPrincipalName: ANNA, BlockCredential: true, DisplayName: "A. Bauer" })).said).toEqual([]);
    expect(await account(ANNA)).toMatchObject({ enabled: false, displayName: "A. Bauer" });
    expect(ended.length).toBe(1);
    expect((await run("Remove-MsolUser", { UserPrincipalName: ANNA })).said).toEqual([expect.stringContaining("confirmation")]);
    expect((await run("Remove-MsolUser", { UserPrincipalName: ANNA, Force: true })).said).toEqual([]);
    expect(await lab.directory.accounts.find(ANNA)).toBeUndefined();
    const own = { UserPrincipalName: "admin@contoso.com" };
    expect((await as("admin@contoso.com", "Remove-MsolUser", { ...own, Force: true })).said).toEqual([expect.stringContaining("itself")]);
    expect((await as("admin@contoso.com", "Set-MsolUser", { ...own, BlockCredential: true })).said).toEqual([
      expect.stringContaining("itself"),
    ]);
  });

  test("the last Global Administrator who can sign in stays", async () => {
    const last = [expect.stringContaining("last account with the role Global Administrator")];
    const admin = { UserPrincipalName: "admin@contoso.com" };
    const role = { RoleName: "Company Administrator", RoleMemberEmailAddress: admin.UserPrincipalName };
    const second = { ...role, RoleMemberEmailAddress: ANNA };
    expect((await run("Remove-MsolUser", { ...admin, Force: true })).said).toEqual(last);
    expect((await run("Set-MsolUser", { ...admin, BlockCredential: true })).said).toEqual(last);
    expect((await run("Remove-MsolRoleMember", role)).said).toEqual(last);
    await anna({ BlockCredential: true });
    await run("Add-MsolRoleMember", second);
    // One who is blocked does not count.
    expect((await run("Remove-MsolRoleMember", role)).said).toEqual(last);
    await run("Set-MsolUser", { UserPrincipalName: ANNA, BlockCredential: false });
    expect((await run("Remove-MsolRoleMember", role)).said).toEqual([]);
    expect((await run("Remove-MsolUser", { UserPrincipalName: ANNA, Force: true })).said).toEqual(last);
  });

  test("of two that take the role from each other at once, one is refused", async () => {
    await anna();
    await run("Add-MsolRoleMember", { RoleName: "Global Administrator", RoleMemberEmailAddress: ANNA });
    const take = (user: string) => run("Remove-MsolRoleMember", { RoleName: "Global Administrator", RoleMemberEmailAddress: user });
    const both = await Promise.all([take(ANNA), take("admin@contoso.com")]);
    expect(both.flatMap(({ said }) => said).length).toBe(1);
  });
});

describe("roles", () => {
  test("are shown by older and newer names, and by id", async () => {
    expect(texts(await run("Get-MsolRole", { RoleName: "global administrator" }), "Name")).toEqual(["Company Administrator"]);
    expect(texts(await run("Get-MsolRole", { ObjectId: "75941009-915a-4869-abe7-691bff18279e" }), "Name")).toEqual([
      "Lync Service Administrator",
    ]);
    expect((await run("Get-MsolRole", { RoleName: "CsAdministrator" })).said.length).toBe(1);
  });

  test("can all be given: each that the service has is shown, with an id of its own", async () => {
    const there = ROLES.filter(({ kind }) => kind === "online");
    expect(new Set(texts(await run("Get-MsolRole"), "ObjectId")).size).toBe(there.length);
  });

  test("are given and taken, each once", async () => {
    await anna();
    const role = { RoleName: "User Administrator", RoleMemberEmailAddress: ANNA };
    expect((await run("Add-MsolRoleMember", role)).said).toEqual([]);
    expect((await run("Add-MsolRoleMember", role)).said.length).toBe(1);
    expect(texts(await run("Get-MsolUserRole", { UserPrincipalName: ANNA }), "Name")).toEqual(["User Account Administrator"]);
    const members = await run("Get-MsolRoleMember", { RoleObjectId: "fe930be7-5e62-47db-91af-98c3a49a38b1" });
    expect(texts(members, "EmailAddress")).toEqual([ANNA]);
    expect((await run("Remove-MsolRoleMember", role)).said).toEqual([]);
    expect(ended).toEqual([(await account(ANNA)).accountId]);
    expect((await run("Remove-MsolRoleMember", role)).said.length).toBe(1);
  });

  test("are the tenant's own", async () => {
    const other = await account("viewer@fabrikam.com");
    const role = { RoleName: "User Administrator", RoleMemberObjectId: other.accountId };
    expect((await run("Add-MsolRoleMember", role)).said).toEqual([expect.stringContaining("User Not Found")]);
    expect((await account("viewer@fabrikam.com")).roles).toEqual(["Global Reader"]);
  });
});

describe("who may do what", () => {
  const DENIED = [expect.stringContaining("Access Denied")];
  const HIDDEN = [expect.stringContaining("not recognized")];

  beforeEach(async () => {
    await anna();
    await run("Add-MsolRoleMember", { RoleName: "User Administrator", RoleMemberEmailAddress: ANNA });
    await run("New-MsolUser", { UserPrincipalName: "plain@contoso.com", DisplayName: "Plain" });
  });

  test.each([
    ["a User Administrator", ANNA, "Set-MsolUserPassword", "plain@contoso.com", []],
    ["a User Administrator", ANNA, "Set-MsolUserPassword", "helpdesk@contoso.com", []],
    ["a User Administrator", ANNA, "Set-MsolUserPassword", "admin@contoso.com", DENIED],
    ["a User Administrator", ANNA, "Set-MsolUserPassword", "viewer@contoso.com", DENIED],
    ["a User Administrator", ANNA, "Set-MsolUserPassword", "hybridadmin@hybrid.contoso.com", DENIED],
    ["a User Administrator", ANNA, "Remove-MsolUser", "admin@contoso.com", DENIED],
    ["a Helpdesk Administrator", "helpdesk@contoso.com", "Set-MsolUserPassword", "plain@contoso.com", []],
    ["a Helpdesk Administrator", "helpdesk@contoso.com", "Set-MsolUserPassword", ANNA, DENIED],
    ["a Helpdesk Administrator", "helpdesk@contoso.com", "Remove-MsolUser", "plain@contoso.com", HIDDEN],
    ["a Skype for Business Administrator", "hybridadmin@hybrid.contoso.com", "Set-MsolUserPassword", "plain@contoso.com", HIDDEN],
    ["a Global Reader", "viewer@contoso.com", "Set-MsolUserPassword", "plain@contoso.com", HIDDEN],
  ])("%s (%s): %s %s", async (_, caller, cmdlet, target, said) => {
    expect((await as(caller, cmdlet, { UserPrincipalName: target })).said).toEqual(said);
  });

  test.each(["helpdesk@contoso.com", "viewer@contoso.com", "hybridadmin@hybrid.contoso.com", ANNA])(
    "%s gives no roles, and makes no applications",
    async (caller) => {
      const role = { RoleName: "Company Administrator", RoleMemberEmailAddress: caller };
      expect((await as(caller, "Add-MsolRoleMember", role)).said).toEqual(HIDDEN);
      expect((await as(caller, "New-MsolServicePrincipal", { DisplayName: "Mine" })).said).toEqual(HIDDEN);
    },
  );
});
