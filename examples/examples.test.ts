/** The examples run, against each other. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "tieline-examples-"));
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

function start(example: string, ...args: string[]): { child: ChildProcess; text: () => string } {
  const path = fileURLToPath(new URL(example, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tieline/source", path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return { child, text: () => text };
}

test("host-cmdlet serves its cmdlet, open-pool streams its objects", async () => {
  const socket = process.platform === "win32" ? `tieline-examples-${process.pid}` : join(folder, "weather");
  const host = start("host-cmdlet.ts", socket);
  await expect.poll(host.text, { timeout: 20_000 }).toContain("serving");
  const client = start("open-pool.ts", socket);
  const code = await new Promise((resolve) => client.child.once("close", resolve));
  expect(client.text()).toBe(
    "{ City: 'Oslo', Celsius: 12, For: 'whoever may open the socket' }\n{ City: 'Rome', Celsius: 12, For: 'whoever may open the socket' }\n",
  );
  expect(code).toBe(0);
});

test("a cmdlet that is not there is told in PowerShell's words", async () => {
  const socket = process.platform === "win32" ? `tieline-examples-${process.pid}-2` : join(folder, "other");
  const host = start("host-cmdlet.ts", socket);
  await expect.poll(host.text, { timeout: 20_000 }).toContain("serving");
  const client = start("open-pool.ts", socket, "Get-Nothing");
  expect(await new Promise((resolve) => client.child.once("close", resolve))).not.toBe(0);
  expect(client.text()).toContain("The term 'Get-Nothing' is not recognized");
});
