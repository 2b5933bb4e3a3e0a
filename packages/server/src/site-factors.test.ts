import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { LogonGuard, SYSTEM_SOURCES } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SignIn } from "./admin/index.ts";
import { Browser, openAuthority, PASSWORD, type Authority } from "./identity/authority.fixture.ts";
import type { Factors, ServicePages } from "./identity/index.ts";
import { openFactors } from "./site-factors.ts";

const USER = "admin@contoso.com";

let authority: Authority;
let factors: Factors;
let pages: ServicePages;
let server: Server;
let base: string;
beforeAll(async () => {
  authority = await openAuthority();
  const opened = openFactors(authority.service, undefined);
  if (opened.factors === undefined || opened.pages === undefined) throw new Error("no factors");
  ({ factors, pages } = { factors: opened.factors, pages: opened.pages });
  server = createServer((request, response) => (pages.serves(request) ? pages.handle(request, response) : response.writeHead(404).end()));
  server.on("connection", (socket: Socket) => Object.assign(socket, { encrypted: true }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await authority[Symbol.asyncDispose]();
});

it("legacy clients: the password until it is Enforced, an application password from then on", async () => {
  const account = await authority.account(USER);
  const signIn = (): SignIn =>
    new SignIn({
      directory: authority.directory,
      guard: new LogonGuard({ firstDelayMs: 0 }),
      identity: authority.service,
      vaultKey: undefined,
      sources: SYSTEM_SOURCES,
      pause: () => Promise.resolve(),
    });
  const come = async (password: string): Promise<string> => {
    try {
      return (await signIn().password(USER, password, "192.0.2.1"))?.account.userPrincipalName ?? "refused";
    } catch (error) {
      return isFault(error) ? error.code : String(error);
    }
  };
  await factors.accounts.change(account, "enable");
  expect(await come(PASSWORD)).toBe(USER);
  await factors.accounts.change(account, "enforce");
  expect(await come(PASSWORD)).toBe("password-not-enough");
  const password = await factors.appPasswords.add(account, "Script");
  expect(await come(password)).toBe(USER);
  expect(await come(password.replace(/./, "0"))).toBe("refused");
  await factors.setSettings(account.tenantId, { allowAppPasswords: false });
  expect(await come(password)).toBe("refused");
  await factors.setSettings(account.tenantId, { allowAppPasswords: true });
  await factors.accounts.change(account, "disable");
});

it("without a provider nobody is called or sent a message", async () => {
  const account = await authority.account(USER);
  expect(await factors.ways(account.tenantId)).toEqual(["passkey", "notification", "code"]);
  await expect(factors.phones.begin(account, "+14255550123", "text", "Contoso")).rejects.toMatchObject({ code: "factor-not-allowed" });
});

it("my security: only who is signed in, in the browser that began, to addresses of this service alone", async () => {
  const browser = new Browser(base);
  const name = await browser.go("/account");
  expect(name.url.pathname).toBe("/account/login");
  const shown = await browser.go(`/account/login?login_hint=${encodeURIComponent(USER)}`);
  const form = /name="form" value="([^"]+)"/.exec(shown.text)?.[1] ?? "";
  const elsewhere = await new Browser(base).go(shown.url.pathname);
  expect([elsewhere.status, elsewhere.text.includes("another browser")]).toEqual([403, true]);
  const home = await browser.go(shown.url.pathname, { form, action: "password", password: PASSWORD });
  expect([home.url.pathname, home.text.includes("My security")]).toEqual(["/account", true]);
  const forged = await browser.go("/account", { form: "x", action: "end-all" });
  expect(forged.status).toBe(403);
  expect((await browser.go("/account")).text).toContain("My security");
  await authority.service.revoke((await authority.account(USER)).tenantId, (await authority.account(USER)).accountId);
  expect((await browser.go("/account")).url.pathname).toBe("/account/login");
});

it.each([
  ["/account/nothing", 404],
  ["/account/login/../../etc/passwd/x", 404],
  ["/account/login/00000000-0000-4000-8000-000000000000/x", 404],
  ["/approve", 403],
  ["/approve/enrol/none", 410],
  ["/pages/pages.0.css", 404],
])("%s is answered with a page, %d", async (path, status) => {
  const reply = await fetch(base + path, { redirect: "manual" });
  expect(reply.status === 303 ? (await fetch(new URL(reply.headers.get("location") ?? "", base))).status : reply.status).toBe(
    path === "/account/nothing" ? 200 : status,
  );
});

it("no long body, no other method, no host that is none", async () => {
  expect((await fetch(`${base}/account`, { method: "DELETE" })).status).toBe(405);
  const long = await fetch(`${base}/account`, { method: "POST", body: new URLSearchParams({ form: "x".repeat(70_000) }) });
  expect(long.status).toBe(400);
});

it("a sign-in from before the second factor is not renewed, once the factor is there", async () => {
  const user = "viewer@contoso.com";
  const account = await authority.account(user);
  const form = { client_id: "1950a258-227b-4e31-a9cf-717495945fc2", resource: "https://admin0a.online.lync.com/OcsPowershellOAuth" };
  const ask = (more: Record<string, string>) => authority.post("/contoso.com/oauth2/token", { ...form, ...more });
  const renew = async (refreshToken: unknown) => ask({ grant_type: "refresh_token", refresh_token: String(refreshToken) });
  const first = await ask({ grant_type: "password", username: user, password: PASSWORD });
  await factors.accounts.change(account, "enable");
  // Nothing is registered yet: the set-up is asked for at the next sign-in in a browser.
  const second = await renew(first.json["refresh_token"]);
  expect(second.status).toBe(200);
  authority.clock.aheadMs += 5000;
  await factors.tokens.addHardware(account, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 30, "Token");
  await factors.registered(account);
  const third = await renew(second.json["refresh_token"]);
  expect(third.json).toMatchObject({ error: "interaction_required", error_codes: [50_076] });
  authority.clock.aheadMs = 0;
});
