/** Synchronisation from a deployment to its tenant: the engine at the pool, the provisioning endpoint at the online site. */
export { PROVISIONING_PATH } from "./contract.ts";
export { keepSynchronised, openSynchronisation, type SynchronisationOptions, type SynchronisationTarget } from "./open-synchronisation.ts";
export { ProvisioningEndpoint } from "./provisioning-endpoint.ts";
export type { SynchronisationService, SyncObjectQuery } from "./synchroniser.ts";
export type * from "./sync-run.ts";
