#!/usr/bin/env node
// Starts the command on a Node that is new enough: the running one, or the one that was installed beside it.
// Plain JavaScript, so that an old Node can read it and say what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinnedNode, runningNode } from "./pinned-node.js";

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
  const found = runningNode() ?? pinnedNode();
  if (found !== undefined) return found;
  console.error(
    `tieline: Node 24.15 or newer is needed; this is ${process.versions.node}, and no pinned one is installed here. Run npm ci.`,
  );
  process.exit(2);
}
