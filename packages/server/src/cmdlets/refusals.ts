/**
 * The errors of our cmdlets: one row each. What PowerShell itself says about arguments is the language's; this is what a
 * cmdlet says about the directory.
 *
 * OURS, all ids and categories and every text but those marked `known`: a text that administrators have seen from the
 * vendor's cmdlets (from memory of public threads; not verified letter for letter).
 */
import type { ErrorRecordParts } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import { ADMINISTRATOR_REFUSALS } from "./administrators/administrator-refusals.ts";
import { ACCOUNT_REFUSALS } from "./accounts/account-refusals.ts";
import { DEPLOYMENT_REFUSALS } from "./deployment/deployment-refusals.ts";
import { USER_DATA_REFUSALS } from "./user-data/user-data-refusals.ts";
import type { Refusal } from "./refusal.ts";
import { SYNCHRONISATION_REFUSALS } from "./synchronisation/synchronisation-refusals.ts";

const NOT_FOUND = "Microsoft.Rtc.Management.AD.ManagementObjectNotFoundException";
const MANAGEMENT = "Microsoft.Rtc.Management.ManagementException";

export const REFUSALS = {
  "user-not-found": {
    id: "UserNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    // known
    text: 'Management object not found for identity "{identity}".',
    cure: "Name the user by SIP address, user principal name, GUID, distinguished name or display name.",
  },
  "user-ambiguous": {
    id: "UserAmbiguous",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: 'The identity "{identity}" stands for more than one user.',
    cure: "Name the user by SIP address, user principal name or GUID.",
  },
  "user-wildcard": {
    id: "UserWildcard",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: 'The identity "{identity}" holds a wildcard; a change is made to one user at a time.',
    cure: "Find the users with the Get- cmdlet and pipe them in.",
  },
  "ou-not-found": {
    id: "OrganizationalUnitNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: 'There is no organizational unit "{ou}" here.',
    cure: "Get-CsTenant shows the unit of this tenant as its Identity.",
  },
  "tenant-not-found": {
    id: "TenantNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    // known
    text: 'Management object not found for identity "{identity}".',
    cure: "A session sees its own tenant only: leave -Identity out.",
  },
  "tenant-gone": {
    id: "TenantNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: "The tenant of this session is no longer there.",
    cure: "Close the session and open another.",
  },
  "other-tenant": {
    id: "TenantNotPermitted",
    category: "PermissionDenied",
    type: "UnauthorizedAccessException",
    text: "This session may not act on the tenant {tenant}.",
    cure: "Leave -Tenant out, or connect to that tenant with -OverrideAdminDomain.",
  },
  "pool-not-found": {
    id: "PoolNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: 'There is no pool "{identity}" in this deployment.',
    cure: "Get-CsPool lists those that are there.",
  },
  "policy-not-found": {
    id: "PolicyNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: 'There is no {family} "{identity}" here.',
    cure: "Get-Cs{family} lists those that are there.",
  },
  "policy-exists": {
    id: "PolicyExists",
    category: "ResourceExists",
    type: MANAGEMENT,
    text: 'There is already a {family} "{identity}" here.',
    cure: "Change it with Set-Cs{family}, or choose another name.",
  },
  "policy-name": {
    id: "PolicyName",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: '"{identity}" is no name for a {family}: {reason}.',
    cure: "A name is up to 64 letters, digits, blanks, dots, dashes and underscores, with or without Tag: before it.",
  },
  "policy-built-in": {
    id: "PolicyReadOnly",
    category: "PermissionDenied",
    type: MANAGEMENT,
    text: 'The {family} "{identity}" came with the service and cannot be changed or removed.',
    cure: "Make one of your own with New-Cs{family}.",
  },
  "policy-in-use": {
    id: "PolicyInUse",
    category: "ResourceBusy",
    type: MANAGEMENT,
    text: 'The {family} "{identity}" is granted to {users} user(s).',
    cure: "Grant these users another policy first, or remove it with -Force: then the Global policy holds for them.",
  },
  "policy-global-grant": {
    id: "PolicyNotGrantable",
    category: "InvalidArgument",
    type: MANAGEMENT,
    // known
    text: 'Policy "{identity}" is not a user policy. You can assign only a user policy to a specific user.',
    cure: "To let the Global policy hold for a user again, grant $null.",
  },
  "policy-value": {
    id: "PolicyValue",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: "The value of {setting} in the object cannot be taken: {reason}",
  },
  "policy-instance": {
    id: "PolicyInstance",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: "The object that was piped in is no {family}: it has no Identity.",
    cure: "Pipe in what Get-Cs{family} puts out.",
  },
  "policy-entry": {
    id: "PolicyEntryNotKept",
    category: "NotImplemented",
    type: "NotSupportedException",
    text: "{setting} is not kept by this service.",
    cure: "Leave the parameter out.",
  },
  "filter-property": {
    id: "FilterProperty",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "The filter names a property that these objects do not have: {name} (at character {position}).",
    cure: "Pipe one object into Select-Object * to see its properties.",
  },
  "ldap-filter": {
    id: "LdapFilterSyntax",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "The LDAP filter cannot be understood at character {position}: {reason}.",
    cure: "Write it as (attribute=value), joined by (&...), (|...) and (!...), for example (&(department=Sales)(l=Redmond)); -Filter is easier.",
  },
  "filter-twice": {
    id: "FilterAndLdapFilter",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "-Filter and -LdapFilter exclude each other.",
    cure: "Leave one of them out.",
  },
  "sip-address": {
    id: "InvalidSipAddress",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '"{address}" is no SIP address here: {reason}.',
    cure: "Write it as sip:user@domain with a domain that is enabled for SIP; online, Get-CsOnlineSipDomain shows them.",
  },
  "line-uri": {
    id: "InvalidLineUri",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '"{uri}" is no line URI for {parameter}.',
    cure: "Write it as tel:+14255550123 or tel:+14255550123;ext=123; $null takes it away.",
  },
  "domain-not-found": {
    id: "DomainNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: 'There is no domain "{domain}" in this tenant.',
    cure: "Get-CsOnlineSipDomain lists those that are there.",
  },
  "domain-managed": {
    id: "DomainNotFederated",
    category: "InvalidOperation",
    type: MANAGEMENT,
    text: 'The domain "{domain}" is managed: its accounts sign in here.',
    cure: "Set-MsolDomainAuthentication -Authentication Federated federates it.",
  },
  "federation-refused": {
    id: "FederationRefused",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: "{text}",
    cure: "Get-MsolDomainFederationSettings -DomainName {domain} shows what is kept.",
  },
  "no-authorization-server": {
    id: "NoAuthorizationServer",
    category: "NotInstalled",
    type: "NotSupportedException",
    text: "This site has no authorization server, and so no federated domains.",
  },
  "mfa-method": {
    id: "VerificationMethod",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '"{method}" is no verification method.',
    cure: "Name one or more of: {methods}.",
  },
  taken: {
    id: "AlreadyTaken",
    category: "ResourceExists",
    type: MANAGEMENT,
    text: "Another user has the {property} {value}.",
    cure: "Find that user with Get-CsOnlineUser, on premises with Get-CsUser, and take it away there first.",
  },
  ...ACCOUNT_REFUSALS,
  ...ADMINISTRATOR_REFUSALS,
  ...DEPLOYMENT_REFUSALS,
  ...SYNCHRONISATION_REFUSALS,
  ...USER_DATA_REFUSALS,
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalCode = keyof typeof REFUSALS;

/** The error record of a row, with its fields filled in; the target is what the caller named. */
export function refuse(code: RefusalCode, fields: Readonly<Record<string, string | number>>, target?: PsValue): ErrorRecordParts {
  const row: Refusal = REFUSALS[code];
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
  return {
    message: fill(row.text),
    id: row.id,
    category: row.category,
    type: row.type,
    ...(row.cure === undefined ? {} : { recommendedAction: fill(row.cure) }),
    ...(target === undefined ? {} : { target }),
  };
}
