/** The cmdlet lines of founding document 002 about a deployment's edge, its hosting provider and its users, as they stand there. */
import { textOf } from "@tieline/language";
import type { PsObject } from "@tieline/remoting/objects";
import { afterAll, beforeAll, expect, test } from "vitest";
import { column, DEPLOYMENT, openLab, type Lab } from "../lab.fixture.ts";
import { typed } from "./typed.fixture.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(40);
});
afterAll(() => lab.store.close());

const pool = (line: string, variables = {}) => typed(lab.pool(), line, variables);
const one = async (line: string): Promise<PsObject> => (await pool(line)).rows[0] as PsObject;
const values = (object: PsObject, ...names: string[]) => names.map((name) => textOf(object.get(name) ?? null));

test("s002-05: the access edge lets users and partners in, partners by DNS; 1 stands for $true", async () => {
  const line = "Set-CSAccessEdgeConfiguration -AllowOutsideUsers 1 -AllowFederatedUsers 1 -UseDnsSrvRouting -EnablePartnerDiscovery $true";
  await pool("Set-CsAccessEdgeConfiguration -AllowOutsideUsers $false -AllowFederatedUsers $false");
  const answer = await pool(line);
  expect([answer.said, answer.rows]).toEqual([[], []]);
  const edge = await one("Get-CsAccessEdgeConfiguration");
  expect(values(edge, "Identity", "AllowOutsideUsers", "AllowFederatedUsers", "EnablePartnerDiscovery", "RoutingMethod")).toEqual([
    "Global",
    "True",
    "True",
    "True",
    "UseDnsSrvRouting",
  ]);
});

test("s002-06: the Global external access policy goes through the pipeline and comes back changed", async () => {
  const line =
    "Get-CsExternalAccessPolicy -Identity Global | Set-CsExternalAccessPolicy -EnableFederationAccess $True -EnableOutsideAccess $True";
  expect((await pool(line)).said).toEqual([]);
  const policy = await one("Get-CsExternalAccessPolicy -Identity Global");
  expect(values(policy, "EnableFederationAccess", "EnableOutsideAccess", "EnablePublicCloudAccess")).toEqual(["True", "True", "False"]);
});

test("s002-07 and s002-08: the provider that came with the deployment goes, another with the same proxy takes its place", async () => {
  const make =
    'New-CSHostingProvider -Identity SFBOnline -ProxyFqdn "sipfed.online.lync.com" -Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification -IsLocal $false -AutodiscoverUrl https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root';
  const early = await pool(make);
  expect(early.said[0]).toMatch(/^There is a duplicate key sequence "SIPFED\.ONLINE\.LYNC\.COM" for the '/);
  expect((await pool('Get-CSHostingProvider -Identity "LyncOnline" | Remove-CSHostingProvider')).said).toEqual([]);
  expect((await pool("Get-CsHostingProvider")).rows).toEqual([]);
  const made = await pool(make);
  expect([made.said, column(made, "Identity")]).toEqual([[], ["SFBOnline"]]);
  const provider = await one("Get-CsHostingProvider");
  expect(
    values(
      provider,
      "Identity",
      "Name",
      "ProxyFqdn",
      "VerificationLevel",
      "Enabled",
      "EnabledSharedAddressSpace",
      "HostsOCSUsers",
      "IsLocal",
    ),
  ).toEqual(["SFBOnline", "SFBOnline", "sipfed.online.lync.com", "UseSourceVerification", "True", "True", "True", "False"]);
  expect(values(provider, "AutodiscoverUrl", "SipClientPort")).toEqual([
    "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
    "443",
  ]);
});

test("s002-09: the pilot's account is joined to its user online", async () => {
  const line =
    'Enable-CsUser -Identity kenmyer -SipAddress "sip:kenmyer@contoso.com" -HostingProviderProxyFqdn "sipfed.online.lync.com" -verbose';
  const refused = await pool(line);
  expect(refused.said).toEqual(['The user "kenmyer" is enabled already, as sip:kenmyer@contoso.com, and homed on pool01.contoso.local.']);
  expect((await pool("Disable-CsUser -Identity kenmyer")).said).toEqual([]);
  const answer = await pool(line);
  expect([answer.said, answer.rows]).toEqual([[], []]);
  const [ken] = await lab.directory.tenant(DEPLOYMENT).users.find((eb) => eb("account_key", "=", "kenmyer"), 1);
  expect(ken).toMatchObject({
    enabled: true,
    sipAddress: "sip:kenmyer@contoso.com",
    hostingProvider: "sipfed.online.lync.com",
    registrarPool: null,
  });
  expect(ken?.properties["ProxyAddresses"]).toContain("sip:kenmyer@contoso.com");
  expect(values(await one("Get-CsUser kenmyer"), "HostingProvider", "RegistrarPool")).toEqual(["sipfed.online.lync.com", ""]);
});

test("s002-13: everybody on the list is joined; whoever is already, stays as he is", async () => {
  // The body of the script's loop, right of its assignment.
  const line = 'Enable-CsUser -Identity $UPN -SipAddress $SipAddress -HostingProviderProxyFqdn "sipfed.online.lync.com"';
  await pool("Disable-CsUser alice@contoso.com");
  for (const [account, warned] of [
    ["alice", false],
    ["bob", true],
  ] as const) {
    const answer = await pool(line, { UPN: `${account}@contoso.com`, SipAddress: `sip:${account}@contoso.com` });
    expect([answer.said, answer.rows, answer.warnings.length > 0], account).toEqual([[], [], warned]);
    expect(values(await one(`Get-CsUser ${account}`), "Enabled", "SipAddress", "HostingProvider")).toEqual([
      "True",
      `sip:${account}@contoso.com`,
      "sipfed.online.lync.com",
    ]);
  }
});

test("s002-15: the Global mobility policy changes without being named", async () => {
  for (const name of ["AllowSaveCredentials", "AllowExchangeConnectivity"]) {
    expect((await pool(`Set-CsMobilityPolicy -${name} $false`)).said).toEqual([]);
  }
  const policy = await one("Get-CsMobilityPolicy");
  expect(values(policy, "Identity", "AllowSaveCredentials", "AllowExchangeConnectivity")).toEqual(["Global", "False", "False"]);
});

test("s002-16: the allowed domains are shown, whatever the letter case", async () => {
  const empty = await pool("get-csalloweddomain");
  expect([empty.said, empty.rows]).toEqual([[], []]);
  await pool("New-CsAllowedDomain -Identity fabrikam.com");
  expect(column(await pool("get-csalloweddomain"), "Domain")).toEqual(["fabrikam.com"]);
});
