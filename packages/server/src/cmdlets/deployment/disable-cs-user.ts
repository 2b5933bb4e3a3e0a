/** Disable-CsUser: takes everything away from a user of the deployment that enabling and its cmdlets gave. */
import { rolesFor } from "../../directory/index.ts";
import type { Json } from "../../store/index.ts";
import { changeUser, USER_OUTPUT } from "../changed-user.ts";
import { DOMAIN_CONTROLLER, PASS_THRU, POOL_USER } from "../parameter-types.ts";
import { cmdlet, tenantOf } from "../session.ts";
import { proxyAddresses } from "../sip-address.ts";
import { oneEnabledUser } from "../user-lookup.ts";

/** Properties of an enabled user; people's own (name, department, telephone in the directory) stay. */
const TAKEN = [
  "LineURI",
  "LineServerURI",
  "PrivateLine",
  "OnPremLineURI",
  "EnterpriseVoiceEnabled",
  "RemoteCallControlTelephonyEnabled",
  "HostedVoiceMail",
  "AudioVideoDisabled",
  "AcpInfo",
  "ExchangeArchivingPolicy",
  "OptionFlags",
  "TargetRegistrarPool",
] as const;

export const disableCsUser = cmdlet({
  name: "Disable-CsUser",
  synopsis: "Disables a user of the deployment.",
  description:
    "Takes away the SIP address, also from the proxy addresses, the pool, telephone settings and the policies that were granted. Where the user was homed (HostingProvider) stays written: whoever leaves a hybrid clears it after that. The account itself stays, and a user online is not touched. To keep somebody from signing in for a while, use Set-CsUser -Enabled $false.",
  examples: [
    { code: "Disable-CsUser -Identity kenmyer@contoso.com", remarks: "Disables one user." },
    {
      code: 'Get-CsUser -Filter {Department -eq "Finance"} | Disable-CsUser -WhatIf',
      remarks: "Shows who would be disabled in a department.",
    },
  ],
  related: ["Enable-CsUser", "Set-CsUser", "Get-CsAdUser"],
  roles: rolesFor("Disable-CsUser", "pool"),
  output: USER_OUTPUT.slice(1),
  supportsShouldProcess: true,
  parameters: {
    Identity: POOL_USER,
    DomainController: DOMAIN_CONTROLLER,
    PassThru: PASS_THRU,
  },
  async process(args, context) {
    const user = await oneEnabledUser(context, args.Identity, await tenantOf(context));
    if (user === undefined || !(await context.shouldProcess(user.userPrincipalName))) return;
    const taken: Record<string, Json> = Object.fromEntries(TAKEN.map((name) => [name, null]));
    await changeUser(
      context,
      user,
      async (before, users, nowMs) => {
        for (const family of Object.keys(before.policies)) await users.setPolicy(before.objectId, family, null, nowMs);
        const properties = { ...taken, ProxyAddresses: proxyAddresses(before, null) };
        return users.update(before.objectId, { enabled: false, sipAddress: null, registrarPool: null, properties }, nowMs);
      },
      args.PassThru,
    );
  },
});
