/**
 * The errors of the cmdlets of a deployment's administrators; rows as in ../refusals.ts. Those of Active Directory's module name
 * the server's error number in their ids. OURS, all texts but those marked `known` (from memory of public threads; not
 * verified letter for letter).
 */
import type { Refusal } from "../refusal.ts";

const NAMES = "Microsoft.ActiveDirectory.Management";

export const ADMINISTRATOR_REFUSALS = {
  "admin-role-not-found": {
    id: "RoleNotFound",
    category: "ObjectNotFound",
    type: "Microsoft.Rtc.Management.ManagementException",
    text: 'There is no administrative role "{role}" in this deployment.',
    cure: "Get-CsAdminRole shows those that there are.",
  },
  "ad-not-found": {
    id: `ActiveDirectoryCmdlet:${NAMES}.ADIdentityNotFoundException`,
    category: "ObjectNotFound",
    type: `${NAMES}.ADIdentityNotFoundException`,
    // known
    text: "Cannot find an object with identity: '{identity}' under: '{domain}'.",
    cure: "Name a person by logon name, DOMAIN\\logon, user principal name, GUID or distinguished name (Get-CsAdUser shows them), a group as Get-CsAdminRole shows it.",
  },
  "ad-ambiguous": {
    id: `ActiveDirectoryCmdlet:${NAMES}.ADMultipleMatchingIdentitiesException`,
    category: "InvalidArgument",
    type: `${NAMES}.ADMultipleMatchingIdentitiesException`,
    text: "The identity '{identity}' stands for more than one person.",
    cure: "Name the person by user principal name or GUID.",
  },
  "ad-gone": {
    id: `ActiveDirectoryCmdlet:${NAMES}.ADIdentityNotFoundException`,
    category: "ObjectNotFound",
    type: `${NAMES}.ADIdentityNotFoundException`,
    text: "The account of {identity} is no longer there.",
    cure: "Repeat the command.",
  },
  "ad-no-account": {
    id: "NoAccount",
    category: "ObjectNotFound",
    type: `${NAMES}.ADException`,
    text: "{name} has no account that signs in here.",
    cure: "Set-ADAccountPassword -Reset gives one with a password, Add-ADGroupMember one with a role.",
  },
  "ad-member": {
    id: "ActiveDirectoryServer:1378",
    category: "NotSpecified",
    type: `${NAMES}.ADException`,
    // known
    text: "The specified account name is already a member of the group",
    cure: "Leave -DisablePermissiveModify out: then who is a member already is left as they are.",
  },
  "ad-no-member": {
    id: "ActiveDirectoryServer:1377",
    category: "NotSpecified",
    type: `${NAMES}.ADException`,
    // known
    text: "The specified account name is not a member of the group",
    cure: "Leave -DisablePermissiveModify out: then who is no member is left as they are.",
  },
  "ad-last-administrator": {
    id: "LastAdministrator",
    category: "InvalidOperation",
    type: `${NAMES}.ADException`,
    text: "Nobody would be left in CsAdministrator who can sign in with a password or a key.",
    cure: "Add another account to CsAdministrator first, and give it a password: Set-ADAccountPassword -Reset.",
  },
  "ad-account-exists": {
    id: "ActiveDirectoryServer:1316",
    category: "NotSpecified",
    type: `${NAMES}.ADIdentityAlreadyExistsException`,
    // known
    text: "The specified account already exists",
    cure: "{name} is taken. Who is in the directory already needs no New-ADUser: Set-ADAccountPassword -Reset gives a password, Add-ADGroupMember a role.",
  },
  "ad-account-name": {
    id: "ActiveDirectoryServer:1315",
    category: "NotSpecified",
    type: `${NAMES}.ADException`,
    // known
    text: "The name provided is not a properly formed account name",
    cure: "{reason}",
  },
  "ad-password": {
    id: "ActiveDirectoryServer:1325",
    category: "InvalidData",
    type: `${NAMES}.ADPasswordComplexityException`,
    // known
    text: "The password does not meet the length, complexity, or history requirement of the domain.",
    cure: "{reason}. Choose one of at least {minimum} characters.",
  },
  "ad-old-password": {
    id: "ActiveDirectoryServer:86",
    category: "InvalidData",
    type: `${NAMES}.ADInvalidPasswordException`,
    // known
    text: "The specified network password is not correct",
    cure: "-Reset sets a password without the one before.",
  },
  "ad-password-how": {
    id: "PasswordParameters",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "Set-ADAccountPassword needs -Reset, or the password before as -OldPassword.",
    cure: "Choose one of both.",
  },
  "ad-forest": {
    id: "PeopleOfTheForest",
    category: "InvalidOperation",
    type: `${NAMES}.ADException`,
    text: "The people of this deployment are read from Active Directory: none is made here.",
    cure: "Make {name} in Active Directory. Then Add-ADGroupMember here gives the role.",
  },
} as const satisfies Readonly<Record<string, Refusal>>;
