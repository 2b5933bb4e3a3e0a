/**
 * Get-, Add- and Remove-ADGroupMember: who is an administrator of the deployment, and as what. In the field a role is a group of
 * Active Directory with the same name; here the groups are the roles, and there are no others.
 */
import { arrayOf, textType, type Cmdlet, type ParameterDeclarations } from "@tieline/language";
import { findRole, rolesFor, tenantDn, type Directory, type Role, type Tenant } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, mine, tenantOf, type SessionContext } from "../session.ts";
import { AD_GROUP, AD_PRINCIPAL, COMMANDS, groupDn, groupObject, principalObject } from "./ad-objects.ts";
import { ELSEWHERE } from "./parameters.ts";
import { accountOf, namedPersons, personOf, type Person } from "./person.ts";
import { changeRights, endSessions, takeRights } from "./rights.ts";

const GROUP_ID = textType(AD_GROUP);
const PRINCIPALS = arrayOf(textType(AD_PRINCIPAL));

/** By name or distinguished name; undefined after the refusal was written. */
function namedGroup(context: SessionContext, identity: string, tenant: Tenant): Role | undefined {
  const end = `,CN=Users,${tenantDn(tenant)}`.toLowerCase();
  const isDn = identity.toLowerCase().startsWith("cn=") && identity.toLowerCase().endsWith(end);
  const role = findRole(isDn ? identity.slice(3, -end.length) : identity.trim());
  if (role?.kind === "pool") return role;
  context.writeError(refuse("ad-not-found", { identity, domain: tenantDn(tenant) }, identity));
  return undefined;
}

const IDENTITY = {
  type: GROUP_ID,
  mandatory: true,
  position: 0,
  fromPipeline: true,
  help: "The group, which is the role of that name: Get-CsAdminRole shows them.",
} as const;

export const getAdGroupMember: Cmdlet = cmdlet({
  name: "Get-ADGroupMember",
  implementingType: `${COMMANDS}.GetADGroupMember`,
  synopsis: "Shows who has a role.",
  description: "Shows the members of a group that is a role of the deployment. Groups are not nested here.",
  examples: [
    { code: "Get-ADGroupMember -Identity CsAdministrator", remarks: "Shows who may do everything." },
    { code: "Get-ADGroupMember CsUserAdministrator | Select-Object SamAccountName", remarks: "Shows the logon names alone." },
  ],
  related: ["Add-ADGroupMember", "Remove-ADGroupMember", "Get-CsAdminRole", "Get-CsAdminRoleAssignment"],
  roles: rolesFor("Get-ADGroupMember", "pool"),
  output: [
    {
      typeName: AD_PRINCIPAL,
      view: {
        kind: "list",
        columns: ["distinguishedName", "name", "objectClass", "objectGUID", "SamAccountName", "SID"].map((property) => ({ property })),
      },
    },
  ],
  parameters: {
    Identity: IDENTITY,
    Recursive: { type: "switch", help: "Also the members of groups in it. No group has others in it here: it changes nothing." },
    ...ELSEWHERE,
  },
  async process(args, context) {
    const tenant = await tenantOf(context);
    const role = namedGroup(context, args.Identity, tenant);
    if (role === undefined) return;
    for (const account of await mine(context).accounts.list()) {
      if (!account.roles.includes(role.name)) continue;
      const user = account.objectId === null ? undefined : await mine(context).users.get(account.objectId);
      await context.write(principalObject(personOf(account, user), tenant));
    }
  },
});

const changing = (verb: string) =>
  ({
    Identity: IDENTITY,
    Members: {
      type: PRINCIPALS,
      mandatory: true,
      position: 1,
      help: `Who is to be ${verb}: logon name, DOMAIN\\logon, user principal name, GUID or distinguished name.`,
    },
    DisablePermissiveModify: {
      type: "switch",
      help: `Refuses where there is nothing to change: somebody is ${verb} already. Otherwise such people are passed over.`,
    },
    PassThru: { type: "switch", help: "Puts out the group after the change." },
    ...ELSEWHERE,
  }) as const satisfies ParameterDeclarations;

interface Change {
  tenant: Tenant;
  role: Role;
  /** Those of whom there is something to change. */
  persons: readonly Person[];
}

interface Given {
  Identity: string;
  Members: readonly string[];
  DisablePermissiveModify?: boolean | null | undefined;
}

/** What is to be changed, once it is said that it is meant; undefined after a refusal, too. */
async function toChange(context: SessionContext, given: Given, wanted: "member" | "no member"): Promise<Change | undefined> {
  const tenant = await tenantOf(context);
  const role = namedGroup(context, given.Identity, tenant);
  const named = role === undefined ? undefined : await namedPersons(context, given.Members, tenant);
  if (role === undefined || named === undefined) return undefined;
  const isThere = (person: Person): boolean => (person.account?.roles.includes(role.name) ?? false) === (wanted === "member");
  const already = named.find(isThere);
  if (already !== undefined && given.DisablePermissiveModify === true) {
    context.writeError(refuse(wanted === "member" ? "ad-member" : "ad-no-member", {}, already.accountName));
    return undefined;
  }
  if (!(await context.shouldProcess(groupDn(role, tenant), "Set"))) return undefined;
  return { tenant, role, persons: named.filter((person) => !isThere(person)) };
}

export const addAdGroupMember: Cmdlet = cmdlet({
  name: "Add-ADGroupMember",
  implementingType: `${COMMANDS}.AddADGroupMember`,
  synopsis: "Gives a role to people of the deployment.",
  description:
    "Makes people members of the group of that name, and so administrators with that role, in sessions that are opened from then on. Who has no account yet gets one without a password: it is signed in to by Kerberos or a certificate, until Set-ADAccountPassword -Reset gives one.",
  examples: [
    { code: "Add-ADGroupMember -Identity CsUserAdministrator -Members kenmyer", remarks: "Lets somebody manage users." },
    {
      code: "Add-ADGroupMember CsAdministrator CONTOSO\\kenmyer, anna@contoso.local -PassThru",
      remarks: "Makes two more administrators of everything, and shows the group.",
    },
  ],
  related: ["Remove-ADGroupMember", "Get-ADGroupMember", "New-ADUser", "Set-ADAccountPassword", "Get-CsAdminRole"],
  roles: rolesFor("Add-ADGroupMember", "pool"),
  output: [{ typeName: AD_GROUP }],
  supportsShouldProcess: true,
  parameters: changing("a member"),
  async process(args, context) {
    const { session } = context;
    const change = await toChange(context, args, "member");
    if (change === undefined) return;
    const { tenant, role, persons } = change;
    await changeRights(context, async (directory) => {
      for (const person of persons) {
        const { accountId, roles, passwordHash } = await accountOf(context, directory, person);
        await directory.tenant(session.tenantId).accounts.setRoles(accountId, [...roles, role.name], session.nowMs());
        // The text is ours.
        if (passwordHash === null)
          context.warning(
            `${person.accountName} has no password here: Set-ADAccountPassword -Identity ${person.accountName} -Reset gives one.`,
          );
      }
    });
    if (args.PassThru === true) await context.write(groupObject(role, tenant));
  },
});

export const removeAdGroupMember: Cmdlet = cmdlet({
  name: "Remove-ADGroupMember",
  implementingType: `${COMMANDS}.RemoveADGroupMember`,
  synopsis: "Takes a role from people of the deployment.",
  description:
    "Takes people out of the group of that name. Their open sessions end at once, but for the one that this is run in. Somebody stays in CsAdministrator who can sign in with a password or a key. It asks first, unless -Confirm:$false is given.",
  examples: [
    {
      code: "Remove-ADGroupMember -Identity CsUserAdministrator -Members kenmyer -Confirm:$false",
      remarks: "Takes a role without asking.",
    },
    { code: "Remove-ADGroupMember CsHelpDesk kenmyer, anna", remarks: "Takes it from two, and asks first." },
  ],
  related: ["Add-ADGroupMember", "Get-ADGroupMember"],
  roles: rolesFor("Remove-ADGroupMember", "pool"),
  output: [{ typeName: AD_GROUP }],
  supportsShouldProcess: true,
  confirmImpact: "High",
  parameters: changing("no member"),
  async process(args, context) {
    const { session } = context;
    const change = await toChange(context, args, "no member");
    if (change === undefined) return;
    const { tenant, role, persons } = change;
    const losing = persons.flatMap(({ account }) => account ?? []);
    const take = async (directory: Directory): Promise<void> => {
      const { accounts } = directory.tenant(session.tenantId);
      for (const { accountId } of losing) {
        const held = (await accounts.get(accountId))?.roles ?? [];
        await accounts.setRoles(
          accountId,
          held.filter((each) => each !== role.name),
          session.nowMs(),
        );
      }
    };
    if (role.name !== "CsAdministrator") await changeRights(context, take);
    else if (!(await takeRights(context, losing, take))) return;
    for (const account of losing) endSessions(context, account);
    if (args.PassThru === true) await context.write(groupObject(role, tenant));
  },
});
