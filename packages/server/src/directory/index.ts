/** The directory: tenants, domains, users, licences, policies, accounts, roles, audit. */
export { Accounts, TenantAccounts, type Account, type LockoutRule, type NewAccount } from "./accounts.ts";
export { Audit, type AuditEntry } from "./audit.ts";
export { Directory, TenantDirectory } from "./directory.ts";
export { parseUserDn, tenantDn, tenantOfDn, userDn, type NameContext } from "./distinguished-name.ts";
export {
  DEPLOYMENT_ACCOUNTS,
  generateUsers,
  LAB_ACCOUNTS,
  LAB_DEPLOYMENT,
  LAB_TENANTS,
  type LabAccount,
  type LabSite,
} from "./generate.ts";
export {
  deploymentGivesUp,
  deploymentTakes,
  homedAtDeployment,
  homedAtService,
  ON_PREMISES,
  serviceGivesUp,
  serviceTakes,
  type Homed,
  type VoiceOfUser,
} from "./homing.ts";
export { accountId, key, objectId, parseGuid, tenantId, type AccountId, type ObjectId, type TenantId } from "./ids.ts";
export { fileBytes, importUsers, type ImportOptions, type ImportReport } from "./import.ts";
export { LAB_DELEGATES } from "./lab-people.ts";
export { createLabDeployment, createLabTenants, type LabOptions } from "./lab.ts";
export { isProvisioned, servicePlan, SERVICE_PLANS, SKUS, type PlanAssignment, type ServicePlan } from "./licences.ts";
export { GLOBAL, Policies, policyIdentity, policyName, type PolicyRecord } from "./policies.ts";
export { Pools, type Pool } from "./pools.ts";
export { findRole, mayManage, mayMoveAcross, mayRun, ROLES, rolesFor, type Role } from "./roles.ts";
export { SiteSettings, type SiteSetting } from "./site-settings.ts";
export { tenantObject } from "./tenant-object.ts";
export { Tenants, type Domain, type Tenant } from "./tenants.ts";
export { KnownSources, type KnownSourcesOptions, type Standing } from "./known-sources.ts";
export { narrow, type Narrowing } from "./user-filter.ts";
export { userIdentity } from "./user-identity.ts";
export { AD_USER, CS_AD_USER, ONLINE_USER, userObject, type UserView } from "./user-object.ts";
export { USER_PROPERTIES, userProperty, userValue, type UserProperty } from "./user-properties.ts";
export type { UserChanges, UserRecord } from "./user-record.ts";
export { Users, type UserCondition, type UserQuery } from "./users.ts";
