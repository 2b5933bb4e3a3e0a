// The one door for `npm start`, `npm test` and the other scripts: plain JavaScript that any Node from 20 on can read.
// It installs what the lock file names when it is not there yet, then hands over to the pinned Node.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pinnedNode, runningNode } from "../packages/cli/bin/pinned-node.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [task = "help", ...rest] = process.argv.slice(2);
const SOURCE = "--conditions=@tieline/source";

/** Each task is a list of commands; a command is the arguments for the pinned Node. */
const TASKS = {
  start: [["--max-semi-space-size=8", SOURCE, "packages/cli/src/start.ts", ...rest]],
  test: [["node_modules/vitest/vitest.mjs", "run", ...rest]],
  check: [
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
    ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"],
    ["node_modules/oxfmt/bin/oxfmt", "--check"],
    ["node_modules/knip/bin/knip.js", "--no-progress", "--no-config-hints", "--include", "files,dependencies,unlisted,unresolved"],
  ],
  format: [["node_modules/oxfmt/bin/oxfmt", ...rest]],
  build: [["node_modules/typescript/bin/tsc", "-b", "packages/remoting"]],
  interop: [[SOURCE, "interop/run.ts", ...rest]],
  conformance: [[SOURCE, "interop/conformance.ts", ...rest]],
  bench: [[SOURCE, "--expose-gc", "bench/run.ts", ...rest]],
  pages: [[SOURCE, "scripts/pages.ts"]],
  fuzz: [[SOURCE, "interop/fuzz.ts", ...rest]],
};

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 18)) {
  console.error(`Tieline needs Node 20.18 or newer to install itself; this is Node ${process.versions.node}.`);
  process.exit(2);
}
if (!(task in TASKS)) {
  console.error(`npm run ${task}: no such task. There are: ${Object.keys(TASKS).join(", ")}.`);
  process.exit(2);
}

install();
for (const command of TASKS[task]) {
  const code = await run(node(), command);
  if (code !== 0) process.exit(code);
}

/** `npm ci`, once, and again when the lock file is newer than what was installed. */
function install() {
  const lock = join(root, "package-lock.json");
  const done = join(root, "node_modules", ".package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs - 1000) return;
  console.error("Installing what Tieline needs (npm ci) ...");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const result =
    npm === undefined
      ? spawnSync(process.platform === "win32" ? "npm.cmd" : "npm", args, {
          cwd: root,
          stdio: ["ignore", "ignore", "inherit"],
          shell: process.platform === "win32",
        })
      : spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (result.status !== 0) {
    console.error("npm ci failed: check the connection to the npm registry and try again.");
    process.exit(1);
  }
}

/** The pinned Node; else the running one, if it is new enough. */
function node() {
  const found = pinnedNode() ?? runningNode();
  if (found !== undefined) return found;
  console.error(`Tieline needs Node 24.15 or newer to run, and no pinned one is installed for ${process.platform}-${process.arch}.`);
  process.exit(2);
}

function run(node, args) {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}` };
    const child = spawn(node, args, { cwd: root, stdio: "inherit", env });
    // A Ctrl-C reaches the whole group: the child decides, we wait for it.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
