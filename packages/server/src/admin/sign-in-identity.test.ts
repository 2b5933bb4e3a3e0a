/** Passwords at the endpoint where an authorization server stands beside: lapsed ones, second factors, app passwords, one guard. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { HttpAcceptor, ntHash, sealNtHash, SYSTEM_SOURCES } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { CONTOSO, openAuthority, PASSWORD, TARGET, type Authority } from "../identity/authority.fixture.ts";
import { PUBLIC_CLIENT_ID } from "../identity/index.ts";
import { SignIn } from "./sign-in.ts";

let authority: Authority;
let signIn: SignIn;
const USER = "viewer@contoso.com";

beforeEach(async () => {
  authority = await openAuthority({ guard: { accountThreshold: 4, firstDelayMs: 0 } });
  const { directory, guard } = authority.service.options;
  signIn = new SignIn({
    directory,
    guard,
    vaultKey: undefined,
    identity: authority.service,
    sources: SYSTEM_SOURCES,
    pause: () => Promise.resolve(),
  });
});
afterEach(() => authority[Symbol.asyncDispose]());

async function codeOf(password = PASSWORD): Promise<string> {
  try {
    return (await signIn.password(USER, password, "192.0.2.1")) === undefined ? "refused" : "in";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("a password that lapsed opens nothing", async () => {
  const account = await authority.account(USER);
  const accounts = authority.directory.tenant(CONTOSO).accounts;
  expect(await codeOf()).toBe("in");
  await accounts.setPassword(
    account.accountId,
    { passwordHash: account.passwordHash ?? "", ntHashSealed: null, mustChange: true },
    Date.now(),
  );
  expect(await codeOf()).toBe("password-lapsed");
  await accounts.setPassword(
    account.accountId,
    { passwordHash: account.passwordHash ?? "", ntHashSealed: null },
    Date.now() - 10 * 86_400_000,
  );
  await authority.service.settings(CONTOSO).set({ passwordDays: 9 }, Date.now());
  expect(await codeOf()).toBe("password-lapsed");
});

test("with a registered second factor the password alone opens nothing, an app password does", async () => {
  authority.service.use({
    secondFactor: {
      demand: () => Promise.resolve("proof"),
      appPassword: (_, password) => Promise.resolve(password === "sixteen letters!"),
    },
  });
  expect(await codeOf()).toBe("password-not-enough");
  expect(await codeOf("sixteen letters!")).toBe("in");
  expect(await codeOf("sixteen letters?")).toBe("refused");
  authority.service.use({ secondFactor: { demand: () => Promise.resolve("registration") } });
  expect(await codeOf()).toBe("in");
});

test("guesses at the token endpoint and at the endpoint count together", async () => {
  const account = await authority.account(USER);
  const acceptor = (): HttpAcceptor =>
    new HttpAcceptor(signIn.forHttp({ policy: { basic: true }, ntlmNames: {}, target: TARGET }), { secure: true, source: "127.0.0.1" });
  const basic = (password: string) => acceptor().receive(`Basic ${Buffer.from(`${USER}:${password}`).toString("base64")}`);
  for (let i = 0; i < 2; i += 1) {
    await authority.post("/contoso.com/oauth2/token", {
      grant_type: "password",
      client_id: PUBLIC_CLIENT_ID,
      username: USER,
      password: "wrong",
    });
    await basic("wrong");
  }
  const last = await basic(PASSWORD);
  expect(last).toMatchObject({ kind: "refused", fault: { code: "account-locked" } });
  const { json } = await authority.post("/contoso.com/oauth2/token", {
    grant_type: "password",
    client_id: PUBLIC_CLIENT_ID,
    username: USER,
    password: PASSWORD,
  });
  expect(json["error_codes"]).toEqual([50053]);
  expect((await authority.account(USER)).failedCount).toBe(4);
  expect(account.failedCount).toBe(0);
});

test("each tenant has its own lock", async () => {
  await authority.service.settings(CONTOSO).set({ lockout: { failures: 2, lockMs: 60_000, windowMs: 60_000 } }, Date.now());
  expect([await codeOf("wrong"), await codeOf("wrong"), await codeOf()]).toEqual(["refused", "refused", "account-locked"]);
});

test("an account of a federated domain has no password at the endpoint either: SSH, Basic and NTLM say where it signs in", async () => {
  const { federation } = authority.service;
  const provider = {
    issuer: "https://sts.adatum.example",
    authorizationUrl: "https://sts.adatum.example/authorize",
    tokenUrl: "https://sts.adatum.example/token",
    keysUrl: "https://sts.adatum.example/keys",
    logoffUrl: null,
    namesIssuer: false,
    metadataUrl: null,
    clientId: "us",
    accountClaim: "upn",
    acceptsProviderMfa: false,
    trustsInsideNetwork: false,
    brand: null,
  } as const;
  expect(await codeOf()).toBe("in");
  await federation.domains(CONTOSO).set("contoso.com", provider, null, Date.now());
  federation.changed();
  expect([await codeOf(), await codeOf("wrong")]).toEqual(["sign-in-federated", "sign-in-federated"]);
  const acceptor = new HttpAcceptor(signIn.forHttp({ policy: { basic: true }, ntlmNames: {}, target: TARGET }), {
    secure: true,
    source: "127.0.0.1",
  });
  expect(await acceptor.receive(`Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`)).toMatchObject({
    kind: "refused",
    fault: { code: "sign-in-federated", message: expect.stringContaining("sts.adatum.example") },
  });
  const key = new Uint8Array(32).fill(9);
  const account = await authority.account(USER);
  const ntHashSealed = sealNtHash(key, account.accountId, ntHash(PASSWORD), SYSTEM_SOURCES);
  const { accounts } = authority.directory.tenant(CONTOSO);
  await accounts.setPassword(account.accountId, { passwordHash: account.passwordHash ?? "", ntHashSealed }, Date.now());
  const { directory, guard } = authority.service.options;
  const withNtlm = new SignIn({
    directory,
    guard,
    vaultKey: key,
    identity: authority.service,
    sources: SYSTEM_SOURCES,
    pause: () => Promise.resolve(),
  });
  await expect(withNtlm.ntlm(USER, "", "192.0.2.1")).rejects.toMatchObject({ code: "sign-in-federated" });
  expect((await authority.account(USER)).failedCount).toBe(0);
});
