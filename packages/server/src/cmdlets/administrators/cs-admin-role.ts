/** Get-CsAdminRole and Get-CsAdminRoleAssignment: the roles of a deployment, and whose they are. */
import { wildcard, type Cmdlet } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { findRole, mayRun, ROLES, rolesFor, type Role } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, tenantOf } from "../session.ts";
import { namedPerson } from "./person.ts";

const ROLE = "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Role";
const COLUMNS = ["Identity", "SID", "IsStandardRole", "Cmdlets", "ScriptModules", "ConfigScopes", "UserScopes", "TemplateName"];

const LOCAL_STORE = {
  type: "switch",
  help: "Asks the local copy of the configuration. There is one copy here: it changes nothing.",
} as const;

/** Roles hold for the whole deployment, and nobody makes others here. */
function roleObject({ name }: Role, cmdlets: readonly Cmdlet[]): PsObject {
  const object = new PsObject({ typeNames: [ROLE, "System.Object"] });
  const mayBeRun = cmdlets.map((each) => each.name).filter((each) => mayRun([name], each));
  const values = [name, null, true, mayBeRun.map((each) => `Name=${each}`), [], ["Global"], ["Global"], null];
  COLUMNS.forEach((column, i) => object.set(column, values[i] ?? null, "adapted"));
  object.text = name;
  return object;
}

/** @param cmdlets the deployment's, of which each role may run some */
export const getCsAdminRole = (cmdlets: () => readonly Cmdlet[]): Cmdlet =>
  cmdlet({
    name: "Get-CsAdminRole",
    synopsis: "Shows the administrative roles of the deployment.",
    description:
      "Shows each role with the cmdlets that it may run. A role is the group of that name: Get-ADGroupMember shows who has it. Roles have no security identifier here, and hold for the whole deployment.",
    examples: [
      { code: "Get-CsAdminRole", remarks: "Shows all roles." },
      {
        code: "Get-CsAdminRole -Identity CsUserAdministrator | Select-Object -ExpandProperty Cmdlets",
        remarks: "Shows what a role may run.",
      },
      { code: 'Get-CsAdminRole -Filter "*User*"', remarks: "Shows the roles whose names match." },
    ],
    related: ["Get-CsAdminRoleAssignment", "Get-ADGroupMember", "Add-ADGroupMember"],
    roles: rolesFor("Get-CsAdminRole", "pool"),
    output: [{ typeName: ROLE, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
    defaultSet: "Identity",
    parameters: {
      Identity: { type: "string", position: 0, fromPipeline: true, sets: ["Identity"], help: "The role's name." },
      Filter: { type: "string", sets: ["Filter"], help: "A pattern with * for the roles' names." },
      Sid: {
        type: "string",
        position: 0,
        sets: ["SID"],
        help: "The group's security identifier. No role has one here: nothing is found by it.",
      },
      LocalStore: LOCAL_STORE,
    },
    async process(args, context) {
      const roles = ROLES.filter((role) => role.kind === "pool");
      const wanted = args.Sid ?? args.Identity ?? null;
      const found =
        wanted === null
          ? roles.filter((role) => wildcard(args.Filter ?? "*").matches(role.name))
          : roles.filter((role) => (args.Sid ?? null) === null && role === findRole(wanted));
      if (wanted !== null && found.length === 0) return context.writeError(refuse("admin-role-not-found", { role: wanted }, wanted));
      for (const role of found) await context.write(roleObject(role, cmdlets()));
    },
  });

export const getCsAdminRoleAssignment: Cmdlet = cmdlet({
  name: "Get-CsAdminRoleAssignment",
  synopsis: "Shows the roles of a person.",
  description: "Shows the names of the administrative roles that somebody of the deployment has; nothing where there is none.",
  examples: [
    { code: "Get-CsAdminRoleAssignment -Identity kenmyer", remarks: "Shows the roles of one person, by logon name." },
    { code: '"kenmyer", "anna" | Get-CsAdminRoleAssignment', remarks: "Shows those of two." },
  ],
  related: ["Get-CsAdminRole", "Get-ADGroupMember"],
  roles: rolesFor("Get-CsAdminRoleAssignment", "pool"),
  output: [{ typeName: "System.String" }],
  parameters: {
    Identity: { type: "string", mandatory: true, position: 0, fromPipeline: true, help: "The person's logon name (SamAccountName)." },
    Force: { type: "switch", help: "Passes over errors that stop nothing. There are none here: it changes nothing." },
    LocalStore: LOCAL_STORE,
  },
  async process(args, context) {
    const tenant = await tenantOf(context);
    const person = await namedPerson(context, args.Identity, tenant);
    for (const role of person?.account?.roles ?? []) if (findRole(role)?.kind === "pool") await context.write(role);
  },
});
