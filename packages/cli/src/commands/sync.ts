/** `tieline sync`: a cycle of directory synchronisation, or how its schedule stands. */
import { runText } from "./invoke.ts";
import { atSites, type SiteOptions } from "./move-sites.ts";

interface SyncOptions extends SiteOptions {
  initial?: boolean;
  status?: boolean;
}

export const sync = atSites(async ({ session, terminal }, options: SyncOptions, around) => {
  if (options.status === true) return runText(session, terminal, "Get-ADSyncScheduler", [], options, around);
  return runText(
    session,
    terminal,
    "Start-ADSyncSyncCycle",
    ["-PolicyType", options.initial === true ? "Initial" : "Delta"],
    options,
    around,
  );
});
