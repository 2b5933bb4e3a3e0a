/** What users have beside their accounts: see user-data.ts. */
export * from "./user-data.ts";
export { UserDataStore, type WriteOptions } from "./user-data-store.ts";
export { parseUserData, USER_DATA_LIMITS } from "./parse.ts";
export { compareUserData, digestOf, digestToMove, requireSame, type Difference } from "./compare.ts";
export {
  knownPolicies,
  policyCounterparts,
  type Counterparts,
  type CounterpartsOf,
  type KnownPolicies,
  type PolicyNames,
} from "./policy-counterparts.ts";
export { generateUserData, type Colleague, type GenerateDataOptions, type GeneratedPerson } from "./generate.ts";
export { fillLab } from "./lab-fill.ts";
export { MovedMeetings, type MeetingMigration, type MeetingMigrationQuery, type MeetingMigrationState } from "./moved-meetings.ts";
