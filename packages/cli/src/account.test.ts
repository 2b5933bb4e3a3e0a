/** `tieline account` as a user types it: what is listed, switched, shown and forgotten, and never a token. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeEach, expect, test } from "vitest";
import { cachePath, chooseStore, TokenCache, type CachedAccount } from "@tieline/connector";
import type { Surroundings } from "./invocation.ts";
import { main } from "./main.ts";

const root = mkdtempSync(join(tmpdir(), "tieline-account-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let environment: Record<string, string>;
let count = 0;

beforeEach(() => {
  environment = { XDG_STATE_HOME: join(root, String(++count)), TIELINE_CACHE_PASSPHRASE: "open sesame" };
});

function cache(): TokenCache {
  return new TokenCache(chooseStore(environment, { wait: async () => undefined, nowMs: () => Date.now() }));
}

async function signedIn(user: string, tenantId: string, tenantName: string): Promise<void> {
  const account: CachedAccount = {
    authority: "https://login.test",
    authorizationUri: "https://login.test/common/oauth2/authorize",
    clientId: "client",
    tenantId,
    tenantNames: [tenantName],
    user,
    refreshToken: "HIDDEN-refresh",
    tokens: [{ resource: "https://e.test/x", accessToken: "HIDDEN-access", expiresAtMs: Date.UTC(2026, 0, 2) }],
    signedInAtMs: Date.UTC(2026, 0, 1),
  };
  await cache().change({ ...account, tenant: tenantId }, async () => ({ account }));
}

async function tieline(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: "", err: "" };
  const stream = (name: "out" | "err"): PassThrough => new PassThrough().on("data", (chunk: Buffer) => (text[name] += chunk.toString()));
  const around = {
    stdin: new PassThrough(),
    stdout: stream("out"),
    stderr: stream("err"),
    environment,
    signal: new AbortController().signal,
  };
  const code = await main(words, around as unknown as Surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  expect(text.out + text.err).not.toMatch(/HIDDEN|sesame/);
  return { code, ...text };
}

test("accounts are listed with the profile's own, shown and switched, each by its tenant", async () => {
  await signedIn("a@contoso.com", "t-1", "contoso.com");
  await signedIn("a@contoso.com", "t-2", "fabrikam.com");
  await signedIn("b@contoso.com", "t-1", "contoso.com");
  const ambiguous = await tieline("account", "switch", "a@contoso.com");
  expect([ambiguous.code, ambiguous.err]).toEqual([2, expect.stringContaining("tenant t-1, tenant t-2")]);
  expect((await tieline("account", "switch", "A@contoso.com", "--tenant", "fabrikam.com")).code).toBe(0);
  expect((await tieline("account", "switch", "b@contoso.com", "--profile", "work")).err).toContain("for the profile work");
  const listed = JSON.parse((await tieline("account", "list")).out) as Record<string, unknown>[];
  expect(listed.map((row) => [row["Account"], row["Tenant"], row["Default"]])).toEqual([
    ["a@contoso.com", "t-1", false],
    ["a@contoso.com", "t-2", true],
    ["b@contoso.com", "t-1", false],
  ]);
  const shown = await tieline("account", "show");
  expect(JSON.parse(shown.out)).toMatchObject([
    { Account: "a@contoso.com", Tenant: "t-2", Tokens: ["https://e.test/x until 2026-01-02T00:00:00.000Z"] },
  ]);
});

test("an account that is removed is gone, and is nobody's default any more", async () => {
  await signedIn("a@contoso.com", "t-1", "contoso.com");
  await tieline("account", "switch", "a@contoso.com");
  expect((await tieline("account", "remove", "a@contoso.com")).code).toBe(0);
  expect(JSON.parse((await tieline("account", "list")).out)).toEqual([]);
  const gone = await tieline("account", "show");
  expect([gone.code, gone.err]).toEqual([2, expect.stringContaining("account-unknown")]);
});

test("a cache that does not open is said, and can be thrown away", async () => {
  await signedIn("a@contoso.com", "t-1", "contoso.com");
  writeFileSync(cachePath(environment), "nonsense");
  const broken = await tieline("account", "list");
  expect([broken.code, broken.err]).toEqual([4, expect.stringContaining("token-cache-sealed")]);
  expect((await tieline("account", "remove", "--all")).code).toBe(0);
  expect(JSON.parse((await tieline("account", "list")).out)).toEqual([]);
});

test("where nothing can be kept, that is said, and how to change it", async () => {
  environment["TIELINE_TOKEN_CACHE"] = "memory";
  const { code, out, err } = await tieline("account", "list");
  expect([code, JSON.parse(out)]).toEqual([0, []]);
  expect(err).toContain("TIELINE_CACHE_KEY_FILE");
});

test("whoever is named nowhere signs in as the profile's own account", async () => {
  await signedIn("a@nowhere.invalid", "t-1", "nowhere.invalid");
  await tieline("account", "switch", "a@nowhere.invalid");
  const verbose = await tieline("invoke", "-v", "--connect-to", "::127.0.0.1:1", "Get-CsTenant");
  expect(verbose.err).toContain("AdminDomain = 'nowhere.invalid'");
});

test.each([
  [["--sign-in", "certificate"], "--client-id"],
  [["--sign-in", "secret", "--client-id", "x"], "--client-secret-file"],
  [["--sign-in", "token"], "TIELINE_TOKEN"],
  [["--sign-in", "nonsense"], "Allowed choices"],
  [["--teams-environment-name", "TeamsMoon"], "TeamsGCCH, TeamsDOD, TeamsChina"],
])("%j is refused before anything is asked: %s", async (words, text) => {
  const ran = await tieline(
    "invoke",
    "--user",
    "a@b.invalid",
    "--target-uri",
    "https://e.invalid/OcsPowershell",
    "--connect-to",
    "::127.0.0.1:1",
    ...words,
    "Get-CsTenant",
  );
  expect(ran.err).toContain(text);
  expect(ran.code).not.toBe(0);
});
