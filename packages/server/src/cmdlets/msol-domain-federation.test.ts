import { afterAll, beforeAll, expect, test } from "vitest";
import { SecureString } from "@tieline/remoting/objects";
import { CONTOSO, FABRIKAM, openAuthority, type Authority } from "../identity/authority.fixture.ts";
import type { ProviderAnswer } from "../identity/federation/provider-requests.ts";
import { onlineCatalogue } from "./catalogues.ts";
import { column, command, shell, type Shell } from "./lab.fixture.ts";

const ISSUER = "https://sts.adatum.example/adfs";
const METADATA = `${ISSUER}/.well-known/openid-configuration`;
let ours: Authority;
let document: Record<string, unknown>;
const asked: string[] = [];

beforeAll(async () => {
  const get = (url: URL): Promise<ProviderAnswer> => {
    asked.push(url.href);
    const keys = { keys: [{ kty: "RSA", kid: "of the provider", n: "AQAB", e: "AQAB" }] };
    return Promise.resolve({ status: 200, document: url.href === METADATA ? document : keys });
  };
  ours = await openAuthority({ providers: { get, post: get } });
});
afterAll(() => ours[Symbol.asyncDispose]());

const metadata = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
  ...changes,
});

const online = (tenant = CONTOSO): Shell => shell(ours.directory, tenant, onlineCatalogue(), ours.service.federation);
const run = async (...words: Parameters<typeof command>): ReturnType<Shell> => online()(command(...words));
const federate = async (changes: Parameters<typeof command>[1] = {}): Promise<string[]> => {
  const words = { DomainName: "contoso.com", Authentication: "Federated", ClientId: "us", OpenIdConnectDiscoveryEndpoint: METADATA };
  return (await run("Set-MsolDomainAuthentication", { ...words, ...changes })).said;
};
const get = { DomainName: "contoso.com" };

test("a domain is federated by the provider's metadata, shown without its secret, changed in parts, and made managed again", async () => {
  document = metadata({ end_session_endpoint: `${ISSUER}/ls`, authorization_response_iss_parameter_supported: true });
  expect((await run("Get-MsolDomainFederationSettings", get)).said).toEqual([expect.stringContaining("managed")]);
  expect(await federate({ ClientSecret: new SecureString("top secret"), FederationBrandName: "Adatum", SupportsMfa: true })).toEqual([]);
  const shown = await run("Get-MsolDomainFederationSettings", get);
  for (const [name, value] of Object.entries({
    IssuerUri: ISSUER,
    PassiveLogOnUri: `${ISSUER}/authorize`,
    TokenUri: `${ISSUER}/token`,
    KeysUri: `${ISSUER}/keys`,
    LogOffUri: `${ISSUER}/ls`,
    OpenIdConnectDiscoveryEndpoint: METADATA,
    FederationBrandName: "Adatum",
    SupportsMfa: true,
    ClientId: "us",
    ClientAuthentication: "Secret",
    AccountClaim: "upn",
    TrustInsideCorporateNetwork: false,
  })) {
    expect(column(shown, name), name).toEqual([value]);
  }
  const changes = { ...get, Authentication: "Federated", SupportsMfa: false, AccountClaim: "email" };
  expect((await run("Set-MsolDomainAuthentication", changes)).said).toEqual([]);
  const after = await run("Get-MsolDomainFederationSettings", get);
  expect(["SupportsMfa", "AccountClaim", "ClientId", "FederationBrandName"].map((name) => column(after, name)[0])).toEqual([
    false,
    "email",
    "us",
    "Adatum",
  ]);
  expect(await ours.service.federation.domains(CONTOSO).secret("contoso.com")).toBe("top secret");
  expect(await ours.service.realmOf("anyone@contoso.com")).toMatchObject({ kind: "Federated", brand: "Adatum" });
  expect((await run("Set-MsolDomainAuthentication", { ...get, Authentication: "Managed" })).said).toEqual([]);
  expect(await ours.service.realmOf("anyone@contoso.com")).toMatchObject({ kind: "Managed" });
});

test("Update-MsolFederatedDomain reads metadata and keys again; the issuer must be the same", async () => {
  document = metadata();
  expect(await federate()).toEqual([]);
  document = metadata({ token_endpoint: `${ISSUER}/token2` });
  asked.length = 0;
  expect((await run("Update-MsolFederatedDomain", { DomainName: "Contoso.COM", SupportMultipleDomain: true })).said).toEqual([]);
  expect(asked).toEqual([METADATA, `${ISSUER}/keys`]);
  expect(column(await run("Get-MsolDomainFederationSettings", get), "TokenUri")).toEqual([`${ISSUER}/token2`]);
  expect((await ours.service.federation.domains(CONTOSO).keys("contoso.com")).keys).toMatchObject([{ kid: "of the provider" }]);
  document = metadata({ issuer: "https://sts.evil.example" });
  expect((await run("Update-MsolFederatedDomain", get)).said).toEqual([expect.stringContaining("sts.evil.example")]);
});

test.each([
  ["a domain of another tenant", { DomainName: "fabrikam.com" }, 'There is no domain "fabrikam.com"'],
  ["the initial domain", { DomainName: "contoso.onmicrosoft.com" }, "initial domain"],
  ["metadata of another issuer", { IssuerUri: "https://sts.other.example" }, "not of https://sts.other.example"],
  ["metadata over plain http", { OpenIdConnectDiscoveryEndpoint: METADATA.replace("https", "http") }, "is not https"],
  ["an address of the machine itself", { OpenIdConnectDiscoveryEndpoint: "https://localhost/x" }, "no full name"],
  ["an address by number", { TokenUri: "https://169.254.169.254/token" }, "no full name"],
  ["an address by number, six", { KeysUri: "https://[::1]/keys" }, "no full name"],
  ["an address with a user in it", { PassiveLogOnUri: "https://u:p@sts.adatum.example/" }, "user or a fragment"],
  ["no client id", { ClientId: "" }, "client id"],
  ["a word that is none", { Authentication: "Sometimes" }, "Sometimes"],
  ["another tenant's id", { TenantId: FABRIKAM }, "may not act on the tenant"],
])("%s is refused, and nothing changes", async (_, changes, said) => {
  document = metadata();
  await ours.service.federation.domains(CONTOSO).remove("contoso.com");
  expect(await federate(changes)).toEqual([expect.stringContaining(said)]);
  expect(await ours.service.federation.domains(CONTOSO).list()).toEqual([]);
  expect(await ours.service.federation.domains(FABRIKAM).list()).toEqual([]);
});

test("a domain that nobody has shown to be the tenant's cannot be federated", async () => {
  document = metadata();
  const tenant = { tenantId: CONTOSO, kind: "online" } as const;
  await ours.directory.tenants.addDomain(tenant, { name: "victim.example", verified: false, isDefault: false, sip: false }, Date.now());
  expect(await federate({ DomainName: "victim.example" })).toEqual([expect.stringContaining("no verified domain")]);
});

test("each has examples, and help for every parameter", () => {
  for (const cmdlet of onlineCatalogue()
    .all()
    .filter(({ name }) => /-Msol.*Domain/.test(name))) {
    expect(cmdlet.declaration.examples?.length).toBeGreaterThan(1);
    expect(cmdlet.declaration.roles).toEqual(["Global Administrator"]);
    for (const parameter of cmdlet.parameters.filter(({ common }) => !common)) expect(parameter.help, parameter.name).toMatch(/\.$/);
  }
});
