/**
 * The founding documents' PowerShell, line by line and without a PowerShell: each cmdlet line is read as the language reads
 * it, and what is the connector's is done by the connector, what is the service's by the service.
 */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  diallerFor,
  memoryStore,
  newCsOnlineSession,
  onlinePowerShellEndpoint,
  TokenCache,
  type NewCsOnlineSessionParameters,
} from "@tieline/connector";
import { structureOrThrow } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { LabSecrets } from "@tieline/server";
import { ADMIN, FoundingLab } from "./founding-lab.fixture.ts";

const founding = new FoundingLab();
beforeAll(() => founding.start());
afterAll(() => founding[Symbol.asyncDispose]());

const password = (): string => LabSecrets.open(founding.lab.folder).password(ADMIN);

/** A cmdlet line as its name and parameters, with the variables of the lines before it. */
function read(line: string, variables: Record<string, PsValue> = {}): Record<string, PsValue> {
  const given = structureOrThrow(line, { variables })[0]?.[0]?.arguments ?? [];
  const found: Record<string, PsValue> = {};
  given.forEach(({ name, value }, i) => {
    if (name === null) return;
    const next = given[i + 1];
    found[name.replace(/^-|:$/g, "")] = value ?? (next?.name === null ? next.value : true);
  });
  return found;
}

const CREDENTIAL = PsObject.of({ UserName: ADMIN });
const PROXY_SETTINGS = PsObject.of({ ProxyAccessType: "IEConfig" });

test.each([
  ["s000-01", "New-CsOnlineSession -Credential $cred -Verbose"],
  ["s000-02", 'New-CsOnlineSession -Credential $cred -OverrideAdminDomain "contoso.onmicrosoft.com" -Verbose'],
  ["s000-03", "New-CsOnlineSession -Verbose -OverrideAdminDomain contoso.onmicrosoft.com"],
  ["s000-04", "New-CsOnlineSession -Verbose -SessionOption $proxySettings -OverrideAdminDomain contoso.onmicrosoft.com"],
  ["s001-01", "New-CsOnlineSession -UserName admin@contoso.com"],
  ["s002-10", "New-CsOnlineSession -Credential $credential"],
])("%s: %s opens a session whose commands can be imported", async (_script, line) => {
  const given = read(line, { cred: CREDENTIAL, credential: CREDENTIAL, proxySettings: PROXY_SETTINGS });
  const parameters: NewCsOnlineSessionParameters = {
    ...(given["Credential"] === undefined ? { UserName: ADMIN } : { Credential: { UserName: ADMIN, Password: password() } }),
    ...(given["OverrideAdminDomain"] === undefined ? {} : { OverrideAdminDomain: String(given["OverrideAdminDomain"]) }),
    ...(given["SessionOption"] === undefined ? {} : { SessionOption: { ProxyAccessType: "IEConfig" } }),
  };
  const words: string[] = [];
  const { session, progress } = await newCsOnlineSession(parameters, {
    dialler: dialler(),
    environment: {},
    say: (text) => words.push(text),
    signIn: {
      // Whoever gives no credential is asked; here the answer is known.
      given: { password },
      person: { attends: false, tell: () => undefined },
      cache: () => new TokenCache(memoryStore()),
    },
  });
  await using _session = session;
  const domain = given["OverrideAdminDomain"] === undefined ? "contoso.com" : "contoso.onmicrosoft.com";
  expect(words.slice(0, 5)).toEqual([
    "Determining domain to admin",
    `AdminDomain = '${domain}'`,
    "Discovering PowerShell endpoint URI",
    expect.stringMatching(/^TargetUri = 'https:\/\/admin0a\.online\.lync\.com\/OcsPowershell/),
    "Requesting authentication token",
  ]);
  expect(words.slice(-2)).toEqual(["Initializing remote session", "Success"]);
  expect(progress.targetUri?.hostname).toBe("admin0a.online.lync.com");
  const names = (await session.commandMetadata()).map((command) => command.name);
  expect(names).toContain("Get-CsTenant");
});

test("s000-05: Get-CsOnlinePowerShellEndpoint -TargetDomain contoso.onmicrosoft.com | select-object Host", async () => {
  const { TargetDomain } = read("Get-CsOnlinePowerShellEndpoint -TargetDomain contoso.onmicrosoft.com | select-object Host");
  const found = await onlinePowerShellEndpoint({ targetDomain: String(TargetDomain) }, { dialler: dialler() });
  expect(found.host).toBe("admin0a.online.lync.com");
});

test.each([
  ["s000-06", "Get-CsTenant|ft identity", /^Identity\n-+\nOU=[0-9a-f-]{36},OU=OCS Tenants,DC=lync0a001,DC=local\n$/],
  ["s001-01", "Set-CsOAuthConfiguration -ClientAdalAuthOverride Allowed", /^(\[\]\n)?$/],
  ["s001-01", "Get-CsOAuthConfiguration", /"ClientAdalAuthOverride": "Allowed"/],
])("%s: %s", async (_script, line, shown) => {
  const { code, out, err } = await founding.tieline(["invoke", "--data", founding.lab.folder, "--user", ADMIN, line]);
  expect([code, err]).toEqual([0, expect.not.stringContaining("error")]);
  expect(out).toMatch(shown);
});

test("s003-03: Get-PSSession | Remove-PSSession, as `tieline sessions close all`", async () => {
  const { code } = await founding.tieline(["sessions", "close", "--data", founding.lab.folder, "--user", ADMIN, "all"]);
  expect(code).toBe(0);
});

function dialler() {
  const { folder, description } = founding.lab;
  return diallerFor({
    connectTo: description.names,
    caFiles: [join(folder, description.authority)],
    insecure: false,
    proxy: "none",
    environment: {},
  });
}
