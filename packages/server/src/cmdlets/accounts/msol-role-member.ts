/** Get-, Add- and Remove-MsolRoleMember: who has a role, people and applications. Only a Global Administrator gives and takes roles. */
import { enumType, textOf, type Cmdlet, type ParameterDeclarations } from "@tieline/language";
import { Guid, PsObject } from "@tieline/remoting/objects";
import { rolesFor, type Account, type AccountId, type Role } from "../../directory/index.ts";
import type { Application } from "../../identity/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, identityOf, mine, type SessionContext } from "../session.ts";
import { keepingAnAdministrator, namedAccount } from "./account.ts";
import { namedRole, shownRoleName } from "./msol-role.ts";
import { ALL, checkTenantId, limited, SEARCH, TENANT_ID } from "./parameters.ts";
import { namedPrincipal } from "./principal.ts";

const MEMBER = "Microsoft.Online.Administration.RoleMember";

/** The members' names and numbers beyond what the documentation lists are ours. */
const ROLE_MEMBER_TYPE = enumType("Microsoft.Online.Administration.RoleMemberType", {
  Group: 0,
  Other: 1,
  ServicePrincipal: 2,
  User: 3,
});

type Member = { type: "User"; account: Account } | { type: "ServicePrincipal"; application: Application };

const nameOf = (member: Member): string => (member.type === "User" ? member.account.userPrincipalName : member.application.displayName);

function memberObject(member: Member): PsObject {
  const object = new PsObject({ typeNames: [MEMBER, "System.Object"] });
  object.set("RoleMemberType", ROLE_MEMBER_TYPE.of(member.type), "adapted");
  object.set("EmailAddress", member.type === "User" ? member.account.userPrincipalName : null, "adapted");
  object.set("DisplayName", member.type === "User" ? member.account.displayName : member.application.displayName, "adapted");
  object.set("ObjectId", new Guid(member.type === "User" ? member.account.accountId : member.application.appId), "adapted");
  object.text = nameOf(member);
  return object;
}

export const getMsolRoleMember: Cmdlet = cmdlet({
  name: "Get-MsolRoleMember",
  synopsis: "Shows who has a role.",
  description: "Shows the accounts and applications that have a role.",
  examples: [
    { code: "Get-MsolRoleMember -RoleObjectId 62e90394-69f5-4237-9190-012177145e10", remarks: "Shows who may do everything." },
    {
      code: "Get-MsolRoleMember -RoleObjectId 75941009-915a-4869-abe7-691bff18279e -MemberObjectTypes ServicePrincipal",
      remarks: "Shows the applications that manage the service.",
    },
  ],
  related: ["Get-MsolRole", "Add-MsolRoleMember", "Get-MsolUserRole"],
  roles: rolesFor("Get-MsolRoleMember", "online"),
  output: [
    {
      typeName: MEMBER,
      view: {
        kind: "table",
        columns: ["RoleMemberType", "EmailAddress", "DisplayName", "ObjectId"].map((property) => ({ property })),
      },
    },
  ],
  defaultSet: "ListRoleMembers__0",
  parameters: {
    RoleObjectId: { type: "guid", help: "The role's id, as Get-MsolRole shows it." },
    MemberObjectTypes: { type: "string[]", help: "User, ServicePrincipal, or both." },
    SearchString: SEARCH,
    MaxResults: {
      type: "int",
      sets: ["ListRoleMembers__0"],
      validate: { range: [1, 2147483647] },
      default: "250",
      help: "How many to show at most.",
    },
    All: ALL,
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const role = namedRole(context, { RoleObjectId: args.RoleObjectId });
    if (role === undefined) return;
    const accounts = (await mine(context).accounts.list()).map((account): Member => ({ type: "User", account }));
    const applications = (await identityOf(context).applications(context.session.tenantId).list()).map((application): Member => ({
      type: "ServicePrincipal",
      application,
    }));
    const types = args.MemberObjectTypes?.map((type) => type.toLowerCase());
    const start = args.SearchString?.trim().toLowerCase() ?? "";
    const found = [...accounts, ...applications].filter(
      (member) =>
        (member.type === "User" ? member.account : member.application).roles.includes(role.name) &&
        types?.includes(member.type.toLowerCase()) !== false &&
        nameOf(member).toLowerCase().startsWith(start),
    );
    for (const member of args.All === true ? found : limited(context, found, args.MaxResults ?? 250))
      await context.write(memberObject(member));
  },
});

const sets = (verb: "Add" | "Remove"): [byId: string, byName: string] => [`${verb}RoleMembers__0`, `${verb}RoleMembersByRoleName__0`];

const parameters = (verb: "Add" | "Remove") =>
  ({
    RoleObjectId: { type: "guid", mandatory: true, sets: [sets(verb)[0]], help: "The role's id." },
    RoleName: { type: "string", mandatory: true, sets: [sets(verb)[1]], help: "The role's name, the older or the newer." },
    RoleMemberType: {
      type: ROLE_MEMBER_TYPE,
      fromPipelineByPropertyName: true,
      default: "User",
      help: "What the member is: User or ServicePrincipal.",
    },
    RoleMemberObjectId: { type: "guid", fromPipelineByPropertyName: true, help: "The id of the account or of the service principal." },
    RoleMemberEmailAddress: { type: "string", fromPipelineByPropertyName: true, help: "The account, as name@domain." },
    TenantId: TENANT_ID,
  }) as const satisfies ParameterDeclarations;

interface Given {
  RoleObjectId?: { text: string } | null | undefined;
  RoleName?: string | null | undefined;
  RoleMemberType?: PsObject | null | undefined;
  RoleMemberObjectId?: { text: string } | null | undefined;
  RoleMemberEmailAddress?: string | null | undefined;
}

/** Role and member as they were named, or undefined after the refusal was written. */
async function named(context: SessionContext, args: Given): Promise<{ role: Role; member: Member } | undefined> {
  const role = namedRole(context, args);
  if (role === undefined) return undefined;
  const type = textOf(args.RoleMemberType ?? "User");
  const { RoleMemberObjectId: id, RoleMemberEmailAddress: address } = args;
  if (type !== "User" && type !== "ServicePrincipal") context.writeError(refuse("msol-role-member-type", { type }));
  else if ((id ?? null) === null && (type !== "User" || (address ?? "") === "")) context.writeError(refuse("msol-role-member-unnamed", {}));
  else if (type === "User") {
    const account = await namedAccount(context, { ObjectId: id, UserPrincipalName: address });
    if (account !== undefined) return { role, member: { type, account } };
  } else {
    const application = await namedPrincipal(context, { ObjectId: id });
    if (application !== undefined) return { role, member: { type, application } };
  }
  return undefined;
}

export const addMsolRoleMember: Cmdlet = cmdlet({
  name: "Add-MsolRoleMember",
  synopsis: "Gives a role to an account or an application.",
  description: "The role holds for sessions that are opened from then on; those that are open keep the rights that they began with.",
  examples: [
    {
      code: 'Add-MsolRoleMember -RoleName "Company Administrator" -RoleMemberEmailAddress anna@contoso.com',
      remarks: "Makes a second Global Administrator.",
    },
    {
      code: 'Add-MsolRoleMember -RoleName "Lync Service Administrator" -RoleMemberType ServicePrincipal -RoleMemberObjectId 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      remarks: "Lets an application manage the service.",
    },
  ],
  related: ["Get-MsolRole", "Get-MsolRoleMember", "Remove-MsolRoleMember"],
  roles: rolesFor("Add-MsolRoleMember", "online"),
  supportsShouldProcess: true,
  defaultSet: sets("Add")[0],
  parameters: parameters("Add"),
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const found = await named(context, args);
    if (found === undefined) return;
    const { role, member } = found;
    const fields = { member: nameOf(member), role: shownRoleName(role.name) };
    const { roles } = member.type === "User" ? member.account : member.application;
    if (roles.includes(role.name)) return context.writeError(refuse("msol-role-member", fields, fields.member));
    if (!(await context.shouldProcess(fields.member, `Give the role ${fields.role}`))) return;
    await changeRoles(context, member, (held) => [...held, role.name]);
  },
});

export const removeMsolRoleMember: Cmdlet = cmdlet({
  name: "Remove-MsolRoleMember",
  synopsis: "Takes a role from an account or an application.",
  description:
    "The open sessions of whoever loses the role end at once. The last Global Administrator keeps this role, so that somebody can give rights.",
  examples: [
    {
      code: 'Remove-MsolRoleMember -RoleName "User Administrator" -RoleMemberEmailAddress anna@contoso.com',
      remarks: "Takes a role from an account.",
    },
    {
      code: 'Remove-MsolRoleMember -RoleName "Lync Service Administrator" -RoleMemberType ServicePrincipal -RoleMemberObjectId 3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      remarks: "Takes it from an application.",
    },
  ],
  related: ["Get-MsolRoleMember", "Add-MsolRoleMember"],
  roles: rolesFor("Remove-MsolRoleMember", "online"),
  supportsShouldProcess: true,
  defaultSet: sets("Remove")[0],
  parameters: parameters("Remove"),
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const found = await named(context, args);
    if (found === undefined) return;
    const { role, member } = found;
    const { session } = context;
    const fields = { member: nameOf(member), role: shownRoleName(role.name) };
    const { roles } = member.type === "User" ? member.account : member.application;
    if (!roles.includes(role.name)) return context.writeError(refuse("msol-role-no-member", fields, fields.member));
    if (!(await context.shouldProcess(fields.member, `Take the role ${fields.role}`))) return;
    const without = (held: readonly string[]): string[] => held.filter((each) => each !== role.name);
    if (member.type === "User" && role.name === "Global Administrator") {
      const isDone = await keepingAnAdministrator(context, member.account, (directory) =>
        directory.tenant(session.tenantId).accounts.setRoles(member.account.accountId, without(member.account.roles), session.nowMs()),
      );
      if (!isDone) return;
    } else await changeRoles(context, member, without);
    const id = member.type === "User" ? member.account.accountId : member.application.appId;
    identityOf(context).endSessions(id, id === session.caller.accountId ? session.sessionId : undefined);
    // The text is ours.
    if (id === session.caller.accountId)
      context.warning(`The role ${fields.role} was your own: this session keeps its rights until it ends.`);
  },
});

/** From what the member has at that moment. */
async function changeRoles(context: SessionContext, member: Member, change: (held: readonly string[]) => string[]): Promise<void> {
  const { session } = context;
  if (member.type === "ServicePrincipal") {
    const applications = identityOf(context).applications(session.tenantId);
    await applications.setRoles(member.application.appId, change(member.application.roles));
    return;
  }
  await session.directory.transaction(async (directory) => {
    const { accounts } = directory.tenant(session.tenantId);
    const id: AccountId = member.account.accountId;
    const held = (await accounts.get(id))?.roles;
    if (held !== undefined) await accounts.setRoles(id, change(held), session.nowMs());
  });
}
