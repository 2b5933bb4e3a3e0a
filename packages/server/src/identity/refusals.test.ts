/** What the authorization server refuses, in which words, and what is left behind. */
import { createHash, generateKeyPairSync, randomUUID, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SignJWT } from "jose";
import { selfSigned } from "./certificate.fixture.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";
import {
  Browser,
  codeRequest,
  CONTOSO,
  FABRIKAM,
  LOOPBACK,
  openAuthority,
  PASSWORD,
  TARGET,
  type Answer,
  type Authority,
} from "./authority.fixture.ts";

let authority: Authority;
beforeAll(async () => {
  authority = await openAuthority({ guard: { accountThreshold: 0, sourceThreshold: 0 } });
});
afterAll(() => authority[Symbol.asyncDispose]());

const USER = "admin@contoso.com";
const ropc = (changes: Record<string, string> = {}, tenant = "contoso.com"): Promise<Answer> =>
  authority.post(`/${tenant}/oauth2/token`, {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    resource: TARGET,
    username: USER,
    password: PASSWORD,
    ...changes,
  });

test("the body is the one that administrators know, with the client's correlation id", async () => {
  const answer = await authority.post(
    "/contoso.com/oauth2/token",
    { grant_type: "password", client_id: PUBLIC_CLIENT_ID, resource: TARGET, username: USER, password: "wrong" },
    { "client-request-id": "2f1c0b3e-0000-4000-8000-00000000abcd" },
  );
  expect(answer.status).toBe(400);
  expect(answer.headers.get("client-request-id")).toBe("2f1c0b3e-0000-4000-8000-00000000abcd");
  expect(answer.json).toMatchObject({
    error: "invalid_grant",
    error_codes: [50126],
    correlation_id: "2f1c0b3e-0000-4000-8000-00000000abcd",
  });
  expect(answer.json["error_description"]).toMatch(
    /^AADSTS50126: Error validating credentials due to invalid username or password\.\r\nTrace ID: [0-9a-f-]{36}\r\nCorrelation ID: 2f1c0b3e-0000-4000-8000-00000000abcd\r\nTimestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
  );
});

test.each<[number, string, () => Promise<Answer>]>([
  [50034, "a name that is no account's", () => ropc({ username: "nobody@contoso.com" })],
  [50020, "an account of another tenant", () => ropc({ username: "admin@fabrikam.com" })],
  [90002, "a tenant that is not here", () => ropc({}, "adatum.com")],
  [90019, "common with a name that has no domain", () => ropc({ username: "admin" }, "common")],
  [700016, "an application that is not here", () => ropc({ client_id: randomUUID() })],
  [900144, "no client id", () => ropc({ client_id: "" })],
  [900144, "no password", () => ropc({ password: "" })],
  [500011, "a resource that is not here", () => ropc({ resource: "https://graph.windows.net" })],
  [
    500011,
    "a resource that only looks like ours",
    () => ropc({ resource: "https://admin0a.online.lync.com.evil.test/OcsPowershellOAuth" }),
  ],
  [700025, "a secret of a public client", () => ropc({ client_secret: "x" })],
  [900144, "a code grant without its code", () => ropc({ grant_type: "authorization_code", redirect_uri: LOOPBACK })],
  [900144, "no grant", () => ropc({ grant_type: "" })],
  [70003, "a grant that is not one", () => ropc({ grant_type: "magic" })],
  [70003, "an application's own grant by a public client", () => ropc({ grant_type: "client_credentials" })],
  [70018, "a device code that is not known", () => ropc({ grant_type: "device_code", device_code: "x" })],
  [70000, "a refresh token that is not known", () => ropc({ grant_type: "refresh_token", refresh_token: "x" })],
  [
    70000,
    "a code that is not known",
    () => ropc({ grant_type: "authorization_code", code: "x", redirect_uri: LOOPBACK, code_verifier: "v".repeat(43) }),
  ],
])("%i: %s", async (number, _, ask) => {
  const { json, status } = await ask();
  expect(json["error_codes"]).toEqual([number]);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(String(json["error_description"])).toContain(`AADSTS${number}: `);
});

test("accounts: disabled, expired, to be changed, locked, and a second factor; told to those alone who know the password", async () => {
  const account = await authority.account("helpdesk@contoso.com").catch(() => authority.account("viewer@contoso.com"));
  const accounts = authority.directory.tenant(CONTOSO).accounts;
  const codes = async (password = PASSWORD): Promise<unknown> =>
    (await ropc({ username: account.userPrincipalName, password })).json["error_codes"];
  await accounts.setEnabled(account.accountId, false, Date.now());
  expect(await codes()).toEqual([50057]);
  expect(await codes("wrong")).toEqual([50126]);
  await accounts.setEnabled(account.accountId, true, Date.now());
  await accounts.setPassword(
    account.accountId,
    { passwordHash: account.passwordHash ?? "", ntHashSealed: null, mustChange: true },
    Date.now(),
  );
  expect(await codes()).toEqual([50055]);
  await accounts.setPassword(
    account.accountId,
    { passwordHash: account.passwordHash ?? "", ntHashSealed: null },
    Date.now() - 91 * 86_400_000,
  );
  expect(await codes()).toBeUndefined();
  await authority.service.settings(CONTOSO).set({ passwordDays: 90 }, Date.now());
  expect(await codes()).toEqual([50055]);
  await authority.service
    .settings(CONTOSO)
    .set({ passwordDays: null, lockout: { failures: 2, lockMs: 60_000, windowMs: 60_000 } }, Date.now());
  expect([await codes("wrong"), await codes("wrong"), await codes()]).toEqual([[50126], [50126], [50053]]);
  await accounts.unlock(account.accountId, Date.now());
  expect(await codes()).toBeUndefined();
  authority.service.use({ secondFactor: { demand: () => Promise.resolve("proof") } });
  const { json } = await ropc();
  expect(json).toMatchObject({ error: "interaction_required", suberror: "basic_action", error_codes: [50076] });
  expect(String(json["error_description"])).toContain(`you must use multi-factor authentication to access '${TARGET}'.`);
  authority.service.use({ secondFactor: { demand: () => Promise.resolve("registration") } });
  expect((await ropc()).json["error_codes"]).toEqual([50079]);
  authority.service.use({ secondFactor: { demand: () => Promise.resolve("none") } });
  await authority.service.settings(CONTOSO).set({ legacy: false }, Date.now());
  expect((await ropc()).json["error_codes"]).toEqual([70003]);
  await authority.service.settings(CONTOSO).set({ legacy: true, modernOverride: "Disallowed" }, Date.now());
  expect((await ropc()).json).toMatchObject({ error: "unauthorized_client", error_codes: [] });
  await authority.service.settings(CONTOSO).set({ modernOverride: "NoOverride" }, Date.now());
});

describe("the authorization endpoint", () => {
  test.each([
    ["another host", { redirect_uri: "https://evil.test/" }],
    ["loopback over https", { redirect_uri: "https://localhost:1/" }],
    ["a user name that looks like the host", { redirect_uri: "http://localhost@evil.test/" }],
    ["a host that begins like it", { redirect_uri: "http://localhost.evil.test/" }],
    ["a backslash", { redirect_uri: "http://localhost\\@evil.test/" }],
    ["a fragment", { redirect_uri: "http://localhost:1/#x" }],
    ["a query of its own", { redirect_uri: "http://localhost:1/?next=evil" }],
    ["steps upward", { redirect_uri: "http://localhost:1/a/../b" }],
    ["a script", { redirect_uri: "javascript:alert(1)" }],
    ["a number for the host", { redirect_uri: "http://2130706433/" }],
  ])("never sends anybody to %s", async (_, change) => {
    const answer = await new Browser(authority.base).go(codeRequest(change).address);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.text).toContain("AADSTS50011");
  });

  test("takes http://localhost and http://127.0.0.1 with any port and path, and the address without a listener", async () => {
    for (const redirect_uri of ["http://localhost:9/", "http://localhost", "http://127.0.0.1:65000/x/y", "urn:ietf:wg:oauth:2.0:oob"]) {
      const browser = new Browser(authority.base);
      const back = await browser.signIn(await browser.go(codeRequest({ redirect_uri }).address), USER);
      expect(back.url.href.startsWith(redirect_uri)).toBe(true);
      expect(back.url.searchParams.get("code")).not.toBeNull();
    }
  });

  test.each([
    ["no challenge", { code_challenge: "", code_challenge_method: "" }],
    ["the plain method", { code_challenge_method: "plain" }],
  ])("wants proof of possession by S256: %s is refused", async (_, change) => {
    const { address } = codeRequest();
    const url = new URL(address, "https://x");
    for (const [name, value] of Object.entries(change)) {
      if (value === "") url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    const back = await new Browser(authority.base).go(url.pathname + url.search);
    expect(back.url.searchParams.get("error")).toBe("invalid_request");
    expect(back.url.searchParams.get("error_description")).toMatch(/AADSTS9002325/);
  });

  test("says 50058 where nobody is signed in and nothing may be asked", async () => {
    const back = await new Browser(authority.base).go(codeRequest({ prompt: "none" }).address);
    expect(back.url.searchParams.get("error")).toBe("login_required");
    expect(back.url.searchParams.get("error_description")).toMatch(/^AADSTS50058: /);
  });

  test("refuses a parameter that comes twice", async () => {
    const answer = await authority.get(`${codeRequest().address}&client_id=${PUBLIC_CLIENT_ID}`);
    expect(answer.text).toContain("AADSTS90055");
  });

  test("asks under common whose sign-in it is, and goes on at that tenant", async () => {
    const browser = new Browser(authority.base);
    const { address } = codeRequest({}, "common");
    const page = await browser.go(address);
    expect(page.text).toContain('name="login_hint"');
    const next = await browser.go(`${address}&login_hint=${USER}`);
    expect(next.url.pathname).toContain(`/${CONTOSO}/login/`);
    expect((await browser.go(`${address}&login_hint=x@adatum.com`)).text).toContain("AADSTS90002");
  });
});

describe("a code", () => {
  async function code(changes: Record<string, string> = {}): Promise<{ code: string; verifier: string }> {
    const browser = new Browser(authority.base);
    const request = codeRequest(changes);
    const back = await browser.signIn(await browser.go(request.address), USER);
    return { code: back.url.searchParams.get("code") ?? "", verifier: request.verifier };
  }
  const redeem = (got: { code: string; verifier: string }, changes: Record<string, string> = {}, tenant = "contoso.com"): Promise<Answer> =>
    authority.post(`/${tenant}/oauth2/v2.0/token`, {
      grant_type: "authorization_code",
      client_id: PUBLIC_CLIENT_ID,
      code: got.code,
      redirect_uri: LOOPBACK,
      code_verifier: got.verifier,
      ...changes,
    });

  test("is bound to its verifier, its address and its tenant", async () => {
    const got = await code();
    expect((await redeem(got, { code_verifier: "w".repeat(43) })).json["error_codes"]).toEqual([501481]);
    expect((await redeem(got, { redirect_uri: "http://localhost:1/" })).json["error_codes"]).toEqual([50011]);
    expect((await redeem(got, {}, "fabrikam.com")).json["error_codes"]).toEqual([70000]);
    expect((await redeem(got)).status).toBe(200);
  });

  test("without its verifier is refused", async () => {
    const got = await code();
    expect((await redeem(got, { code_verifier: "" })).json["error_codes"]).toEqual([501481]);
  });

  test("redeemed twice takes back what the first had brought", async () => {
    const got = await code();
    const first = await redeem(got);
    expect((await redeem(got)).json["error_codes"]).toEqual([54005]);
    const refresh = await ropc({ grant_type: "refresh_token", refresh_token: String(first.json["refresh_token"]) });
    expect(refresh.json["error_codes"]).toEqual([70000]);
  });

  test("redeemed by ten at once gives one token", async () => {
    const got = await code();
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(got)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  test("lapses", async () => {
    const got = await code();
    const wait = Date.now;
    Date.now = () => wait() + 601_000;
    try {
      expect((await redeem(got)).json["error_codes"]).toEqual([70008]);
    } finally {
      Date.now = wait;
    }
  });
});

describe("a refresh token", () => {
  const refresh = (token: unknown, tenant = "contoso.com"): Promise<Answer> =>
    ropc({ grant_type: "refresh_token", refresh_token: String(token) }, tenant);

  test("used twice ends its whole family, and no other", async () => {
    const [first, other] = [(await ropc()).json, (await ropc()).json];
    const second = (await refresh(first["refresh_token"])).json;
    expect(second["refresh_token"]).toBeDefined();
    expect((await refresh(first["refresh_token"])).json["error"]).toBe("invalid_grant");
    expect((await refresh(second["refresh_token"])).json["error"]).toBe("invalid_grant");
    expect((await refresh(other["refresh_token"])).status).toBe(200);
  });

  test("is of its tenant alone, and of its client", async () => {
    const { json } = await ropc();
    expect((await refresh(json["refresh_token"], "fabrikam.com")).json["error_codes"]).toEqual([70000]);
    const applications = authority.service.applications(CONTOSO);
    const appId = await applications.add({ displayName: "other", isPublic: true, redirectUris: ["http://localhost"] });
    expect(
      (await ropc({ grant_type: "refresh_token", client_id: appId, refresh_token: String(json["refresh_token"]) })).json["error"],
    ).toBe("invalid_grant");
    expect((await refresh(json["refresh_token"])).status).toBe(200);
  });

  test("is void once the account's sessions are revoked", async () => {
    const account = await authority.account("viewer@contoso.com");
    const { json } = await ropc({ username: account.userPrincipalName });
    await authority.service.revoke(CONTOSO, account.accountId);
    expect((await refresh(json["refresh_token"])).json["error"]).toBe("invalid_grant");
  });
});

describe("a device code", () => {
  async function begin(): Promise<{ userCode: string; poll: () => Promise<Answer> }> {
    const { json } = await authority.post("/contoso.com/oauth2/v2.0/devicecode", {
      client_id: PUBLIC_CLIENT_ID,
      scope: `${TARGET}/.default`,
    });
    const form = { grant_type: "device_code", client_id: PUBLIC_CLIENT_ID, device_code: String(json["device_code"]) };
    return { userCode: String(json["user_code"]), poll: () => authority.post("/contoso.com/oauth2/v2.0/token", form) };
  }
  async function press(browser: Browser, userCode: string, button: "confirm" | "abort") {
    const page = await browser.go(`/device?user_code=${userCode}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    return browser.go(/action="([^"]+)"/.exec(page.text)?.[1] ?? "", { xsrf, user_code: userCode, [button]: "yes" });
  }

  test("declined tells the device so", async () => {
    const { userCode, poll } = await begin();
    await press(new Browser(authority.base), userCode, "abort");
    expect((await poll()).json).toMatchObject({ error: "access_denied", error_codes: [65004] });
  });

  test("finished by two browsers at once lets one of them win", async () => {
    const { userCode, poll } = await begin();
    const browsers = [new Browser(authority.base), new Browser(authority.base)];
    const pages = await Promise.all(browsers.map((browser) => press(browser, userCode, "confirm")));
    const signedIn = pages.map((page) => page.text.includes('name="password"'));
    expect(signedIn.filter(Boolean)).toHaveLength(1);
    const winner = signedIn.indexOf(true);
    expect(pages[1 - winner]?.text).toContain("finished already");
    const page = pages[winner] as Awaited<ReturnType<Browser["go"]>>;
    const browser = browsers[winner] as Browser;
    const done = await Promise.all([browser.signIn(page, USER), browser.signIn(page, USER)]);
    expect(done.filter((each) => each.text.includes("You may close this window"))).toHaveLength(1);
    const answers = await Promise.all([poll(), poll(), poll()]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("that is not known, or asked for in a hurry, or too late", async () => {
    expect((await authority.get("/device?user_code=BCDFGHJKL")).text).toContain("AADSTS70018");
    const { poll } = await begin();
    Object.assign(authority.service.options, { deviceInterval: 5 });
    expect((await poll()).json["error"]).toBe("authorization_pending");
    expect((await poll()).json["error"]).toBe("slow_down");
    Object.assign(authority.service.options, { deviceInterval: 0 });
    const wait = Date.now;
    Date.now = () => wait() + 901_000;
    try {
      expect((await poll()).json).toMatchObject({ error: "expired_token", error_codes: [70019] });
    } finally {
      Date.now = wait;
    }
  });
});

describe("an application", () => {
  const AUDIENCE = `https://login.online.lync.com/${CONTOSO}/oauth2/v2.0/token`;
  const ask = (changes: Record<string, string>): Promise<Answer> =>
    authority.post("/contoso.com/oauth2/v2.0/token", { grant_type: "client_credentials", scope: `${TARGET}/.default`, ...changes });
  const codesOf = async (changes: Record<string, string>): Promise<unknown> => (await ask(changes)).json["error_codes"];

  test("by secret: wrong, expired, missing, disabled, and another tenant's", async () => {
    const applications = authority.service.applications(CONTOSO);
    const appId = await applications.add({ displayName: "secret", roles: ["Global Reader"] });
    const good = await applications.addSecret(appId, Date.now() + 60_000);
    const old = await applications.addSecret(appId, Date.now() - 1);
    expect(await codesOf({ client_id: appId, client_secret: "wrong" })).toEqual([7000215]);
    expect(await codesOf({ client_id: appId, client_secret: good.credentialId })).toEqual([7000215]);
    expect(await codesOf({ client_id: appId, client_secret: old.secret })).toEqual([7000222]);
    expect(await codesOf({ client_id: appId })).toEqual([7000218]);
    expect(await codesOf({ client_id: appId, client_secret: "proven" })).toEqual([7000215]);
    const other = await authority.post("/fabrikam.com/oauth2/v2.0/token", {
      grant_type: "client_credentials",
      client_id: appId,
      client_secret: good.secret,
    });
    expect(other.json["error_codes"]).toEqual([700016]);
    const basic = Buffer.from(`${appId}:${good.secret}`).toString("base64");
    const inHeader = await authority.post(
      "/contoso.com/oauth2/v2.0/token",
      { grant_type: "client_credentials", scope: `${TARGET}/.default` },
      { authorization: `Basic ${basic}` },
    );
    expect(inHeader.status).toBe(200);
    await applications.setEnabled(appId, false);
    expect(await codesOf({ client_id: appId, client_secret: good.secret })).toEqual([7000112]);
  });

  test("by certificate: PS256 and RS256, named by either thumbprint; each assertion once, to this endpoint, in time", async () => {
    const applications = authority.service.applications(CONTOSO);
    const appId = await applications.add({ displayName: "certificate", roles: ["Global Reader"] });
    const { pem, key } = await selfSigned("CN=automation");
    const stranger = await selfSigned("CN=stranger");
    await applications.addCertificate(appId, pem);
    const der = new X509Certificate(pem).raw;
    const sha256 = createHash("sha256").update(der).digest("base64url");
    const sha1 = createHash("sha1").update(der).digest("base64url");
    const now = Math.floor(Date.now() / 1000);
    const assertion = (changes: object = {}, header: object = {}, by = key): Promise<string> =>
      new SignJWT({ iss: appId, sub: appId, aud: AUDIENCE, exp: now + 600, nbf: now, jti: randomUUID(), ...changes })
        .setProtectedHeader({ alg: "PS256", typ: "JWT", "x5t#S256": sha256, ...header } as never)
        .sign(by);
    const present = async (text: string): Promise<Answer> =>
      ask({ client_id: appId, client_assertion: text, client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" });
    for (const good of [
      await assertion(),
      await assertion({}, { alg: "RS256", "x5t#S256": undefined, x5t: sha1 }),
      await assertion({ aud: "https://login.microsoftonline.com/contoso.com/oauth2/token" }),
    ])
      expect((await present(good)).json).not.toHaveProperty("error_description");
    const once = await assertion();
    expect([(await present(once)).status, (await present(once)).json["error_codes"]]).toEqual([200, [700027]]);
    for (const bad of [
      await assertion({ aud: `https://login.online.lync.com/${FABRIKAM}/oauth2/v2.0/token` }),
      await assertion({ exp: now - 400 }),
      await assertion({ exp: undefined }),
      await assertion({ exp: now + 90_000 }),
      await assertion({ sub: PUBLIC_CLIENT_ID }),
      await assertion({}, {}, stranger.key),
      await assertion({}, { "x5t#S256": undefined }),
      await assertion({}, { "x5t#S256": createHash("sha256").update("x").digest("base64url") }),
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${once.split(".")[1] ?? ""}.`,
      "no.jwt.at-all",
    ])
      expect((await present(bad)).json["error_codes"]).toEqual([700027]);
  });

  test("by a token of an issuer elsewhere: issuer, subject and audience letter for letter, and that issuer's key", async () => {
    const applications = authority.service.applications(CONTOSO);
    const appId = await applications.add({ displayName: "workload", roles: ["Global Reader"] });
    const issuer = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await applications.addFederatedCredential(appId, {
      issuer: "https://ci.example",
      subject: "repo:contoso/scripts:main",
      audience: "api://TielineTokenExchange",
      keys: [{ ...issuer.publicKey.export({ format: "jwk" }), kid: "k1" } as never],
    });
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const workload = (changes: object = {}, by = issuer.privateKey): Promise<string> =>
      new SignJWT({
        iss: "https://ci.example",
        sub: "repo:contoso/scripts:main",
        aud: "api://TielineTokenExchange",
        exp: Math.floor(Date.now() / 1000) + 300,
        ...changes,
      })
        .setProtectedHeader({ alg: "RS256", kid: "k1" })
        .sign(by);
    const present = async (text: string): Promise<unknown> =>
      codesOf({
        client_id: appId,
        client_assertion: text,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      });
    expect(await present(await workload())).toBeUndefined();
    expect(await present(await workload({ sub: "repo:contoso/scripts:fork" }))).toEqual([70021]);
    expect(await present(await workload({ iss: "https://ci.example/" }))).toEqual([70021]);
    expect(await present(await workload({ aud: "api://other" }))).toEqual([70021]);
    expect(await present(await workload({}, other.privateKey))).toEqual([700027]);
    expect(await present(await workload({ exp: 1 }))).toEqual([700027]);
    const unread = { issuer: "https://plain.example", subject: "s", audience: "api://x", jwksUri: "http://127.0.0.1:1/keys" };
    await applications.addFederatedCredential(appId, unread);
    expect(await present(await workload({ iss: unread.issuer, sub: unread.subject, aud: unread.audience }))).toEqual([700027]);
  });

  test("that nobody consented to asks the person first, and a silent request is 65001", async () => {
    const applications = authority.service.applications(CONTOSO);
    const appId = await applications.add({ displayName: "Tools", isPublic: true, redirectUris: ["http://localhost"] });
    const browser = new Browser(authority.base);
    const page = await browser.signIn(await browser.go(codeRequest({ client_id: appId }).address), USER);
    expect(page.text).toContain("Tools wants to act for you");
    const silent = await browser.go(codeRequest({ client_id: appId, prompt: "none" }).address);
    expect(silent.url.searchParams.get("error_description")).toMatch(/^AADSTS65001: /);
    const declined = await browser.go(page.url.pathname, { cancel: "yes" });
    expect(declined.url.searchParams.get("error")).toBe("access_denied");
    const again = await browser.go(codeRequest({ client_id: appId }).address);
    const back = await browser.go(again.url.pathname, {});
    expect(back.url.searchParams.get("code")).not.toBeNull();
    const quiet = await browser.go(codeRequest({ client_id: appId, prompt: "none" }).address);
    expect(quiet.url.searchParams.get("code")).not.toBeNull();
  });
});

test("the database goes away in the middle: a clear refusal, nothing half-done, and on it goes when it is back", async () => {
  const mine = await openAuthority();
  try {
    const browser = new Browser(mine.base);
    const page = await browser.go(codeRequest().address);
    const { db } = mine.store;
    const executor = db.getExecutor();
    const original = executor.executeQuery.bind(executor);
    const { Fault } = await import("@tieline/fault");
    let left = 3;
    const proto = Object.getPrototypeOf(executor) as { executeQuery: typeof original };
    const wrapped = proto.executeQuery;
    proto.executeQuery = function fail(this: typeof executor, ...args: Parameters<typeof original>) {
      if ((left -= 1) < 0) return Promise.reject(new Fault("store-failed", { file: "x", reason: "gone" }));
      return wrapped.apply(this, args);
    } as typeof original;
    let failed: Answer;
    let tokens: Answer;
    try {
      failed = await browser.signIn(page, USER);
      tokens = await mine.post("/contoso.com/oauth2/token", {
        grant_type: "password",
        client_id: PUBLIC_CLIENT_ID,
        username: USER,
        password: PASSWORD,
      });
    } finally {
      proto.executeQuery = wrapped;
    }
    expect(failed.text).toContain("AADSTS90033");
    expect(tokens.status).toBe(503);
    expect(tokens.json).toMatchObject({ error: "temporarily_unavailable", error_codes: [90033] });
    const back = await browser.signIn(page, USER);
    expect(back.url.searchParams.get("code")).not.toBeNull();
  } finally {
    await mine[Symbol.asyncDispose]();
  }
});

test("each sign-in leaves a row in its tenant's log, and no secret anywhere in the database", async () => {
  const { json } = await ropc();
  const mine = await authority.service.signIns(CONTOSO).list({ limit: 500 });
  const good = { name: USER, appId: PUBLIC_CLIENT_ID, resource: TARGET, method: "password", result: 0 };
  expect(mine).toContainEqual(expect.objectContaining(good));
  expect(await authority.service.signIns(FABRIKAM).list({ limit: 500 })).not.toContainEqual(expect.objectContaining(good));
  const dump = JSON.stringify([
    await authority.store.db.selectFrom("identity_artifacts").selectAll().execute(),
    await authority.store.db.selectFrom("sign_ins").selectAll().execute(),
    await authority.store.db.selectFrom("signing_keys").selectAll().execute(),
    await authority.store.db.selectFrom("application_credentials").selectAll().execute(),
  ]);
  const key = await authority.service.keys.active(CONTOSO);
  for (const secret of [PASSWORD, String(json["refresh_token"]), String(json["access_token"]), String(key.privateJwk["d"])]) {
    expect(dump.includes(secret)).toBe(false);
    expect(authority.logged.join("\n").includes(secret)).toBe(false);
  }
});
