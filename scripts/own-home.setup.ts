/**
 * Tests have a home folder of their own: nothing of the user's is read or written, and a test that leaves something of
 * Tieline's there (a lab, tokens, sessions) without having said where fails the whole run.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

export default function setup(): () => void {
  const real = homedir();
  const home = mkdtempSync(join(tmpdir(), "tieline-home-"));
  // npm and git are run by tests of the packages: what they need of the user's stays.
  process.env["npm_config_cache"] ??= join(real, ".npm");
  if (existsSync(join(real, ".npmrc"))) process.env["npm_config_userconfig"] ??= join(real, ".npmrc");
  if (existsSync(join(real, ".gitconfig"))) process.env["GIT_CONFIG_GLOBAL"] ??= join(real, ".gitconfig");
  for (const name of ["XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"]) delete process.env[name];
  process.env["HOME"] = home;
  return () => {
    const left = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => /tieline/i.test(path));
    rmSync(home, { recursive: true, force: true });
    if (left.length > 0)
      throw new Error(
        `Tests have written into the home folder: ${left.join(", ")}. Say where, by XDG_STATE_HOME, XDG_DATA_HOME or --data.`,
      );
  };
}
