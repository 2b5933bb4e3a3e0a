/** pypsrp moves users on the pool's endpoint, in both directions, and reads at both sites what came of it. Needs a Python with it in TIELINE_PYTHON. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scriptCases } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { openLab } from "./lab-browser.ts";
import { missingModules } from "./python-modules.ts";

const { TIELINE_PYTHON: python = "" } = process.env;
const script = fileURLToPath(new URL("python/pypsrp_moves_cases.py", import.meta.url));
const DEPLOYMENT_ADMIN = "administrator@contoso.local";
const CASES = ["there_and_back", "what_if", "pass_thru", "report", "confirm", "unlicensed", "by_oauth_in_the_session", "nobody"];

export const driver: Driver = {
  name: "pypsrp moving users",
  needs: () => missingModules(python, "pypsrp"),
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    await using open = await openLab(30);
    const { lab, folder } = open;
    const { ports, authority } = lab.description;
    const base = {
      host: "localhost",
      ca: join(folder, authority),
      accounts: Object.fromEntries(lab.logins.map(({ user, password }) => [user, password])),
      user: DEPLOYMENT_ADMIN,
      password: open.password(DEPLOYMENT_ADMIN),
      path: "OcsPowershell",
      online: { user: "admin@contoso.com", port: ports["online-https"], path: "OcsPowershellLiveId?AdminDomain=contoso.com" },
      url: "https://admin0a.online.lync.com/HostedMigration/hostedmigrationservice.svc",
      reports: join(folder, "reports"),
    };
    for (const [label, way] of [
      ["the pool, Negotiate, https", { port: ports["pool-https"], ssl: true, auth: "negotiate" }],
      ["the pool, NTLM, sealed http", { port: ports["pool-http"], ssl: false, auth: "ntlm", encryption: "always" }],
    ] as const) {
      const { passed, failed } = await scriptCases(label, [python, script], { ...base, ...way, cases: CASES });
      total.passed += passed;
      total.failed += failed;
    }
    if (lab.sessionCount() > 0) {
      total.failed += 1;
      console.log(`  FAILED  ${lab.sessionCount()} shells are left behind`);
    }
    return total;
  },
};
