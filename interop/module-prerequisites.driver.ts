/** The module's own checks of the machine that it runs on, in a stock PowerShell: what the founding documents' readers met there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Driver } from "./driver.ts";
import { needsPowershell, runScript } from "./pwsh/powershell.ts";

const module = fileURLToPath(new URL("../packages/cli/powershell/Tieline", import.meta.url));

export const driver: Driver = {
  name: "the module's own checks, in a stock PowerShell",
  needs: needsPowershell,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "tieline-prerequisites-"));
    try {
      const own = { TIELINE_BRIDGE_FOLDER: join(folder, "bridge"), XDG_STATE_HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder };
      return await runScript("module-prerequisites.ps1", { variables: { ...own, PSModulePath: dirname(module) } });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
