/**
 * Tieline's module in a stock PowerShell: its cmdlets and the founding documents' scripts at the lab, and at a service of
 * somebody else's (see bridge.driver.ts) the same as by PowerShell's own WS-Management client, value by value.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabSecrets, startLab, type RunningLab } from "../packages/server/src/index.ts";
import { ended, freePort, listening } from "./child.ts";
import type { Driver, Outcome } from "./driver.ts";
import { homeIn, tieline, type Environment } from "./pwsh/module-home.ts";
import { needsPowershell, needsWsmanClient, runScript, Tally } from "./pwsh/powershell.ts";

const USER = "admin@contoso.com";
const SCRIPT_LIMIT_MS = 400_000;
const {
  TIELINE_PYTHON: python = "",
  TIELINE_BRIDGE: bridge = "",
  TIELINE_BRIDGE_LOGON: logon = "",
  TIELINE_BRIDGE_CA: authority = "",
} = process.env;

async function atTheLab(folder: string, home: Environment, tally: Tally): Promise<void> {
  await using lab = await startLab({ folder: join(folder, "lab"), users: 30 });
  const variables = {
    ...home,
    TIELINE_LAB: lab.folder,
    TIELINE_USER: USER,
    TIELINE_LAB_USER: USER,
    TIELINE_LAB_PASSWORD: LabSecrets.open(lab.folder).password(USER) ?? "",
  };
  for (const script of ["module-founding.ps1", "module.ps1"]) {
    const state = { XDG_STATE_HOME: mkdtempSync(join(folder, "state-")) };
    tally.add(await runScript(script, { variables: { ...variables, ...state }, timeoutMs: SCRIPT_LIMIT_MS }));
  }
  await emptied(lab, tally);
}

/** Shells that end after twenty seconds: what sixty minutes do, within a test's patience. */
async function throughLives(folder: string, home: Environment, tally: Tally): Promise<void> {
  await using lab = await startLab({ folder: join(folder, "short"), users: 5, limits: { lifetimeMs: 20_000 } });
  const variables = { ...home, TIELINE_LAB: lab.folder, TIELINE_USER: USER };
  tally.add(await runScript("module-life.ps1", { variables, timeoutMs: SCRIPT_LIMIT_MS }));
  await emptied(lab, tally);
}

/** The bridge closes shells a moment after its clients have left. */
async function emptied(lab: RunningLab, tally: Tally): Promise<void> {
  for (let i = 0; i < 50 && lab.sessionCount() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  tally.expect("no session is left at the lab", lab.sessionCount(), 0);
}

async function atAnothers(home: Environment, tally: Tally): Promise<void> {
  if (python === "" || bridge === "" || logon === "" || authority === "") {
    console.log("  skipped: another's service (TIELINE_PYTHON, TIELINE_BRIDGE, TIELINE_BRIDGE_LOGON, TIELINE_BRIDGE_CA)");
    return;
  }
  const missing = needsWsmanClient();
  if (missing !== undefined) {
    console.log(`  skipped: another's service: ${missing}`);
    return;
  }
  const port = await freePort();
  const child: ChildProcess = spawn(python, [bridge, String(port)], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    await listening(port, child);
    const [user = "", password = ""] = logon.split(/:(.*)/s);
    const to = {
      TIELINE_OTHER_PORT: String(port),
      TIELINE_OTHER_USER: user,
      TIELINE_OTHER_PASSWORD: password,
      TIELINE_OTHER_CA: authority,
    };
    tally.add(await runScript("module-other.ps1", { variables: { ...home, ...to }, timeoutMs: SCRIPT_LIMIT_MS }));
  } finally {
    await ended(child);
  }
}

async function run(): Promise<Outcome> {
  const tally = new Tally();
  const folder = mkdtempSync(join(tmpdir(), "tieline-module-"));
  const home = homeIn(folder);
  const modules = join(folder, "modules");
  try {
    for (const more of [[], ["--as", "SkypeOnlineConnector"], ["--as", "LyncOnlineConnector"]])
      tally.expect(`installed ${more.join(" ")}`, await tieline(home, "module", "install", "--path", modules, ...more), 0);
    tally.expect("the modules", readdirSync(modules).toSorted(), ["LyncOnlineConnector", "SkypeOnlineConnector", "Tieline"]);
    tally.expect("the command is noted", readFileSync(join(modules, "Tieline", "tieline.json"), "utf8").includes("tieline.js"), true);
    await atTheLab(folder, home, tally);
    await throughLives(folder, home, tally);
    await atAnothers(home, tally);
    tally.expect("the bridge is stopped", await tieline(home, "bridge", "--stop"), 0);
    tally.expect("and leaves nothing", readdirSync(join(folder, "bridge")), []);
  } finally {
    await tieline(home, "bridge", "--stop");
    rmSync(folder, { recursive: true, force: true });
  }
  return tally.count;
}

export const driver: Driver = { name: "PowerShell with Tieline's module", needs: needsPowershell, run };
