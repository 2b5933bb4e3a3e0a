/** Synchronisation from a deployment to its tenant: the engine at the pool, the provisioning endpoint at the online site. */
export { ATTRIBUTE_FLOW } from "./attribute-flow.ts";
export type { SynchronisationTarget } from "./application-sign-in.ts";
export { PROVISIONING_PATH } from "./contract.ts";
export { keepSynchronised, openSynchronisation, type SynchronisationOptions } from "./open-synchronisation.ts";
export { ProvisioningEndpoint, type ProvisioningOptions } from "./provisioning-endpoint.ts";
export type { CycleCall, SynchronisationService, SyncObjectQuery, SynchroniserOptions } from "./synchroniser.ts";
export type * from "./sync-run.ts";
