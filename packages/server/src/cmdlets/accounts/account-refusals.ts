/**
 * The errors of the cmdlets of accounts, roles and applications; rows as in ../refusals.ts. The vendor's module puts
 * `Microsoft.Online.Administration.Automation.` before its ids and has one exception type for all. OURS, all texts but those
 * marked `known` (from memory of public threads; not verified letter for letter).
 */
import type { Refusal } from "../refusal.ts";

const IDS = "Microsoft.Online.Administration.Automation";
const TYPE = `${IDS}.MicrosoftOnlineException`;

/** The vendor's module reports everything so. */
function msol(id: string, text: string, cure?: string): Refusal {
  return { id: `${IDS}.${id}`, category: "OperationStopped", type: TYPE, text, ...(cure === undefined ? {} : { cure }) };
}

export const ACCOUNT_REFUSALS = {
  "licence-unknown": {
    id: "LicenseUnknown",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: 'There is no licence or service plan "{name}".',
    cure: "Get-TielineLicense shows those that there are.",
  },
  "no-sign-in": msol("ServiceUnavailableException", "This site has no authorization server: accounts and applications are not kept here."),
  // known
  "msol-user-not-found": msol(
    "UserNotFoundException",
    "User Not Found.  User: {user}.",
    "Get-MsolUser shows the accounts that there are. A user of the directory has one only after New-MsolUser.",
  ),
  "msol-user-unnamed": msol("RequiredPropertyNotSetException", "Name the account by -UserPrincipalName or -ObjectId."),
  // known
  "msol-access-denied": msol(
    "AccessDeniedException",
    "Access Denied. You do not have permissions to call this cmdlet.",
    "An account that has administrative roles beyond those that your role may manage is changed by a Global Administrator.",
  ),
  "msol-user-exists": msol(
    "UserAlreadyExistsException",
    "There is already an account {user}, or one with the same name before the @ in this tenant.",
    "Get-MsolUser -SearchString finds it.",
  ),
  "msol-user-name": msol(
    "PropertyValidationException",
    '"{user}" is no user principal name of this tenant: {reason}.',
    "Write it as name@domain with one of the tenant's domains (Get-CsTenant shows them).",
  ),
  "msol-password": msol(
    "InvalidPasswordException",
    "The password cannot be taken: {reason}.",
    "Choose one of at least {minimum} characters, or leave it out: then one is made and shown once.",
  ),
  "msol-last-administrator": msol(
    "LastGlobalAdministratorException",
    "{user} is the last account with the role Global Administrator that can sign in.",
    "Give another account this role first: Add-MsolRoleMember -RoleName 'Company Administrator'.",
  ),
  "msol-oneself": msol(
    "OwnAccountException",
    "{user} is the account of this session: it cannot {what} itself.",
    "Ask another administrator.",
  ),
  "msol-role-not-found": msol("RoleNotFoundException", 'There is no role "{role}".', "Get-MsolRole shows those that there are."),
  "msol-role-member": msol("RoleMemberAlreadyExistsException", "{member} has the role {role} already."),
  "msol-role-no-member": msol(
    "RoleMemberNotFoundException",
    "{member} does not have the role {role}.",
    "Get-MsolRoleMember shows who has it.",
  ),
  "msol-role-member-unnamed": msol(
    "RequiredPropertyNotSetException",
    "Name the member by -RoleMemberObjectId or, for a user, by -RoleMemberEmailAddress.",
  ),
  "msol-role-member-type": msol(
    "PropertyValidationException",
    "A role is given to users and service principals here, not to a {type}.",
    "Use -RoleMemberType User or ServicePrincipal.",
  ),
  "msol-principal-not-found": msol(
    "ServicePrincipalNotFoundException",
    "Service principal was not found. Service principal: {principal}.",
    "Get-MsolServicePrincipal shows those that there are.",
  ),
  "msol-principal-exists": msol("ServicePrincipalAlreadyExistsException", "There is already a service principal with the id {principal}."),
  "msol-principal-own": msol(
    "PropertyValidationException",
    "{principal} belongs to the service and cannot be changed.",
    "Make an application of your own with New-MsolServicePrincipal.",
  ),
  "msol-credential": msol("InvalidKeyException", "The credential cannot be taken: {reason}.", "{cure}"),
  "msol-credential-not-found": msol(
    "KeyNotFoundException",
    "{principal} has no credential {key}.",
    "Get-MsolServicePrincipalCredential shows those that there are.",
  ),
  "msol-domain": msol("DomainNotFoundException", 'There is no domain "{domain}" in this tenant.', "Get-CsTenant shows the domains."),
} as const satisfies Readonly<Record<string, Refusal>>;
