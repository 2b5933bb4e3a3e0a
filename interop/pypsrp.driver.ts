/** pypsrp as client of our server library: every way to log on, and everything that a session can do. Needs a Python with it in TIELINE_PYTHON. */
import { fileURLToPath } from "node:url";
import { scriptCases } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { missingKdc, Realm } from "./realm.ts";
import { PASSWORD, QUOTA, testService, USER } from "./test-service.ts";
import { missingModules } from "./python-modules.ts";

const { TIELINE_PYTHON: python = "" } = process.env;
const script = fileURLToPath(new URL("python/pypsrp_cases.py", import.meta.url));

/** What every way to log on must be good for. */
const SHORT = [
  "open_and_close",
  "streams",
  "input",
  "large_input",
  "large_output",
  "stop",
  "several_invocations",
  "at_the_same_time",
  "wrong_password",
];
const FULL = [
  "open_and_close",
  "streams",
  "values",
  "input",
  "large_input",
  "large_argument",
  "large_output",
  "many_objects",
  "arguments",
  "merge",
  "terminating_error",
  "unknown_command",
  "stop",
  "one_object_after_another",
  "operation_timeout",
  "host_calls",
  "host_secrets",
  "key_exchange",
  "metadata",
  "pool_size",
  "reset",
  "application_arguments",
  "several_invocations",
  "is_alive",
  "disconnect_and_reconnect",
  "connect_from_another_process",
  "two_clients_on_one_shell",
  "quota",
  "shell_is_gone",
  "command_is_unknown",
  "wrong_resource",
  "envelope_size",
  "nested",
  "at_the_same_time",
  "wrong_password",
  "cmd_shell",
  "cmd_environment",
];

export const driver: Driver = {
  name: "pypsrp as client of our server",
  needs: () => missingModules(python, "pypsrp"),
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    const kerberos = missingKerberos();
    if (kerberos !== undefined) console.log(`  without Kerberos: ${kerberos}`);
    using realm = kerberos === undefined ? await Realm.create() : undefined;
    using _environment = realm === undefined ? undefined : environment(realm.environment);
    const service = await testService({ keytab: realm?.keytab });
    const base = { host: "localhost", user: USER, password: PASSWORD, ca: service.authority, quota: QUOTA };
    const https = { ...base, port: service.httpsPort, ssl: true };
    const http = { ...base, port: service.httpPort, ssl: false };
    const ticket = { auth: "kerberos", user: `alice@${realm?.name}`, password: "Sesame!" };
    const ways: [label: string, config: Record<string, unknown>, cases: readonly string[]][] = [
      ["Basic, https", { ...https, auth: "basic" }, FULL],
      ["NTLM, https", { ...https, auth: "ntlm" }, SHORT],
      ["Negotiate, https", { ...https, auth: "negotiate" }, SHORT],
      ["NTLM, sealed http", { ...http, auth: "ntlm", encryption: "always" }, SHORT],
      ["Negotiate, sealed http", { ...http, auth: "negotiate", encryption: "always" }, FULL],
    ];
    if (realm !== undefined) {
      // A wrong password does not get past the client's own KDC.
      const ticketed = SHORT.filter((name) => name !== "wrong_password");
      ways.push(
        ["Kerberos, https", { ...https, ...ticket }, ticketed],
        ["Kerberos, sealed http", { ...http, ...ticket, encryption: "always" }, ticketed],
      );
    }
    try {
      for (const [label, config, names] of ways) {
        const { passed, failed } = await scriptCases(label, [python, script], { ...config, cases: names });
        total.passed += passed;
        total.failed += failed;
      }
      if (service.shells() > 0) {
        total.failed += 1;
        console.log(`  FAILED  ${service.shells()} shells are left behind`);
      }
    } finally {
      await service.close();
    }
    return total;
  },
};

function missingKerberos(): string | undefined {
  return missingKdc() ?? missingModules(python, "krb5", "gssapi");
}

/** Variables for this process and its children, until it is disposed of. */
function environment(variables: Readonly<Record<string, string>>): Disposable {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(variables)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    },
  };
}
