/** The errors of the cmdlets of synchronisation; rows as in ../refusals.ts. OURS, all of them; what stops a run is a fault of the catalogue. */
import type { Refusal } from "../refusal.ts";

export const SYNCHRONISATION_REFUSALS = {
  "sync-none": {
    id: "SynchronisationNotConfigured",
    category: "NotInstalled",
    type: "InvalidOperationException",
    text: "This deployment synchronises with no tenant.",
    cure: "Name the tenant's provisioning address, the application and its certificate in the deployment's configuration, and start the service again.",
  },
  "sync-no-run": {
    id: "RunNotFound",
    category: "ObjectNotFound",
    type: "ArgumentException",
    text: "There is no run {run}, or it is no longer remembered.",
    cure: "Get-ADSyncRunProfileResult lists those that are.",
  },
  "sync-no-object": {
    id: "ObjectNotFound",
    category: "ObjectNotFound",
    type: "ArgumentException",
    text: "Synchronisation knows no object {object}.",
    cure: "It knows what was there at the last import; Start-ADSyncSyncCycle -PolicyType Delta imports what is new.",
  },
} as const satisfies Readonly<Record<string, Refusal>>;
