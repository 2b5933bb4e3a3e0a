/** Get-CsUser on a pool: the users of the deployment. */
import { AD_USER, rolesFor } from "../directory/index.ts";
import { USER_COLUMNS } from "./cs-online-user.ts";
import { CREDENTIAL, DOMAIN_CONTROLLER, OU_ID, RESULT_SIZE, SOME_USERS } from "./parameter-types.ts";
import { cmdlet } from "./session.ts";
import { putOutUsers } from "./user-query.ts";

export const getCsUser = cmdlet({
  name: "Get-CsUser",
  synopsis: "Shows the users of the deployment who are enabled.",
  description:
    "Shows users of the deployment's own directory, those among them too who were moved to the online service. A user can be named by SIP address, user principal name, DOMAIN\\logon, GUID, distinguished name or display name, in which * stands for anything; an account name alone is tried last.",
  examples: [
    { code: "Get-CsUser -Identity CONTOSO\\kenmyer", remarks: "Shows one user by logon name." },
    { code: 'Get-CsUser -Filter {RegistrarPool -eq "pool01.contoso.local"}', remarks: "Shows the users who are homed on a pool." },
    {
      code: "Get-CsUser -OnModernServer | Select-Object DisplayName, RegistrarPool",
      remarks: "Shows who is homed on this deployment, and where.",
    },
  ],
  related: ["Get-CsAdUser", "Enable-CsUser", "Set-CsUser", "Get-CsPool"],
  roles: rolesFor("Get-CsUser", "pool"),
  output: [
    {
      typeName: AD_USER.typeNames[0] as string,
      view: { kind: "table", columns: USER_COLUMNS.map((property) => ({ property })) },
    },
  ],
  parameters: {
    Identity: SOME_USERS,
    Filter: { type: "string", help: "A condition on the users' properties, as text or script block." },
    LdapFilter: { type: "string", help: "The same as an LDAP filter, for example (department=Sales)." },
    ResultSize: RESULT_SIZE,
    OU: { type: OU_ID, help: "The organizational unit to look in." },
    OnModernServer: { type: "switch", aliases: ["OnLyncServer"], help: "Shows users who are homed on a pool of the deployment only." },
    OnOfficeCommunicationServer: { type: "switch", help: "Shows users on servers of an older version only; there are none." },
    UnAssignedUser: { type: "switch", help: "Shows users who are enabled and homed on no pool." },
    Credential: CREDENTIAL,
    DomainController: DOMAIN_CONTROLLER,
  },
  process: (args, context) => putOutUsers(context, { ...args, UnassignedUser: args.UnAssignedUser, EnabledUser: true }, AD_USER),
});
