/** WinRb (the Ruby library) against our command shell and our PowerShell endpoint. Needs ruby and, in RUBYLIB or as a gem, winrm. Its NTLM (rubyntlm) has no message integrity code. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { scriptCases } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { PASSWORD, testService, USER } from "./test-service.ts";

const script = fileURLToPath(new URL("ruby/winrb_cases.rb", import.meta.url));
const CASES = [
  "cmd_output",
  "cmd_streams",
  "cmd_large_output",
  "cmd_many",
  "cmd_environment",
  "powershell_output",
  "powershell_streams",
  "powershell_large",
  "powershell_failure",
  "powershell_exit_code",
  "powershell_many",
  "wrong_password",
];

export const driver: Driver = {
  name: "WinRb as client of our server",
  needs() {
    try {
      execFileSync("ruby", ["-rwinrm", "-e", "1"], { stdio: "ignore" });
      return undefined;
    } catch {
      return "ruby with winrm is missing (RUBYLIB may name it)";
    }
  },
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    const service = await testService({ ntlmRequireMic: false });
    const base = { user: USER, password: PASSWORD, ca: service.authority, cases: CASES };
    const https = `https://localhost:${service.httpsPort}/wsman`;
    const http = `http://localhost:${service.httpPort}/wsman`;
    try {
      for (const [label, config] of [
        ["Basic, https", { ...base, endpoint: https, transport: "ssl" }],
        ["Negotiate, https", { ...base, endpoint: https, transport: "negotiate" }],
        ["Negotiate, sealed http", { ...base, endpoint: http, transport: "negotiate" }],
      ] as const) {
        const { passed, failed } = await scriptCases(label, ["ruby", script], config);
        total.passed += passed;
        total.failed += failed;
      }
    } finally {
      await service.close();
    }
    return total;
  },
};
