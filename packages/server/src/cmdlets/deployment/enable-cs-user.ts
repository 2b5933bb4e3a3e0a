/**
 * Enable-CsUser: gives a person of the deployment's directory a SIP address, and a home: a pool of the deployment, or the
 * service behind a hosting provider. The latter joins the account on premises to its user online; nothing is moved.
 */
import { CmdletError, enumType, textOf, type ErrorRecordParts } from "@tieline/language";
import { deploymentGivesUp, deploymentTakes, ON_PREMISES, rolesFor, type UserChanges, type UserRecord } from "../../directory/index.ts";
import { changeUser, showUser, USER_OUTPUT } from "../changed-user.ts";
import { DOMAIN_CONTROLLER, FQDN, PASS_THRU, POOL_USER } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, tenantOf, type SessionContext } from "../session.ts";
import { proxyAddresses, sipAddress } from "../sip-address.ts";
import { oneUser } from "../user-lookup.ts";
import { registrarPool, sharedProvider } from "./homes.ts";

/** The namespace is ours. */
const ADDRESS_TYPE = enumType("Microsoft.Rtc.Management.AD.AddressType", [
  "FirstLastName",
  "EmailAddress",
  "UserPrincipalName",
  "SamAccountName",
]);

/** What stands before the @, or the whole address, by type; empty where the person has no such thing. */
const ADDRESS_OF: Readonly<Record<string, (user: UserRecord) => string>> = {
  FirstLastName: ({ properties }) => [properties["FirstName"], properties["LastName"]].filter((name) => typeof name === "string").join("."),
  EmailAddress: ({ properties }) => (typeof properties["WindowsEmailAddress"] === "string" ? properties["WindowsEmailAddress"] : ""),
  UserPrincipalName: (user) => user.userPrincipalName,
  SamAccountName: (user) => user.accountName,
};

export const enableCsUser = cmdlet({
  name: "Enable-CsUser",
  synopsis: "Enables a person of the deployment's directory.",
  description:
    "With -RegistrarPool the user is homed on that pool. With -HostingProviderProxyFqdn the user is homed at the service behind that proxy: the account on premises is joined to the user online who has the same SIP address. Who is enabled already, and homed there under that address, is left as it is with a warning; who is homed elsewhere is refused.",
  examples: [
    {
      code: "Enable-CsUser -Identity kenmyer -SipAddress sip:kenmyer@contoso.com -HostingProviderProxyFqdn sipfed.online.lync.com",
      remarks: "Joins an account to its user online.",
    },
    {
      code: "Enable-CsUser -Identity CONTOSO\\kenmyer -RegistrarPool pool01.contoso.local -SipAddressType UserPrincipalName",
      remarks: "Homes a user on a pool; the user principal name becomes the SIP address.",
    },
    {
      code: 'Get-CsAdUser -Filter {Department -eq "Sales" -and SipAddress -eq $null} | Enable-CsUser -RegistrarPool pool01.contoso.local -SipAddressType SamAccountName -SipDomain contoso.com',
      remarks: "Enables everybody of a department who is not enabled yet.",
    },
  ],
  related: ["Disable-CsUser", "Set-CsUser", "Get-CsAdUser", "Get-CsHostingProvider", "Get-CsPool"],
  roles: rolesFor("Enable-CsUser", "pool"),
  output: USER_OUTPUT.slice(1),
  supportsShouldProcess: true,
  parameters: {
    Identity: { ...POOL_USER, help: "The person: user principal name, DOMAIN\\logon, GUID, distinguished name or display name." },
    RegistrarPool: { type: FQDN, help: "The pool of the deployment that the user is homed on." },
    HostingProviderProxyFqdn: {
      type: FQDN,
      aliases: ["HostingProvider"],
      help: "The proxy of the hosting provider at which the user is homed, as Get-CsHostingProvider shows it.",
    },
    SipAddress: { type: "string", help: "The SIP address, in a domain that is enabled for SIP." },
    SipAddressType: { type: ADDRESS_TYPE, help: "What the SIP address is made of, where it is not given." },
    SipDomain: { type: FQDN, help: "The domain of the SIP address; needed with FirstLastName and SamAccountName." },
    ProxyPool: { type: FQDN, help: "The pool that stands before the registrar. It must be one of the deployment; it changes nothing." },
    DomainController: DOMAIN_CONTROLLER,
    PassThru: PASS_THRU,
  },
  async process(args, context) {
    const home = await homeFor(context, args.RegistrarPool ?? null, args.HostingProviderProxyFqdn ?? null);
    if (typeof args.ProxyPool === "string") await registrarPool(context, args.ProxyPool);
    const user = await oneUser(context, args.Identity, await tenantOf(context));
    if (user === undefined) return;
    const address = wantedAddress(context, user, args.SipAddress ?? null, textOf(args.SipAddressType ?? null), args.SipDomain ?? "");
    const sip = await sipAddress(context, address);
    const wanted = { ...home, sipAddress: sip };
    const refusal = enabledElsewhere(user, wanted, args.Identity);
    if (refusal !== undefined) return context.writeError(refusal);
    if (user.sipAddress !== null) {
      // The text is ours.
      context.warning(`${args.Identity} is already enabled as ${sip} and homed on ${homeOf(user)}: nothing is changed.`);
      if (args.PassThru === true) await showUser(context, user);
      return;
    }
    if (!(await context.shouldProcess(user.userPrincipalName))) return;
    await changeUser(
      context,
      user,
      (before, users, nowMs) => {
        // Somebody else was faster.
        const late = enabledElsewhere(before, wanted, args.Identity);
        if (late !== undefined) throw new CmdletError(late);
        const properties = { ProxyAddresses: proxyAddresses(before, sip) };
        return users.update(before.objectId, { ...wanted, properties }, nowMs);
      },
      args.PassThru,
    );
  },
});

function homeOf({ hostingProvider, registrarPool: pool }: UserRecord): string {
  return hostingProvider === ON_PREMISES ? (pool ?? ON_PREMISES) : (hostingProvider ?? "no pool");
}

/** Why the user cannot be enabled so: being enabled already in another way. */
function enabledElsewhere(user: UserRecord, wanted: UserChanges & { sipAddress: string }, identity: string): ErrorRecordParts | undefined {
  if (user.sipAddress === null) return undefined;
  const isThere =
    user.enabled &&
    user.sipAddress.toLowerCase() === wanted.sipAddress.toLowerCase() &&
    user.hostingProvider?.toLowerCase() === wanted.hostingProvider?.toLowerCase() &&
    user.registrarPool === wanted.registrarPool;
  const state = user.enabled ? "enabled" : "assigned, though not enabled,";
  return isThere ? undefined : refuse("user-enabled-already", { identity, sip: user.sipAddress, where: homeOf(user), state }, identity);
}

/** Where the user will be; the command ends where that is no place. */
async function homeFor(context: SessionContext, pool: string | null, proxy: string | null): Promise<UserChanges> {
  if ((pool === null) === (proxy === null)) context.fail(refuse(pool === null ? "enable-nowhere" : "enable-twice", {}));
  return pool === null
    ? deploymentGivesUp(await sharedProvider(context, proxy as string))
    : deploymentTakes(await registrarPool(context, pool));
}

function wantedAddress(context: SessionContext, user: UserRecord, given: string | null, type: string, domain: string): string {
  if ((given === null) === (type === "")) context.fail(refuse("enable-address", {}));
  if (given !== null) return given;
  const made = ADDRESS_OF[type]?.(user) ?? "";
  if (made === "")
    return context.fail(refuse("enable-no-such-address", { type, identity: user.userPrincipalName }, user.userPrincipalName));
  if (made.includes("@")) return domain === "" ? made : `${made.slice(0, made.indexOf("@"))}@${domain}`;
  return domain === "" ? context.fail(refuse("enable-sip-domain", { type })) : `${made.replace(/\s/g, "")}@${domain}`;
}
