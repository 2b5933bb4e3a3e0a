/**
 * Which cmdlets each administrative role may run.
 *
 * The roles' names are public (the cloud's as its portal shows them, those of a deployment by their own). Which cmdlets
 * each may run is OURS wherever it is more than the name says: the vendor's sources contradict each other. A deployment
 * that needs it otherwise changes this table and nothing else.
 */
import { key } from "./ids.ts";

export interface Role {
  name: string;
  /** Other names of the same role. */
  also?: readonly string[];
  /** Where it is given: in a tenant of the service, or in an on-premises deployment. */
  kind: "online" | "pool";
  /** Cmdlets it may run; `*` stands for anything. */
  cmdlets: readonly string[];
}

const READ = ["Get-Cs*", "Find-Cs*", "Search-Cs*", "Export-Cs*"];
/** Who there is and who may what: every administrator of a tenant sees it. */
const SEE_PEOPLE = ["Get-MsolUser", "Get-MsolUserRole", "Get-MsolRole", "Get-MsolRoleMember", "Get-MsolPasswordPolicy"];
/** What a reader of everything sees beside: applications with their credentials' facts, sign-ins, how people sign in. */
const SEE_SIGN_INS = ["Get-MsolServicePrincipal", "Get-MsolServicePrincipalCredential", "Get-Tieline*"];
/** Who has which licence is the affair of whoever keeps the users. */
const LICENCES = ["Get-TielineLicense", "Set-TielineUserLicense"];
/** What helps somebody who lost a telephone; whose account it may be, `mayManage` says. */
const RESET_FACTORS = ["*-TielineMfaUser", "Reset-MsolStrongAuthenticationMethodByUpn"];
/** Everything of the service, and nothing of who may do it: neither accounts nor where a domain's accounts sign in. */
const SERVICE = ["*-Cs*", "Get-TielineUser*", "Import-TielineUserData", ...SEE_PEOPLE];

/** What every administrator of a deployment sees. */
const READ_POOL = [...READ, "Get-Tieline*", "Get-ADSync*", "Get-ADGroupMember"];
/** What ties a deployment to the service, its edge, and the policies of its users. */
const HOSTING = [
  "New-Cs*Policy",
  "Remove-Cs*Policy",
  "New-CsHostingProvider",
  "Remove-CsHostingProvider",
  "New-CsAllowedDomain",
  "Remove-CsAllowedDomain",
  "Start-ADSyncSyncCycle",
  "Set-ADSyncScheduler",
];

export const ROLES: readonly Role[] = [
  { name: "Global Administrator", also: ["Company Administrator"], kind: "online", cmdlets: ["*"] },
  { name: "Skype for Business Administrator", also: ["Lync Service Administrator"], kind: "online", cmdlets: SERVICE },
  { name: "Teams Administrator", also: ["Teams Service Administrator"], kind: "online", cmdlets: SERVICE },
  {
    name: "User Administrator",
    also: ["User Account Administrator"],
    kind: "online",
    cmdlets: [...READ, ...SEE_PEOPLE, "Set-CsUser", "Grant-Cs*", "*-MsolUser", "Set-MsolUserPassword", ...LICENCES, ...RESET_FACTORS],
  },
  {
    name: "Helpdesk Administrator",
    also: ["Password Administrator"],
    kind: "online",
    cmdlets: [...READ, ...SEE_PEOPLE, "Set-CsUser", "Set-MsolUserPassword"],
  },
  { name: "Global Reader", also: ["View-Only Administrator"], kind: "online", cmdlets: [...READ, ...SEE_PEOPLE, ...SEE_SIGN_INS] },
  { name: "Security Reader", kind: "online", cmdlets: [...READ, ...SEE_PEOPLE, ...SEE_SIGN_INS] },
  // Runs no cmdlet: it is what a deployment's application needs to synchronise.
  { name: "Directory Synchronization Accounts", kind: "online", cmdlets: [] },
  { name: "CsAdministrator", kind: "pool", cmdlets: ["*"] },
  // Moves across sites want this and the next together; the cmdlets of moves look at that themselves.
  {
    name: "CsServerAdministrator",
    kind: "pool",
    cmdlets: [...READ_POOL, "Set-Cs*", "Enable-Cs*", "Disable-Cs*", "Test-Cs*", "Move-CsUser", "*-TielineMove*", ...HOSTING],
  },
  {
    name: "CsUserAdministrator",
    kind: "pool",
    cmdlets: [...READ_POOL, "*-CsUser", "Grant-Cs*", "*-TielineMove*", "Import-TielineUserData"],
  },
  { name: "CsHelpDesk", kind: "pool", cmdlets: [...READ_POOL, "Test-Cs*", "Test-Tieline*"] },
  { name: "CsViewOnlyAdministrator", kind: "pool", cmdlets: READ_POOL },
];

const BY_NAME = new Map(ROLES.flatMap((role) => [role.name, ...(role.also ?? [])].map((name) => [key(name), role] as const)));

/**
 * Whose accounts a role may change (passwords, blocking, removal), by the roles that they have: an account with a role that is
 * not in the list is out of reach, so that nobody gets more rights by resetting the password of somebody who has them.
 */
const MANAGES: Readonly<Record<string, "anyone" | readonly string[]>> = {
  "Global Administrator": "anyone",
  "User Administrator": ["User Administrator", "Helpdesk Administrator"],
  "Helpdesk Administrator": ["Helpdesk Administrator"],
};

/** True where one of the caller's roles may change an account that has these. */
export function mayManage(caller: readonly string[], target: readonly string[]): boolean {
  return caller.some((role) => {
    const manages = MANAGES[findRole(role)?.name ?? ""] ?? undefined;
    return manages === "anyone" || (manages !== undefined && target.every((each) => manages.includes(findRole(each)?.name ?? each)));
  });
}

/** True for whoever may move users between a deployment and the service, in which both halves have a say. */
export function mayMoveAcross(roles: readonly string[]): boolean {
  const names = roles.map((role) => findRole(role)?.name ?? role);
  return names.includes("CsAdministrator") || (names.includes("CsServerAdministrator") && names.includes("CsUserAdministrator"));
}

/** By any of its names. */
export function findRole(name: string): Role | undefined {
  return BY_NAME.get(key(name));
}

const PATTERNS = new Map<string, RegExp>();

function matches(pattern: string, cmdlet: string): boolean {
  if (pattern === "*") return true;
  let expression = PATTERNS.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\\\*/g, ".*")}$`, "i");
    PATTERNS.set(pattern, expression);
  }
  return expression.test(cmdlet);
}

/** True where one of the roles may run the cmdlet; unknown roles may nothing. */
export function mayRun(roles: readonly string[], cmdlet: string): boolean {
  return roles.some((name) => findRole(name)?.cmdlets.some((pattern) => matches(pattern, cmdlet)) ?? false);
}

/** The roles of a kind of site that may run the cmdlet, by name: what the cmdlet's declaration says of itself. */
export function rolesFor(cmdlet: string, kind: Role["kind"]): string[] {
  return ROLES.filter((role) => role.kind === kind && mayRun([role.name], cmdlet)).map((role) => role.name);
}
