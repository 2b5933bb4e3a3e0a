/** pywinrm (Debian's python3-winrm) against the command shell of our library; and our own client for it, to compare. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Dialler, readAuthorities } from "@tieline/net";
import { openCommandShell, type RemoteCommandShell } from "../packages/remoting/src/client.ts";
import { scriptCases } from "./child.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { PASSWORD, testService, type TestService, USER } from "./test-service.ts";
import { DEBIAN_PYTHON, missingModules } from "./python-modules.ts";

const script = fileURLToPath(new URL("python/pywinrm_cases.py", import.meta.url));
const CASES = [
  "output",
  "errors_and_exit_code",
  "large_output",
  "several_commands",
  "environment_and_folder",
  "characters",
  "slow_command",
  "stop",
  "input",
  "unknown_command_id",
  "session",
  "wrong_password",
];

/** The first Python that has it. */
function python(): string | undefined {
  return [process.env["TIELINE_PYTHON"] ?? "", DEBIAN_PYTHON, "python3"].find(
    (each) => missingModules(each, "winrm", "requests_ntlm") === undefined,
  );
}

export const driver: Driver = {
  name: "pywinrm and our own client against our command shell",
  needs: () => (python() === undefined ? "no Python has winrm (Debian: python3-winrm)" : undefined),
  async run() {
    const total: Outcome = { passed: 0, failed: 0 };
    const service = await testService();
    const base = { user: USER, password: PASSWORD, ca: service.authority, cases: CASES };
    const https = { ...base, url: `https://localhost:${service.httpsPort}/wsman` };
    const http = { ...base, url: `http://localhost:${service.httpPort}/wsman` };
    try {
      for (const outcome of [
        await scriptCases("Basic, https", [python() as string, script], { ...https, auth: "basic" }),
        await scriptCases("NTLM, https", [python() as string, script], { ...https, auth: "ntlm" }),
        await scriptCases("NTLM, sealed http", [python() as string, script], { ...http, auth: "ntlm", encryption: "always" }),
        await cases([
          ["our client: output, errors, exit code", () => withShell(service, output)],
          ["our client: input of a megabyte, output of three", () => withShell(service, large)],
          ["our client: interrupt", () => withShell(service, interrupt)],
          ["our client: environment and folder", () => withShell(service, environment)],
        ]),
      ]) {
        total.passed += outcome.passed;
        total.failed += outcome.failed;
      }
    } finally {
      await service.close();
    }
    return total;
  },
};

async function withShell(service: TestService, use: (shell: RemoteCommandShell) => Promise<void>): Promise<void> {
  await using shell = await openCommandShell({
    transport: {
      kind: "wsman",
      uri: `https://localhost:${service.httpsPort}/wsman`,
      dialler: new Dialler({ tls: { authorities: [readAuthorities(service.authority)] } }),
      credential: { kind: "password", user: USER, password: PASSWORD },
    },
    environment: { one: "first" },
    workingDirectory: "C:\\Windows",
  });
  await use(shell);
}

async function output(shell: RemoteCommandShell): Promise<void> {
  assert.deepEqual(await shell.run("echo", ["hello", "\u3053 <&>"]).result(), { stdout: "hello \u3053 <&>\r\n", stderr: "", exitCode: 0 });
  assert.deepEqual(await shell.run("fail 7").result(), { stdout: "", stderr: "failed with 7\r\n", exitCode: 7 });
  const none = await shell.run("nothing").result();
  assert.equal(none.exitCode, 1);
  assert.match(none.stderr, /'nothing' is not recognized/);
}

async function large(shell: RemoteCommandShell): Promise<void> {
  assert.equal((await shell.run("big 3000000").result()).stdout.length, 3_000_000);
  const given = "0123456789abcdef".repeat(65_536);
  const pieces = [given.slice(0, 5), given.slice(5)].map((piece) => Buffer.from(piece));
  assert.ok((await shell.run("cat", [], { input: pieces }).result()).stdout === given);
}

async function interrupt(shell: RemoteCommandShell): Promise<void> {
  const began = Date.now();
  await assert.rejects(shell.run("wait", [], { signal: AbortSignal.timeout(300) }).result());
  assert.ok(Date.now() - began < 5000);
  assert.equal((await shell.run("echo", ["on"]).result()).stdout, "on\r\n");
}

async function environment(shell: RemoteCommandShell): Promise<void> {
  const { stdout } = await shell.run("set").result();
  assert.deepEqual(stdout.split("\r\n").filter(Boolean).sort(), ["CD=C:\\Windows", "one=first"]);
}
