import type { FaultEntry } from "../entry.ts";

/** The PowerShell module and the bridge behind it. */
export const MODULE = {
  "bridge-refused": {
    blame: "environment",
    layer: "permission",
    text: "The bridge lets nobody in but the PowerShell that asked for this session.",
    why: "What connected did not show the session's secret, or another was there before.",
    cure: "Open a session with Connect-Tieline in the PowerShell that shall use it.",
  },
  "bridge-request-malformed": {
    blame: "local",
    layer: "input",
    text: "The bridge does not understand a request ({reason}).",
    cure: "Install the module that belongs to this tieline: tieline module install.",
  },
  "bridge-not-started": {
    blame: "environment",
    layer: "process",
    text: "The bridge between PowerShell and the service did not start ({reason}).",
    cure: "Run `tieline bridge --serve` in a terminal to see what it says.",
  },
  "bridge-unreachable": {
    blame: "environment",
    layer: "process",
    text: "The bridge between PowerShell and the service does not answer ({reason}).",
    cure: "Run the command again: a bridge that is gone is started anew.",
  },
  "bridge-folder-unsafe": {
    blame: "environment",
    layer: "permission",
    text: "The folder {folder} is not safe for the bridge ({reason}).",
    why: "Whoever may write there could stand between PowerShell and the bridge.",
    cure: "Remove it, or set XDG_RUNTIME_DIR to a folder of your own with mode 0700.",
  },
  "module-name-taken": {
    blame: "environment",
    layer: "usage",
    text: "{path} is there already and was not installed by Tieline.",
    cure: "Remove or rename it, or choose another place with --path.",
  },
  "module-missing": {
    blame: "environment",
    layer: "usage",
    text: "The PowerShell module is not installed in {path}.",
    cure: "Install it with tieline module install.",
  },
} as const satisfies Record<string, FaultEntry>;
