/** What a provider, a browser, or somebody between them may send, and what is said to it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Browser,
  claimsOf,
  codeRequest,
  CONTOSO,
  LOOPBACK,
  openAuthority,
  PASSWORD,
  type Answer,
  type Authority,
} from "../authority.fixture.ts";
import { createServer } from "node:http";
import { createLocalJWKSet, jwtVerify } from "jose";
import { accountId } from "../../directory/index.ts";
import { PUBLIC_CLIENT_ID } from "../applications.ts";
import type { FactorDemand } from "../second-factor.ts";
import type { FederationSettings } from "./federated-domains.ts";
import { providerRequests } from "./provider-requests.ts";
import { ScriptedProvider, signingKey } from "./scripted-provider.fixture.ts";

const USER = "admin@contoso.com";
const OTHER_DOMAIN = "guest@contoso.onmicrosoft.com";
let ours: Authority;
let provider: ScriptedProvider;
let demand: FactorDemand = "none";

beforeAll(async () => {
  provider = new ScriptedProvider("https://sts.adatum.example");
  ours = await openAuthority({ providers: { get: () => provider.get(), post: (url, form) => provider.post(url, form) } });
  ours.service.use({ secondFactor: { demand: () => Promise.resolve(demand) } });
  const { passwordHash } = await ours.account(USER);
  await ours.directory.tenant(CONTOSO).accounts.add(
    {
      accountId: accountId("00000000-0000-4000-8000-00000000000d"),
      userPrincipalName: OTHER_DOMAIN,
      accountName: "guest",
      displayName: "Guest",
      passwordHash,
      roles: [],
    },
    Date.now(),
  );
});
afterAll(() => ours[Symbol.asyncDispose]());

async function federated(changes: Partial<FederationSettings> = {}, secret: string | null = "a secret"): Promise<void> {
  const settings: FederationSettings = {
    ...provider.addresses,
    metadataUrl: null,
    clientId: provider.clientId,
    accountClaim: "upn",
    acceptsProviderMfa: false,
    trustsInsideNetwork: false,
    brand: null,
    ...changes,
  };
  await ours.service.federation.domains(CONTOSO).set("contoso.com", settings, secret, Date.now());
  ours.service.federation.changed();
}

beforeEach(async () => {
  ours.clock.aheadMs = 0;
  demand = "none";
  provider = new ScriptedProvider("https://sts.adatum.example");
  await federated();
});

const nowMs = (): number => Date.now() + ours.clock.aheadMs;

interface Led {
  browser: Browser;
  led: URL;
  verifier: string;
}

async function led(changes: Record<string, string> = {}): Promise<Led> {
  const browser = new Browser(ours.base);
  const { address, verifier } = codeRequest({ login_hint: USER, ...changes });
  return { browser, led: (await browser.go(address)).url, verifier };
}

/** What a person is told; empty where the browser went on to the application. */
function alert({ text, url }: Answer & { url: URL }): string {
  if (url.origin === LOOPBACK) return "";
  return (/role="alert">([^<]*)</.exec(text)?.[1] ?? text).replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

async function token({ browser, led: address, verifier }: Led, back = provider.back(address)): Promise<Record<string, unknown>> {
  const end = await browser.go(back);
  expect(alert(end)).toBe("");
  expect(end.url.origin).toBe(LOOPBACK);
  const { json } = await ours.post(`/${CONTOSO}/oauth2/v2.0/token`, {
    grant_type: "authorization_code",
    client_id: PUBLIC_CLIENT_ID,
    code: end.url.searchParams.get("code") ?? "",
    redirect_uri: LOOPBACK,
    code_verifier: verifier,
  });
  return claimsOf(json["access_token"]);
}

test.each(["RS256", "PS256", "ES256"] as const)(
  "a token signed with %s lets its account in; the question tells what it must",
  async (alg) => {
    provider.key = signingKey(alg, alg);
    provider.published = [provider.key.jwk];
    const under = await led({ prompt: "login consent", max_age: "100" });
    expect(under.led.origin + under.led.pathname).toBe("https://sts.adatum.example/authorize");
    expect(Object.fromEntries(under.led.searchParams)).toMatchObject({
      tenant: "7",
      response_type: "code",
      client_id: provider.clientId,
      login_hint: USER,
      prompt: "login",
      max_age: "100",
      code_challenge_method: "S256",
    });
    await provider.signs({ ...provider.claims(under.led, USER, nowMs()), auth_time: Math.floor(nowMs() / 1000) });
    const end = await under.browser.go(provider.back(under.led));
    expect(end.text).toContain("wants to act for you");
    expect(provider.forms[0]).toMatchObject({
      grant_type: "authorization_code",
      code: "a code",
      client_secret: "a secret",
      redirect_uri: under.led.searchParams.get("redirect_uri"),
    });
  },
);

const REFUSED: readonly (readonly [rule: string, claims: Record<string, unknown>, said: string])[] = [
  ["of another issuer", { iss: "https://sts.adatum.example/" }, "AADSTS50008"],
  ["with the nonce of another sign-in", { nonce: "another" }, "AADSTS50008"],
  ["without a nonce", { nonce: undefined }, "AADSTS50008"],
  ["for another audience", { aud: "somebody else" }, "AADSTS50008"],
  ["for several audiences without azp", { aud: ["our-directory", "somebody else"] }, "AADSTS50008"],
  ["for another client among its audiences", { aud: ["our-directory", "x"], azp: "x" }, "AADSTS50008"],
  ["that has expired", { exp: 1 }, "AADSTS50008"],
  ["without an end", { exp: undefined }, "AADSTS50008"],
  ["that is not valid yet", { nbf: 9_999_999_999 }, "AADSTS50008"],
  ["issued in the future", { iat: 9_999_999_999 }, "AADSTS50008"],
  ["without the claim that names the account", { upn: undefined }, "AADSTS50008"],
  ["of an account that is not here", { upn: "nobody@contoso.com" }, "AADSTS51004"],
  ["of another tenant's account", { upn: "admin@fabrikam.com" }, "AADSTS51004"],
  ["of an account of another domain of the same tenant", { upn: OTHER_DOMAIN }, "AADSTS51004"],
  ["of an account in another spelling of its name", { upn: "CONTOSO\\admin@contoso.com" }, "AADSTS51004"],
];

test.each(REFUSED)("a token %s is refused", async (_, claims, said) => {
  const under = await led();
  await provider.signs({ ...provider.claims(under.led, USER, nowMs()), ...claims });
  const end = await under.browser.go(provider.back(under.led));
  expect(alert(end)).toContain(said);
  expect(end.status).toBe(400);
});

test("the account of another domain is there, and signs in with its own password: the refusals above are about the domain", async () => {
  await expect(ours.service.judge.judge({ user: OTHER_DOMAIN, password: PASSWORD, address: "192.0.2.1" })).resolves.toBeDefined();
});

test.each([
  ["none", "its algorithm is none"],
  ["HS256", "its algorithm is HS256"],
  ["RS512", "its algorithm is RS512"],
])("a token with the algorithm %s is refused", async (alg, said) => {
  const under = await led();
  const claims = provider.claims(under.led, USER, nowMs());
  const secret = new TextEncoder().encode("a secret that both ends know, long enough for it");
  if (alg === "none") {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    provider.gives(`${part({ alg, kid: "one" })}.${part(claims)}.`);
  } else await provider.signs(claims, { alg }, alg === "HS256" ? { kid: "one", alg, key: secret } : provider.key);
  expect(alert(await under.browser.go(provider.back(under.led)))).toContain(said);
});

test("a key that the provider does not publish, a key of another kind, and no key at all are refused", async () => {
  for (const [key, header] of [
    [signingKey("two"), {}],
    [signingKey("one"), {}],
    [signingKey("one", "ES256"), {}],
    [provider.key, { kid: undefined }],
  ] as const) {
    const under = await led();
    await provider.signs(provider.claims(under.led, USER, nowMs()), header, key);
    expect(alert(await under.browser.go(provider.back(under.led)))).toContain("AADSTS50008");
  }
});

test("an unknown key id makes us read the keys again, but not more often than once a minute; known keys outlast an outage", async () => {
  const attempt = async (): Promise<string> => {
    const under = await led();
    await provider.signs(provider.claims(under.led, USER, nowMs()));
    return alert(await under.browser.go(provider.back(under.led)));
  };
  expect(await attempt()).toBe("");
  expect(provider.keysAsked).toBe(1);
  provider.key = signingKey("two");
  provider.published = [provider.key.jwk];
  expect(await attempt()).toContain("AADSTS50008");
  expect(provider.keysAsked).toBe(1);
  ours.clock.aheadMs += 61_000;
  expect(await attempt()).toBe("");
  expect(provider.keysAsked).toBe(2);
  provider.isDown = true;
  ours.clock.aheadMs += 2 * 3_600_000;
  expect(await attempt()).toBe("");
  ours.clock.aheadMs += 23 * 3_600_000;
  expect(await attempt()).not.toBe("");
});

test("the answer of another provider is refused, and one that names nobody where the provider always does (RFC 9207)", async () => {
  for (const iss of ["https://evil.example", null]) {
    const under = await led();
    await provider.signs(provider.claims(under.led, USER, nowMs()));
    expect(alert(await under.browser.go(provider.back(under.led, { iss })))).toContain("AADSTS50008");
    expect(provider.forms).toEqual([]);
  }
});

test("an answer that comes to another browser, a second time, for another sign-in or too late is refused", async () => {
  const under = await led();
  await provider.signs(provider.claims(under.led, USER, nowMs()));
  const back = provider.back(under.led);
  expect(alert(await new Browser(ours.base).go(back))).toContain("AADSTS70044");
  const elsewhere = await led();
  expect(alert(await elsewhere.browser.go(back))).toContain("AADSTS70044");
  expect(alert(await under.browser.go(provider.back(under.led, { state: `${under.led.searchParams.get("state") ?? ""}x` })))).toContain(
    "AADSTS70044",
  );
  expect(provider.forms).toEqual([]);
  const again = await led();
  await provider.signs(provider.claims(again.led, USER, nowMs()));
  expect(alert(await again.browser.go(provider.back(again.led)))).toBe("");
  expect(alert(await again.browser.go(provider.back(again.led)))).toMatch(/AADSTS70044|finished already/);
  expect(provider.forms).toHaveLength(1);
  const late = await led();
  await provider.signs(provider.claims(late.led, USER, nowMs()));
  ours.clock.aheadMs += 16 * 60_000;
  expect(alert(await late.browser.go(provider.back(late.led)))).toContain("AADSTS70044");
});

test("a domain that is federated with somebody else meanwhile takes no answer of the first provider", async () => {
  const under = await led();
  await provider.signs(provider.claims(under.led, USER, nowMs()));
  await federated({ issuer: "https://sts.new.example" });
  expect(alert(await under.browser.go(provider.back(under.led)))).toContain("AADSTS70044");
});

test.each([
  [{ code: null, error: "access_denied", error_description: "No <b>licence</b>\r\n for you" }, "access_denied (No <b>licence</b> for you)"],
  [{ code: null }, "its answer holds no code"],
])("what the provider refuses is told as a page, on one line and without its markup", async (changes, said) => {
  const under = await led();
  const end = await under.browser.go(provider.back(under.led, changes));
  expect(alert(end)).toContain(said);
  expect(end.text).not.toContain("<b>licence");
  const entries = await ours.service.signIns(CONTOSO).list({ limit: 100 });
  expect(entries.filter(({ atMs }) => atMs < Date.now() + 1000)[0]).toMatchObject({ name: USER, method: "interactive", result: 1 });
});

test.each([
  [{ status: 400, document: { error: "invalid_grant", error_description: "code was used" } }, "invalid_grant (code was used)"],
  [{ status: 500, document: undefined }, "HTTP status 500"],
  [{ status: 200, document: { access_token: "only this" } }, "HTTP status 200"],
])("a token endpoint that gives no id token ends in a page", async (answer, said) => {
  const under = await led();
  provider.answer = answer;
  expect(alert(await under.browser.go(provider.back(under.led)))).toContain(said);
});

test("an answer with parameters that come twice, or without a state of ours, is refused before anything is judged", async () => {
  const under = await led();
  expect(alert(await under.browser.go(`${provider.back(under.led)}&code=other`))).toContain("AADSTS90055");
  expect(alert(await under.browser.go(`/${CONTOSO}/login/federated?code=1&state=${encodeURIComponent("../../x")}`))).toContain(
    "AADSTS70044",
  );
  expect(alert(await under.browser.go(`/${CONTOSO}/login/federated`))).toContain("AADSTS70044");
});

test("an e-mail address counts if it is verified; an immutable id is the account's, and of the domain's accounts alone", async () => {
  await federated({ accountClaim: "email" });
  const attempt = async (claims: Record<string, unknown>): Promise<string> => {
    const under = await led();
    await provider.signs({ ...provider.claims(under.led, USER, nowMs()), ...claims });
    return alert(await under.browser.go(provider.back(under.led)));
  };
  expect(await attempt({ email: USER.toUpperCase(), email_verified: true })).toBe("");
  expect(await attempt({ email: USER, email_verified: false })).toContain("not verified");
  await federated({ accountClaim: "immutable_id" });
  expect(await attempt({ immutable_id: (await ours.account(USER)).accountId })).toBe("");
  expect(await attempt({ immutable_id: (await ours.account(OTHER_DOMAIN)).accountId })).toContain("AADSTS51004");
  expect(await attempt({ immutable_id: (await ours.account("admin@fabrikam.com")).accountId })).toContain("AADSTS51004");
  expect(await attempt({ immutable_id: USER })).toContain("AADSTS51004");
});

test("a fresh sign-in that the application wants must be fresh at the provider", async () => {
  const under = await led({ max_age: "60" });
  await provider.signs({ ...provider.claims(under.led, USER, nowMs()), auth_time: Math.floor(nowMs() / 1000) - 3600 });
  expect(alert(await under.browser.go(provider.back(under.led)))).toContain("too long ago");
});

test("a second factor is asked for here, unless the provider's is believed or the person is inside a trusted network", async () => {
  demand = "proof";
  const cases: readonly [Partial<FederationSettings>, Record<string, unknown>, string[] | string][] = [
    [{}, { amr: ["pwd", "mfa"] }, "AADSTS50076"],
    [{ acceptsProviderMfa: true }, { amr: ["pwd"] }, "AADSTS50076"],
    [{ acceptsProviderMfa: true }, { amr: ["pwd", "otp", "mfa"] }, ["fed", "pwd", "otp", "mfa"]],
    [{ acceptsProviderMfa: true }, { amr: "mfa" }, ["fed", "mfa"]],
    [{}, { insidecorporatenetwork: true }, "AADSTS50076"],
    [{ trustsInsideNetwork: true }, { insidecorporatenetwork: "false" }, "AADSTS50076"],
    [{ trustsInsideNetwork: true }, { insidecorporatenetwork: "true", amr: ["mfa"] }, ["fed"]],
  ];
  for (const [settings, claims, expected] of cases) {
    await federated(settings);
    const under = await led();
    await provider.signs({ ...provider.claims(under.led, USER, nowMs()), ...claims });
    if (typeof expected === "string") expect(alert(await under.browser.go(provider.back(under.led)))).toContain(expected);
    else expect((await token(under))["amr"]).toEqual(expected);
  }
});

test("without a secret the tenant's own key shows who asks, and the provider can check it", async () => {
  await federated({}, null);
  const under = await led();
  await provider.signs(provider.claims(under.led, USER, nowMs()));
  expect(alert(await under.browser.go(provider.back(under.led)))).toBe("");
  const form = provider.forms[0] ?? {};
  expect(form).not.toHaveProperty("client_secret");
  const keys = (await ours.get(`/${CONTOSO}/discovery/v2.0/keys`)).json as unknown as Parameters<typeof createLocalJWKSet>[0];
  const { payload } = await jwtVerify(form["client_assertion"] ?? "", createLocalJWKSet(keys), { audience: `${provider.issuer}/token` });
  expect(payload).toMatchObject({ iss: provider.clientId, sub: provider.clientId });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600);
});

test("the client's secret stands nowhere in the database as it is", async () => {
  await federated({}, "correct battery staple");
  const rows = await ours.store.db.selectFrom("federated_domains").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain("battery");
  expect(await ours.service.federation.domains(CONTOSO).secret("CONTOSO.com")).toBe("correct battery staple");
});

test.each([
  ["down", undefined, "cannot be asked"],
  ["slow", "slow", "cannot be asked"],
  ["of 10 MB", "long", "cannot be asked"],
  ["that leads elsewhere", "moved", "leads elsewhere"],
])("a provider that is %s ends in a page", async (_, path, said) => {
  const server = createServer((request, response) => {
    if (request.url === "/long") response.end(Buffer.alloc(10_000_000, 97));
    else if (request.url === "/moved") response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    // Else it never answers.
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const real = providerRequests({ timeoutMs: 150 });
  if (path === undefined) await new Promise((resolve) => server.close(resolve));
  provider.post = () => real.post(new URL(`http://127.0.0.1:${port}/${path ?? ""}`), {});
  const under = await led();
  const end = await under.browser.go(provider.back(under.led));
  expect(alert(end)).toContain(said);
  expect(end.status).toBe(502);
  server.closeAllConnections();
  server.close();
});
