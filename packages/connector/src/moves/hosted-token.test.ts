/** A token for the hosted migration service, from its challenge to what the pool is handed. */
import { expect, test } from "vitest";
import { CLIENT, FakeAuthority, somebody, START_MS, wishFor } from "../sign-in/fake-authority.fixture.ts";
import { BEARER, serveWorld, type World } from "../sign-in/served-authority.fixture.ts";
import type { Given, SignInWish } from "../sign-in/sign-in-wish.ts";
import { hostedMigrationToken, type HostedTokenWish } from "./hosted-token.ts";

const URL_OF_SERVICE = "https://admin0a.test/HostedMigration/hostedMigrationService.svc";

function signInOf({ authority }: World, given: Given, more: Partial<SignInWish> = {}): SignInWish {
  return { ...wishFor(somebody({ attends: false }), given), sources: authority.time, wait: authority.time.wait, ...more };
}

async function ask(world: World, wish: HostedTokenWish, times = 1) {
  await using serving = await serveWorld({ challenges: [BEARER], ...world });
  const said: string[] = [];
  const surroundings = { dialler: serving.dialler, say: (words: string) => void said.push(words), now: () => 0 };
  let token = await hostedMigrationToken(wish, surroundings);
  for (let i = 1; i < times; i++) token = await hostedMigrationToken(wish, surroundings);
  return { token, said, asked: serving.asked };
}

test("the challenge names authority and client id, the address itself is the resource, the user's domain the tenant", async () => {
  const world: World = { authority: new FakeAuthority() };
  const signIn = signInOf(world, { password: () => "right" });
  const { token, asked } = await ask(world, { url: URL_OF_SERVICE, user: "admin@contoso.com", signIn });
  expect(asked[0]).toBe("GET admin0a.test/HostedMigration/hostedMigrationService.svc");
  expect(asked.at(-1)).toBe("POST login.test/contoso.com/oauth2/token");
  expect(world.authority.forms[0]).toMatchObject({ client_id: CLIENT, resource: URL_OF_SERVICE });
  expect(token).toEqual({
    url: URL_OF_SERVICE,
    accessToken: expect.stringMatching(/^ey/),
    expiresAtMs: START_MS + 3_600_000,
    user: "admin@contoso.com",
  });
});

test("without an address it is on the host of the endpoint that the domain's documents name", async () => {
  const domain = `<Domain><Link token="External/RemotePowerShell" href="https://admin0a.test/OcsPowershellLiveId"/></Domain>`;
  const document = `<AutodiscoverResponse AccessLocation="External">${domain}</AutodiscoverResponse>`;
  const world: World = { authority: new FakeAuthority(), pages: { "discover.test/?Domain=contoso.onmicrosoft.com": document } };
  const signIn = signInOf(world, { password: () => "right" });
  const named = { overrideAdminDomain: "contoso.onmicrosoft.com", overrideDiscoveryUri: "https://discover.test/" };
  const { token, said } = await ask(world, { user: "admin@contoso.com", ...named, signIn });
  expect(token.url).toBe("https://admin0a.test/HostedMigration/hostedmigrationservice.svc");
  expect(said).toEqual([
    "Determining domain to admin",
    "AdminDomain = 'contoso.onmicrosoft.com'",
    "Discovering PowerShell endpoint URI",
    "TargetUri = 'https://admin0a.test/OcsPowershellLiveId'",
    "Requesting authentication token",
    "Success",
  ]);
});

test.each<[string, Given, Partial<SignInWish>, string]>([
  ["a device code", {}, { person: somebody() }, "device_code"],
  ["an application's secret", { secret: () => "s3cret" }, { clientId: "my-app" }, "client_credentials"],
  ["a password", { password: () => "right" }, {}, "password"],
])("%s is a way to it", async (_, given, more, grant) => {
  const world: World = { authority: new FakeAuthority() };
  const user = more.clientId === undefined ? { user: "admin@contoso.com" } : {};
  const { token } = await ask(world, { url: URL_OF_SERVICE, ...user, signIn: signInOf(world, given, more) });
  expect(token.expiresAtMs).toBeGreaterThan(START_MS);
  expect(world.authority.forms.at(-1)?.["grant_type"]).toContain(grant);
});

test("for a run of moves one sign-in is enough", async () => {
  const world: World = { authority: new FakeAuthority() };
  const person = somebody();
  await ask(world, { url: URL_OF_SERVICE, signIn: signInOf(world, {}, { person }) }, 3);
  expect(person.told.filter((words) => words.includes("enter the code"))).toHaveLength(1);
});

test.each<[string, Partial<World>]>([
  ["answers 200", { status: 200 }],
  ["answers 404", { status: 404 }],
  ["names no authority", { challenges: ['Basic realm="x"'] }],
])("an address that %s is no hosted migration service's: nobody signs in there", async (_, more) => {
  const world: World = { authority: new FakeAuthority(), ...more };
  const signIn = signInOf(world, { password: () => "right" });
  await expect(ask(world, { url: URL_OF_SERVICE, user: "admin@contoso.com", signIn })).rejects.toMatchObject({
    code: "move-challenge-unexpected",
  });
  expect(world.authority.forms).toEqual([]);
});

test.each(["http://admin0a.test/HostedMigration/hostedmigrationservice.svc", "https://"])("%s is refused unasked", async (url) => {
  const world: World = { authority: new FakeAuthority() };
  const signIn = signInOf(world, { password: () => "right" });
  await expect(ask(world, { url, signIn })).rejects.toMatchObject({ code: "hosted-address-unfit" });
});

test("an account with a second factor is not let in by its password where nobody attends", async () => {
  const world: World = { authority: new FakeAuthority() };
  const signIn = signInOf(world, { password: () => "right" });
  await expect(ask(world, { url: URL_OF_SERVICE, user: "mfa@contoso.com", signIn })).rejects.toMatchObject({
    code: "sign-in-needs-person",
  });
});
