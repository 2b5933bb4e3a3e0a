import { afterAll, beforeAll, expect, test } from "vitest";
import { textOf } from "@tieline/language";
import { TenantSignIn } from "../identity/index.ts";
import { column, command, CONTOSO, FABRIKAM, openLab, type Lab } from "./lab.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(3);
});
afterAll(() => lab.store.close());

const override = async (shell = lab.online()): Promise<string[]> =>
  column(await shell(command("Get-CsOAuthConfiguration")), "ClientAdalAuthOverride").map((value) => textOf(value ?? null));
const said = async (...words: Parameters<typeof command>): Promise<string[]> => (await lab.online()(command(...words))).said;

test("there is one configuration, Global, and modern sign-in is on unless it is switched off", async () => {
  expect(await override()).toEqual(["NoOverride"]);
  expect(await said("Get-CsOAuthConfiguration", { Identity: "Sales" })).toEqual([expect.stringContaining("Sales")]);
});

test("the switch holds for the session's tenant, and for no other", async () => {
  expect(await said("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "Disallowed" })).toEqual([]);
  expect(await override()).toEqual(["Disallowed"]);
  expect((await new TenantSignIn(lab.store.db, CONTOSO).get()).modernOverride).toBe("Disallowed");
  expect((await new TenantSignIn(lab.store.db, FABRIKAM).get()).modernOverride).toBe("NoOverride");
  expect(await override(lab.online(FABRIKAM))).toEqual(["NoOverride"]);
  expect(await override(lab.pool())).toEqual(["NoOverride"]);
});

test("other settings are kept and shown; -WhatIf changes nothing; a wrong word is refused", async () => {
  expect(await said("Set-CsOAuthConfiguration", { Identity: "Global", Realm: "contoso.com" })).toEqual([]);
  await lab.online()(command("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "Allowed", WhatIf: true }));
  expect(await override()).toEqual(["Disallowed"]);
  expect(column(await lab.online()(command("Get-CsOAuthConfiguration")), "Realm")).toEqual(["contoso.com"]);
  expect(await said("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "Maybe" })).not.toEqual([]);
});

test("on a pool it is there too", async () => {
  expect((await lab.pool()(command("Set-CsOAuthConfiguration", { ClientAdalAuthOverride: "Allowed" }))).said).toEqual([]);
  expect(await override(lab.pool())).toEqual(["Allowed"]);
});
