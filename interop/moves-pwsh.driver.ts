/**
 * The founding documents' scripts that prepare, move, and move back, whole and as they stand, in a stock PowerShell with
 * Tieline's module: at the pool through an imported session, signed in to the service here where they say so.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabSecrets, startLab } from "../packages/server/src/index.ts";
import type { Driver, Outcome } from "./driver.ts";
import { homeIn, tieline } from "./pwsh/module-home.ts";
import { needsPowershell, runScript, Tally } from "./pwsh/powershell.ts";

const ADMIN = "admin@contoso.com";
const DEPLOYMENT_ADMIN = "administrator@contoso.local";
const PEOPLE = 30;
const SCRIPT_LIMIT_MS = 400_000;

async function run(): Promise<Outcome> {
  const tally = new Tally();
  const folder = mkdtempSync(join(tmpdir(), "tieline-moves-"));
  const home = homeIn(folder);
  const drive = join(folder, "c");
  for (const each of ["temp", "updates"]) mkdirSync(join(drive, each), { recursive: true });
  try {
    tally.expect("installed", await tieline(home, "module", "install", "--path", join(folder, "modules")), 0);
    await using lab = await startLab({ folder: join(folder, "lab"), users: PEOPLE });
    const password = (user: string): string => LabSecrets.open(lab.folder).password(user) ?? "";
    const variables = {
      ...home,
      TIELINE_LAB: lab.folder,
      TIELINE_USER: ADMIN,
      TIELINE_LAB_USER: ADMIN,
      TIELINE_LAB_PASSWORD: password(ADMIN),
      TIELINE_POOL_USER: DEPLOYMENT_ADMIN,
      TIELINE_POOL_PASSWORD: password(DEPLOYMENT_ADMIN),
      TIELINE_DRIVE: drive,
    };
    // Whoever runs a script by hand says yes to each question.
    const answers = Array<string>(20).fill("Y");
    const heard = (text: string): void => {
      const verbose = /VERBOSE: Checking sip:user@contoso\.com[^]*VERBOSE: Switching the home of sip:user@contoso\.com/;
      tally.expect("what -Verbose says at the pool", verbose.test(text), true);
      tally.expect("how often a person was asked", text.match(/Are you sure you want to perform this action/g)?.length, 3);
    };
    tally.add(await runScript("moves.ps1", { variables, answers, heard, timeoutMs: SCRIPT_LIMIT_MS }));
  } finally {
    await tieline(home, "bridge", "--stop");
    rmSync(folder, { recursive: true, force: true });
  }
  return tally.count;
}

export const driver: Driver = { name: "PowerShell moving users, by the founding scripts", needs: needsPowershell, run };
