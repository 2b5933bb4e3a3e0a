/** The forest behind a deployment. */
export type * from "./deployment-forest.ts";
export type * from "./forest.ts";
export { JoinedForest, type JoinedForestOptions } from "./joined-forest.ts";
export { openLdapForest, type LdapForestOptions } from "./ldap-forest.ts";
export { watchForest, type ForestWatchOptions } from "./watch-forest.ts";
