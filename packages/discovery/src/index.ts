/** Lyncdiscover: `answer` at the sites, `resolve` at the client. See README.md. */
export { answer, ROOT_PATH, type DiscoveryRequest } from "./answer.ts";
export type { DiscoveryAnswer } from "./written-answer.ts";
export { linkOf, type AccessLocation, type DiscoveryDocument, type Link } from "./document.ts";
export { certificateOf, hopsOf, type Hop, type HopCertificate } from "./hop.ts";
export { HOSTED_MIGRATION_PATH, hostedMigrationUrl } from "./hosted-migration.ts";
export { resolve, type Fetch, type FetchAnswer, type FetchLimits, type Resolution, type ResolveOptions } from "./resolve.ts";
export type { DomainServices } from "./services.ts";
