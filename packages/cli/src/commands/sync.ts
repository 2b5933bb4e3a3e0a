/** `tieline sync`: a cycle of directory synchronisation, or how its schedule stands. */
import { EXIT } from "../exit-code.ts";
import { printerFor } from "../printer-for.ts";
import { defaultView } from "../views.ts";
import { atSites, type SiteOptions } from "./move-sites.ts";

interface SyncOptions extends SiteOptions {
  initial?: boolean;
  status?: boolean;
}

export const sync = atSites(async ({ cmdlets, terminal }, options: SyncOptions, around) => {
  const found = options.status === true ? await cmdlets.scheduler() : await cmdlets.cycle(options.initial === true ? "Initial" : "Delta");
  terminal.clearProgress();
  const printer = printerFor(options, around, { viewOf: defaultView });
  await printer.add(found);
  await printer.end();
  const result = found.get("RunResult");
  return options.status === true || result === undefined || (result as string) === "success" ? EXIT.ok : EXIT.partly;
});
