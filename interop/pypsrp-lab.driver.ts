/** pypsrp as client of the lab: the service over https, the pool over https and sealed http, with their cmdlets. Needs a Python with it in TIELINE_PYTHON. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLab } from "../packages/server/src/index.ts";
import { scriptCases } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { missingModules } from "./python-modules.ts";

const { TIELINE_PYTHON: python = "" } = process.env;
const script = fileURLToPath(new URL("python/pypsrp_lab_cases.py", import.meta.url));
const PEOPLE = 60;
const ONLINE = [
  "tenant",
  "users",
  "filters",
  "select_and_measure",
  "change_a_user",
  "policies",
  "not_found",
  "refused_input",
  "script_is_refused",
  "metadata_and_help",
  "roles",
  "tenants_are_apart",
  "three_shells",
  "sign_in_refused",
  "left_and_found_again",
];
const BY_CERTIFICATE = ["tenant", "users", "change_a_user"];
const POOL = ["pool_users", "script_is_refused", "sign_in_refused"];

export const driver: Driver = {
  name: "pypsrp as client of the lab",
  needs: () => missingModules(python, "pypsrp"),
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    const folder = mkdtempSync(join(tmpdir(), "tieline-lab-"));
    try {
      await using lab = await startLab({ folder, users: PEOPLE });
      const accounts = Object.fromEntries(lab.logins.map(({ user, password }) => [user, password]));
      const { ports } = lab.description;
      const base = { host: "localhost", ca: join(folder, lab.description.authority), accounts, people: PEOPLE };
      const as = (user: string): object => ({ user, password: accounts[user] });
      const online = {
        ...base,
        ...as("admin@contoso.com"),
        port: ports["online-https"],
        ssl: true,
        path: "OcsPowershellLiveId?AdminDomain=contoso.com",
      };
      const pool = { ...base, ...as("administrator@contoso.local"), path: "OcsPowershell" };
      const shown = join(folder, "authority", "admin@contoso.com");
      const certificate = { certificate_pem: `${shown}.crt`, certificate_key_pem: `${shown}.key` };
      for (const [label, config, names] of [
        ["the service, Basic, https", { ...online, auth: "basic" }, ONLINE],
        [
          "the service, client certificate, https",
          { ...online, password: "wrong", auth: "certificate", options: certificate },
          BY_CERTIFICATE,
        ],
        ["the pool, NTLM, https", { ...pool, port: ports["pool-https"], ssl: true, auth: "ntlm" }, POOL],
        [
          "the pool, Negotiate, sealed http",
          { ...pool, port: ports["pool-http"], ssl: false, auth: "negotiate", encryption: "always" },
          POOL,
        ],
      ] as const) {
        const { passed, failed } = await scriptCases(label, [python, script], { ...config, cases: names });
        total.passed += passed;
        total.failed += failed;
      }
      if (lab.sessionCount() > 0) {
        total.failed += 1;
        console.log(`  FAILED  ${lab.sessionCount()} shells are left behind`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return total;
  },
};
