/** The way of old at the lab: a password for a web ticket, without a browser and without modern sign-in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLab, type RunningLab } from "@tieline/server";
import { runMain, type Ran } from "./run-main.fixture.ts";

const ADMIN = "admin@contoso.com";
const NEIGHBOUR = "admin@fabrikam.com";

let folder: string;
let lab: RunningLab;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-legacy-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 3 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const invoke = (words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runMain(["invoke", "--data", lab.folder, ...words], { state: join(folder, "state"), env });
const TENANT = "Get-CsTenant | Select-Object DisplayName";

test("asked for by name, a password becomes a web ticket, and the ticket opens the session", async () => {
  const ran = await invoke(["--user", ADMIN, "--sign-in", "legacy", "-v", TENANT]);
  expect([ran.code, JSON.parse(ran.out)]).toEqual([0, [{ DisplayName: "Contoso.com" }]]);
  expect(ran.err).toContain("VERBOSE: A web ticket stands for the password\nVERBOSE: Success");
});

test("in a tenant whose modern sign-in is switched off, a password still opens a session, without a browser", async () => {
  // By a password as it is: a session that a token opened would end with the switch itself.
  const set = (value: string): Promise<Ran> =>
    invoke(["--user", NEIGHBOUR, "--authentication", "basic", "Set-CsOAuthConfiguration", "-ClientAdalAuthOverride", value]);
  expect(await set("Disallowed")).toMatchObject({ code: 0, err: "" });
  const ran = await invoke(["--user", NEIGHBOUR, "-v", TENANT]);
  expect([ran.code, JSON.parse(ran.out)]).toEqual([0, [{ DisplayName: "Fabrikam.com" }]]);
  expect(ran.err).toMatch(/Modern sign-in is switched off for the tenant[^]*A web ticket stands for the password/);
  // Ways that have no password are told why.
  const token = await invoke(["--user", NEIGHBOUR, "--sign-in", "device-code", TENANT]);
  expect([token.code, token.err]).toEqual([4, expect.stringMatching(/modern-sign-in-off|sign-in-needs-person/)]);
  expect((await set("NoOverride")).code).toBe(0);
});

test("a wrong password and an unknown user are told in founding document 003's words", async () => {
  for (const user of [ADMIN, "nobody@contoso.com"]) {
    const ran = await invoke(["--user", user, "--sign-in", "legacy", TENANT], { TIELINE_PASSWORD: "not this one" });
    expect(ran.code).toBe(4);
    expect(ran.err).toContain(
      `Logon failed for the user '${user}'. Please create a new PSCredential object, making sure that you have used the correct user name and password.`,
    );
    expect(ran.err).toMatch(/said: +AADSTS500?(126|34)/);
    expect(ran.err).not.toContain("not this one");
  }
});

test("a token service that cannot be reached is told in founding document 003's words, with the hop below", async () => {
  const ran = await invoke(["--user", ADMIN, "--sign-in", "legacy", "--connect-to", "login.online.lync.com:443:127.0.0.1:1", TENANT]);
  expect(ran.code).toBe(6);
  expect(ran.err).toContain(
    "Failed to connect live id servers. Make sure proxy is enabled or machine has network connection to live id servers.",
  );
  expect(ran.err).toMatch(/said: .*login\.online\.lync\.com/);
});

test("an endpoint without web tickets says so", async () => {
  const pool = ["--target-uri", "https://pool01.contoso.local/OcsPowershell"];
  const ran = await invoke(["--user", "administrator@contoso.local", "--sign-in", "legacy", ...pool, "Get-CsTenant"]);
  expect([ran.code, ran.err]).toEqual([4, expect.stringContaining("error web-ticket-service-missing: pool01.contoso.local")]);
});
