/**
 * The tables as Kysely sees them; what makes them is in migrations.ts.
 *
 * One subset of SQL for both engines: text (compared by code point on both), integers, time as milliseconds since 1970,
 * flags as 0 and 1, JSON as text (json.ts). A column that ends in `_key` is the lower-case form of its neighbour and is
 * what look-ups compare, since the engines fold letters differently.
 */
import type { Generated } from "kysely";
import type { IdentitySchema } from "./schema/identity.ts";
import type { FactorsSchema } from "./schema/factors.ts";
export type * from "./schema/identity.ts";
import type { FederationSchema } from "./schema/federation.ts";
import type { KnownSourcesSchema } from "./schema/known-sources.ts";
import type { SiteSettingsSchema } from "./schema/site-settings.ts";
import type { UserDataSchema } from "./schema/user-data.ts";
import type { MovesSchema } from "./schema/moves.ts";
import type { BatchesSchema } from "./schema/batches.ts";
import type { SynchronisationSchema } from "./schema/synchronisation.ts";
import type { ForestSchema } from "./schema/forest.ts";
export type * from "./schema/site-settings.ts";
export type * from "./schema/user-data.ts";
export type * from "./schema/moves.ts";
export type * from "./schema/batches.ts";
export type * from "./schema/synchronisation.ts";
export type * from "./schema/forest.ts";

/** 0 or 1. */
export type Flag = 0 | 1;

export interface TenantsTable {
  /** GUID, lower case. */
  tenant_id: string;
  /** `online` tenants belong to the service, a `pool` is an on-premises deployment. */
  kind: "online" | "pool";
  name: string;
  display_name: string;
  /** The domain it was born with, contoso.onmicrosoft.com. */
  initial_domain: string;
  /** Old-style domain name of on-premises logons, CONTOSO, in upper case; null for a tenant without. */
  netbios_name: string | null;
  /** The two or three letters of its home, 0a: DC=lync0a001. */
  forest: string;
  registrar_pool: string;
  remote_powershell: Flag;
  /** Further properties of Get-CsTenant. */
  properties: string;
  created_ms: number;
  changed_ms: number;
}

export interface DomainsTable {
  tenant_id: string;
  /** The tenant's: a domain may belong to one tenant and, in a hybrid, to one deployment. */
  kind: TenantsTable["kind"];
  name: string;
  name_key: string;
  verified: Flag;
  is_default: Flag;
  sip: Flag;
  created_ms: number;
}

export interface UsersTable {
  tenant_id: string;
  object_id: string;
  upn: string;
  upn_key: string;
  sip_address: string | null;
  sip_key: string | null;
  display_name: string;
  display_key: string;
  account_name: string;
  account_key: string;
  /** 1 where all names above are printable ASCII: then texts that compare as equal have equal keys (user-filter.ts). */
  plain: Flag;
  /** Enabled for SIP. */
  enabled: Flag;
  hosting_provider: string | null;
  registrar_pool: string | null;
  interpreted_type: string | null;
  /** The other properties of the object. */
  properties: string;
  created_ms: number;
  changed_ms: number;
}

export interface UserPlansTable {
  tenant_id: string;
  object_id: string;
  /** GUID of the service plan. */
  plan_id: string;
  status: "Enabled" | "Warning" | "Suspended" | "Deleted";
  assigned_ms: number;
}

export interface UserPoliciesTable {
  tenant_id: string;
  object_id: string;
  /** ClientPolicy, ConferencingPolicy, ... */
  family: string;
  policy: string;
  policy_key: string;
}

export interface PoliciesTable {
  tenant_id: string;
  family: string;
  /** `Global` or the name without `Tag:`. */
  name: string;
  name_key: string;
  settings: string;
  created_ms: number;
  changed_ms: number;
}

export interface AccountsTable {
  account_id: string;
  tenant_id: string;
  upn: string;
  /** Unique over all tenants: it is looked up before the tenant is known. */
  upn_key: string;
  /** For DOMAIN\name logons, together with the tenant's netbios_name. */
  account_name: string;
  account_key: string;
  display_name: string;
  /** The directory's user, where the account has one. */
  object_id: string | null;
  password_hash: string | null;
  /** NT hash, sealed under a key that is not in the database; null where NTLM is not allowed. */
  nt_hash_sealed: string | null;
  /** Public keys for SSH, JSON list of `type base64` texts. */
  ssh_keys: string;
  enabled: Flag;
  failed_count: number;
  failed_ms: number | null;
  locked_until_ms: number | null;
  password_changed_ms: number | null;
  /** 1 where the next sign-in must set a new password. */
  must_change_password: Flag;
  /** Tokens and sessions from before this are void. */
  tokens_valid_from_ms: number;
  created_ms: number;
  changed_ms: number;
}

export interface RoleAssignmentsTable {
  tenant_id: string;
  account_id: string;
  role: string;
  assigned_ms: number;
}

export interface PoolsTable {
  tenant_id: string;
  identity: string;
  identity_key: string;
  site: string;
  computers: string;
  services: string;
  created_ms: number;
}

export interface AuditTable {
  audit_id: Generated<number>;
  tenant_id: string;
  at_ms: number;
  account_id: string;
  account: string;
  session: string;
  client: string;
  cmdlet: string;
  /** JSON, secrets already left out by who writes it. */
  parameters: string;
  outcome: "done" | "failed" | "refused" | "stopped";
  fault_code: string | null;
  duration_ms: number;
}

/** Which line of a file brought which key, while an import runs. */
export interface ImportLinesTable {
  run: string;
  kind: string;
  name_key: string;
  line: number;
}

export interface SchemaMigrationsTable {
  version: number;
  name: string;
  checksum: string;
  applied_ms: number;
}

export interface Schema
  extends
    IdentitySchema,
    FactorsSchema,
    FederationSchema,
    KnownSourcesSchema,
    SiteSettingsSchema,
    UserDataSchema,
    MovesSchema,
    BatchesSchema,
    SynchronisationSchema,
    ForestSchema {
  tenants: TenantsTable;
  domains: DomainsTable;
  users: UsersTable;
  user_plans: UserPlansTable;
  user_policies: UserPoliciesTable;
  policies: PoliciesTable;
  accounts: AccountsTable;
  role_assignments: RoleAssignmentsTable;
  pools: PoolsTable;
  audit: AuditTable;
  import_lines: ImportLinesTable;
  schema_migrations: SchemaMigrationsTable;
}
