/** pywinrm (Debian's python3-winrm) against the command shell of our library; and our own client for it, to compare. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Dialler } from "@tieline/net";
import { HttpLines } from "../packages/remoting/src/edge/http-lines.ts";
import { WinrsClient, type WinrsCommand } from "../packages/remoting/src/wsman/index.ts";
import { scriptCases } from "./child.ts";
import { cases, type Driver, type Outcome } from "./driver.ts";
import { INTERRUPTED } from "./test-programs.ts";
import { PASSWORD, testService, type TestService, USER } from "./test-service.ts";

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
  return [process.env["TIELINE_PYTHON"] ?? "", "/usr/bin/python3", "python3"].find((each) => {
    try {
      execFileSync(each, ["-c", "import winrm, requests_ntlm"], { stdio: "ignore" });
      return each !== "";
    } catch {
      return false;
    }
  });
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

interface Ran {
  stdout: Buffer;
  stderr: string;
  code: number | undefined;
}

/** Our command shell's client with its requests posted over https. */
class Shell {
  readonly #client: WinrsClient;
  readonly #lines: HttpLines;
  readonly #runs = new Map<
    string,
    { out: Uint8Array[]; err: Uint8Array[]; done: (ran: Ran) => void; failed: (error: unknown) => void; started: () => void }
  >();

  constructor(service: TestService) {
    const uri = `https://localhost:${service.httpsPort}/wsman`;
    const dialler = new Dialler({ tls: { authorities: [readFileSync(service.authority, "utf8")] } });
    this.#lines = new HttpLines({
      uri: new URL(uri),
      dialler,
      credential: { kind: "password", user: USER, password: PASSWORD },
      scheme: "Basic",
    });
    this.#client = new WinrsClient({ uri, newId: randomUUID, environment: { one: "first" }, workingDirectory: "C:\\Windows" });
    this.#client.open();
    this.#post();
  }

  run(command: Omit<WinrsCommand, "id">, started: (id: string, client: WinrsClient) => void = () => undefined): Promise<Ran> {
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        started(id, this.#client);
        this.#post();
      };
      this.#runs.set(id, { out: [], err: [], done: resolve, failed: reject, started: begin });
      this.#client.run({ id, ...command });
      this.#post();
    });
  }

  async close(): Promise<void> {
    this.#client.close();
    this.#post();
    while (this.#client.state === "closing") await new Promise((resolve) => setTimeout(resolve, 20));
    await this.#lines.close();
  }

  #post(): void {
    for (let request = this.#client.nextRequest(); request !== undefined; request = this.#client.nextRequest()) {
      const { id, envelope, timeoutMs, safeToRetry: safe } = request;
      this.#lines.post(envelope, { timeoutMs, safe }).then(
        ({ status, body }) => {
          this.#client.answered(id, { status, body });
          this.#take();
        },
        (error: unknown) => {
          this.#client.failed(id, error as never);
          this.#take();
        },
      );
    }
  }

  #take(): void {
    for (let event = this.#client.nextEvent(); event !== undefined; event = this.#client.nextEvent()) {
      const run = "command" in event ? this.#runs.get(event.command) : undefined;
      if (event.event === "started") run?.started();
      else if (event.event === "output") run?.[event.stream === "stdout" ? "out" : "err"].push(event.bytes);
      else if (event.event === "exit") {
        this.#client.terminate(event.command);
        run?.done({ stdout: Buffer.concat(run.out), stderr: Buffer.concat(run.err).toString(), code: event.code });
      } else if (event.event === "command-faulted") run?.failed(event.fault);
      else if (event.event === "faulted") for (const each of this.#runs.values()) each.failed(event.fault);
    }
    this.#post();
  }
}

async function withShell(service: TestService, use: (shell: Shell) => Promise<void>): Promise<void> {
  const shell = new Shell(service);
  try {
    await use(shell);
  } finally {
    await shell.close();
  }
}

async function output(shell: Shell): Promise<void> {
  const echo = await shell.run({ line: "echo", arguments: ["hello", "\u3053 <&>"] });
  assert.deepEqual([echo.stdout.toString(), echo.stderr, echo.code], ["hello \u3053 <&>\r\n", "", 0]);
  const fail = await shell.run({ line: "fail 7" });
  assert.deepEqual([fail.stdout.toString(), fail.stderr, fail.code], ["", "failed with 7\r\n", 7]);
  const none = await shell.run({ line: "nothing" });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /'nothing' is not recognized/);
}

async function large(shell: Shell): Promise<void> {
  const { stdout } = await shell.run({ line: "big 3000000" });
  assert.equal(stdout.length, 3_000_000);
  const given = Buffer.alloc(1_000_000, "0123456789abcdef");
  const cat = await shell.run({ line: "cat" }, (id, client) => client.write(id, given, true));
  assert.ok(cat.stdout.equals(given));
}

async function interrupt(shell: Shell): Promise<void> {
  const { code } = await shell.run({ line: "wait" }, (id, client) => client.interrupt(id));
  assert.equal(code, INTERRUPTED);
}

async function environment(shell: Shell): Promise<void> {
  const { stdout } = await shell.run({ line: "set" });
  assert.deepEqual(stdout.toString().split("\r\n").filter(Boolean).sort(), ["CD=C:\\Windows", "one=first"]);
}
