/** The forest behind a deployment. */
export type * from "./deployment-forest.ts";
export type * from "./forest.ts";
export { ATTRIBUTE_FLOW, USER_ATTRIBUTES, WRITTEN_ATTRIBUTES } from "./attribute-flow.ts";
export { isForestAway, JoinedForest, type JoinedForestOptions } from "./joined-forest.ts";
export { openLdapForest, type LdapForestOptions } from "./ldap-forest.ts";
export { watchForest, type ForestWatchOptions } from "./watch-forest.ts";
