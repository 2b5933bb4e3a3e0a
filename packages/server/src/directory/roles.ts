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
  /** And what of these it may not. */
  except?: readonly string[];
}

/** Where a domain's accounts sign in decides over every account, administrators' too. */
const GLOBAL_ONLY = ["*-Msol*Domain*"];

const READ = ["Get-Cs*", "Find-Cs*", "Search-Cs*", "Export-Cs*"];

export const ROLES: readonly Role[] = [
  { name: "Global Administrator", also: ["Company Administrator"], kind: "online", cmdlets: ["*"] },
  { name: "Skype for Business Administrator", also: ["Lync Service Administrator"], kind: "online", cmdlets: ["*"], except: GLOBAL_ONLY },
  { name: "Teams Administrator", also: ["Teams Service Administrator"], kind: "online", cmdlets: ["*"], except: GLOBAL_ONLY },
  { name: "User Administrator", also: ["User Account Administrator"], kind: "online", cmdlets: [...READ, "Set-CsUser", "Grant-Cs*"] },
  { name: "Helpdesk Administrator", also: ["Password Administrator"], kind: "online", cmdlets: [...READ, "Set-CsUser"] },
  { name: "Global Reader", also: ["View-Only Administrator"], kind: "online", cmdlets: READ },
  { name: "CsAdministrator", kind: "pool", cmdlets: ["*"] },
  { name: "CsServerAdministrator", kind: "pool", cmdlets: [...READ, "Set-Cs*", "Enable-Cs*", "Disable-Cs*", "Test-Cs*"] },
  { name: "CsUserAdministrator", kind: "pool", cmdlets: [...READ, "*-CsUser", "Grant-Cs*"] },
  { name: "CsHelpDesk", kind: "pool", cmdlets: [...READ, "Test-Cs*"] },
  { name: "CsViewOnlyAdministrator", kind: "pool", cmdlets: READ },
];

const BY_NAME = new Map(ROLES.flatMap((role) => [role.name, ...(role.also ?? [])].map((name) => [key(name), role] as const)));

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
  const fits = (patterns: readonly string[] = []): boolean => patterns.some((pattern) => matches(pattern, cmdlet));
  return roles.map(findRole).some((role) => fits(role?.cmdlets) && !fits(role?.except));
}

/** The roles of a kind of site that may run the cmdlet, by name: what the cmdlet's declaration says of itself. */
export function rolesFor(cmdlet: string, kind: Role["kind"]): string[] {
  return ROLES.filter((role) => role.kind === kind && mayRun([role.name], cmdlet)).map((role) => role.name);
}
