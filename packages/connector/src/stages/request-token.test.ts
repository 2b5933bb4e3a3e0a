/** The third stage over real connections: challenge, authority, token; and endpoints that offer no token. */
import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { FakeAuthority, RESOURCE, somebody, TENANT, wishFor } from "../sign-in/fake-authority.fixture.ts";
import { BEARER, serveWorld, type World } from "../sign-in/served-authority.fixture.ts";
import type { SignInWish } from "../sign-in/sign-in-wish.ts";
import type { Progress, StageContext, Wish } from "../stage.ts";
import { transportFor } from "./initialize-session.ts";
import { requestToken } from "./request-token.ts";

const served: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of served.splice(0)) await each[Symbol.asyncDispose]();
});

/** One server for the endpoint and its authority; gives the context of a stage that reaches both. */
async function contextIn(
  world: World,
  wish: Partial<Wish> & { signIn?: SignInWish } = {},
): Promise<StageContext & { said: string[]; asked: string[] }> {
  const serving = await serveWorld(world);
  served.push(serving);
  const said: string[] = [];
  return {
    wish: {
      user: "admin@contoso.com",
      authentication: "default",
      credential: async () => ({ kind: "password", user: "admin@contoso.com", password: "direct" }),
      ...wish,
    },
    progress: { adminDomain: "contoso.com", targetUri: new URL("https://admin0a.test/OcsPowershellLiveId"), hops: [] } satisfies Progress,
    dialler: serving.dialler,
    signal: undefined,
    now: () => 0,
    say: (words) => void said.push(words),
    said,
    asked: serving.asked,
  };
}

function signInOf(world: World, given: SignInWish["given"], more: Partial<SignInWish> = {}): SignInWish {
  const { time } = world.authority;
  return { ...wishFor(somebody({ attends: false }), given), sources: time, wait: time.wait, ...more };
}

test("the challenge names client and authority, the user's domain the tenant, the endpoint itself the resource", async () => {
  const world: World = { authority: new FakeAuthority() };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }) });
  await requestToken.run(context);
  expect(context.asked).toEqual([
    "GET admin0a.test/OcsPowershellOAuth",
    "GET login.test/contoso.com/.well-known/openid-configuration",
    "GET login.test/common/userrealm/admin%40contoso.com?api-version=1.0",
    "POST login.test/contoso.com/oauth2/token",
  ]);
  expect(world.authority.forms[0]).toMatchObject({ client_id: "1950a258-227b-4e31-a9cf-717495945fc2", resource: RESOURCE });
  expect(context.said).toEqual(["Success"]);
  expect(context.progress.targetUri?.href).toBe("https://admin0a.test/OcsPowershellOAuth");
  expect(transportFor(context)).toMatchObject({
    credential: { kind: "token" },
    authentication: "Basic",
    uri: "https://admin0a.test/OcsPowershellOAuth?AdminDomain=contoso.com",
  });
});

test("a renewal asks nobody, and gives the next token", async () => {
  const world: World = { authority: new FakeAuthority() };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }) });
  await requestToken.run(context);
  const { tokenExpiresAtMs } = context.progress;
  world.authority.time.ms += 56 * 60_000;
  expect(await context.progress.renewCredential?.()).not.toEqual(context.progress.credential);
  expect((context.progress.tokenExpiresAtMs as number) - (tokenExpiresAtMs as number)).toBe(56 * 60_000);
});

test("the stages walked again for the next shell ask nobody again, also without a cache and a name", async () => {
  const world: World = { authority: new FakeAuthority() };
  const person = somebody();
  const signIn = { ...signInOf(world, {}), person };
  for (const minutes of [0, 30, 26]) {
    world.authority.time.ms += minutes * 60_000;
    const context = await contextIn(world, { signIn });
    delete (context.wish as { user?: string }).user;
    await requestToken.run(context);
  }
  expect(world.authority.forms.map((form) => form["grant_type"])).toEqual([undefined, "device_code", "refresh_token"]);
  expect(person.told.filter((words) => words.includes("enter the code"))).toHaveLength(1);
});

test.each([
  ["Basic alone", ['Basic realm="x"']],
  ["Negotiate", ["Negotiate", "Kerberos"]],
  ["a Bearer without an authority", ['Bearer client_id="c"', 'Basic realm="x"']],
])("an endpoint that offers %s gets the password as it is, on its own path", async (_, challenges) => {
  const world: World = { authority: new FakeAuthority(), challenges };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }) });
  await requestToken.run(context);
  expect(context.progress.credential).toEqual({ kind: "password", user: "admin@contoso.com", password: "direct" });
  expect(context.progress.targetUri?.pathname).toBe("/OcsPowershellLiveId");
  expect(world.authority.forms).toEqual([]);
});

test("another mechanism that is named asks for no token", async () => {
  const world: World = { authority: new FakeAuthority() };
  const context = await contextIn(world, { authentication: "basic", signIn: signInOf(world, { password: () => "right" }) });
  await requestToken.run(context);
  expect([context.asked, context.progress.credential?.kind]).toEqual([[], "password"]);
});

test("an endpoint that takes tokens as Bearer alone gets them so", async () => {
  const world: World = { authority: new FakeAuthority(), challenges: [BEARER] };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }) });
  await requestToken.run(context);
  expect(transportFor(context).authentication).toBe("Bearer");
});

test("an application's secret asks in the tenant that is administered, with its own id", async () => {
  const world: World = { authority: new FakeAuthority() };
  const { user: _, ...nobody } = { user: undefined };
  const context = await contextIn(world, { ...nobody, signIn: signInOf(world, { secret: () => "s3cret" }, { clientId: "my-app" }) });
  delete (context.wish as { user?: string }).user;
  await requestToken.run(context);
  expect(world.authority.forms).toEqual([
    { client_id: "my-app", grant_type: "client_credentials", resource: RESOURCE, client_secret: "s3cret" },
  ]);
});

test("a given token needs no authority; its audience may be overridden", async () => {
  const world: World = { authority: new FakeAuthority(), challenges: ['Basic realm="x"'] };
  const token = world.authority.token({ aud: "48ac35b8-9aa8-4d74-927d-1f4a14a0b239", upn: "admin@contoso.com" });
  const wrong = await contextIn(world, { signIn: signInOf(world, { token }) });
  await expect(requestToken.run(wrong)).rejects.toMatchObject({ code: "token-audience-invalid" });
  const right = await contextIn(world, { signIn: signInOf(world, { token }, { resource: "48ac35b8-9aa8-4d74-927d-1f4a14a0b239" }) });
  await requestToken.run(right);
  expect(right.progress.credential).toEqual({ kind: "token", token });
  expect(right.asked).toEqual(["GET admin0a.test/OcsPowershellOAuth"]);
});

test("a given token that looks lapsed to a clock ten minutes ahead names the clock", async () => {
  const world: World = { authority: new FakeAuthority(), aheadMs: 50 * 60_000 };
  const token = world.authority.token({ upn: "admin@contoso.com" });
  world.authority.time.ms += 60 * 60_000;
  const context = await contextIn(world, { signIn: signInOf(world, { token }) });
  await expect(requestToken.run(context)).rejects.toMatchObject({ code: "clock-wrong", fields: { host: "admin0a.test" } });
});

test.each([
  ["a web page", (response: ServerResponse) => void response.writeHead(200).end("<html>"), "token-answer-unreadable"],
  ["ten megabytes", (response: ServerResponse) => void response.writeHead(200).end(Buffer.alloc(10_000_000, "a")), "http-answer-too-large"],
  [
    "half an answer",
    (response: ServerResponse) =>
      void (response.writeHead(200, { "content-length": "500" }), response.write('{"acc'), setImmediate(() => response.destroy())),
    "connection-lost",
  ],
  [
    "a redirect",
    (response: ServerResponse) => void response.writeHead(302, { location: "https://evil.test/" }).end(),
    "token-answer-unreadable",
  ],
])("%s in place of a token ends in %s", async (_, token, code) => {
  const world: World = { authority: new FakeAuthority(), token };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }) });
  await expect(requestToken.run(context)).rejects.toMatchObject({ code });
  expect(context.asked.some((line) => line.includes("evil"))).toBe(false);
});

test("a web ticket is asked for where the endpoint names no authority, and somebody knows how", async () => {
  const world: World = {
    authority: new FakeAuthority(),
    challenges: ['MsRtcOAuth href="https://admin0a.test/WebTicket",grant_type="password"', 'Basic realm="x"'],
  };
  const legacy: SignInWish["legacy"] = async ({ service, password }) => ({ ticket: `${password} at ${service}`, expiresAtMs: 7 });
  const context = await contextIn(world, { signIn: signInOf(world, {}, { legacy }) });
  await requestToken.run(context);
  expect(context.progress.credential).toEqual({ kind: "token", token: "direct at https://admin0a.test/WebTicket" });
});

test.each([
  ["a ticket where there is one", { kind: "token", token: "a ticket" }],
  ["the password as it is elsewhere", { kind: "password", user: "admin@contoso.com", password: "direct" }],
] as const)("a tenant whose modern sign-in is off takes %s, on the path for passwords", async (_, credential) => {
  const off = "Modern sign-in is switched off for the tenant 'Contoso', so that it gives and takes no tokens.\r\nTrace ID: t";
  const world: World = {
    authority: new FakeAuthority(),
    token: (response) =>
      void response.writeHead(400).end(JSON.stringify({ error: "invalid_grant", error_description: off, error_codes: [] })),
  };
  const legacy: SignInWish["legacy"] = async () => (credential.kind === "token" ? { ticket: credential.token, expiresAtMs: 7 } : undefined);
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "direct" }, { legacy }) });
  await requestToken.run(context);
  expect(context.progress.credential).toEqual(credential);
  expect(context.progress.targetUri?.pathname).toBe("/OcsPowershellLiveId");
});

test("the tenant may be named by its id, and a token of that tenant passes", async () => {
  const world: World = { authority: new FakeAuthority() };
  const context = await contextIn(world, { signIn: signInOf(world, { password: () => "right" }, { tenant: TENANT }) });
  await requestToken.run(context);
  expect(context.asked.at(-1)).toBe(`POST login.test/${TENANT}/oauth2/token`);
});
