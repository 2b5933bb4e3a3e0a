/** Forged tokens, tickets, assertions of clients and of SAML: none is believed. The fuzz run throws more at a running lab. */
import { createHash, createPublicKey, generateKeyPairSync, randomUUID, sign, X509Certificate, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { chance } from "../directory/chance.ts";
import { judgeAccessToken } from "./access-tokens.ts";
import { CONTOSO, FABRIKAM, HOST, openAuthority, PASSWORD, TARGET, type Authority } from "./authority.fixture.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";
import { forgeAssertion, forgeJwt, JWT_FORGERIES, saysTheSame, type ForgersMeans } from "./forgery.fixture.ts";
import { signAssertion, verifyAssertion, type Assertion } from "./ws-trust/saml-assertion.ts";
import { isWebTicket, issueWebTicket, judgeWebTicket } from "./ws-trust/web-ticket.ts";
import { selfSigned } from "./certificate.fixture.ts";

const TICKETS = "https://admin0a.online.lync.com/WebTicket/WebTicketService.svc";
let authority: Authority;
let publicKeys: KeyObject[];
let values: unknown[];
let tokens: string[];
let tickets: string[];

beforeAll(async () => {
  authority = await openAuthority();
  const { service } = authority;
  const [admin, viewer, stranger] = await Promise.all(
    ["admin@contoso.com", "viewer@contoso.com", "admin@fabrikam.com"].map((user) => authority.account(user)),
  );
  const ask = async (user: string, tenant: string): Promise<Record<string, unknown>> =>
    (
      await authority.post(`/${tenant}/oauth2/token`, {
        grant_type: "password",
        client_id: PUBLIC_CLIENT_ID,
        resource: TARGET,
        username: user,
        password: PASSWORD,
      })
    ).json;
  const [mine, theirs] = [await ask("admin@contoso.com", "contoso.com"), await ask("admin@fabrikam.com", "fabrikam.com")];
  tokens = [mine["access_token"], theirs["access_token"]].map(String);
  tickets = await Promise.all([admin, viewer, stranger].map(async (each) => (await issueWebTicket(service, each as never, TARGET)).ticket));
  publicKeys = await Promise.all(
    [CONTOSO, FABRIKAM].map(async (tenant) =>
      createPublicKey({ key: (await service.keys.active(tenant)).privateJwk as never, format: "jwk" }),
    ),
  );
  values = [
    CONTOSO,
    FABRIKAM,
    TARGET,
    TICKETS,
    "https://evil.test",
    `https://${HOST}/${FABRIKAM}/`,
    ...[admin, viewer, stranger].flatMap((each) => [each?.accountId, each?.userPrincipalName]),
  ];
});
afterAll(() => authority[Symbol.asyncDispose]());

const judge = (token: string): Promise<unknown> =>
  isWebTicket(token) ? judgeWebTicket(authority.service, token, TARGET) : judgeAccessToken(authority.service, token, TARGET);

/** Undefined where it was accepted; else it must be one of our faults. */
async function refusal(action: Promise<unknown>): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.code;
  }
}

test("1,000 forged access tokens and web tickets: none is believed", async () => {
  const honest = [...tokens, ...tickets];
  for (const each of honest) expect(await refusal(judge(each))).toBeUndefined();
  const means: ForgersMeans = { honest, publicKeys, values };
  const forger = chance("tokens");
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const { how, forged } = forgeJwt(forger, means);
    seen.add(how);
    if ((await refusal(judge(forged))) === undefined && !saysTheSame(forged, honest)) expect.unreachable(`${how}: ${forged}`);
  }
  expect([...seen].sort()).toEqual([...JWT_FORGERIES].sort());
});

test("600 forged assertions of SAML: what is believed is what was signed", async () => {
  const keys = { keys: authority.service.keys, host: HOST };
  const clock = { nowMs: Date.now(), skewMs: 300_000 };
  const content = async (user: string, more: Partial<Assertion> = {}): Promise<Assertion> => {
    const { tenantId, accountId, userPrincipalName } = await authority.account(user);
    const times = { issuedMs: clock.nowMs, expiresMs: clock.nowMs + 600_000 };
    return { tenantId, accountId, userPrincipalName, audience: TICKETS, ...times, ...more };
  };
  const good = [await content("admin@contoso.com"), await content("admin@fabrikam.com")];
  const bad = [
    await content("viewer@contoso.com", { expiresMs: clock.nowMs - 400_000 }),
    await content("viewer@contoso.com", { audience: TARGET }),
  ];
  const honest = await Promise.all([...good, ...bad].map((each, i) => signAssertion(keys, each, String(i).padStart(32, "a"))));
  const means: ForgersMeans = { honest, publicKeys, values };
  const forger = chance("assertions");
  let believed = 0;
  for (let i = 0; i < 600; i++) {
    const { how, forged } = forgeAssertion(forger, means);
    let found: Assertion | undefined;
    expect(["assertion-refused", undefined]).toContain(
      await refusal(verifyAssertion(keys, forged, TICKETS, clock).then((each) => (found = each))),
    );
    if (found === undefined) continue;
    believed += 1;
    const said = JSON.stringify({ ...found });
    if (!good.some((each) => Object.entries(each).every(([name, value]) => (found as never)[name] === value)))
      expect.unreachable(`${how}: ${said} from ${forged}`);
  }
  expect(believed).toBeLessThan(60);
});

test("a statement that names a tenant of nobody is refused, and makes no key", async () => {
  const count = async (): Promise<number> => (await authority.store.db.selectFrom("signing_keys").selectAll().execute()).length;
  const before = await count();
  const nobody = randomUUID();
  const [header, claims, signature] = (tickets[0] ?? "").split(".") as [string, string, string];
  const changed = Buffer.from(claims, "base64url").toString().replace(CONTOSO, nobody);
  expect(await refusal(judge(`${header}.${Buffer.from(changed).toString("base64url")}.${signature}`))).toBe("assertion-refused");
  const { tenantId, accountId, userPrincipalName } = await authority.account("admin@contoso.com");
  const nowMs = Date.now();
  const keys = { keys: authority.service.keys, host: HOST };
  const said = { tenantId, accountId, userPrincipalName, audience: TICKETS, issuedMs: nowMs, expiresMs: nowMs + 60_000 };
  const xml = (await signAssertion(keys, said, "a".repeat(32))).replaceAll(CONTOSO, nobody);
  expect(await refusal(verifyAssertion(keys, xml, TICKETS, { nowMs, skewMs: 0 }))).toBe("assertion-refused");
  expect(await count()).toBe(before);
});

test("400 forged assertions of a client, and each honest one is good once, in whatever spelling", async () => {
  const applications = authority.service.applications(CONTOSO);
  const appId = await applications.add({ displayName: "Night work", roles: ["Skype for Business Administrator"] });
  const { pem, key: privateKey } = await selfSigned("CN=Night work");
  await applications.addCertificate(appId, pem);
  const x5t = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
  const audience = `https://${HOST}/contoso.com/oauth2/token`;
  const assertion = (more: Record<string, unknown> = {}): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: appId, sub: appId, aud: audience, jti: randomUUID(), nbf: now, exp: now + 600, ...more };
    const text = [{ alg: "RS256", typ: "JWT", "x5t#S256": x5t }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
  };
  const show = async (client_assertion: string, i = 0): Promise<number> =>
    (
      await authority.post("/contoso.com/oauth2/token", {
        grant_type: "client_credentials",
        client_id: appId,
        resource: TARGET,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion,
        ...(i < 0 ? { scope: "x" } : {}),
      })
    ).status;
  // Without an id of its own, too: the signature's spelling is not what makes it another.
  for (const more of [{}, { jti: undefined }]) {
    const honest = assertion(more);
    expect(await show(honest)).toBe(200);
    expect(await show(honest)).toBe(401);
    const loose = honest.slice(0, -1) + String.fromCharCode(honest.charCodeAt(honest.length - 1) + 1);
    expect(await show(loose)).toBe(401);
  }
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const honest = [
    assertion(),
    assertion({ aud: "https://evil.test" }),
    assertion({ exp: 1 }),
    assertion({ sub: PUBLIC_CLIENT_ID }),
    ...tokens,
  ];
  const means: ForgersMeans = {
    honest,
    publicKeys: [createPublicKey(privateKey as never), stranger.publicKey],
    values: [...values, appId, 7],
  };
  const forger = chance("clients");
  for (let i = 0; i < 400; i++) {
    if (i % 8 === 0) authority.clock.aheadMs += 16 * 60_000;
    if (i % 8 === 0) honest[0] = assertion({ exp: Math.floor((Date.now() + authority.clock.aheadMs) / 1000) + 600 });
    const { how, forged } = forgeJwt(forger, means);
    const status = await show(forged);
    if (status === 200 && !saysTheSame(forged, honest)) expect.unreachable(`${how}: ${forged}`);
    expect(status, how).toBeLessThan(500);
  }
  authority.clock.aheadMs = 0;
});
