/**
 * The properties of a user: one row each, for the object that Get-CsOnlineUser puts out, for filters and for the import.
 *
 * Names are those of the module's documentation: what objects had until 2020 with the names they had then. Types and
 * defaults are ours where the name does not settle them.
 */
import { DateTime, Guid, type PsValue } from "@tieline/remoting/objects";
import type { Json, JsonRecord } from "../store/index.ts";
import { userDn, tenantDn } from "./distinguished-name.ts";
import { assignedPlanXml, isProvisioned, servicePlan } from "./licences.ts";
import type { Tenant } from "./tenants.ts";
import type { UserRecord } from "./user-record.ts";

export type PropertyType = "text" | "flag" | "number" | "list" | "date" | "guid";

export interface UserProperty {
  name: string;
  type: PropertyType;
  /** Where the value comes from; without it, from the record's `properties` by this name. */
  from?: (user: UserRecord, tenant: Tenant) => PsValue;
  /** What is shown where nothing is kept. */
  otherwise?: PsValue;
  /** Which column an import fills; `kept` goes into `properties`; without it a value in a file is passed over. */
  imports?:
    | "kept"
    | "objectId"
    | "userPrincipalName"
    | "sipAddress"
    | "displayName"
    | "accountName"
    | "enabled"
    | "hostingProvider"
    | "registrarPool"
    | "interpretedUserType"
    | "plans"
    | "policy";
}

const EMPTY: readonly PsValue[] = [];

const text = (...names: string[]): UserProperty[] => names.map((name) => ({ name, type: "text", imports: "kept" }));
const flag = (otherwise: boolean | null, ...names: string[]): UserProperty[] =>
  names.map((name) => ({ name, type: "flag", otherwise, imports: "kept" }));
const number = (otherwise: number | null, ...names: string[]): UserProperty[] =>
  names.map((name) => ({ name, type: "number", otherwise, imports: "kept" }));
const list = (...names: string[]): UserProperty[] => names.map((name) => ({ name, type: "list", otherwise: EMPTY, imports: "kept" }));
const date = (...names: string[]): UserProperty[] => names.map((name) => ({ name, type: "date", imports: "kept" }));
/** A policy property shows the name that is granted to the user itself. */
const policy = (...names: string[]): UserProperty[] =>
  names.map((name) => ({ name, type: "text", from: (user) => user.policies[name] ?? null, imports: "policy" }));

const moments = new Map<number, DateTime>();

/** A DateTime for the milliseconds; the last thousands are kept, since a whole directory shares few. */
function moment(ms: number): DateTime {
  let at = moments.get(ms);
  if (at === undefined) {
    at = DateTime.fromDate(new Date(ms));
    if (moments.size >= 4096) moments.clear();
    moments.set(ms, at);
  }
  return at;
}

const dn = (user: UserRecord, tenant: Tenant): string => userDn(tenant, user.objectId, user.displayName);
const features = (user: UserRecord): readonly string[] =>
  user.plans.length === 0 ? NO_TEXTS : [...new Set(user.plans.flatMap((plan) => servicePlan(plan.planId)?.features ?? NO_TEXTS))];
const NO_TEXTS: readonly string[] = [];

/** In the order in which they are shown. */
export const USER_PROPERTIES: readonly UserProperty[] = [
  { name: "Identity", type: "text", from: dn, imports: "objectId" },
  { name: "DisplayName", type: "text", from: (user) => user.displayName, imports: "displayName" },
  { name: "UserPrincipalName", type: "text", from: (user) => user.userPrincipalName, imports: "userPrincipalName" },
  { name: "SipAddress", type: "text", from: (user) => user.sipAddress, imports: "sipAddress" },
  { name: "Enabled", type: "flag", from: (user) => user.enabled, imports: "enabled" },
  ...text("FirstName", "LastName", "Alias"),
  { name: "SamAccountName", type: "text", from: (user) => user.accountName, imports: "accountName" },
  ...text("WindowsEmailAddress"),
  { name: "ObjectId", type: "guid", from: (user) => new Guid(user.objectId), imports: "objectId" },
  { name: "Guid", type: "guid", from: (user) => new Guid(user.objectId), imports: "objectId" },
  { name: "TenantId", type: "guid", from: (_user, tenant) => new Guid(tenant.tenantId) },
  { name: "Id", type: "text", from: dn },
  { name: "DistinguishedName", type: "text", from: dn },
  { name: "Name", type: "text", from: (user, tenant) => (tenant.kind === "online" ? user.objectId : user.displayName) },
  { name: "InterpretedUserType", type: "text", from: (user) => user.interpretedUserType, imports: "interpretedUserType" },
  { name: "HostingProvider", type: "text", from: (user) => user.hostingProvider, imports: "hostingProvider" },
  { name: "RegistrarPool", type: "text", from: (user) => user.registrarPool, imports: "registrarPool" },
  ...flag(true, "AccountEnabled"),
  ...flag(false, "DirSyncEnabled"),
  ...text("AccountType"),
  { name: "FeatureTypes", type: "list", from: features },
  { name: "AssignedPlan", type: "list", from: (user) => user.plans.map(assignedPlanXml), imports: "plans" },
  { name: "ProvisionedPlan", type: "list", from: (user) => user.plans.filter(isProvisioned).map(assignedPlanXml) },
  ...list("AssignedLicenses", "LicenseAssignmentStates", "MCOValidationErrors"),
  { name: "WhenCreated", type: "date", from: (user) => moment(user.createdMs) },
  { name: "WhenChanged", type: "date", from: (user) => moment(user.changedMs) },
  // Telephony
  ...flag(false, "EnterpriseVoiceEnabled", "ExUmEnabled", "RemoteCallControlTelephonyEnabled", "IPPBXSoftPhoneRoutingEnabled"),
  ...flag(null, "HostedVoiceMail"),
  ...text("LineURI", "OnPremLineURI", "LineServerURI", "PrivateLine"),
  ...list("TelephoneNumbers"),
  // The on-premises half
  ...text(
    "OnPremSipAddress",
    "OnPremHostingProvider",
    "OnPremDomainName",
    "OnPremSamAccountName",
    "OnPremSecurityIdentifier",
    "OnPremisesUserPrincipalName",
  ),
  ...flag(null, "OnPremSIPEnabled", "OnPremEnterpriseVoiceEnabled", "OnPremHideFromAddressLists"),
  ...list("ProxyAddresses", "ShadowProxyAddresses", "SipProxyAddress"),
  // Person
  ...text("Title", "Department", "Company", "Office", "Description", "Manager", "Phone", "HomePhone", "MobilePhone", "Fax", "IPPhone"),
  ...list("OtherTelephone"),
  ...text("StreetAddress", "City", "StateOrProvince", "PostalCode", "CountryAbbreviation", "CountryOrRegionDisplayName", "UsageLocation"),
  ...text("PreferredLanguage", "WebPage", "ThumbnailPhoto"),
  ...flag(false, "HideFromAddressLists"),
  // Policies
  ...policy(
    "AddressBookPolicy",
    "ArchivingPolicy",
    "BroadcastMeetingPolicy",
    "CallerIdPolicy",
    "CallingLineIdentity",
    "CallViaWorkPolicy",
    "ClientPolicy",
    "ClientUpdateOverridePolicy",
    "ClientUpdatePolicy",
    "ClientVersionPolicy",
    "CloudMeetingOpsPolicy",
    "CloudMeetingPolicy",
    "CloudVideoInteropPolicy",
    "ConferencingPolicy",
    "DialPlan",
    "ExperiencePolicy",
    "ExternalAccessPolicy",
    "ExternalUserCommunicationPolicy",
    "GraphPolicy",
    "HostedVoicemailPolicy",
    "IPPhonePolicy",
    "LegalInterceptPolicy",
    "LocationPolicy",
    "MobilityPolicy",
    "OnlineDialinConferencingPolicy",
    "OnlineVoiceRoutingPolicy",
    "PinPolicy",
    "PreferredDataLocationOverwritePolicy",
    "PresencePolicy",
    "SmsServicePolicy",
    "TeamsBranchSurvivabilityPolicy",
    "TeamsInteropPolicy",
    "TeamsUpgradePolicy",
    "TeamsVoiceRoute",
    "TeamsWorkLoadPolicy",
    "TenantDialPlan",
    "ThirdPartyVideoSystemPolicy",
    "UserServicesPolicy",
    "VoicePolicy",
    "VoiceRoutingPolicy",
    "XForestMovePolicy",
  ),
  { name: "EffectivePolicyAssignments", type: "list", otherwise: EMPTY },
  { name: "Policies", type: "text", from: (user) => policyText(user.policies) },
  ...text("TeamsUpgradeEffectiveMode", "ExchangeArchivingPolicy", "ExchUserHoldPolicies"),
  // What the service keeps for itself
  ...text("AcpInfo", "AdminDescription", "BaseSimpleUrl", "HomeServer", "OriginalPreferredDataLocation", "OverridePreferredDataLocation"),
  ...flag(false, "AudioVideoDisabled", "IsByPassValidation", "MNCReady", "NonPrimaryResource", "PendingDeletion", "SoftDeletedUsers"),
  ...flag(true, "EnabledForRichPresence", "IsValid"),
  ...number(0, "ContactOptionFlags", "OptionFlags", "UpgradeRetryCounter", "UserAccountControl"),
  ...number(null, "ProvisioningCounter", "PublishingCounter", "SubProvisioningCounter", "SyncingCounter"),
  ...date("LicenseRemovalTimestamp", "SoftDeletionTimestamp", "StsRefreshTokensValidFrom"),
  ...text("ObjectState", "OriginatingServer", "OriginatorSid", "ProvisioningStamp", "PublishingStamp", "Puid", "RemoteMachine"),
  {
    name: "ObjectCategory",
    type: "text",
    from: (_user, tenant) => `CN=Person,CN=Schema,CN=Configuration,${tenantDn(tenant).replace(/^OU=[^,]+,OU=[^,]+,/, "")}`,
  },
  { name: "ObjectClass", type: "list", from: () => ["top", "person", "organizationalPerson", "user"] },
  ...text("ServiceInfo", "Sid", "SubProvisioningStamp", "SubProvisionLineType", "TargetRegistrarPool", "TargetServerIfMoving"),
  ...text("UserProvisionType", "UserRoutingGroupId"),
];

function policyText(policies: UserRecord["policies"]): PsValue {
  const names = Object.keys(policies);
  return names.length === 0 ? null : names.map((family) => `${family}:${policies[family] as string}`).join(" ");
}

const BY_NAME = new Map(USER_PROPERTIES.map((property) => [property.name.toLowerCase(), property]));

/** In any letter case. */
export function userProperty(name: string): UserProperty | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** One property's value. */
export function userValue(property: UserProperty, user: UserRecord, tenant: Tenant): PsValue {
  return property.from === undefined ? keptValue(property, user.properties) : property.from(user, tenant);
}

function keptValue(property: UserProperty, properties: JsonRecord): PsValue {
  const value: Json | undefined = properties[property.name];
  if (value === undefined || value === null) return property.otherwise ?? null;
  switch (property.type) {
    case "date":
      return typeof value === "number" ? moment(value) : null;
    case "list":
      return Array.isArray(value) ? value.map(String) : [];
    case "guid":
      return typeof value === "string" ? new Guid(value) : null;
    default:
      return typeof value === "string" || typeof value === "boolean" || typeof value === "number" ? value : JSON.stringify(value);
  }
}
