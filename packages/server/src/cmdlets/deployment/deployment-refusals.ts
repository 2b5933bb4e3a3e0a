/**
 * The errors of the cmdlets of a deployment and of the settings of a hybrid; rows as in ../refusals.ts. OURS, all of them: the
 * vendor's texts that are known (a duplicate key, a user who is not in the directory) are faults of the catalogue.
 */
import type { Refusal } from "../refusal.ts";

const MANAGEMENT = "Microsoft.Rtc.Management.ManagementException";
const NOT_FOUND = "Microsoft.Rtc.Management.AD.ManagementObjectNotFoundException";

export const DEPLOYMENT_REFUSALS = {
  "pool-no-registrar": {
    id: "PoolWithoutRegistrar",
    category: "InvalidArgument",
    type: MANAGEMENT,
    text: "The pool {identity} has no registrar: no users can be homed there.",
    cure: "Get-CsPool shows the services of each pool; name one with a Registrar.",
  },
  "enable-nowhere": {
    id: "HomeMissing",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "It was not said where the user is to be homed.",
    cure: "Give -RegistrarPool for a pool of this deployment, or -HostingProviderProxyFqdn for the service.",
  },
  "enable-twice": {
    id: "HomeAmbiguous",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "-RegistrarPool and -HostingProviderProxyFqdn exclude each other: a user is homed in one place.",
    cure: "Leave one of them out.",
  },
  "enable-address": {
    id: "SipAddressMissing",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "The user's SIP address must be given in one of two ways.",
    cure: "Give -SipAddress sip:user@domain, or -SipAddressType for one that is made of the person's names; not both.",
  },
  "enable-sip-domain": {
    id: "SipDomainMissing",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "A SIP address of the type {type} needs a domain.",
    cure: "Give it with -SipDomain.",
  },
  "enable-no-such-address": {
    id: "SipAddressNotMade",
    category: "InvalidData",
    type: MANAGEMENT,
    text: "The directory has nothing of which a SIP address of the type {type} could be made for {identity}.",
    cure: "Give the address with -SipAddress.",
  },
  "user-enabled-already": {
    id: "UserAlreadyEnabled",
    category: "ResourceExists",
    type: MANAGEMENT,
    text: 'The user "{identity}" is {state} already, as {sip}, and homed on {where}.',
    cure: "Move-CsUser moves a user to another home and Set-CsUser changes the address, or -Enabled; Disable-CsUser takes everything away first.",
  },
  "provider-proxy-unknown": {
    id: "HostingProviderUnknown",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: "No hosting provider of this deployment has the proxy {proxy}.",
    cure: "Get-CsHostingProvider lists those that are there; New-CsHostingProvider makes one.",
  },
  "provider-not-shared": {
    id: "HostingProviderNotShared",
    category: "InvalidOperation",
    type: MANAGEMENT,
    text: "No users of this deployment can be homed at the hosting provider {name} ({proxy}): it lacks {missing}.",
    cure: "Set-CsHostingProvider -Identity {name} {cure}",
  },
  "setting-not-found": {
    id: "SettingNotFound",
    category: "ObjectNotFound",
    type: NOT_FOUND,
    text: 'There is no {kind} "{name}" here.',
    cure: "Get-Cs{kind} lists those that are there.",
  },
  "setting-exists": {
    id: "SettingExists",
    category: "ResourceExists",
    type: MANAGEMENT,
    text: 'There is already the {kind} "{name}" here.',
    cure: "Change it with Set-Cs{kind}.",
  },
  "setting-unnamed": {
    id: "SettingUnnamed",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "It was not said which {kind} is to be changed.",
    cure: "Give -Identity, or pipe in what Get-Cs{kind} puts out.",
  },
  "setting-name": {
    id: "SettingName",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '"{name}" is no name for a {kind}.',
    cure: "A name is up to 253 letters, digits, blanks, dots, dashes and underscores.",
  },
  "setting-not-host": {
    id: "SettingNotHost",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '{setting} "{value}" is no fully qualified domain name.',
    cure: "Write it as sipfed.online.lync.com.",
  },
  "setting-not-url": {
    id: "SettingNotUrl",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: '{setting} "{value}" is no address of a web service.',
    cure: "Write it whole, with https:// before it.",
  },
  "setting-not-port": {
    id: "SettingNotPort",
    category: "InvalidArgument",
    type: "ArgumentException",
    text: "{setting} {value} is no port.",
    cure: "Ports go from 1 to 65535; the service listens on 443.",
  },
} as const satisfies Readonly<Record<string, Refusal>>;
