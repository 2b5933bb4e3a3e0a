/** Get-CsAdUser: everybody in the deployment's directory, enabled or not. */
import { CS_AD_USER, rolesFor } from "../../directory/index.ts";
import { USER_COLUMNS } from "../cs-online-user.ts";
import { CREDENTIAL, DOMAIN_CONTROLLER, OU_ID, RESULT_SIZE, SOME_USERS } from "../parameter-types.ts";
import { cmdlet } from "../session.ts";
import { putOutUsers } from "../user-query.ts";

export const getCsAdUser = cmdlet({
  name: "Get-CsAdUser",
  synopsis: "Shows the people of the deployment's directory.",
  description: "Shows everybody, also those who are not enabled and whom Get-CsUser does not show: their SipAddress is empty.",
  examples: [
    { code: "Get-CsAdUser -Identity CONTOSO\\kenmyer", remarks: "Shows one person." },
    { code: "Get-CsAdUser -Filter {SipAddress -eq $null}", remarks: "Shows those who are not enabled." },
    { code: 'Get-CsAdUser -LDAPFilter "(department=Sales)"', remarks: "Shows the people of a department." },
  ],
  related: ["Get-CsUser", "Enable-CsUser"],
  roles: rolesFor("Get-CsAdUser", "pool"),
  output: [
    { typeName: CS_AD_USER.typeNames[0] as string, view: { kind: "table", columns: USER_COLUMNS.map((property) => ({ property })) } },
  ],
  parameters: {
    Identity: { ...SOME_USERS, help: "The person, or a pattern with * for display names." },
    Filter: { type: "string", help: "A condition on the people's properties, as text or script block." },
    LDAPFilter: { type: "string", help: "The same as an LDAP filter, for example (department=Sales)." },
    ResultSize: RESULT_SIZE,
    OU: { type: OU_ID, help: "The organizational unit to look in." },
    Credential: CREDENTIAL,
    DomainController: DOMAIN_CONTROLLER,
  },
  process: ({ LDAPFilter, ...args }, context) => putOutUsers(context, { ...args, LdapFilter: LDAPFilter }, CS_AD_USER),
});
