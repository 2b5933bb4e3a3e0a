/**
 * The kinds of settings of a site that are neither users nor policies: one entry a kind, everything known about it in that
 * entry. Get-, New-, Set- and Remove-Cs<Kind> are made of it, and the directory keeps each under its kind's name.
 *
 * Names, types, defaults and parameter sets are those of the public documentation. OURS: the order in which an object
 * shows what it has, where the documentation gives no sample.
 */
import { ALLOWED_DOMAINS, ALLOWED_DOMAINS_LIST, BLOCKED_DOMAINS } from "./domain-lists.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { judgeAllowedDomain, judgeEdge, judgeHybrid, judgeProvider, warnOfHomed } from "./settings-rules.ts";

const LEVEL = { type: "enum", of: "VerificationLevelType" } as const;

const HOSTING_PROVIDER: SettingsKind = {
  kind: "HostingProvider",
  site: "pool",
  typeName: "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.DisplayHostingProvider",
  instances: "many",
  nameProperty: "Name",
  settings: [
    { name: "ProxyFqdn", type: "string", mandatory: true, only: "New" },
    { name: "VerificationLevel", ...LEVEL, default: "AlwaysVerifiable" },
    { name: "Enabled", type: "bool", default: false, mandatory: true },
    { name: "EnabledSharedAddressSpace", type: "bool", default: false, mandatory: true },
    { name: "HostsOCSUsers", type: "bool", default: false, mandatory: true },
    { name: "IsLocal", type: "bool", default: false },
    { name: "AutodiscoverUrl", type: "string" },
    { name: "SipClientPort", type: "ulong", default: 443 },
  ],
  isPiped: true,
  about: "hosting providers: the organizations, the service among them, with which the deployment shares its SIP domains",
  description:
    "A user of the deployment can be homed behind a provider that is enabled, hosts users (HostsOCSUsers) and shares the address space (EnabledSharedAddressSpace).",
  example: {
    name: "SFBOnline",
    change: "-Enabled $false",
    make: "-ProxyFqdn sipfed.online.lync.com -Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification",
  },
  judge: judgeProvider,
  beforeRemoval: warnOfHomed,
};

const ALLOWED_DOMAIN: SettingsKind = {
  kind: "AllowedDomain",
  site: "pool",
  typeName: "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.AllowedDomain",
  instances: "many",
  nameProperty: "Domain",
  nameSet: "ParentAndRelativeKey",
  settings: [
    { name: "ProxyFqdn", type: "string" },
    { name: "VerificationLevel", ...LEVEL, default: "UseSourceVerification" },
    { name: "Comment", type: "string" },
    { name: "MarkForMonitoring", type: "bool", default: false },
  ],
  isPiped: true,
  about: "domains with which the deployment's users may always communicate",
  description: "Federation itself is switched on at the access edge and in the users' external access policy.",
  example: { name: "fabrikam.com", change: '-Comment "Partner since 2013"' },
  judge: judgeAllowedDomain,
};

const EVERY_ROUTE = ["Identity", "DefaultRoute", "DnsSrvRouting"];
const BY_DNS = ["DnsSrvRouting"];
const BY_DEFAULT = ["DefaultRoute"];
const EDGE = "Microsoft.Rtc.Management.WritableConfig.Settings.Edge";

const ACCESS_EDGE: SettingsKind = {
  kind: "AccessEdgeConfiguration",
  site: "pool",
  typeName: `${EDGE}.DisplayAccessEdgeSettingsDnsSrvRouting`,
  instances: "one",
  settings: [
    { name: "AllowAnonymousUsers", type: "bool", default: false, sets: EVERY_ROUTE },
    { name: "AllowFederatedUsers", type: "bool", default: false, sets: EVERY_ROUTE },
    { name: "AllowOutsideUsers", type: "bool", default: true, sets: EVERY_ROUTE },
    { name: "BeClearingHouse", type: "bool", default: false, sets: BY_DNS },
    { name: "EnablePartnerDiscovery", type: "bool", default: false, sets: BY_DNS },
    { name: "DiscoveredPartnerVerificationLevel", ...LEVEL, default: "UseSourceVerification", sets: BY_DNS },
    { name: "DefaultRouteFqdn", type: "string", sets: BY_DEFAULT },
    { name: "IsPublicProvider", type: "bool", default: false, sets: BY_DEFAULT },
    { name: "VerificationLevel", ...LEVEL, default: "UseSourceVerification", sets: BY_DEFAULT },
    { name: "EnableArchivingDisclaimer", type: "bool", default: false, sets: EVERY_ROUTE },
    { name: "EnableUserReplicator", type: "bool", default: false, sets: EVERY_ROUTE },
    { name: "KeepCrlsUpToDateForPeers", type: "bool", default: true, sets: EVERY_ROUTE },
    { name: "MarkSourceVerifiableOnOutgoingMessages", type: "bool", default: true, sets: EVERY_ROUTE },
    { name: "OutgoingTlsCountForFederatedPartners", type: "uint", default: 4, range: [1, 4], sets: EVERY_ROUTE },
    { name: "DnsSrvCacheRecordCount", type: "uint", default: 131_072, sets: EVERY_ROUTE },
    { name: "DiscoveredPartnerStandardRate", type: "uint", default: 20, sets: EVERY_ROUTE },
    { name: "EnableDiscoveredPartnerContactsLimit", type: "bool", default: true, sets: EVERY_ROUTE },
    { name: "MaxContactsPerDiscoveredPartner", type: "uint", default: 1000, sets: EVERY_ROUTE },
    { name: "DiscoveredPartnerReportPeriodMinutes", type: "uint", default: 60, sets: EVERY_ROUTE },
    { name: "MaxAcceptedCertificatesStored", type: "uint", default: 1000, sets: EVERY_ROUTE },
    { name: "MaxRejectedCertificatesStored", type: "uint", default: 500, sets: EVERY_ROUTE },
    { name: "CertificatesDeletedPercentage", type: "uint", default: 20, range: [0, 100], sets: EVERY_ROUTE },
    { name: "SkypeSearchUrl", type: "string", sets: EVERY_ROUTE },
    { name: "RoutingMethod", type: "string", default: "UseDnsSrvRouting", isParameter: false },
  ],
  variants: {
    by: "RoutingMethod",
    of: [
      {
        set: "DnsSrvRouting",
        name: "UseDnsSrvRouting",
        help: "Partners are found by DNS.",
        typeName: `${EDGE}.DisplayAccessEdgeSettingsDnsSrvRouting`,
      },
      {
        set: "DefaultRoute",
        name: "UseDefaultRouting",
        help: "Everything goes one way, to DefaultRouteFqdn.",
        typeName: `${EDGE}.DisplayAccessEdgeSettingsDefaultRoute`,
      },
    ],
  },
  isPiped: true,
  about: "how the deployment's edge lets users and partners in",
  description:
    "Partners are found by DNS (UseDnsSrvRouting), or everything goes one way (UseDefaultRouting). A user needs an external access policy beside that allows the same.",
  example: {
    name: "Global",
    change: "-AllowOutsideUsers $true -AllowFederatedUsers $true -EnablePartnerDiscovery $true -UseDnsSrvRouting",
  },
  judge: judgeEdge,
};

const TENANT_FEDERATION: SettingsKind = {
  kind: "TenantFederationConfiguration",
  site: "online",
  typeName: `${EDGE}.TenantFederationSettings`,
  instances: "one",
  settings: [
    { name: "AllowedDomains", type: "list", form: ALLOWED_DOMAINS },
    { name: "BlockedDomains", type: "list", form: BLOCKED_DOMAINS },
    { name: "AllowFederatedUsers", type: "bool", default: true },
    { name: "AllowPublicUsers", type: "bool", default: true },
    { name: "TreatDiscoveredPartnersAsUnverified", type: "bool", default: false },
    { name: "SharedSipAddressSpace", type: "bool", default: false },
    { name: "AllowedDomainsAsAList", type: "list", form: ALLOWED_DOMAINS_LIST },
  ],
  isPiped: false,
  about: "with whom the tenant's users may communicate, and whether it shares its SIP domains with a deployment",
  description:
    "A user can be moved between a deployment and the tenant only while SharedSipAddressSpace is true. Blocked domains count where all others are allowed.",
  example: { name: "Global", change: "-SharedSipAddressSpace $true" },
};

const TENANT_HYBRID: SettingsKind = {
  kind: "TenantHybridConfiguration",
  site: "online",
  typeName: "Microsoft.Rtc.Management.WritableConfig.Settings.HybridConfiguration.TenantHybridConfiguration",
  instances: "one",
  settings: [
    { name: "PeerDestination", type: "string" },
    { name: "HybridConfigServiceInternalUrl", type: "string" },
    { name: "HybridConfigServiceExternalUrl", type: "string" },
    { name: "UseOnPremDialPlan", type: "bool", default: true },
  ],
  isPiped: false,
  about: "what the tenant knows of the deployment that it is a hybrid with",
  description: "PeerDestination is the edge of the deployment; the addresses are those of its hybrid configuration service.",
  example: { name: "Global", change: "-PeerDestination edge01.contoso.com" },
  judge: judgeHybrid,
};

export const SETTINGS_KINDS: readonly SettingsKind[] = [HOSTING_PROVIDER, ALLOWED_DOMAIN, ACCESS_EDGE, TENANT_FEDERATION, TENANT_HYBRID];
