/** What the endpoint does not take for a token, whoever made it. */
import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFault } from "@tieline/fault";
import { exportSPKI, importJWK, SignJWT, type JWK } from "jose";
import { judgeAccessToken, sameAddress } from "./access-tokens.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";
import { CONTOSO, FABRIKAM, openAuthority, PASSWORD, TARGET, type Authority } from "./authority.fixture.ts";

let authority: Authority;
let good: string;
let claims: Record<string, unknown>;
let header: Record<string, unknown>;
let ours: KeyObject;
let publicJwk: JWK;

beforeAll(async () => {
  authority = await openAuthority();
  good = await token();
  [header, claims] = good
    .split(".")
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>) as [typeof header, typeof claims];
  const key = await authority.service.keys.active(CONTOSO);
  ours = createPrivateKey({ key: key.privateJwk as never, format: "jwk" });
  publicJwk = key.jwk;
});
afterAll(() => authority[Symbol.asyncDispose]());

async function token(): Promise<string> {
  const { json } = await authority.post("/contoso.com/oauth2/token", {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    resource: TARGET,
    username: "admin@contoso.com",
    password: PASSWORD,
  });
  return String(json["access_token"]);
}

async function verdict(made: string, target = TARGET): Promise<string> {
  try {
    await judgeAccessToken(authority.service, made, target);
    return "in";
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.code === "access-token-refused" ? error.message.replace(/^The access token is refused: |\.$/g, "") : error.message;
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const signed = (changes: object, heading: object = {}, key: KeyObject = ours): Promise<string> =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...heading } as never).sign(key);

test("the token as it is lets in, signed anew by the tenant's key too", async () => {
  expect(await verdict(good)).toBe("in");
  expect(await verdict(await signed({}))).toBe("in");
});

const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });

test.each<[string, () => Promise<string> | string, RegExp]>([
  ["nothing", () => "", /not a JWT/],
  ["three words", () => "a.b.c", /not a JWT/],
  ["algorithm none", () => `${part({ ...header, alg: "none" })}.${part(claims)}.`, /algorithm is none/],
  ["algorithm None, written otherwise", () => `${part({ ...header, alg: "nOnE" })}.${part(claims)}.`, /algorithm is nOnE/],
  [
    "HS256 with the public key as the secret",
    async () => {
      const input = `${part({ ...header, alg: "HS256" })}.${part(claims)}`;
      const pem = await exportSPKI((await importJWK(publicJwk, "RS256")) as never);
      return `${input}.${createHmac("sha256", pem).update(input).digest("base64url")}`;
    },
    /algorithm is HS256/,
  ],
  ["another RSA algorithm", () => signed({}, { alg: "PS256" }), /algorithm is PS256/],
  ["a stranger's key under our key's id", () => signed({}, {}, stranger.privateKey), /signature does not verify/],
  ["an id of no key", () => signed({}, { kid: "nobody" }), /not the tenant's/],
  ["an id that is a path or SQL", () => signed({}, { kid: "../../x' or '1'='1" }), /not the tenant's/],
  ["no id", () => signed({}, { kid: undefined }), /not the tenant's/],
  [
    "a key in its own header",
    () => signed({}, { kid: "x", jwk: stranger.publicKey.export({ format: "jwk" }) }, stranger.privateKey),
    /not the tenant's/,
  ],
  [
    "an address of keys in its own header",
    () => signed({}, { kid: "x", jku: "https://evil.test/keys" }, stranger.privateKey),
    /not the tenant's/,
  ],
  [
    "an extension that must be understood",
    () => `${part({ ...header, crit: ["b64"], b64: false })}.${good.split(".").slice(1).join(".")}`,
    /extensions/,
  ],
  ["an id token in its place", () => signed({}, { typ: "JWT" }), /not an access token/],
  ["no type", () => signed({}, { typ: undefined }), /not an access token/],
  ["a changed claim", () => good.replace(/\.[^.]+\./, `.${part({ ...claims, upn: "admin@fabrikam.com" })}.`), /signature does not verify/],
  ["another tenant in tid", () => signed({ tid: FABRIKAM }), /not the tenant's/],
  ["a tenant that does not exist", () => signed({ tid: "00000000-0000-4000-8000-000000000000" }), /tenant is not known/],
  ["no tenant", () => signed({ tid: undefined }), /tenant is not known/],
  ["another issuer", () => signed({ iss: `https://login.evil.test/${CONTOSO}/` }), /claim iss/],
  ["another tenant's issuer", () => signed({ iss: `https://login.online.lync.com/${FABRIKAM}/` }), /claim iss/],
  ["time that is over", () => signed({ exp: Math.floor(Date.now() / 1000) - 301 }), /expired/],
  ["time that is to come", () => signed({ nbf: Math.floor(Date.now() / 1000) + 301 }), /not valid yet/],
  ["no end", () => signed({ exp: undefined }), /claim exp/],
  ["no permission to act", () => signed({ scp: "User.Read" }), /act for the user/],
  [
    "another account of another tenant",
    async () => signed({ oid: (await authority.account("admin@fabrikam.com")).accountId }),
    /account is gone/,
  ],
  ["a public client as an application", () => signed({ idtyp: "app" }), /application is gone/],
  ["forty thousand letters", () => `${good}${"x".repeat(40_000)}`, /too long/],
])("refused: %s", async (_, make, reason) => {
  expect(await verdict(await make())).toMatch(reason);
});

test("another tenant's key signs for its own tenant alone", async () => {
  const theirs = await authority.service.keys.active(FABRIKAM);
  const key = createPrivateKey({ key: theirs.privateJwk as never, format: "jwk" });
  expect(await verdict(await signed({}, { kid: theirs.kid }, key))).toMatch(/not the tenant's/);
});

test("the clock may be wrong by five minutes and not by more", async () => {
  const now = Math.floor(Date.now() / 1000);
  expect(await verdict(await signed({ exp: now - 290 }))).toBe("in");
  expect(await verdict(await signed({ nbf: now + 290 }))).toBe("in");
});

test("the audience is the endpoint's whole address, in any letter case and on any port; the refusal says both", async () => {
  expect(await verdict(good, TARGET.toLowerCase())).toBe("in");
  expect(await verdict(good, TARGET.replace("/Ocs", ":5986/Ocs"))).toBe("in");
  expect(await verdict(await signed({ aud: "00000003-0000-0000-c000-000000000000" }))).toBe(
    `OAuthAccessToken has invalid audience 00000003-0000-0000-c000-000000000000, expected ${TARGET}`,
  );
  expect(await verdict(good, TARGET.replace("OAuth", "LiveId"))).toMatch(/invalid audience/);
  expect(sameAddress("https://a/x", "https://a.evil/x")).toBe(false);
  expect(sameAddress("http://a/x", "https://a/x")).toBe(false);
});

test("revoked or disabled: each at once", async () => {
  const account = await authority.account("admin@contoso.com");
  const accounts = authority.directory.tenant(CONTOSO).accounts;
  await accounts.setEnabled(account.accountId, false, Date.now());
  expect(await verdict(good)).toMatch(/gone or disabled/);
  await accounts.setEnabled(account.accountId, true, Date.now());
  expect(await verdict(good)).toBe("in");
  await accounts.setTokensValidFrom(account.accountId, Date.now() + 1000);
  expect(await verdict(good)).toMatch(/revoked/);
});
