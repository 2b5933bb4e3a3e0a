import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { textOf } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { Factors } from "../identity/index.ts";
import { column, command, CONTOSO, openLab, type Answer, type Lab } from "./lab.fixture.ts";

let lab: Lab;
let factors: Factors;
beforeEach(async () => {
  lab = await openLab(3);
  const { db, sources } = lab.identity.options;
  factors = new Factors({ db, vault: lab.identity.vault, sources });
});
afterEach(() => lab.store.close());

const VIEWER = "viewer@contoso.com";
const run = (...words: Parameters<typeof command>): Promise<Answer> => lab.online()(command(...words));
const viewer = async () => {
  const account = await lab.directory.accounts.find(VIEWER);
  if (account === undefined) throw new Error(VIEWER);
  return account;
};

describe("the tenant's settings", () => {
  it("are shown as they are set", async () => {
    const said = await run("Set-TielineMfaConfiguration", {
      AllowAppPasswords: false,
      VerificationMethods: ["mobileappcode", "Passkey"],
      TrustedIpRanges: ["192.0.2.0/24", "2001:DB8::/32"],
      RememberDays: 14,
    });
    expect(said.said).toEqual([]);
    const { rows } = await run("Get-TielineMfaConfiguration");
    expect(rows[0]?.get("AllowAppPasswords")).toBe(false);
    expect(rows[0]?.get("VerificationMethods")).toEqual(["Passkey", "MobileAppCode"]);
    expect(rows[0]?.get("TrustedIpRanges")).toEqual(["192.0.2.0/24", "2001:db8::/32"]);
    expect(rows[0]?.get("RememberDays")).toBe(14);
  });

  it.each([
    [{ TrustedIpRanges: ["everywhere"] }, "'everywhere' is no address range."],
    [{ VerificationMethods: ["Pigeon"] }, "Pigeon"],
    [{ RememberDays: 366 }, "366"],
  ])("refuse %j", async (wanted, text) => {
    const { said } = await run("Set-TielineMfaConfiguration", wanted as never);
    expect(said[0]).toContain(text);
    expect((await factors.settings(CONTOSO)).trustedRanges).toEqual([]);
  });
});

describe("an account's second factors", () => {
  it("are switched on and off, with -WhatIf not", async () => {
    const state = async (): Promise<string> => (await factors.accounts.get(await viewer())).state;
    await run("Set-TielineMfaUser", { UserPrincipalName: VIEWER, State: "enabled", WhatIf: true });
    expect(await state()).toBe("Disabled");
    expect((await run("Set-TielineMfaUser", { UserPrincipalName: VIEWER, State: "enabled" })).said).toEqual([]);
    expect(await state()).toBe("Enabled");
    const requirement = new PsObject({ typeNames: ["Microsoft.Online.Administration.StrongAuthenticationRequirement"] });
    requirement.set("RelyingParty", "*");
    requirement.set("State", "Enforced");
    expect((await run("Set-MsolUser", { UserPrincipalName: VIEWER, StrongAuthenticationRequirements: [requirement] })).said).toEqual([]);
    expect(await state()).toBe("Enforced");
    expect((await run("Set-MsolUser", { UserPrincipalName: VIEWER, StrongAuthenticationRequirements: [] })).said).toEqual([]);
    expect(await state()).toBe("Disabled");
    const { said } = await run("Set-MsolUser", { UserPrincipalName: VIEWER, StrongAuthenticationRequirements: ["Sometimes"] });
    expect(said[0]).toContain("Enabled, Enforced or Disabled");
  });

  it.each(["Reset-TielineMfaUser", "Reset-MsolStrongAuthenticationMethodByUpn"])(
    "%s takes them away and voids the sessions",
    async (name) => {
      const account = await viewer();
      await factors.accounts.change(account, "enforce");
      await factors.tokens.addHardware(account, "MZXW6YTBOIMZXW6YTBOIMZXW6YTBOIMZ", 30, "Token");
      await factors.appPasswords.add(account, "Script");
      const shown = await run("Get-TielineMfaUser", { UserPrincipalName: VIEWER });
      expect(column(shown, "Methods")).toEqual([["totp: Token"]]);
      expect((await run(name, { UserPrincipalName: VIEWER })).said).toEqual([]);
      const after = await run("Get-TielineMfaUser", { UserPrincipalName: VIEWER });
      expect([column(after, "Methods"), column(after, "AppPasswords"), textOf(after.rows[0]?.get("State") ?? null)]).toEqual([
        [[]],
        [["Script"]],
        "Enforced",
      ]);
      expect((await viewer()).tokensValidFromMs).toBeGreaterThan(0);
    },
  );

  it("are set up again on demand, and an unknown account is named", async () => {
    await run("Set-TielineMfaUser", { UserPrincipalName: VIEWER, RequireRegistration: true });
    expect((await factors.accounts.get(await viewer())).registerAgain).toBe(true);
    expect((await run("Reset-TielineMfaUser", { UserPrincipalName: "nobody@contoso.com" })).said[0]).toMatch(/User Not Found/);
    expect((await run("Get-TielineMfaUser")).rows.length).toBeGreaterThan(2);
  });
});
