/** Set-CsUser: what an administrator of a tenant, or of a deployment, may change of a user. */
import { textOf } from "@tieline/language";
import { rolesFor, type UserChanges } from "../directory/index.ts";
import type { Json } from "../store/index.ts";
import { changeUser, USER_OUTPUT } from "./changed-user.ts";
import { ACP_INFO, DOMAIN_CONTROLLER, PASS_THRU, USER } from "./parameter-types.ts";
import { enumeration } from "./policies/enumerations.ts";
import { refuse } from "./refusals.ts";
import { cmdlet, tenantOf, type SessionContext } from "./session.ts";
import { proxyAddresses, sipAddress } from "./sip-address.ts";
import { oneEnabledUser } from "./user-lookup.ts";

/** RFC 3966: a global number with an extension, or a local one. */
const LINE_URI = /^tel:\+?[0-9]{1,32}(?:;ext=[0-9]{1,16})?$/i;

/** Parameters that are kept as a property of the same name. */
const LINES = ["LineURI", "OnPremLineURI", "LineServerURI", "PrivateLine"] as const;
const FLAGS = ["AudioVideoDisabled", "RemoteCallControlTelephonyEnabled", "HostedVoiceMail", "EnterpriseVoiceEnabled"] as const;

export const setCsUser = cmdlet({
  name: "Set-CsUser",
  synopsis: "Changes a user of the tenant, or of the deployment.",
  description: "Changes what is given and leaves everything else as it is. A line URI is taken away with $null.",
  examples: [
    {
      code: "Set-CsUser -Identity alice@contoso.com -EnterpriseVoiceEnabled $true -LineURI tel:+14255550123",
      remarks: "Gives a user a telephone number.",
    },
    { code: "Set-CsUser -Identity alice@contoso.com -LineURI $null", remarks: "Takes the number away." },
    {
      code: 'Get-CsOnlineUser -Filter {Department -eq "Finance"} | Set-CsUser -AudioVideoDisabled $true',
      remarks: "Switches audio and video off for a department.",
    },
  ],
  related: ["Get-CsOnlineUser", "Get-CsUser", "Enable-CsUser"],
  roles: [...rolesFor("Set-CsUser", "online"), ...rolesFor("Set-CsUser", "pool")],
  output: USER_OUTPUT,
  supportsShouldProcess: true,
  parameters: {
    Identity: USER,
    Enabled: { type: "bool", aliases: ["CsEnabled"], help: "Whether the user may sign in to the service." },
    SipAddress: { type: "string", help: "The user's SIP address, in a domain that is enabled for SIP." },
    EnterpriseVoiceEnabled: { type: "bool", help: "Whether the user may call telephones." },
    HostedVoiceMail: { type: "bool", help: "Whether the user's voice mail is kept by the service." },
    LineURI: { type: "string", allowNull: true, allowEmptyString: true, help: "The user's telephone number, as tel:+14255550123." },
    OnPremLineURI: { type: "string", allowNull: true, allowEmptyString: true, help: "The number on the user's own premises." },
    LineServerURI: {
      type: "string",
      allowNull: true,
      allowEmptyString: true,
      help: "The address of the gateway that controls the user's telephone.",
    },
    PrivateLine: { type: "string", allowNull: true, allowEmptyString: true, help: "A second number, which nobody else sees." },
    AudioVideoDisabled: { type: "bool", help: "Whether audio and video are switched off." },
    RemoteCallControlTelephonyEnabled: { type: "bool", help: "Whether the user controls a desk telephone from the client." },
    AcpInfo: { type: ACP_INFO, help: "The user's account with an audio conferencing provider." },
    ExchangeArchivingPolicy: {
      type: enumeration("ExchangeArchivingPolicyOptionsEnum"),
      help: "Where the user's conversations are archived.",
    },
    DomainController: DOMAIN_CONTROLLER,
    PassThru: PASS_THRU,
  },
  async process(args, context) {
    const tenant = await tenantOf(context);
    const properties: Record<string, Json> = {};
    for (const name of LINES) if (context.isBound(name)) properties[name] = lineUri(context, name, args[name] ?? null);
    for (const name of FLAGS) if (context.isBound(name)) properties[name] = args[name] ?? null;
    if (context.isBound("AcpInfo")) properties["AcpInfo"] = args.AcpInfo ?? null;
    if (context.isBound("ExchangeArchivingPolicy")) properties["ExchangeArchivingPolicy"] = textOf(args.ExchangeArchivingPolicy ?? null);
    const changes: UserChanges = {
      properties,
      ...(args.Enabled === undefined ? {} : { enabled: args.Enabled }),
      ...(context.isBound("SipAddress") ? { sipAddress: await sipAddress(context, args.SipAddress ?? "") } : {}),
    };
    const user = await oneEnabledUser(context, args.Identity, tenant);
    if (user === undefined || !(await context.shouldProcess(user.userPrincipalName))) return;
    const { sipAddress: sip } = changes;
    const isRenamed = tenant.kind === "pool" && typeof sip === "string";
    await changeUser(
      context,
      user,
      (before, users, nowMs) => {
        const addresses: Record<string, Json> = isRenamed ? { ProxyAddresses: proxyAddresses(before, sip) } : {};
        return users.update(before.objectId, { ...changes, properties: { ...properties, ...addresses } }, nowMs);
      },
      args.PassThru,
    );
  },
});

function lineUri(context: SessionContext, parameter: string, value: string | null): string | null {
  const uri = value?.trim() ?? "";
  if (uri === "") return null;
  const isFine = parameter === "LineServerURI" ? /^sip:[^\s@]+@[^\s@]+$/i.test(uri) : LINE_URI.test(uri);
  return isFine ? uri : context.fail(refuse("line-uri", { uri, parameter }, uri));
}
