/** Get-MsolRole and Get-MsolUserRole: the roles that there are, and those of an account. */
import { type Cmdlet } from "@tieline/language";
import { Guid, PsObject } from "@tieline/remoting/objects";
import { findRole, ROLES, rolesFor, type Role } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, type SessionContext } from "../session.ts";
import { namedAccount } from "./account.ts";
import { checkTenantId, TENANT_ID } from "./parameters.ts";

const MSOL_ROLE = "Microsoft.Online.Administration.Role";

/** The ids are the public ones of the cloud's role templates, the names those that the vendor's module shows; the descriptions are ours. */
const FACTS: Readonly<Record<string, { id: string; name: string; description: string }>> = {
  "Global Administrator": {
    id: "62e90394-69f5-4237-9190-012177145e10",
    name: "Company Administrator",
    description: "May do everything, and gives rights to others.",
  },
  "Skype for Business Administrator": {
    id: "75941009-915a-4869-abe7-691bff18279e",
    name: "Lync Service Administrator",
    description: "Manages the service: users' settings and policies.",
  },
  "Teams Administrator": {
    id: "69091246-20e8-4a56-aa4d-066075b2a7a8",
    name: "Teams Service Administrator",
    description: "Manages the service as the one for Skype for Business does.",
  },
  "User Administrator": {
    id: "fe930be7-5e62-47db-91af-98c3a49a38b1",
    name: "User Account Administrator",
    description: "Manages accounts, except those of other administrators, and gives no roles.",
  },
  "Helpdesk Administrator": {
    id: "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    name: "Helpdesk Administrator",
    description: "Resets passwords, except those of other administrators.",
  },
  "Global Reader": {
    id: "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    name: "Global Reader",
    description: "Sees everything and changes nothing.",
  },
  "Security Reader": {
    id: "5d6b6bb7-de71-4623-b4af-96380a352509",
    name: "Security Reader",
    description: "Sees sign-ins, and how people sign in, beside what everybody sees.",
  },
  "Directory Synchronization Accounts": {
    id: "d29b2b05-8046-44ba-8758-1e26182fcf32",
    name: "Directory Synchronization Accounts",
    description: "Provisions the people of a deployment; runs no cmdlet.",
  },
};

/** The roles of a tenant, in the order of the table. */
const ONLINE = ROLES.filter((role) => role.kind === "online" && role.name in FACTS);

/** As the vendor's module names it. */
export function shownRoleName(role: string): string {
  return FACTS[findRole(role)?.name ?? ""]?.name ?? role;
}

/** By any of its names, or by its id. */
function tenantRole({ RoleName: name, RoleObjectId: id }: RoleName): Role | undefined {
  if (id !== undefined && id !== null) return ONLINE.find((role) => FACTS[role.name]?.id === id.text.toLowerCase());
  const found = findRole(name?.trim() ?? "");
  return found !== undefined && ONLINE.includes(found) ? found : undefined;
}

export interface RoleName {
  RoleName?: string | null | undefined;
  RoleObjectId?: { text: string } | null | undefined;
}

/** The role, or undefined after the refusal was written. */
export function namedRole(context: SessionContext, name: RoleName): Role | undefined {
  const role = tenantRole(name);
  if (role === undefined) {
    const said = name.RoleName ?? name.RoleObjectId?.text ?? "";
    context.writeError(refuse("msol-role-not-found", { role: said }, said));
  }
  return role;
}

function roleObject({ name }: Role): PsObject {
  const facts = FACTS[name];
  const object = new PsObject({ typeNames: [MSOL_ROLE, "System.Object"] });
  object.set("ObjectId", facts === undefined ? null : new Guid(facts.id), "adapted");
  object.set("Name", shownRoleName(name), "adapted");
  object.set("Description", facts?.description ?? "", "adapted");
  // Ours: the name that the portal has since.
  object.set("DisplayName", name, "adapted");
  object.text = shownRoleName(name);
  return object;
}

const OUTPUT = [
  {
    typeName: MSOL_ROLE,
    view: { kind: "table" as const, columns: ["ObjectId", "Name", "Description"].map((property) => ({ property })) },
  },
];

export const getMsolRole: Cmdlet = cmdlet({
  name: "Get-MsolRole",
  synopsis: "Shows the administrative roles.",
  description: "Shows the roles that accounts and applications may have. Each is found by its older and by its newer name.",
  examples: [
    { code: "Get-MsolRole", remarks: "Shows all roles." },
    { code: 'Get-MsolRole -RoleName "Company Administrator"', remarks: "Shows one, which the portal calls Global Administrator." },
  ],
  related: ["Get-MsolRoleMember", "Add-MsolRoleMember"],
  roles: rolesFor("Get-MsolRole", "online"),
  output: OUTPUT,
  defaultSet: "ListRoles__0",
  parameters: {
    ObjectId: { type: "guid", mandatory: true, fromPipelineByPropertyName: true, sets: ["GetRole__0"], help: "The role's id." },
    RoleName: { type: "string", mandatory: true, fromPipelineByPropertyName: true, sets: ["GetRoleByName__0"], help: "The role's name." },
    TenantId: { ...TENANT_ID, sets: ["ListRoles__0", "GetRole__0", "GetRoleByName__0"] },
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    if (context.parameterSet === "ListRoles__0") {
      for (const role of ONLINE) await context.write(roleObject(role));
      return;
    }
    const role = namedRole(context, { RoleName: args.RoleName, RoleObjectId: args.ObjectId });
    if (role !== undefined) await context.write(roleObject(role));
  },
});

export const getMsolUserRole: Cmdlet = cmdlet({
  name: "Get-MsolUserRole",
  synopsis: "Shows the roles of an account.",
  description: "Shows what an account may do, role by role; nothing where it has none.",
  examples: [
    { code: "Get-MsolUserRole -UserPrincipalName anna@contoso.com", remarks: "Shows the roles of one account." },
    { code: "Get-MsolUser -SearchString anna | Get-MsolUserRole", remarks: "Shows those of the accounts whose names begin so." },
  ],
  related: ["Get-MsolRoleMember", "Add-MsolRoleMember"],
  roles: rolesFor("Get-MsolUserRole", "online"),
  output: OUTPUT,
  defaultSet: "ListRolesForUser__0",
  parameters: {
    ObjectId: { type: "guid", mandatory: true, fromPipelineByPropertyName: true, sets: ["ListRolesForUser__0"], help: "The account's id." },
    UserPrincipalName: {
      type: "string",
      mandatory: true,
      fromPipelineByPropertyName: true,
      sets: ["ListRolesForUserByUpn__0"],
      help: "The account, as name@domain.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const account = await namedAccount(context, args);
    for (const name of account?.roles ?? []) {
      const role = findRole(name);
      if (role !== undefined) await context.write(roleObject(role));
    }
  },
});
