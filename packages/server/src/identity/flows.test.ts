/** The ways to a token, end to end, at both generations of endpoints; and the endpoint's judgement of what comes out. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeAccessToken } from "./access-tokens.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";
import { Browser, claimsOf, codeRequest, CONTOSO, LOOPBACK, openAuthority, PASSWORD, TARGET, type Authority } from "./authority.fixture.ts";

let authority: Authority;
beforeAll(async () => {
  authority = await openAuthority();
});
afterAll(() => authority[Symbol.asyncDispose]());

const USER = "admin@contoso.com";

async function accepted(token: unknown): Promise<string> {
  const holder = await judgeAccessToken(authority.service, String(token), TARGET);
  return holder.kind === "person" ? holder.account.userPrincipalName : holder.application.displayName;
}

test("password, v1: strings in the answer, aud as it was asked for, and the endpoint lets the person in", async () => {
  const { status, json } = await authority.post("/contoso.com/oauth2/token", {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    resource: TARGET,
    username: USER,
    password: PASSWORD,
    scope: "user_impersonation",
  });
  expect(json).toMatchObject({
    token_type: "Bearer",
    scope: "user_impersonation",
    expires_in: "3600",
    ext_expires_in: "3600",
    resource: TARGET,
  });
  expect(status).toBe(200);
  expect(Number(json["expires_on"]) - Number(json["not_before"])).toBe(3600);
  const account = await authority.account(USER);
  expect(claimsOf(json["access_token"])).toMatchObject({
    iss: `https://login.online.lync.com/${CONTOSO}/`,
    aud: TARGET,
    tid: CONTOSO,
    oid: account.accountId,
    upn: USER,
    unique_name: USER,
    appid: PUBLIC_CLIENT_ID,
    scp: "user_impersonation",
    amr: ["pwd"],
    ver: "1.0",
  });
  expect(await accepted(json["access_token"])).toBe(USER);
  expect(claimsOf(json["id_token"])).toMatchObject({ tid: CONTOSO, upn: USER, aud: PUBLIC_CLIENT_ID });
});

test("password, v2 under organizations: numbers in the answer, client_info where it is asked for", async () => {
  const { json } = await authority.post("/organizations/oauth2/v2.0/token", {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    scope: `${TARGET}/.default openid profile offline_access`,
    username: USER,
    password: PASSWORD,
    client_info: "1",
  });
  expect(json).toMatchObject({ token_type: "Bearer", expires_in: 3600, ext_expires_in: 3600 });
  expect(json["scope"]).toContain(`${TARGET}/user_impersonation`);
  const account = await authority.account(USER);
  expect(JSON.parse(Buffer.from(String(json["client_info"]), "base64url").toString())).toEqual({ uid: account.accountId, utid: CONTOSO });
  expect(claimsOf(json["access_token"])).toMatchObject({
    iss: `https://login.online.lync.com/${CONTOSO}/v2.0`,
    azp: PUBLIC_CLIENT_ID,
    ver: "2.0",
  });
  expect(await accepted(json["access_token"])).toBe(USER);
});

test.each(["v1", "v2"] as const)("authorization code with PKCE on a loopback address, %s; then a rotated refresh", async (generation) => {
  const browser = new Browser(authority.base);
  const { address, verifier, state } = codeRequest({}, "contoso.com", generation);
  const page = await browser.go(address);
  expect(page.text).toContain('name="password"');
  const back = await browser.signIn(page, USER);
  expect(back.url.origin).toBe(LOOPBACK);
  expect(back.url.searchParams.get("state")).toBe(state);
  const path = `/common/oauth2/${generation === "v1" ? "" : "v2.0/"}token`;
  const first = await authority.post(path, {
    grant_type: "authorization_code",
    client_id: PUBLIC_CLIENT_ID,
    code: back.url.searchParams.get("code") ?? "",
    redirect_uri: LOOPBACK,
    code_verifier: verifier,
  });
  expect(first.json).not.toHaveProperty("error_description");
  expect(await accepted(first.json["access_token"])).toBe(USER);
  const second = await authority.post(path, {
    grant_type: "refresh_token",
    client_id: PUBLIC_CLIENT_ID,
    refresh_token: String(first.json["refresh_token"]),
    ...(generation === "v1" ? { resource: TARGET } : { scope: `${TARGET}/.default openid profile offline_access` }),
  });
  expect(second.json).not.toHaveProperty("error_description");
  expect(second.json["refresh_token"]).not.toBe(first.json["refresh_token"]);
  expect(claimsOf(second.json["access_token"])).toMatchObject({ amr: ["pwd"] });
});

test.each([
  ["v1", "contoso.com"],
  ["v2", "contoso.com"],
  ["v1", "common"],
  ["v2", "common"],
] as const)("device code, %s at %s", async (generation, tenant) => {
  const prefix = `/${tenant}/oauth2/${generation === "v1" ? "" : "v2.0/"}`;
  const asked = await authority.post(`${prefix}devicecode`, {
    client_id: PUBLIC_CLIENT_ID,
    ...(generation === "v1" ? { resource: TARGET } : { scope: `${TARGET}/.default offline_access` }),
  });
  expect(asked.json["user_code"]).toMatch(/^[A-Z]{9}$/);
  expect(asked.json["message"]).toContain(asked.json["user_code"]);
  const poll = () =>
    authority.post(`${prefix}token`, {
      grant_type: generation === "v1" ? "device_code" : "urn:ietf:params:oauth:grant-type:device_code",
      client_id: PUBLIC_CLIENT_ID,
      [generation === "v1" ? "code" : "device_code"]: String(asked.json["device_code"]),
      ...(generation === "v1" ? { resource: TARGET } : {}),
    });
  expect((await poll()).json).toMatchObject({ error: "authorization_pending", error_codes: [70016] });
  const browser = new Browser(authority.base);
  const code = String(asked.json["user_code"]);
  const confirm = await browser.go(`/device?user_code=${code.toLowerCase()}&login_hint=${USER}`);
  expect(confirm.text).toContain("Tieline PowerShell");
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(confirm.text)?.[1] ?? "";
  const page = await browser.go(/action="([^"]+)"/.exec(confirm.text)?.[1] ?? "", { xsrf, user_code: code, confirm: "yes" });
  const done = await browser.signIn(page, USER);
  expect(done.text).toContain("You may close this window");
  const { json } = await poll();
  expect(json).not.toHaveProperty("error_description");
  expect(await accepted(json["access_token"])).toBe(USER);
});

test("client credentials by secret: a token with the application's own roles", async () => {
  const applications = authority.service.applications(CONTOSO);
  const appId = await applications.add({ displayName: "Night work", roles: ["Skype for Business Administrator"] });
  const { secret } = await applications.addSecret(appId, Date.now() + 60_000);
  for (const [path, resource] of [
    ["/contoso.com/oauth2/token", { resource: TARGET }],
    ["/contoso.com/oauth2/v2.0/token", { scope: `${TARGET}/.default` }],
  ] as const) {
    const { json } = await authority.post(path, { grant_type: "client_credentials", client_id: appId, client_secret: secret, ...resource });
    expect(json).not.toHaveProperty("error_description");
    expect(claimsOf(json["access_token"])).toMatchObject({ idtyp: "app", appid: appId, roles: ["Skype for Business Administrator"] });
    expect(await accepted(json["access_token"])).toBe("Night work");
  }
});
