/** Ways to sign in against a small authority: which is chosen, what it asks, what is kept, and what is refused. */
import { expect, test } from "vitest";
import {
  CLIENT,
  FakeAuthority,
  fakeMeans,
  OTHER_TENANT,
  refusal,
  requestFor,
  RESOURCE,
  somebody,
  TENANT,
  text,
  wishFor,
} from "./fake-authority.fixture.ts";
import { chooseWay, type Given, type SignInWay, type SignInWish } from "./sign-in-wish.ts";
import { memoryStore } from "./stores/store.ts";
import { TokenCache } from "./token-cache.ts";
import { TokenSource } from "./token-source.ts";

const right = { password: () => "right" };
const nobody = () => somebody({ attends: false });
const MINUTE = 60_000;

function sourceOf(authority: FakeAuthority, wish: SignInWish, user: string | undefined = "admin@contoso.com"): TokenSource {
  return new TokenSource(requestFor(user), wish, fakeMeans(authority, wish.person));
}

test.each([
  ["token", { token: "t", password: () => "p" }, "token"],
  ["certificate", { certificate: { certificateFile: "x" }, password: () => "p" }, "certificate"],
  ["secret", { secret: () => "s", password: () => "p" }, "secret"],
  ["workload", { federatedTokenFile: "f", password: () => "p" }, "workload"],
  ["password", { password: () => "p" }, "password"],
  ["nothing", {}, "device-code"],
] satisfies [string, Given, SignInWay][])("with %s given the way is %j -> %s", (_, given, way) => {
  expect(chooseWay({ ...wishFor(somebody(), given), clientId: "app" }, "a@b.c")).toBe(way);
});

test("on a desktop a person signs in by browser, elsewhere by device code", () => {
  expect(chooseWay(wishFor(somebody({ open: async () => true })), undefined)).toBe("browser");
  expect(chooseWay(wishFor(somebody()), undefined)).toBe("device-code");
});

test.each([
  ["certificate", {}, "--client-id"],
  ["secret", { clientId: "app" }, "--client-secret-file"],
  ["workload", { clientId: "app" }, "--federated-token-file"],
  ["certificate", { clientId: "app" }, "--certificate-file"],
  ["token", {}, "TIELINE_TOKEN"],
  ["password", {}, "--password-file"],
] as const)("%s with %j says what it lacks: %s", (way, more, word) => {
  expect(() => chooseWay({ ...wishFor(nobody()), way, ...more }, "a@b.c")).toThrow(new RegExp(word));
});

test("a password gets a token for the endpoint's full address, from the user's own tenant", async () => {
  const authority = new FakeAuthority();
  const token = await sourceOf(authority, wishFor(nobody(), right)).token();
  expect(authority.forms).toEqual([
    { client_id: CLIENT, grant_type: "password", username: "admin@contoso.com", password: "right", resource: RESOURCE, scope: "openid" },
  ]);
  expect(token).toMatchObject({ user: "admin@contoso.com", tenantId: TENANT });
});

test("a wrong password is told in the server's words, and is in no fault", async () => {
  const failed = sourceOf(new FakeAuthority(), wishFor(nobody(), { password: () => "hush-hush" })).token();
  await expect(failed).rejects.toThrow(expect.objectContaining({ said: expect.stringContaining("AADSTS50126") }));
  expect(JSON.stringify(await failed.catch((error: unknown) => error))).not.toContain("hush-hush");
});

test("a second factor on a password: a person goes on by device code", async () => {
  const authority = new FakeAuthority();
  authority.person = "mfa@contoso.com";
  const person = somebody();
  const token = await sourceOf(authority, wishFor(person, right), "mfa@contoso.com").token();
  expect(token.user).toBe("mfa@contoso.com");
  expect(person.told.join("\n")).toMatch(/second factor[^]*ABCD-EFGH/);
});

test("a second factor where nobody attends is a fault that names the certificate, with the server's text", async () => {
  const failed = sourceOf(new FakeAuthority(), wishFor(nobody(), right), "mfa@contoso.com").token();
  await expect(failed).rejects.toMatchObject({
    code: "sign-in-needs-person",
    cure: expect.stringContaining("--sign-in certificate"),
    said: expect.stringContaining("you must use multi-factor authentication to access"),
  });
});

test("a federated domain's password goes nowhere", async () => {
  const authority = new FakeAuthority();
  const failed = sourceOf(authority, wishFor(nobody(), right), "anna@adatum.com").token();
  await expect(failed).rejects.toMatchObject({ code: "sign-in-federated", message: expect.stringContaining("sts.adatum.com") });
  expect(authority.forms).toEqual([]);
});

test("nothing given, nobody there: said, and nothing asked", async () => {
  await expect(sourceOf(new FakeAuthority(), wishFor(nobody())).token()).rejects.toMatchObject({ code: "sign-in-needs-person" });
});

test("a token is used until five minutes before its end, then renewed silently by its refresh token", async () => {
  const authority = new FakeAuthority();
  const source = sourceOf(authority, { ...wishFor(somebody()), way: "device-code" });
  const first = await source.token();
  authority.time.ms += 54 * MINUTE;
  expect((await source.token(true)).accessToken).toBe(first.accessToken);
  authority.time.ms += 2 * MINUTE;
  const second = await source.token(true);
  expect(second.accessToken).not.toBe(first.accessToken);
  expect(authority.forms.at(-1)).toMatchObject({ grant_type: "refresh_token", resource: RESOURCE });
});

test("whoever asks while a token is renewed waits for the same one", async () => {
  const authority = new FakeAuthority();
  const source = sourceOf(authority, wishFor(nobody(), right));
  const tokens = await Promise.all([source.token(), source.token(), source.token(true)]);
  expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  expect(authority.forms).toHaveLength(1);
});

test("two connections of one account renew once: the second finds what the first one got", async () => {
  const authority = new FakeAuthority();
  const cache = new TokenCache(memoryStore());
  await sourceOf(authority, { ...wishFor(somebody(), {}, cache), way: "device-code" }).token();
  authority.time.ms += 56 * MINUTE;
  const before = authority.forms.length;
  const one = await sourceOf(authority, wishFor(nobody(), {}, cache)).token(true);
  const two = await sourceOf(authority, wishFor(nobody(), {}, cache)).token(true);
  expect(two.accessToken).toBe(one.accessToken);
  expect(authority.forms.length - before).toBe(1);
});

test("a refresh token that is taken no more: a person signs in again, a program is told", async () => {
  const authority = new FakeAuthority();
  const source = sourceOf(authority, { ...wishFor(somebody()), way: "device-code" });
  await source.token();
  authority.time.ms += 56 * MINUTE;
  authority.instead.push(refusal(700082, "invalid_grant", "The refresh token has expired due to inactivity."));
  await expect(source.token(true)).rejects.toMatchObject({ code: "sign-in-needs-person" });
  authority.instead.push(refusal(700082, "invalid_grant", "The refresh token has expired due to inactivity."));
  expect((await source.token()).user).toBe("admin@contoso.com");
});

test("a cached account of another tenant is never taken", async () => {
  const authority = new FakeAuthority();
  const cache = new TokenCache(memoryStore());
  await sourceOf(authority, { ...wishFor(somebody(), {}, cache), way: "device-code" }).token();
  const other = sourceOf(authority, wishFor(nobody(), {}, cache), "admin@fabrikam.com");
  await expect(other.token()).rejects.toMatchObject({ code: "sign-in-needs-person" });
});

test("a cache that holds another tenant's token under this account is a fault, and its token is not shown", async () => {
  const authority = new FakeAuthority();
  const cache = new TokenCache(memoryStore());
  await sourceOf(authority, { ...wishFor(somebody(), {}, cache), way: "device-code" }).token();
  const [account] = cache.accounts();
  const token = authority.token({ upn: "admin@contoso.com", tid: OTHER_TENANT });
  await cache.change({ ...(account as NonNullable<typeof account>) }, async (found) => ({
    account: {
      ...(found as NonNullable<typeof found>),
      tokens: [{ resource: RESOURCE, accessToken: token, expiresAtMs: authority.time.ms + 60 * MINUTE }],
    },
  }));
  await expect(sourceOf(authority, wishFor(nobody(), {}, cache)).token()).rejects.toMatchObject({ code: "token-other-tenant" });
});

test.each([
  ["another account's", { upn: "bob@contoso.com" }, "token-other-account"],
  ["another tenant's", { upn: "admin@contoso.com", tid: OTHER_TENANT }, "token-other-tenant"],
  ["another resource's", { upn: "admin@contoso.com", aud: "00000003-0000-0000-c000-000000000000" }, "token-audience-invalid"],
])("%s token out of the browser is a fault and is not kept", async (_, claims, code) => {
  const authority = new FakeAuthority();
  const cache = new TokenCache(memoryStore());
  const answer = () => text(200, JSON.stringify({ access_token: authority.token(claims), token_type: "Bearer" }));
  authority.instead.push(
    () => text(200, JSON.stringify({ device_code: "d", user_code: "U", verification_uri: "https://login.test/device" })),
    answer,
  );
  await expect(sourceOf(authority, { ...wishFor(somebody(), {}, cache), way: "device-code" }).token()).rejects.toMatchObject({ code });
  expect(cache.accounts()).toEqual([]);
});

test.each([
  ["lapsed", { upn: "admin@contoso.com", exp: 1 }, "token-lapsed"],
  ["not good yet", { upn: "admin@contoso.com", nbf: 4_000_000_000, exp: 4_100_000_000 }, "token-early"],
  ["for another tenant", { upn: "admin@contoso.com", tid: OTHER_TENANT }, "token-other-tenant"],
  ["for another account", { upn: "bob@contoso.com" }, "token-other-account"],
])("a given token that is %s is refused before anybody sees it", async (_, claims, code) => {
  const authority = new FakeAuthority();
  const wish = { ...wishFor(nobody(), { token: authority.token(claims) }), tenant: TENANT };
  await expect(sourceOf(authority, wish).token()).rejects.toMatchObject({ code });
});

test("a given token with another audience is refused in the words that administrators know", async () => {
  const authority = new FakeAuthority();
  const wish = wishFor(nobody(), { token: authority.token({ aud: "00000003-0000-0000-c000-000000000000" }) });
  await expect(sourceOf(authority, wish).token()).rejects.toThrow(
    `OAuthAccessToken has invalid audience 00000003-0000-0000-c000-000000000000, expected ${RESOURCE}`,
  );
});

test("letter case of the audience makes no difference; what is no JWT is left to the endpoint", async () => {
  const authority = new FakeAuthority();
  for (const token of [authority.token({ aud: RESOURCE.toUpperCase() }), "opaque"]) {
    expect((await sourceOf(authority, wishFor(nobody(), { token })).token()).accessToken).toBe(token);
  }
});

test("a clock that is ten minutes wrong is named with both times", async () => {
  const authority = new FakeAuthority();
  const token = authority.token({ upn: "admin@contoso.com" });
  authority.time.ms += 65 * MINUTE;
  const wish = wishFor(nobody(), { token });
  const means = fakeMeans(authority, wish.person);
  means.clock.note("admin0a.test", { date: new Date(authority.time.ms - 10 * MINUTE).toUTCString() }, authority.time.ms);
  await expect(new TokenSource(requestFor("admin@contoso.com"), wish, means).token()).rejects.toMatchObject({
    code: "clock-wrong",
    fields: { minutes: 10, host: "admin0a.test", local: "2026-01-15T13:05:00Z", remote: "2026-01-15T12:55:00Z" },
  });
});

test.each([
  ["a web page", text(200, "<html>sign in to the hotel</html>"), "a web page"],
  ["JSON cut off", text(200, '{"access_token":"abc'), "no whole JSON"],
  ["nothing", text(200, ""), "an empty answer"],
  ["a list", text(200, "[]"), "JSON that is no object"],
  ["no token", text(200, '{"token_type":"Bearer"}'), "without a usable access token"],
  ["a token of two lines", text(200, '{"token_type":"Bearer","access_token":"a\\r\\nX: y"}'), "without a usable access token"],
  ["another type", text(200, '{"token_type":"mac","access_token":"a"}'), "another type than Bearer"],
  ["an error without a name", text(500, "{}"), "HTTP status 500"],
])("%s in place of a token is named, and quotes nothing", async (_, answer, what) => {
  const authority = new FakeAuthority();
  authority.instead.push(answer);
  await expect(sourceOf(authority, wishFor(nobody(), right)).token()).rejects.toMatchObject({
    code: "token-answer-unreadable",
    message: expect.stringContaining(what),
  });
});

test("a kept token that the endpoint refuses is forgotten, here and in the cache, and renewed; a new one is not tried again", async () => {
  const authority = new FakeAuthority();
  const cache = new TokenCache(memoryStore());
  const first = sourceOf(authority, { ...wishFor(somebody(), {}, cache), way: "device-code" });
  const refused = await first.token();
  expect(await first.refused()).toBe(false);
  const second = sourceOf(authority, { ...wishFor(nobody(), {}, cache), way: "device-code" });
  expect((await second.token()).accessToken).toBe(refused.accessToken);
  expect(await second.refused()).toBe(true);
  expect(cache.accounts().flatMap(({ tokens }) => tokens)).toEqual([]);
  expect((await second.token()).accessToken).not.toBe(refused.accessToken);
  expect(authority.forms.at(-1)).toMatchObject({ grant_type: "refresh_token" });
  expect(await second.refused()).toBe(false);
});
