/** docs/unattended.md from end to end: a certificate of openssl's, an application made by cmdlets, and scripts without a person. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LabSecrets, startLab, type RunningLab } from "@tieline/server";
import { runMain, type Ran } from "./run-main.fixture.ts";

const ADMIN = "admin@contoso.com";

let folder: string;
let lab: RunningLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tieline-unattended-"));
  lab = await startLab({ folder: join(folder, "lab"), users: 3 });
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const there = (): string[] => [
  "--ca-file",
  join(lab.folder, lab.description.authority),
  ...lab.description.names.flatMap((name) => ["--connect-to", name]),
];

/** By a person with a password. */
function byPerson(user: string, password: string, ...words: string[]): Promise<Ran> {
  const options = { state: join(folder, "state"), env: { TIELINE_PASSWORD: password } };
  return runMain(["invoke", ...there(), "--user", user, "--sign-in", "password", "-o", "json", ...words], options);
}
const byAdmin = (...words: string[]): Promise<Ran> => byPerson(ADMIN, LabSecrets.open(lab.folder).password(ADMIN), ...words);
const only = ({ out }: Ran): Record<string, unknown> => (JSON.parse(out) as Record<string, unknown>[])[0] ?? {};

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasOpenssl())(
  "an application with a certificate runs what its role may, without a person, and nothing once it is switched off",
  async () => {
    const [key, crt] = [join(folder, "report.key"), join(folder, "report.crt")];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "365", "-subj", "/CN=nightly-report"];
    execFileSync("openssl", [...request, "-keyout", key, "-out", crt], { stdio: "ignore" });
    const made = await byAdmin(
      "New-MsolServicePrincipal",
      "-DisplayName",
      "Nightly report",
      "-Type",
      "Asymmetric",
      "-Value",
      readFileSync(crt, "utf8"),
    );
    expect([made.code, made.err]).toEqual([0, ""]);
    const id = String(only(made)["AppPrincipalId"]);

    const byApplication = (...words: string[]): Promise<Ran> =>
      runMain(
        [
          "invoke",
          ...there(),
          "--client-id",
          id,
          "--tenant",
          "contoso.com",
          "--certificate-file",
          crt,
          "--key-file",
          key,
          "-o",
          "json",
          ...words,
        ],
        {
          state: join(folder, "app"),
        },
      );
    const without = await byApplication("Get-CsTenant");
    expect([without.code, without.err]).toEqual([5, expect.stringContaining("tenant-not-permitted")]);

    const role = ["-RoleName", "Lync Service Administrator", "-RoleMemberType", "ServicePrincipal", "-RoleMemberObjectId", id];
    expect((await byAdmin("Add-MsolRoleMember", ...role)).code).toBe(0);
    const run = await byApplication("Get-CsTenant | Select-Object DisplayName");
    expect([run.code, only(run)]).toEqual([0, { DisplayName: "Contoso.com" }]);
    for (const beyond of [["New-MsolUser"], ["Add-MsolRoleMember", ...role], ["New-MsolServicePrincipal", "-DisplayName", "Mine"]]) {
      const refused = await byApplication(...beyond);
      expect([refused.code, refused.err]).toEqual([5, expect.stringContaining("not recognized")]);
    }

    expect((await byAdmin("Set-MsolServicePrincipal", "-AppPrincipalId", id, "-AccountEnabled", "$false")).code).toBe(0);
    expect((await byApplication("Get-CsTenant")).code).toBe(4);
    const log = await byAdmin("Get-TielineSignInLog", "-User", id);
    const results = (JSON.parse(log.out) as Record<string, unknown>[]).map((entry) => entry["Result"]);
    expect([results[0], results.at(-1)]).toEqual([expect.stringMatching(/^AADSTS\d+$/), "Success"]);
  },
);

test("a second administrator is made, signs in, and is locked out; the audit names no password", async () => {
  const user = "second@contoso.com";
  const made = await byAdmin("New-MsolUser", "-UserPrincipalName", user, "-DisplayName", "Second", "-ForceChangePassword", "$false");
  const password = String(only(made)["Password"]);
  await byAdmin("Add-MsolRoleMember", "-RoleName", "Company Administrator", "-RoleMemberEmailAddress", user);
  const signedIn = await byPerson(user, password, "Get-MsolUserRole", "-UserPrincipalName", user);
  expect([signedIn.code, only(signedIn)["Name"]]).toEqual([0, "Company Administrator"]);
  const given = "a few words that nobody guesses";
  expect(
    (await byAdmin("Set-MsolUserPassword", "-UserPrincipalName", user, "-NewPassword", given, "-ForceChangePassword", "$false")).code,
  ).toBe(0);
  const [older, newer] = [await byPerson(user, password, "Get-CsTenant"), await byPerson(user, given, "Get-CsTenant")];
  expect([older.code, older.err, newer.code]).toEqual([4, expect.stringContaining("AADSTS50126"), 0]);
  expect((await byAdmin("Set-MsolUser", "-UserPrincipalName", user, "-BlockCredential", "$true")).code).toBe(0);
  expect((await byPerson(user, given, "Get-CsTenant")).err).toContain("AADSTS50057");
  using database = new DatabaseSync(join(lab.folder, "online.db"), { readOnly: true });
  const rows = database.prepare("select parameters from audit where cmdlet like '%Msol%'").all();
  expect(rows.length).toBeGreaterThan(4);
  expect(JSON.stringify(rows)).not.toContain(given);
  expect(JSON.stringify(rows)).toContain("***");
});
