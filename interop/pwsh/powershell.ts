/** Finds a real PowerShell and runs scripts of ours in it that say `ok NAME` or `not ok NAME: what was there`. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../driver.ts";

/** The program, or undefined where there is none. */
export function powershell(): string | undefined {
  const named = process.env["TIELINE_PWSH"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  return spawnSync("pwsh", ["-NoProfile", "-Command", "1"]).status === 0 ? "pwsh" : undefined;
}

export function needsPowershell(): string | undefined {
  return powershell() === undefined ? "no pwsh on the PATH, and TIELINE_PWSH names none" : undefined;
}

/** Its WS-Management client off Windows stands beside it, or it has none. */
export function needsWsmanClient(): string | undefined {
  const missing = needsPowershell();
  if (missing !== undefined || process.platform === "win32") return missing;
  const program = powershell() as string;
  const beside = existsSync(join(dirname(program), "libpsrpclient.so")) || existsSync(join(dirname(program), "libpsrpclient.dylib"));
  return beside ? undefined : "libpsrpclient (WS-Management for PowerShell off Windows) is not beside pwsh";
}

export interface ScriptOptions {
  /** Environment of the script: where to connect to. */
  variables?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  /** What is typed where it asks, line by line; left out, it cannot ask. */
  answers?: readonly string[];
  /** Given all that it printed, when it has ended: what a session's host shows is in no stream of the script. */
  heard?: (text: string) => void;
}

/** Runs a script of this folder; what it prints beside its verdicts is shown where something failed. */
export async function runScript(name: string, options: ScriptOptions = {}): Promise<Outcome> {
  const path = join(dirname(fileURLToPath(import.meta.url)), name);
  const env = { ...process.env, ...options.variables, NO_COLOR: "1", POWERSHELL_TELEMETRY_OPTOUT: "1", POWERSHELL_UPDATECHECK: "Off" };
  const { answers } = options;
  const words = ["-NoProfile", ...(answers === undefined ? ["-NonInteractive"] : []), "-File", path];
  const child = spawn(powershell() as string, words, { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined).end((answers ?? []).map((each) => `${each}\n`).join(""));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  options.heard?.(text);
  const passed = text.match(/^ok /gm)?.length ?? 0;
  const bad = text.match(/^not ok .*$/gm) ?? [];
  const ended = /^done$/m.test(text);
  for (const line of bad) console.log(`  ${line}`);
  if (!ended) console.log(`  ${name} did not end (exit code ${code}); it said:\n${text}`);
  return { passed, failed: bad.length + (ended ? 0 : 1) };
}

/** A list of named expectations of our own side. */
export class Tally {
  passed = 0;
  failed = 0;

  expect(name: string, actual: unknown, expected: unknown): void {
    const [a, e] = [actual, expected].map((value) =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner)),
    );
    if (a === e) this.passed += 1;
    else {
      this.failed += 1;
      console.log(`  not ok ${name}: ${a}, not ${e}`);
    }
  }

  /** Passes where the promise rejects with this code or id. */
  async refuses(name: string, action: () => Promise<unknown>, code: string): Promise<void> {
    try {
      await action();
      this.expect(name, "no error", code);
    } catch (error) {
      const { code: fault, fullyQualifiedErrorId } = error as { code?: string; fullyQualifiedErrorId?: string };
      this.expect(name, fault ?? fullyQualifiedErrorId ?? String(error), code);
    }
  }

  add(other: Outcome): void {
    this.passed += other.passed;
    this.failed += other.failed;
  }

  get count(): Outcome {
    return { passed: this.passed, failed: this.failed };
  }
}
