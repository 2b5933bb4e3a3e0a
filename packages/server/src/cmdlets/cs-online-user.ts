/** Get-CsOnlineUser: the users of the tenant. */
import { ONLINE_USER, rolesFor } from "../directory/index.ts";
import { CREDENTIAL, DOMAIN_CONTROLLER, ONLINE_RESULT_SIZE, OU_ID, USER_ID } from "./parameter-types.ts";
import { cmdlet } from "./session.ts";
import { putOutUsers } from "./user-query.ts";

/** Which columns the default table has, and their order, is ours. */
export const USER_COLUMNS = ["DisplayName", "UserPrincipalName", "SipAddress", "Enabled", "HostingProvider"];

export const getCsOnlineUser = cmdlet({
  name: "Get-CsOnlineUser",
  synopsis: "Shows users of the tenant.",
  description:
    "Shows users with everything the service keeps of them. Without parameters all are shown, by display name. A user can be named by SIP address (with or without sip:), user principal name, GUID, distinguished name or display name, in which * stands for anything; an account name alone is tried last.",
  examples: [
    { code: "Get-CsOnlineUser -Identity alice@contoso.com", remarks: "Shows one user." },
    { code: 'Get-CsOnlineUser -Identity "Ken *"', remarks: "Shows the users whose display name begins with Ken." },
    {
      code: 'Get-CsOnlineUser -Filter {Department -eq "Sales" -and EnterpriseVoiceEnabled -eq $true}',
      remarks: "Shows the users of a department who may call telephones.",
    },
    {
      code: "Get-CsOnlineUser -ResultSize 10 | Select-Object DisplayName, SipAddress",
      remarks: "Shows two properties of the first ten users.",
    },
    { code: "Get-CsOnlineUser -Filter {SipAddress -eq $null}", remarks: "Shows the users who are not enabled for SIP." },
  ],
  related: ["Set-CsUser", "Get-CsTenant", "Grant-CsClientPolicy"],
  roles: rolesFor("Get-CsOnlineUser", "online"),
  output: [
    {
      typeName: ONLINE_USER.typeNames[0] as string,
      view: { kind: "table", columns: USER_COLUMNS.map((property) => ({ property })) },
    },
  ],
  parameters: {
    Identity: { type: USER_ID, position: 0, help: "The user, or a pattern with * for display names." },
    Filter: { type: "string", help: "A condition on the users' properties, as text or script block." },
    LdapFilter: { type: "string", help: "The same as an LDAP filter, for example (department=Sales)." },
    ResultSize: ONLINE_RESULT_SIZE,
    OU: { type: OU_ID, help: "The organizational unit to look in; a tenant has one." },
    SkipUserPolicies: { type: "switch", help: "Leaves the policies of the users out, which is faster." },
    OnModernServer: { type: "switch", aliases: ["OnLyncServer"], help: "Shows users who are homed here only." },
    OnOfficeCommunicationServer: { type: "switch", help: "Shows users on servers of an older version only; there are none." },
    UnassignedUser: { type: "switch", help: "Shows users who are enabled and homed on no pool of the service." },
    Credential: CREDENTIAL,
    DomainController: DOMAIN_CONTROLLER,
  },
  process: (args, context) => putOutUsers(context, args, ONLINE_USER),
});
