/** A user as the directory knows it, and how it lies in the database. */
import { recordFromJson, toJson, type JsonRecord, type UsersTable } from "../store/index.ts";
import { key, type ObjectId, type TenantId } from "./ids.ts";
import type { PlanAssignment } from "./licences.ts";

export interface UserRecord {
  objectId: ObjectId;
  userPrincipalName: string;
  /** With its scheme, `sip:alice@contoso.com`; null for a user who has none. */
  sipAddress: string | null;
  displayName: string;
  /** The account name of old, without domain (SamAccountName). */
  accountName: string;
  /** Enabled for SIP. */
  enabled: boolean;
  hostingProvider: string | null;
  registrarPool: string | null;
  interpretedUserType: string | null;
  /** Every other property, by the name that the object shows. */
  properties: JsonRecord;
  /** Policies granted to the user itself: family (`ClientPolicy`) to name without `Tag:`. */
  policies: Readonly<Record<string, string>>;
  plans: readonly PlanAssignment[];
  createdMs: number;
  changedMs: number;
}

/** What `update` may change; properties are merged, a null takes one away. */
export type UserChanges = Partial<
  Pick<
    UserRecord,
    | "userPrincipalName"
    | "sipAddress"
    | "displayName"
    | "accountName"
    | "enabled"
    | "hostingProvider"
    | "registrarPool"
    | "interpretedUserType"
    | "properties"
  >
>;

export function toUserRow(tenant: TenantId, user: UserRecord): UsersTable {
  return {
    tenant_id: tenant,
    object_id: user.objectId,
    upn: user.userPrincipalName,
    upn_key: key(user.userPrincipalName),
    sip_address: user.sipAddress,
    sip_key: user.sipAddress === null ? null : key(user.sipAddress),
    display_name: user.displayName,
    display_key: key(user.displayName),
    account_name: user.accountName,
    account_key: key(user.accountName),
    plain: isPlain(user.userPrincipalName + (user.sipAddress ?? "") + user.displayName + user.accountName) ? 1 : 0,
    enabled: user.enabled ? 1 : 0,
    hosting_provider: user.hostingProvider,
    registrar_pool: user.registrarPool,
    interpreted_type: user.interpretedUserType,
    properties: toJson(user.properties),
    created_ms: user.createdMs,
    changed_ms: user.changedMs,
  };
}

const NO_POLICIES: Readonly<Record<string, string>> = {};
const NO_PLANS: readonly PlanAssignment[] = [];

export function fromUserRow(
  row: UsersTable,
  policies: Readonly<Record<string, string>> = NO_POLICIES,
  plans: readonly PlanAssignment[] = NO_PLANS,
): UserRecord {
  return {
    objectId: row.object_id as ObjectId,
    userPrincipalName: row.upn,
    sipAddress: row.sip_address,
    displayName: row.display_name,
    accountName: row.account_name,
    enabled: row.enabled === 1,
    hostingProvider: row.hosting_provider,
    registrarPool: row.registrar_pool,
    interpretedUserType: row.interpreted_type,
    properties: recordFromJson(row.properties, "users.properties"),
    policies,
    plans,
    createdMs: row.created_ms,
    changedMs: row.changed_ms,
  };
}

/** Printable ASCII alone. */
export function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
