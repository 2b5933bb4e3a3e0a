import { afterEach, beforeEach, expect, test } from "vitest";
import { textOf } from "@tieline/language";
import { DateTime, type PsObject } from "@tieline/remoting/objects";
import { selfSigned } from "../../identity/certificate.fixture.ts";
import { PUBLIC_CLIENT_ID } from "../../identity/index.ts";
import { column, command, CONTOSO, FABRIKAM, NOW, openLab, type Answer, type Lab } from "../lab.fixture.ts";

let lab: Lab;
let ended: string[];
beforeEach(async () => {
  lab = await openLab(3);
  ended = [];
  lab.identity.whenSessionsEnd((account) => ended.push(account));
});
afterEach(() => lab.store.close());

type Words = Parameters<typeof command>;
const run = (...words: Words): Promise<Answer> => lab.online()(command(...words));
const NAME = "Nightly report";
const ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const made = (more: Words[1] = {}): Promise<Answer> => run("New-MsolServicePrincipal", { DisplayName: NAME, AppPrincipalId: ID, ...more });
const texts = (answer: Answer, name: string): string[] => column(answer, name).map((value) => textOf(value ?? null));
const credentials = (more: Words[1] = {}): Promise<Answer> =>
  run("Get-MsolServicePrincipalCredential", { AppPrincipalId: ID, ReturnKeyValues: false, ...more });
const der = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, "");

test("a certificate is taken as base64 of DER and as PEM, and shown where it is asked for", async () => {
  const { pem } = await selfSigned("CN=nightly");
  // The certificate is of today, the lab of 2020.
  const answer = await made({ Type: "Asymmetric", Usage: "Verify", Value: der(pem) });
  expect(answer.said).toEqual([]);
  expect((await run("New-MsolServicePrincipalCredential", { AppPrincipalId: ID, Type: "asymmetric", Value: pem })).said).toEqual([]);
  expect(texts(await credentials(), "Type")).toEqual(["Asymmetric", "Asymmetric"]);
  expect(texts(await credentials(), "Value")).toEqual(["", ""]);
  expect(texts(await credentials({ ReturnKeyValues: true }), "Value")).toEqual([der(pem), der(pem)]);
  expect((await lab.identity.applications(CONTOSO).find(ID))?.roles).toEqual([]);
});

test("a secret is made, shown once, and good for a year unless dates are given", async () => {
  const answer = await made();
  const [credential] = (answer.rows[0]?.get("Credentials") ?? []) as PsObject[];
  const secret = textOf(credential?.get("Value") ?? null);
  expect(secret.length).toBe(40);
  const applications = lab.identity.applications(CONTOSO);
  expect(await applications.credentials(ID)).toMatchObject([{ kind: "secret", digest: applications.secretDigest(ID, secret) }]);
  expect(texts(await credentials({ ReturnKeyValues: true }), "Value")).toEqual([""]);
  const dates = { StartDate: DateTime.fromDate(new Date(NOW + 5000)), EndDate: DateTime.fromDate(new Date(NOW + 9000)) };
  await run("New-MsolServicePrincipalCredential", { ObjectId: ID, Type: "Password", Value: "k7Qz0pR4mW8sX2vB6nT1yL5dF9hJ3gCa", ...dates });
  expect(await applications.credentials(ID)).toContainEqual(expect.objectContaining({ fromMs: NOW + 5000, untilMs: NOW + 9000 }));
});

test.each([
  ["a certificate that is none", { Type: "Asymmetric", Value: "MIIC" }, "no certificate"],
  ["a private key", { Type: "Asymmetric", Value: "-----BEGIN PRIVATE KEY-----" }, "private key"],
  ["no certificate at all", { Type: "Asymmetric" }, "needs the certificate"],
  ["a secret that might be guessed", { Type: "Password", Value: "Summer2020!" }, "32 characters"],
  ["an end that has passed", { EndDate: DateTime.fromDate(new Date(NOW - 1)) }, "passed"],
  ["a key to sign with", { Usage: "Sign" }, "verifies"],
  ["another tenant", { TenantId: FABRIKAM }, "may not act"],
  ["the id of the service's own", { AppPrincipalId: PUBLIC_CLIENT_ID }, "already"],
  ["no name", { DisplayName: " " }, "name"],
])("refuses %s, and makes nothing", async (_, more, text) => {
  expect((await made(more)).said).toEqual([expect.stringContaining(text)]);
  expect(await lab.identity.applications(CONTOSO).find(ID)).toBeUndefined();
});

test("the same id twice is refused, and what there is stays", async () => {
  await made();
  expect((await made({ DisplayName: "Other" })).said).toEqual([expect.stringContaining("already")]);
  expect(texts(await run("Get-MsolServicePrincipal", { AppPrincipalId: ID }), "DisplayName")).toEqual([NAME]);
  expect((await credentials()).rows.length).toBe(1);
});

test("an application gets and loses roles; switching it off and removing it end its sessions", async () => {
  await made();
  const role = { RoleName: "Lync Service Administrator", RoleMemberType: "ServicePrincipal", RoleMemberObjectId: ID };
  expect((await run("Add-MsolRoleMember", role)).said).toEqual([]);
  expect((await lab.identity.applications(CONTOSO).find(ID))?.roles).toEqual(["Skype for Business Administrator"]);
  const members = await run("Get-MsolRoleMember", {
    RoleObjectId: "75941009-915a-4869-abe7-691bff18279e",
    MemberObjectTypes: ["ServicePrincipal"],
  });
  expect(texts(members, "DisplayName")).toEqual([NAME]);
  await run("Remove-MsolRoleMember", role);
  await run("Set-MsolServicePrincipal", { AppPrincipalId: ID, AccountEnabled: false, DisplayName: "Old" });
  expect(await lab.identity.applications(CONTOSO).find(ID)).toMatchObject({ enabled: false, displayName: "Old", roles: [] });
  const [key = ""] = texts(await credentials(), "KeyId");
  expect((await run("Remove-MsolServicePrincipalCredential", { AppPrincipalId: ID, KeyIds: [key] })).said).toEqual([]);
  expect((await run("Remove-MsolServicePrincipalCredential", { AppPrincipalId: ID, KeyIds: [key] })).said.length).toBe(1);
  await run("Remove-MsolServicePrincipal", { ObjectId: ID });
  expect((await run("Get-MsolServicePrincipal", { ObjectId: ID })).said).toEqual([expect.stringContaining("not found")]);
  expect(ended).toEqual([ID, ID, ID, ID]);
});

test("one tenant's applications are not another's", async () => {
  await made();
  const theirs = lab.online(FABRIKAM);
  expect((await theirs(command("Get-MsolServicePrincipal"))).rows).toEqual([]);
  expect((await theirs(command("Remove-MsolServicePrincipal", { AppPrincipalId: ID }))).said.length).toBe(1);
  expect((await credentials()).rows.length).toBe(1);
});

test("the service's own client is left as it is", async () => {
  for (const name of ["Remove-MsolServicePrincipal", "Set-MsolServicePrincipal", "New-MsolServicePrincipalCredential"]) {
    expect((await run(name, { AppPrincipalId: PUBLIC_CLIENT_ID })).said).toEqual([expect.stringContaining("belongs to the service")]);
  }
});
