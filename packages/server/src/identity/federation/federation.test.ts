/** A domain of one authority federated with another authority of ours: the whole way of a browser, and of programs that have none. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeAccessToken } from "../access-tokens.ts";
import { PUBLIC_CLIENT_ID } from "../applications.ts";
import {
  Browser,
  claimsOf,
  codeRequest,
  CONTOSO,
  LOOPBACK,
  openAuthority,
  PASSWORD,
  TARGET,
  type Authority,
} from "../authority.fixture.ts";
import { federate, PROVIDER_HOST, throughNames } from "./federation.fixture.ts";

let ours: Authority;
let theirs: Authority;
const USER = "admin@contoso.com";

beforeAll(async () => {
  theirs = await openAuthority({ host: PROVIDER_HOST, aliases: [] });
  ours = await openAuthority({ providers: throughNames({ [PROVIDER_HOST]: theirs.base }) });
  await federate(ours, theirs);
});
afterAll(async () => {
  await ours[Symbol.asyncDispose]();
  await theirs[Symbol.asyncDispose]();
});

/** From the page that is shown first to the one that the provider sends the browser back to. */
async function throughProvider(first: { url: URL }, user = USER): Promise<URL> {
  expect(first.url.host).toBe(PROVIDER_HOST);
  const there = new Browser(theirs.base);
  const page = await there.go(first.url.pathname + first.url.search);
  const back = await there.signIn(page, user);
  expect(back.url.pathname).toBe(`/${CONTOSO}/login/federated`);
  return back.url;
}

test.each(["v1", "v2"] as const)(
  "a user name that is typed leads to the provider, and back to the application with a token, %s",
  async (generation) => {
    const browser = new Browser(ours.base);
    const { address, verifier, state } = codeRequest({ prompt: "login" }, CONTOSO, generation);
    const page = await browser.go(address);
    const led = await browser.go(page.url.pathname, { user: USER });
    expect(Object.fromEntries(led.url.searchParams)).toMatchObject({ login_hint: USER, prompt: "login", code_challenge_method: "S256" });
    const back = await throughProvider(led);
    const end = await browser.go(back.pathname + back.search);
    expect(end.url.origin).toBe(LOOPBACK);
    expect(end.url.searchParams.get("state")).toBe(state);
    const { json } = await ours.post(`/common/oauth2/${generation === "v1" ? "" : "v2.0/"}token`, {
      grant_type: "authorization_code",
      client_id: PUBLIC_CLIENT_ID,
      code: end.url.searchParams.get("code") ?? "",
      redirect_uri: LOOPBACK,
      code_verifier: verifier,
    });
    expect(json).not.toHaveProperty("error_description");
    const account = await ours.account(USER);
    expect(claimsOf(json["access_token"])).toMatchObject({ tid: CONTOSO, oid: account.accountId, upn: USER, amr: ["fed", "pwd"] });
    const holder = await judgeAccessToken(ours.service, String(json["access_token"]), TARGET);
    expect(holder.kind === "person" && holder.account.userPrincipalName).toBe(USER);
  },
);

test("a login_hint leads there at once; whoever is signed in already is not asked again", async () => {
  const browser = new Browser(ours.base);
  const led = await browser.go(codeRequest({ login_hint: USER }, "common").address);
  const back = await throughProvider(led);
  expect((await browser.go(back.pathname + back.search)).url.origin).toBe(LOOPBACK);
  expect((await browser.go(codeRequest({ login_hint: USER }, "common").address)).url.origin).toBe(LOOPBACK);
});

test("a device's code is confirmed at the provider too", async () => {
  const asked = await ours.post("/common/oauth2/v2.0/devicecode", { client_id: PUBLIC_CLIENT_ID, scope: `${TARGET}/.default` });
  const code = String(asked.json["user_code"]);
  const browser = new Browser(ours.base);
  const confirm = await browser.go(`/device?user_code=${code}&login_hint=${USER}`);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(confirm.text)?.[1] ?? "";
  const page = await browser.go(/action="([^"]+)"/.exec(confirm.text)?.[1] ?? "", { xsrf, user_code: code, confirm: "yes" });
  const back = await throughProvider(await browser.go(page.url.pathname, { user: USER }));
  expect((await browser.go(back.pathname + back.search)).text).toContain("You may close this window");
  const { json } = await ours.post("/common/oauth2/v2.0/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: PUBLIC_CLIENT_ID,
    device_code: String(asked.json["device_code"]),
  });
  expect(claimsOf(json["access_token"])).toMatchObject({ upn: USER });
});

test("an account of the domain has no password here, wherever it is sent", async () => {
  const { status, json } = await ours.post("/common/oauth2/v2.0/token", {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    scope: `${TARGET}/.default`,
    username: USER,
    password: PASSWORD,
  });
  expect(status).toBe(401);
  expect(json).toMatchObject({ error: "invalid_grant" });
  expect(String(json["error_description"])).toContain("contoso.com is federated with Their company");
  await expect(ours.service.judge.judge({ user: USER, password: PASSWORD, address: "192.0.2.1" })).rejects.toMatchObject({
    code: "sign-in-federated",
  });
  // The other domains of both tenants have theirs as before.
  await expect(ours.service.judge.judge({ user: "admin@fabrikam.com", password: PASSWORD, address: "192.0.2.1" })).resolves.toBeDefined();
});

test("realm discovery says federated, in both forms, and leaves other domains managed", async () => {
  const json = await ours.get(`/common/userrealm/${USER}?api-version=1.0`);
  expect(json.json).toMatchObject({
    account_type: "Federated",
    NameSpaceType: "Federated",
    AuthURL: `https://${PROVIDER_HOST}/${CONTOSO}/oauth2/v2.0/authorize`,
    federation_metadata_url: `https://${PROVIDER_HOST}/${CONTOSO}/v2.0/.well-known/openid-configuration`,
  });
  const xml = await ours.get(`/getuserrealm.srf?login=${USER}&xml=1`);
  expect(xml.text).toContain("<NameSpaceType>Federated</NameSpaceType>");
  expect((await ours.get("/common/userrealm/admin@fabrikam.com?api-version=1.0")).json).toMatchObject({ account_type: "Managed" });
});

test("a domain that is made managed again has its passwords at once", async () => {
  const federation = ours.service.federation;
  const domains = federation.domains(CONTOSO);
  const before = await domains.find("contoso.com");
  const secret = await domains.secret("contoso.com");
  expect(await domains.remove("contoso.com")).toBe(true);
  federation.changed();
  await expect(ours.service.judge.judge({ user: USER, password: PASSWORD, address: "192.0.2.1" })).resolves.toBeDefined();
  if (before !== undefined) await domains.set("contoso.com", before, secret, Date.now());
  federation.changed();
});
