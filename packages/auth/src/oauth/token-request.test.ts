import { createHash, generateKeyPairSync } from "node:crypto";
import { jwtVerify } from "jose";
import { expect, test } from "vitest";
import { authorityOf, authorityWith } from "./authority.ts";
import { authorizationRequest, readRedirect } from "./authorization-code.ts";
import { readClaims, sameAudience } from "./claims.ts";
import { clientAssertion, clientParameters } from "./client-authentication.ts";
import { DeviceCodePoll, readDeviceCode } from "./device-code.ts";
import { errorFault, errorOf, readError, wantsSecondFactor } from "./error-answer.ts";
import { proofKeyOf } from "./pkce.ts";
import { readRealm } from "./realm.ts";
import { readToken, requestToken, tokenForm, type Grant } from "./token-request.ts";

const v1 = authorityOf(new URL("https://l.test/contoso.com/oauth2/authorize"));
const v2 = authorityWith(v1, { generation: "v2" });
const NOW = Date.UTC(2026, 0, 1);
const sources = { random: (length: number) => new Uint8Array(length).fill(7), nowMs: () => NOW };
const answer = (status: number, body: unknown) => ({
  status,
  headers: {},
  body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
});

test("the challenge of a proof key is the one of RFC 7636 appendix B", () => {
  expect(proofKeyOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").challenge).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

const grants: [Grant, Record<string, string>, Record<string, string>][] = [
  [
    { kind: "code", code: "c", verifier: "v", redirectUri: "http://localhost:1/" },
    { grant_type: "authorization_code", code: "c", code_verifier: "v", redirect_uri: "http://localhost:1/" },
    { grant_type: "authorization_code", code: "c", code_verifier: "v", redirect_uri: "http://localhost:1/" },
  ],
  [
    { kind: "device-code", deviceCode: "d" },
    { grant_type: "device_code", code: "d", device_code: "d" },
    { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: "d" },
  ],
  [
    { kind: "refresh", refreshToken: "r" },
    { grant_type: "refresh_token", refresh_token: "r" },
    { grant_type: "refresh_token", refresh_token: "r" },
  ],
  [
    { kind: "password", user: "u", password: "p" },
    { grant_type: "password", username: "u", password: "p" },
    { grant_type: "password", username: "u", password: "p" },
  ],
];

test.each(grants)("grant %j names a resource in v1 and a scope in v2", (grant, first, second) => {
  const request = { clientId: "id", resource: "https://e.test/x", grant };
  expect(tokenForm({ ...request, authority: v1 })).toEqual({ client_id: "id", resource: "https://e.test/x", scope: "openid", ...first });
  expect(tokenForm({ ...request, authority: v2 })).toEqual({
    client_id: "id",
    scope: "https://e.test/x/.default openid profile offline_access",
    ...second,
  });
});

test("an application asks for no refresh token and for nobody's name", () => {
  const request = { clientId: "id", resource: "r", grant: { kind: "client" } as const };
  expect(tokenForm({ ...request, authority: v1 })).toEqual({ client_id: "id", grant_type: "client_credentials", resource: "r" });
  expect(tokenForm({ ...request, authority: v2 })).toEqual({ client_id: "id", grant_type: "client_credentials", scope: "r/.default" });
});

test.each(["RS256", "PS256"] as const)(
  "an assertion by %s verifies with the certificate's key, and names both thumbprints",
  async (algorithm) => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const signing = { certificate: new Uint8Array([1, 2, 3]), key: privateKey, algorithm };
    const assertion = await clientAssertion(signing, "client", v1.token, sources);
    const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
      audience: v1.token.href,
      issuer: "client",
      subject: "client",
      currentDate: new Date(NOW + 60_000),
    });
    expect(protectedHeader).toEqual({
      alg: algorithm,
      typ: "JWT",
      x5t: createHash("sha1").update(signing.certificate).digest("base64url"),
      "x5t#S256": createHash("sha256").update(signing.certificate).digest("base64url"),
    });
    expect(payload.exp).toBe(NOW / 1000 + 600);
  },
);

test("each kind of client shows itself its own way", async () => {
  const shown = (client: Parameters<typeof clientParameters>[0]) => clientParameters(client, "id", v1.token, sources);
  expect(await shown({ kind: "public" })).toEqual({});
  expect(await shown({ kind: "secret", secret: "s" })).toEqual({ client_secret: "s" });
  expect(await shown({ kind: "assertion", assertion: "a" })).toEqual({
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: "a",
  });
});

test("what is asked goes to the token address; numbers may come as strings", async () => {
  const asked: string[] = [];
  const token = await requestToken(
    { authority: v1, clientId: "id", client: { kind: "public" }, resource: "r", grant: { kind: "refresh", refreshToken: "x" } },
    async (url) => {
      asked.push(url.href);
      return answer(200, { access_token: "a", token_type: "bearer", expires_in: "3599", refresh_token: "y" });
    },
    sources,
  );
  expect([asked, token]).toEqual([
    ["https://l.test/contoso.com/oauth2/token"],
    { accessToken: "a", expiresInSeconds: 3599, refreshToken: "y" },
  ]);
});

test.each([undefined, "soon", -1, 0])("a lifetime of %j is taken for an hour", (expires) => {
  expect(readToken(answer(200, { access_token: "a", token_type: "Bearer", expires_in: expires }), "h").expiresInSeconds).toBe(3600);
});

test.each([
  [{ error: "interaction_required", error_codes: [50076] }, true],
  [{ error: "invalid_grant", error_description: "AADSTS50079: enrol" }, true],
  [{ error: "invalid_grant", error_codes: [50126] }, false],
  [{ error: "interaction_required", suberror: "consent_required" }, false],
])("%j wants a second factor: %s", (body, wanted) => {
  expect(wantsSecondFactor(readError(answer(400, body), "h"))).toBe(wanted);
});

test("an error that the catalogue does not know keeps the server's name, code and words, in one line", () => {
  const fault = errorFault(errorOf("invalid_grant", "AADSTS999999: Odd.\r\nTrace ID: t"), "l.test");
  expect([fault.code, fault.message, fault.said]).toEqual([
    "token-refused",
    "The authorization server l.test gave no token (invalid_grant, AADSTS999999).",
    "AADSTS999999: Odd. Trace ID: t",
  ]);
});

test("the browser's address asks with a proof key and a state, and takes back only an answer to that state", () => {
  const wish = { authority: v1, clientId: "id", resource: "r", redirectUri: "http://localhost:5/", loginHint: "a@b.c" };
  const request = authorizationRequest(wish, sources);
  const query = Object.fromEntries(request.address.searchParams);
  expect(query).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    login_hint: "a@b.c",
    resource: "r",
    redirect_uri: "http://localhost:5/",
  });
  const back = (parameters: Record<string, string>) => readRedirect(new URLSearchParams(parameters), request);
  expect(back({ code: "c", state: request.state })).toBe("c");
  expect([back({ code: "c", state: "other" }), back({ code: "c" }), back({ state: request.state })]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(back({ error: "access_denied", state: "forged" })).toBeUndefined();
  expect(() => back({ error: "access_denied", state: request.state })).toThrow(expect.objectContaining({ code: "sign-in-declined" }));
  expect(() => back({ error: "server_error", error_description: "AADSTS90099: x", state: request.state })).toThrow(/AADSTS90099/);
});

const CODE = { device_code: "d", user_code: "AB-CD", verification_url: "https://l.test/device", expires_in: 900, interval: 5 };

test.each([
  ["authorization_pending", 5000],
  ["slow_down", 10_000],
])("device code, %s: the next question after %i ms (RFC 8628 3.5)", (error, wait) => {
  const poll = new DeviceCodePoll(readDeviceCode(answer(200, CODE), "h"), "h", 0);
  expect(poll.waitMs(0)).toBe(5000);
  expect(poll.receive(answer(400, { error }))).toBeUndefined();
  expect(poll.waitMs(5000)).toBe(wait);
});

test("device code: a lost answer doubles the interval, and never beyond a minute", () => {
  const poll = new DeviceCodePoll(readDeviceCode(answer(200, CODE), "h"), "h", 0);
  poll.lost();
  expect(poll.waitMs(0)).toBe(10_000);
  for (let i = 0; i < 5; i++) poll.lost();
  expect(poll.waitMs(0)).toBe(60_000);
});

test.each([
  ["expired_token", "device-code-lapsed"],
  ["code_expired", "device-code-lapsed"],
  ["access_denied", "sign-in-declined"],
  ["authorization_declined", "sign-in-declined"],
  ["invalid_client", "token-refused"],
])("device code, %s is the fault %s", (error, code) => {
  const poll = new DeviceCodePoll(readDeviceCode(answer(200, CODE), "h"), "h", 0);
  expect(() => poll.receive(answer(400, { error }))).toThrow(expect.objectContaining({ code }));
});

test("device code: nobody types it, and after its life the asking ends", () => {
  const poll = new DeviceCodePoll(readDeviceCode(answer(200, CODE), "h"), "h", 0);
  expect(poll.waitMs(890_000)).toBe(5000);
  expect(() => poll.waitMs(895_001)).toThrow(expect.objectContaining({ code: "device-code-lapsed" }));
});

test.each([{ user_code: "x" }, { ...CODE, verification_url: "javascript:alert(1)" }, { ...CODE, verification_url: "no address" }])(
  "a device code's answer %j is refused",
  (body) => {
    expect(() => readDeviceCode(answer(200, body), "h")).toThrow(expect.objectContaining({ code: "token-answer-unreadable" }));
  },
);

test("claims are read, and not believed: no JWT says nothing", () => {
  const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  expect(readClaims(token({ aud: ["a"], tid: "t", preferred_username: "u", exp: 2, scp: "s" }))).toEqual({
    audience: "a",
    tenantId: "t",
    userNames: ["u"],
    expiresAtMs: 2000,
    application: false,
  });
  for (const other of ["opaque", "a.b", "a.!.c", token(7).replace("Nw", "%%"), `e30.${"A".repeat(70_000)}.x`])
    expect(readClaims(other)).toBeUndefined();
});

test.each([
  ["https://A.test/OcsPowershellOAuth", "https://a.test/ocspowershelloauth/", true],
  ["https://a.test/x?AdminDomain=b", "https://a.test/x", true],
  ["https://a.test/x", "https://a.test/y", false],
  ["https://a.test/x", "https://a.test.evil/x", false],
])("audience %s and %s: %s", (a, b, same) => {
  expect(sameAudience(a, b)).toBe(same);
});

test.each([
  [{ account_type: "Managed" }, "managed"],
  [{ NameSpaceType: "Federated", AuthURL: "https://sts.test/", DomainName: "d.test" }, "federated"],
  [{ account_type: "Unknown" }, "unknown"],
])("realm %j is %s", (body, kind) => {
  expect(readRealm(answer(200, body).body, "h", "u@d.test")).toMatchObject({ kind, domain: "d.test" });
});
