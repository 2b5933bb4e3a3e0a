/** Strangers in a benchmark's run: PowerShell (`TIELINE_PWSH`) and pypsrp (`TIELINE_PYTHON`); skipped aloud where they are not. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VARIABLES = { PowerShell: "TIELINE_PWSH", pypsrp: "TIELINE_PYTHON" } as const;
export type Stranger = keyof typeof VARIABLES;

/** The program, or undefined where it is not here. */
export function stranger(name: Stranger): string | undefined {
  const program = process.env[VARIABLES[name]];
  if (program === undefined) console.log(`skipped: ${name} (${VARIABLES[name]} is not set)`);
  return program;
}

/**
 * Runs a script of theirs and gives the lines `name number` that it prints. What it needs to know comes as environment
 * variables; undefined where the stranger is not here or failed, which is said.
 */
export async function runScript(
  name: Stranger,
  script: string,
  environment: Record<string, string>,
  limitMs = 600_000,
): Promise<Map<string, number> | undefined> {
  const program = stranger(name);
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
  try {
    const path = join(folder, name === "PowerShell" ? "script.ps1" : "script.py");
    writeFileSync(path, script);
    const args = name === "PowerShell" ? ["-NoProfile", "-NonInteractive", "-File", path] : [path];
    const child = spawn(program, args, { env: { ...process.env, NO_COLOR: "1", ...environment }, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let trouble = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (trouble = (trouble + part).slice(-2000)));
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
    clearTimeout(timer);
    const numbers = new Map<string, number>();
    for (const found of text.matchAll(/^([\w-]+) ([0-9.eE+-]+)\r?$/gm)) numbers.set(found[1] as string, Number(found[2]));
    if (numbers.size > 0) return numbers;
    console.log(`  ${name} failed: ${(text + trouble).trim().split("\n").slice(-3).join(" ")}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A PowerShell session over a pipe or Unix socket of any path, as `$session`'s runspace `$runspace`. */
export const OPEN_PIPE = `
$info = [System.Management.Automation.Runspaces.NamedPipeConnectionInfo]::new($env:BENCH_PIPE, 20000)
$runspace = [runspacefactory]::CreateRunspace($info, $Host, [System.Management.Automation.Runspaces.TypeTable]::LoadDefaultTypeFiles())
$runspace.Open()
`;
