/** Strangers as child processes: one that serves until it is told to end, one that prints what came of its cases. */
import { type ChildProcess, spawn } from "node:child_process";
import { connect as connectTo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

/** A port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Resolves when somebody listens on the port; the child's standard error tells why nobody does. */
export async function listening(port: number, child: ChildProcess, limitMs = 20_000): Promise<void> {
  let said = "";
  child.stderr?.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
  for (const end = Date.now() + limitMs; Date.now() < end; await wait(100)) {
    if (child.exitCode !== null) break;
    const open = await new Promise<boolean>((resolve) => {
      const socket = connectTo(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
      socket.once("error", () => resolve(false));
    });
    if (open) return;
  }
  throw new Error(`nobody listens on port ${port}: ${said}`);
}

/** Ends a child that we started, for good. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
  await exit;
  clearTimeout(timer);
}

interface Line {
  case: string;
  ok: boolean;
  error?: string;
}

/**
 * Runs a script that prints a line of JSON for each case, and says aloud what came of each. The script's own limit for
 * a case is `limitMs`; when it says nothing for so long, it is ended and the case counts as failed.
 */
export async function scriptCases(
  label: string,
  command: readonly [string, ...string[]],
  config: { cases: readonly string[] } & Record<string, unknown>,
  limitMs = 60_000,
): Promise<{ passed: number; failed: number }> {
  const [program, ...args] = command;
  const left = [...config.cases];
  let passed = 0;
  let failed = 0;
  while (left.length > 0) {
    const child = spawn(program, [...args, JSON.stringify({ ...config, cases: left })], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
    let timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    for await (const text of createInterface({ input: child.stdout })) {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
      if (!text.startsWith("{")) continue;
      const line = JSON.parse(text) as Line;
      left.splice(left.indexOf(line.case), 1);
      if (line.ok) passed += 1;
      else failed += 1;
      console.log(line.ok ? `  ok      ${label}: ${line.case}` : `  FAILED  ${label}: ${line.case}\n${indent(line.error ?? "")}`);
    }
    clearTimeout(timer);
    const [stuck] = left;
    if (stuck === undefined) break;
    left.shift();
    failed += 1;
    console.log(`  FAILED  ${label}: ${stuck}\n${indent(said === "" ? `no end within ${limitMs / 1000} s` : said)}`);
  }
  return { passed, failed };
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .slice(-14)
    .map((line) => `          ${line}`)
    .join("\n");
}
