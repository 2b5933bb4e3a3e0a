/** A tenant as Get-CsTenant shows it: the properties of 2020 with the names they had then. */
import { DateTime, Guid, PsObject, Shape, type PsValue } from "@tieline/remoting/objects";
import { tenantDn } from "./distinguished-name.ts";
import type { Domain, Tenant } from "./tenants.ts";

interface TenantProperty {
  name: string;
  from: (tenant: Tenant, domains: readonly Domain[]) => PsValue;
}

const kept = (otherwise: PsValue, ...names: string[]): TenantProperty[] =>
  names.map((name) => ({
    name,
    from: ({ properties }) => {
      const value = properties[name];
      return value === undefined ? otherwise : Array.isArray(value) ? value.map(String) : (value as PsValue);
    },
  }));

const at = (ms: number): DateTime => DateTime.fromDate(new Date(ms));
const NONE: readonly PsValue[] = [];

/** In the order in which they are shown; the order and the defaults are ours. */
const TENANT_PROPERTIES: readonly TenantProperty[] = [
  { name: "Identity", from: tenantDn },
  { name: "DisplayName", from: (tenant) => tenant.displayName },
  { name: "TenantId", from: (tenant) => new Guid(tenant.tenantId) },
  { name: "Name", from: (tenant) => tenant.tenantId },
  { name: "Id", from: tenantDn },
  { name: "DistinguishedName", from: tenantDn },
  { name: "Guid", from: (tenant) => new Guid(tenant.tenantId) },
  { name: "ObjectId", from: (tenant) => new Guid(tenant.tenantId) },
  { name: "Domains", from: (_tenant, domains) => domains.map((domain) => domain.name) },
  { name: "VerifiedDomains", from: (_tenant, domains) => domains.filter((domain) => domain.verified).map((domain) => domain.name) },
  {
    name: "DomainUrlMap",
    from: (_tenant, domains) => domains.map((domain) => `${domain.name}#https://meet.lync.com/${domain.name.replace(/\..*$/, "")}`),
  },
  { name: "ServiceInstance", from: (tenant) => `MicrosoftCommunicationsOnline/${tenant.forest.toUpperCase()}` },
  { name: "RegistrarPool", from: (tenant) => tenant.registrarPool },
  { name: "DefaultPoolFqdn", from: (tenant) => tenant.registrarPool },
  { name: "OriginalRegistrarPool", from: (tenant) => tenant.registrarPool },
  ...kept(null, "TenantPoolExtension"),
  ...kept(
    null,
    "City",
    "CountryAbbreviation",
    "CountryOrRegionDisplayName",
    "StateOrProvince",
    "Street",
    "PostalCode",
    "PreferredLanguage",
  ),
  ...kept(null, "Description", "AdminDescription", "Phone", "OnPremisesImmutableId", "OnPremisesUserPrincipalName"),
  ...kept(null, "OnPremSamAccountName", "OnPremSecurityIdentifier", "ExperiencePolicy", "XForestMovePolicy"),
  ...kept(NONE, "AssignedPlan", "AssignedLicenses", "ProvisionedPlan", "AllowedDataLocation", "DefaultDataLocation", "UserRoutingGroupIds"),
  ...kept(null, "TeamsUpgradeEffectiveMode"),
  ...kept(false, "TeamsUpgradeOverridePolicy", "TeamsUpgradeEligible", "TelehealthEnabled", "TenantNotified", "IsUpgradeReady"),
  ...kept(false, "IsReadinessUploaded", "IsByPassValidation", "IsMNC", "IsO365MNC", "NonPrimarySource", "PendingDeletion"),
  ...kept(false, "DirSyncEnabled", "DisableExoPlanProvisioning", "OcoDomainTracked", "PublicProvider"),
  ...kept(NONE, "HostedVoiceMail", "HostedVoiceMailNotProvisioned"),
  ...kept(true, "IsValid"),
  ...kept(null, "MNCEnableTimeStamp", "LastSubProvisionTimeStamp", "ObjectState", "OriginatingServer", "RemoteMachine", "ProvisionType"),
  ...kept(0, "ProvisioningCounter", "PublishingCounter", "SubProvisioningCounter", "SyncingCounter", "UpgradeRetryCounter"),
  ...kept(null, "ProvisioningStamp", "PublishingStamp", "SubProvisioningStamp"),
  {
    name: "ObjectCategory",
    from: (tenant) => `CN=Organizational-Unit,CN=Schema,CN=Configuration,DC=lync${tenant.forest}001,DC=local`,
  },
  { name: "ObjectClass", from: () => ["top", "organizationalUnit"] },
  { name: "WhenCreated", from: (tenant) => at(tenant.createdMs) },
  { name: "WhenChanged", from: (tenant) => at(tenant.changedMs) },
];

const TYPE_NAMES = ["Microsoft.Rtc.Management.ADConnect.Schema.TenantObject", "System.Object"];
const SHAPE = TENANT_PROPERTIES.reduce((shape, property) => shape.with(property.name), Shape.root());

export function tenantObject(tenant: Tenant, domains: readonly Domain[]): PsObject {
  const object = PsObject.shaped(
    TYPE_NAMES,
    "adapted",
    SHAPE,
    TENANT_PROPERTIES.map((property) => property.from(tenant, domains)),
  );
  object.text = tenantDn(tenant);
  return object;
}
