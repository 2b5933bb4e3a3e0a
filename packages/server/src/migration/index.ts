/** Moves, batches, hosted migration, synchronisation: see README.md. */
export type { Migration } from "./migration.ts";
export * from "./batches/index.ts";
export { HostedEndpoint, type HostedEndpointOptions } from "./hosted/hosted-endpoint.ts";
export type { HostedAuthentication, HostedPlace, HostedSession, OpenHosted } from "./hosted/hosted-session.ts";
export { JoinedForest, openLdapForest, watchForest, type DeploymentForest } from "./forest/index.ts";
export { MoveJournal, type MoveRow } from "./moves/journal.ts";
export type { MoveCall, MoveEngine } from "./moves/move-engine.ts";
export { ONLINE_TARGET, type Finding, type MoveOptions, type MoveOutcome, type MoveStep, type MoveWish } from "./moves/move.ts";
export { reportName } from "./moves/report-folder.ts";
export { routeOf } from "./moves/route.ts";
export { TICKET_REFUSED } from "./moves/tickets.ts";
export { namesInList } from "./moves/user-list.ts";
export { openMigration, type OpenMigrationOptions } from "./open-migration.ts";
export {
  keepSynchronised,
  openSynchronisation,
  ProvisioningEndpoint,
  PROVISIONING_PATH,
  type SynchronisationService,
} from "./synchronisation/index.ts";
export * from "./user-data/index.ts";
