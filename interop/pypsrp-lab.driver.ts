/** pypsrp as client of the lab: the service over https with password, token and certificate, the pool over https and sealed http, with their cmdlets. Needs a Python with it in TIELINE_PYTHON. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scriptCases } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { openLab, type OpenLab } from "./lab-browser.ts";
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
const BY_TOKEN = ["tenant", "users", "change_a_user", "metadata_and_help", "left_and_found_again"];
const POOL = ["pool_users", "script_is_refused", "sign_in_refused"];

/** As the retired connector had it: for the endpoint's own address, by its well-known client. */
async function tokenIn(open: OpenLab): Promise<string> {
  const form = {
    grant_type: "password",
    client_id: "1950a258-227b-4e31-a9cf-717495945fc2",
    resource: "https://admin0a.online.lync.com/OcsPowershellOAuth",
    username: "admin@contoso.com",
    password: open.password("admin@contoso.com"),
  };
  const { body } = await open.send("https://login.online.lync.com/contoso.com/oauth2/token", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  return String((JSON.parse(body) as { access_token?: string }).access_token);
}

export const driver: Driver = {
  name: "pypsrp as client of the lab",
  needs: () => missingModules(python, "pypsrp"),
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    {
      await using open = await openLab(PEOPLE);
      const { lab, folder } = open;
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
          "the service, a token in Basic, https",
          { ...online, path: "OcsPowershellOAuth?AdminDomain=contoso.com", user: "oauth", password: await tokenIn(open), auth: "basic" },
          BY_TOKEN,
        ],
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
    }
    return total;
  },
};
