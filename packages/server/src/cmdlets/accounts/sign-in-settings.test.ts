import { afterEach, beforeEach, expect, test } from "vitest";
import { generateKeyPairSync } from "node:crypto";
import { textOf } from "@tieline/language";
import { DateTime } from "@tieline/remoting/objects";
import type { SignInEntry } from "../../identity/index.ts";
import { column, command, CONTOSO, FABRIKAM, NOW, openLab, type Answer, type Lab } from "../lab.fixture.ts";

let lab: Lab;
beforeEach(async () => {
  lab = await openLab(3);
});
afterEach(() => lab.store.close());

type Words = Parameters<typeof command>;
const run = (...words: Words): Promise<Answer> => lab.online()(command(...words));
const as = (user: string, ...words: Words): Promise<Answer> => lab.online(CONTOSO, user)(command(...words));
const texts = (answer: Answer, name: string): string[] => column(answer, name).map((value) => textOf(value ?? null));
const HIDDEN = [expect.stringContaining("not recognized")];

test("passwords lapse after so many days, for the tenant alone; 2147483647 is never", async () => {
  const days = async (): Promise<string[]> => texts(await run("Get-MsolPasswordPolicy", { DomainName: "Contoso.com" }), "ValidityPeriod");
  expect(await days()).toEqual(["2147483647"]);
  const policy = { DomainName: "contoso.com", NotificationDays: 14 };
  expect((await run("Set-MsolPasswordPolicy", { ...policy, ValidityPeriod: 90 })).said).toEqual([]);
  expect(await days()).toEqual(["90"]);
  expect((await lab.identity.settings(FABRIKAM).get()).passwordDays).toBeNull();
  expect((await run("Set-MsolPasswordPolicy", { ...policy, ValidityPeriod: 3 })).said.length).toBe(1);
  await run("Set-MsolPasswordPolicy", { ...policy, ValidityPeriod: 2147483647 });
  expect((await lab.identity.settings(CONTOSO).get()).passwordDays).toBeNull();
  const other = await run("Set-MsolPasswordPolicy", { ...policy, DomainName: "fabrikam.com", ValidityPeriod: 90 });
  expect(other.said).toEqual([expect.stringContaining("no domain")]);
});

test("the sign-in policy changes what is given and keeps the rest; a reader sees it and changes nothing", async () => {
  expect((await run("Set-TielineSignInPolicy", { LockoutThreshold: 5, LockoutDuration: "00:30:00" })).said).toEqual([]);
  expect((await run("Set-TielineSignInPolicy", { AllowPasswordGrant: true })).said).toEqual([]);
  expect(await lab.identity.settings(CONTOSO).get()).toMatchObject({
    lockout: { failures: 5, lockMs: 1_800_000, windowMs: 900_000 },
    legacy: true,
  });
  const shown = await as("viewer@contoso.com", "Get-TielineSignInPolicy");
  expect([texts(shown, "LockoutThreshold"), texts(shown, "LockoutDuration")]).toEqual([["5"], ["00:30:00"]]);
  expect((await as("viewer@contoso.com", "Set-TielineSignInPolicy", { LockoutThreshold: 9 })).said).toEqual(HIDDEN);
  const refused: Words[1][] = [{ LockoutThreshold: 1 }, { LockoutDuration: "00:00:01" }, { LockoutWindow: "3.00:00:00" }];
  for (const wrong of refused) {
    expect((await run("Set-TielineSignInPolicy", wrong)).said.length).toBe(1);
  }
});

test("sign-ins are shown by name, by time and by end, to those who may see them, and no other tenant's", async () => {
  const log = lab.identity.signIns(CONTOSO);
  const entry: SignInEntry = {
    atMs: NOW,
    accountId: null,
    name: "Anna@contoso.com",
    appId: "app",
    resource: "https://admin0a.online.lync.com/OcsPowershellOAuth",
    method: "password",
    result: 0,
    address: "192.0.2.1",
    userAgent: "test",
    correlationId: "c-1",
  };
  await log.add(entry);
  await log.add({ ...entry, atMs: NOW + 1, result: 50126 });
  await log.add({ ...entry, atMs: NOW - 3 * 86_400_000, name: "old@contoso.com" });
  await lab.identity.signIns(FABRIKAM).add({ ...entry, name: "theirs@fabrikam.com" });
  expect(texts(await run("Get-TielineSignInLog"), "Result")).toEqual(["AADSTS50126", "Success"]);
  expect(texts(await run("Get-TielineSignInLog", { FailuresOnly: true }), "User")).toEqual(["Anna@contoso.com"]);
  const since = DateTime.fromDate(new Date(NOW - 7 * 86_400_000));
  expect(texts(await run("Get-TielineSignInLog", { Since: since, User: "OLD@contoso.com" }), "User")).toEqual(["old@contoso.com"]);
  expect((await run("Get-TielineSignInLog", { MaxResults: 1 })).warnings.length).toBe(1);
  expect((await as("viewer@contoso.com", "Get-TielineSignInLog")).rows.length).toBe(2);
  expect((await as("helpdesk@contoso.com", "Get-TielineSignInLog")).said).toEqual(HIDDEN);
});

test("an issuer elsewhere vouches for an application: its keys are read over https, or given; private halves are not kept", async () => {
  const [made] = (await run("New-MsolServicePrincipal", { DisplayName: "Builds" })).rows;
  const id = textOf(made?.get("AppPrincipalId") ?? null);
  const given = { AppPrincipalId: id, Issuer: "https://builds.contoso.com", Subject: "repo:reports" };
  expect((await run("New-TielineFederatedCredential", { ...given, JwksUri: "https://builds.contoso.com/keys" })).said).toEqual([]);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = JSON.stringify({ keys: [{ ...privateKey.export({ format: "jwk" }), kid: "k1" }] });
  expect((await run("New-TielineFederatedCredential", { ...given, Keys: keys })).said).toEqual([]);
  const kept = (await lab.identity.applications(CONTOSO).credentials(id)).filter((each) => each.kind === "federated");
  expect(kept.map(({ federated }) => federated.keys?.[0]?.kid ?? federated.jwksUri).toSorted((a = "", b = "") => (a < b ? -1 : 1))).toEqual(
    ["https://builds.contoso.com/keys", "k1"],
  );
  expect(kept.every(({ federated }) => federated.keys?.[0]?.d === undefined && federated.audience === "api://AzureADTokenExchange")).toBe(
    true,
  );
  const shown = await run("Get-MsolServicePrincipalCredential", { AppPrincipalId: id, ReturnKeyValues: true });
  expect(texts(shown, "Type").filter((type) => type === "Federated").length).toBe(2);
  const refused: Words[1][] = [
    { JwksUri: "http://builds.contoso.com/keys" },
    { Keys: "{}" },
    { Keys: '{"keys":[{"kty":"oct","k":"AAAA"}]}' },
  ];
  for (const wrong of refused) {
    expect((await run("New-TielineFederatedCredential", { ...given, ...wrong })).said.length).toBe(1);
  }
});
