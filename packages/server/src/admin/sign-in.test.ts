import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateFacts, hashPassword, LogonGuard, ntHash, sealNtHash, SYSTEM_SOURCES } from "@tieline/auth";
import { isFault } from "@tieline/fault";
import { createLabTenants, Directory } from "../directory/index.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { SignIn } from "./sign-in.ts";

const VAULT = new Uint8Array(32).fill(3);
let store: Store;
let directory: Directory;
let signIn: SignIn;
let nowMs = 1_800_000_000_000;
const pauses: number[] = [];

beforeEach(async () => {
  pauses.length = 0;
  store = await storeOver(sqliteDialect(":memory:"), "sqlite", nowMs);
  directory = Directory.of(store);
  const passwordHash = await hashPassword("right");
  await createLabTenants(directory, {
    users: 3,
    nowMs,
    credentials: async () => ({ passwordHash, ntHashSealed: null, sshKeys: ["ssh-ed25519 AAAA comment"] }),
  });
  const sources = { ...SYSTEM_SOURCES, nowMs: () => nowMs };
  signIn = new SignIn({
    directory,
    guard: new LogonGuard(),
    vaultKey: VAULT,
    sources,
    lockout: { failures: 3, lockMs: 60_000, windowMs: 60_000 },
    pause: async (ms) => void pauses.push(ms),
  });
});
afterEach(() => store.close());

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    return (await action) === undefined ? "refused" : "in";
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
}

test("right password in, wrong one and unknown account refused alike, later each time", async () => {
  expect((await signIn.password("admin@contoso.com", "right", "a"))?.account.userPrincipalName).toBe("admin@contoso.com");
  expect(await signIn.password("admin@contoso.com", "wrong", "a")).toBeUndefined();
  expect(await signIn.password("nobody@contoso.com", "right", "a")).toBeUndefined();
  expect(await signIn.password("admin@contoso.com", "", "a")).toBeUndefined();
  expect(pauses.every((ms) => ms > 0)).toBe(true);
});

test("a lock of the directory holds for the right password too, survives a restart and lapses", async () => {
  for (let i = 0; i < 3; i++) await codeOf(signIn.password("admin@contoso.com", "wrong", "a"));
  const again = new SignIn({
    directory,
    guard: new LogonGuard(),
    vaultKey: VAULT,
    sources: { ...SYSTEM_SOURCES, nowMs: () => nowMs },
    pause: async () => undefined,
  });
  expect(await codeOf(again.password("admin@contoso.com", "right", "b"))).toBe("account-locked");
  nowMs += 61_000;
  expect(await codeOf(again.password("admin@contoso.com", "right", "b"))).toBe("in");
});

test("a disabled account stays out at once, also where its password was just remembered", async () => {
  expect(await codeOf(signIn.password("viewer@contoso.com", "right", "a"))).toBe("in");
  const account = await directory.accounts.find("viewer@contoso.com");
  if (account === undefined) throw new Error("no account");
  await directory.tenant(account.tenantId).accounts.setEnabled(account.accountId, false, nowMs);
  expect(await codeOf(signIn.password("viewer@contoso.com", "right", "a"))).toBe("refused");
});

test("NTLM only for accounts with a sealed hash", async () => {
  expect(await signIn.ntlm("admin@contoso.com", "")).toBeUndefined();
  const account = await directory.accounts.find("admin@contoso.com");
  if (account === undefined) throw new Error("no account");
  const sealed = sealNtHash(VAULT, account.accountId, ntHash("right"), SYSTEM_SOURCES);
  await directory
    .tenant(account.tenantId)
    .accounts.setPassword(account.accountId, { passwordHash: account.passwordHash ?? "", ntHashSealed: sealed }, nowMs);
  expect((await signIn.ntlm("admin", "contoso.com"))?.ntHash).toEqual(ntHash("right"));
  expect((await signIn.ntlm("ADMIN@CONTOSO.COM", ""))?.name).toBe("admin@contoso.com");
});

const FACTS: CertificateFacts = {
  thumbprint: "A".repeat(40),
  thumbprint256: "B".repeat(64),
  subject: "CN=somebody",
  issuer: "CN=Contoso CA",
  principalNames: [],
  validFromMs: 0,
  validToMs: Number.MAX_SAFE_INTEGER,
};

test("a certificate is the account of its user principal name, or of the table's row", async () => {
  const http = { policy: {}, ntlmNames: {} };
  const rows = [{ thumbprint: "AA:".repeat(20), account: { name: "viewer@contoso.com" } }];
  const by = async (facts: Partial<CertificateFacts>, certificates: typeof rows = []): Promise<string | undefined> =>
    (await signIn.forHttp({ ...http, certificates }).certificate?.({ ...FACTS, ...facts }))?.name;
  expect(await by({ principalNames: ["Admin@Contoso.com"] })).toBe("admin@contoso.com");
  expect(await by({ principalNames: ["old@nowhere.test", "admin@contoso.com"] })).toBe("admin@contoso.com");
  expect(await by({ principalNames: ["CONTOSO\\admin"] })).toBeUndefined();
  expect(await by({ subject: "CN=admin@contoso.com" })).toBeUndefined();
  expect(await by({}, rows)).toBe("viewer@contoso.com");
  expect(await by({ thumbprint: "C".repeat(40) }, rows)).toBeUndefined();
  expect(signIn.forHttp(http).certificate).toBeUndefined();
});

test("where the account signed in before, guesses from elsewhere do not lock it out; its own count there", async () => {
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "home"))).toBe("in");
  for (let i = 0; i < 3; i++) await codeOf(signIn.password("admin@contoso.com", "wrong", `elsewhere ${i}`));
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "elsewhere 9"))).toBe("account-locked");
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "home"))).toBe("in");
  // The owner's good sign-ins do not open the door for the others.
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "elsewhere 9"))).toBe("account-locked");
  for (let i = 0; i < 3; i++) await codeOf(signIn.password("admin@contoso.com", "wrong", "home"));
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "home"))).toBe("account-locked");
  nowMs += 61_000;
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "home"))).toBe("in");
  nowMs += 31 * 24 * 60 * 60_000;
  for (let i = 0; i < 3; i++) await codeOf(signIn.password("admin@contoso.com", "wrong", "elsewhere"));
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "home"))).toBe("account-locked");
});

test("a lock is against guessed passwords: a certificate and a key let in beside it; a disabled account stays out", async () => {
  const port = signIn.forHttp({ policy: {}, ntlmNames: {}, certificates: [] }).certificate;
  const enter = async (): Promise<unknown> => port?.({ ...FACTS, principalNames: ["admin@contoso.com"] });
  expect(await codeOf(enter())).toBe("in");
  for (let i = 0; i < 3; i++) await codeOf(signIn.password("admin@contoso.com", "wrong", "a"));
  expect(await codeOf(signIn.password("admin@contoso.com", "right", "a"))).toBe("account-locked");
  expect(await codeOf(enter())).toBe("in");
  expect(await codeOf(signIn.sshKey("admin@contoso.com", "ssh-ed25519 AAAA"))).toBe("in");
  const account = await directory.accounts.find("admin@contoso.com");
  if (account === undefined) throw new Error("no account");
  await directory.tenant(account.tenantId).accounts.setEnabled(account.accountId, false, nowMs);
  expect(await codeOf(enter())).toBe("refused");
});

test("an SSH key is compared without its comment", async () => {
  expect((await signIn.sshKey("admin@contoso.com", "ssh-ed25519 AAAA other comment"))?.mechanism).toBe("key");
  expect(await signIn.sshKey("admin@contoso.com", "ssh-ed25519 BBBB")).toBeUndefined();
  expect(await signIn.sshKey("nobody@contoso.com", "ssh-ed25519 AAAA")).toBeUndefined();
});
