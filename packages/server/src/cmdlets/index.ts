/** The cmdlets of the service, and what a session must give to them. */
export { onlineCatalogue, poolCatalogue } from "./catalogues.ts";
export { REFUSALS, type RefusalCode } from "./refusals.ts";
export type { CmdletSession } from "./session.ts";
export { builtInNames } from "./policies/built-in-names.ts";
