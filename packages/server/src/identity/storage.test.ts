/** What the authorization server keeps, on each engine: whose it is, who may finish it, how keys roll over. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashPassword, SYSTEM_SOURCES } from "@tieline/auth";
import { createLabTenants, Directory } from "../directory/index.ts";
import { ENGINES } from "../store/engines.fixture.ts";
import type { Store } from "../store/index.ts";
import { Artifacts, NO_TENANT } from "./artifacts.ts";
import { Applications, PUBLIC_CLIENT_ID } from "./applications.ts";
import { Browser, codeRequest, CONTOSO, FABRIKAM, openAuthority, PASSWORD, TARGET } from "./authority.fixture.ts";
import { SignInLog } from "./sign-in-log.ts";
import { SigningKeys } from "./signing-keys.ts";
import { DEFAULT_SIGN_IN, TenantSignIn } from "./tenant-sign-in.ts";
import { Vault } from "./vault.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);

describe.each(ENGINES)("on $name", ({ name, open }) => {
  let store: Store;
  let nowMs = NOW;
  const sources = { ...SYSTEM_SOURCES, nowMs: () => nowMs };
  const vault = new Vault(new Uint8Array(32).fill(1), sources);
  const taken = (model: string): Error => new Error(`taken ${model}`);

  beforeAll(async () => {
    store = await open();
    await createLabTenants(Directory.of(store), {
      users: 3,
      nowMs: NOW,
      credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
    });
  });
  afterAll(() => store.close());

  test("an artifact is found by its tenant alone, and a digest stands for its id", async () => {
    const artifacts = new Artifacts(store.db, vault, sources);
    const mine = artifacts.adapter(CONTOSO, "RefreshToken", taken);
    const theirs = artifacts.adapter(FABRIKAM, "RefreshToken", taken);
    await mine.upsert("the-token", { jti: "the-token", grantId: "g", accountId: "a" }, 60);
    expect(await mine.find("the-token")).toMatchObject({ grantId: "g" });
    expect(await theirs.find("the-token")).toBeUndefined();
    await theirs.upsert("the-token", { jti: "the-token", accountId: "evil" }, 60);
    expect(await mine.find("the-token")).toMatchObject({ accountId: "a" });
    await expect(theirs.consume("the-token")).rejects.toThrow("taken");
    await theirs.destroy("the-token");
    await theirs.revokeByGrantId("g");
    expect(await mine.find("the-token")).toBeDefined();
    expect(await artifacts.tenantOf("RefreshToken", "the-token")).toBe(CONTOSO);
    const rows = await store.db.selectFrom("identity_artifacts").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain("the-token");
    await mine.revokeByGrantId("g");
    expect(await mine.find("the-token")).toBeUndefined();
  });

  test("used up, claimed, begun and finished: by one alone of many at once", async () => {
    const artifacts = new Artifacts(store.db, vault, sources);
    const codes = artifacts.adapter(CONTOSO, "AuthorizationCode", taken);
    await codes.upsert("code", { jti: "code" }, 60);
    const won = async (work: () => Promise<unknown>): Promise<number> => {
      const ends = await Promise.allSettled(Array.from({ length: 5 }, work));
      return ends.filter((end) => end.status === "fulfilled" && end.value !== false).length;
    };
    expect(await won(() => codes.consume("code"))).toBe(1);
    expect(await codes.find("code")).toHaveProperty("consumed");
    await artifacts.adapter(CONTOSO, "Interaction", taken).upsert("uid", { jti: "uid" }, 60);
    expect(await won(() => artifacts.claim(CONTOSO, "Interaction", "uid"))).toBe(1);
    const devices = artifacts.adapter(CONTOSO, "DeviceCode", taken);
    const device = { jti: "d", userCode: "ABCDEFGHI" };
    await devices.upsert("d", device, 60);
    expect(await won(() => devices.upsert("d", { ...device, inFlight: true }, 60))).toBe(1);
    expect(await won(() => devices.upsert("d", { ...device, inFlight: true, accountId: "a" }, 60))).toBe(1);
    expect(await devices.findByUserCode("abcdefghi")).toMatchObject({ accountId: "a" });
    expect(await won(() => artifacts.once(CONTOSO, "ClientAssertion", "jti", nowMs + 1))).toBe(1);
    expect(await artifacts.once(FABRIKAM, "ClientAssertion", "jti", nowMs + 1)).toBe(true);
  });

  test("a device code of nobody becomes one tenant's, once", async () => {
    const artifacts = new Artifacts(store.db, vault, sources);
    await artifacts.adapter(NO_TENANT, "DeviceCode", taken).upsert("n", { jti: "n", userCode: "QQQQQQQQQ" }, 60);
    const asked = [CONTOSO, FABRIKAM];
    const adopted = await Promise.all(asked.map((tenant) => artifacts.adopt("QQQQQQQQQ", tenant)));
    // On a server with several connections either may be the quicker.
    expect(adopted.filter(Boolean)).toHaveLength(1);
    expect(await artifacts.tenantOf("DeviceCode", "n")).toBe(asked[adopted.indexOf(true)]);
    expect([await artifacts.polledTooSoon("n", 5000), await artifacts.polledTooSoon("n", 5000)]).toEqual([false, true]);
    nowMs += 5000;
    expect(await artifacts.polledTooSoon("n", 5000)).toBe(false);
    expect(await artifacts.polledTooSoon("nobody", 5000)).toBe(false);
  });

  test("what expired a day ago is swept, and an account's things go with its sessions", async () => {
    const artifacts = new Artifacts(store.db, vault, sources);
    const grants = artifacts.adapter(CONTOSO, "Grant", taken);
    await grants.upsert("old", { accountId: "x" }, 1);
    await grants.upsert("new", { accountId: "x" }, 10 * 86_400);
    nowMs += 2 * DAY;
    expect(await artifacts.sweep()).toBeGreaterThanOrEqual(1);
    expect([await grants.find("old"), await grants.find("new")]).toEqual([undefined, { accountId: "x" }]);
    await artifacts.forgetAccount(FABRIKAM, "x");
    expect(await grants.find("new")).toBeDefined();
    await artifacts.forgetAccount(CONTOSO, "x");
    expect(await grants.find("new")).toBeUndefined();
  });

  test("applications, consents, settings and the log of one tenant are not another's", async () => {
    const [mine, theirs] = [CONTOSO, FABRIKAM].map((tenant) => new Applications(store.db, vault, sources, tenant)) as [
      Applications,
      Applications,
    ];
    const appId = await mine.add({ displayName: "A", roles: ["Global Reader"] });
    const { secret } = await mine.addSecret(appId, nowMs + 1000);
    await mine.consent(appId, TARGET);
    await mine.consent(appId, TARGET);
    expect([await theirs.find(appId), await theirs.credentials(appId), await theirs.list()]).toEqual([undefined, [], []]);
    expect([await mine.hasConsent(appId, TARGET.toUpperCase(), "x"), await theirs.hasConsent(appId, TARGET, "x")]).toEqual([true, false]);
    await theirs.remove(appId);
    await theirs.setEnabled(appId, false);
    await theirs.setRoles(appId, []);
    expect(await mine.find(appId)).toMatchObject({ enabled: true, roles: ["Global Reader"] });
    expect(mine.secretDigest(appId, secret)).not.toBe(theirs.secretDigest(appId, secret));
    expect(await theirs.find(PUBLIC_CLIENT_ID)).toMatchObject({ isPublic: true, tenantId: FABRIKAM });
    await mine.remove(appId);
    expect(await mine.credentials(appId)).toEqual([]);

    await new TenantSignIn(store.db, CONTOSO).set({ passwordDays: 30 }, nowMs);
    await new TenantSignIn(store.db, CONTOSO).set({ legacy: true }, nowMs);
    expect(await new TenantSignIn(store.db, CONTOSO).get()).toEqual({ ...DEFAULT_SIGN_IN, passwordDays: 30, legacy: true });
    expect(await new TenantSignIn(store.db, FABRIKAM).get()).toEqual(DEFAULT_SIGN_IN);

    const entry = {
      accountId: null,
      name: "n".repeat(1000),
      appId,
      resource: "",
      method: "m",
      result: 50126,
      address: "",
      userAgent: "",
      correlationId: "",
    };
    const log = new SignInLog(store.db, CONTOSO);
    await log.add({ ...entry, atMs: nowMs - DAY });
    await log.add({ ...entry, atMs: nowMs });
    expect(await new SignInLog(store.db, FABRIKAM).forget(nowMs)).toBe(0);
    expect(await log.forget(nowMs)).toBe(1);
    expect((await log.list({ limit: 9 })).map((row) => row.name.length)).toEqual([256]);
  });

  test("keys: the next is published before it signs, the last until its tokens are dead; sealed, and each tenant's own", async () => {
    const keys = new SigningKeys({
      db: store.db,
      vault,
      sources,
      rollOver: { lifeMs: 10 * DAY, announceMs: DAY, keepMs: DAY, freshMs: 0 },
    });
    const kids = async (): Promise<string[]> => (await keys.published(CONTOSO)).map((key) => key.kid);
    const first = (await keys.active(CONTOSO)).kid;
    expect(await kids()).toEqual([first]);
    nowMs += 9 * DAY + 1;
    const announced = await kids();
    expect(announced).toHaveLength(2);
    expect((await keys.active(CONTOSO)).kid).toBe(first);
    nowMs += DAY;
    const second = (await keys.active(CONTOSO)).kid;
    expect(second).toBe(announced[1]);
    expect(await kids()).toContain(first);
    nowMs += DAY + 1;
    expect(await kids()).toEqual([second]);
    expect((await keys.published(FABRIKAM)).map((key) => key.kid)).not.toContain(second);
    const rows = await store.db.selectFrom("signing_keys").selectAll().execute();
    expect(rows.every((row) => row.private_sealed.startsWith("v1$") && !row.public_jwk.includes('"d"'))).toBe(true);
    await keys.roll(CONTOSO);
    expect(await kids()).toHaveLength(2);
    const stranger = new SigningKeys({ db: store.db, vault: new Vault(new Uint8Array(32).fill(2), sources), sources });
    await expect(stranger.active(CONTOSO)).rejects.toMatchObject({ code: "secret-unreadable" });
  });

  test.skipIf(name === "SQLite")("a sign-in with code, refresh and reuse runs here too", async () => {
    // Sealed under another key by the tests before.
    await store.db.deleteFrom("signing_keys").execute();
    await store.db.deleteFrom("tenant_sign_in").execute();
    const authority = await openAuthority({ store });
    await store.db
      .updateTable("accounts")
      .set({ password_hash: await hashPassword(PASSWORD) })
      .execute();
    const browser = new Browser(authority.base);
    const { address, verifier } = codeRequest();
    const back = await browser.signIn(await browser.go(address), "admin@contoso.com");
    const redeem = {
      grant_type: "authorization_code",
      client_id: PUBLIC_CLIENT_ID,
      redirect_uri: "http://localhost:53210",
      code_verifier: verifier,
    };
    const first = await authority.post("/contoso.com/oauth2/v2.0/token", { ...redeem, code: back.url.searchParams.get("code") ?? "" });
    expect(authority.logged).toEqual([]);
    expect(first.json).not.toHaveProperty("error_description");
    const refresh = () =>
      authority.post("/contoso.com/oauth2/v2.0/token", {
        grant_type: "refresh_token",
        client_id: PUBLIC_CLIENT_ID,
        refresh_token: String(first.json["refresh_token"]),
      });
    expect([(await refresh()).status, (await refresh()).json["error"]]).toEqual([200, "invalid_grant"]);
  });
});

test("a vault opens what it sealed, for the same purpose and unchanged alone", () => {
  const vault = new Vault(new Uint8Array(32).fill(9), SYSTEM_SOURCES);
  const sealed = vault.seal("a", "secret");
  expect(vault.open("a", sealed)).toBe("secret");
  expect(sealed).not.toBe(vault.seal("a", "secret"));
  for (const [purpose, text] of [
    ["b", sealed],
    ["a", sealed.slice(0, -3)],
    ["a", `${sealed.slice(0, 20)}A${sealed.slice(21)}`],
    ["a", "v1$"],
    ["a", ""],
  ] as const)
    expect(() => vault.open(purpose, text)).toThrow(expect.objectContaining({ code: "secret-unreadable" }) as Error);
  expect(() => new Vault(new Uint8Array(16), SYSTEM_SOURCES)).toThrow(expect.objectContaining({ code: "secret-unreadable" }) as Error);
});
