/** What `tieline init` makes in an empty database: a tenant of the service, or the deployment of a pool. */
import { randomUUID } from "node:crypto";
import type { AccountId, Directory, Domain, Pool, Tenant, TenantId } from "../directory/index.ts";
import type { JsonRecord } from "../store/index.ts";

export interface FirstTenant {
  tenant: Tenant;
  domains: readonly Domain[];
  pools: readonly Pool[];
  settings: readonly { kind: string; name: string; settings: JsonRecord }[];
  /** Of the first administrator. */
  role: string;
}

interface Wish {
  /** contoso.com: the tenant's first domain, or the SIP domain of the deployment. */
  domain: string;
  displayName?: string | undefined;
  /** The service's, or the pool's, full name. */
  host: string;
  nowMs: number;
}

const verified = (name: string, more: Partial<Domain> = {}): Domain => ({
  name: name.toLowerCase(),
  verified: true,
  isDefault: false,
  sip: true,
  ...more,
});

export function firstTenant({ domain, displayName, host, nowMs }: Wish): FirstTenant {
  return {
    tenant: {
      tenantId: randomUUID() as TenantId,
      kind: "online",
      name: domain.split(".")[0] as string,
      displayName: displayName ?? domain,
      initialDomain: domain.toLowerCase(),
      netbiosName: null,
      forest: "0a",
      registrarPool: host,
      remotePowerShell: true,
      properties: {},
      createdMs: nowMs,
      changedMs: nowMs,
    },
    domains: [verified(domain, { isDefault: true })],
    pools: [],
    settings: [],
    role: "Global Administrator",
  };
}

export interface PoolWish {
  /** contoso.local: the domain of Active Directory, or one of the deployment's own. */
  domain: string;
  /** CONTOSO: its short name, as in CONTOSO\kenmyer. */
  netbiosName: string;
}

const POOL_SERVICES = ["Registrar", "UserServer", "WebServer", "ConferencingServer", "ApplicationServer", "EdgeServer"];

export function firstDeployment({ domain, displayName, host, nowMs }: Wish, pool: PoolWish): FirstTenant {
  const own = pool.domain.toLowerCase();
  const isSip = own === domain.toLowerCase();
  return {
    tenant: {
      tenantId: randomUUID() as TenantId,
      kind: "pool",
      name: own,
      displayName: displayName ?? domain,
      initialDomain: own,
      netbiosName: pool.netbiosName.toUpperCase(),
      forest: "",
      registrarPool: host,
      remotePowerShell: true,
      properties: {},
      createdMs: nowMs,
      changedMs: nowMs,
    },
    domains: [verified(domain, { isDefault: true }), ...(isSip ? [] : [verified(own, { sip: false })])],
    pools: [{ identity: host, site: "Site:1", computers: [host], services: POOL_SERVICES.map((service) => `${service}:${host}`) }],
    // As setup leaves it on every deployment: there, and switched off.
    settings: [
      {
        kind: "HostingProvider",
        name: "LyncOnline",
        settings: {
          ProxyFqdn: "sipfed.online.lync.com",
          Enabled: false,
          EnabledSharedAddressSpace: false,
          HostsOCSUsers: false,
          IsLocal: false,
          VerificationLevel: "UseSourceVerification",
        },
      },
    ],
    role: "CsAdministrator",
  };
}

/** Everything of it, with its first administrator. */
export async function found(
  directory: Directory,
  { tenant, domains, pools, settings, role }: FirstTenant,
  administrator: { accountId: AccountId; name: string; domain: string; passwordHash: string; ntHashSealed: string | null },
  nowMs: number,
): Promise<void> {
  await directory.tenants.add(tenant);
  for (const domain of domains) await directory.tenants.addDomain(tenant, domain, nowMs);
  const mine = directory.tenant(tenant.tenantId);
  for (const pool of pools) await mine.pools.add(pool, nowMs);
  for (const each of settings) await mine.settings.add(each.kind, each.name, each.settings, nowMs);
  const { name, domain, ...secrets } = administrator;
  await mine.accounts.add(
    { ...secrets, userPrincipalName: `${name}@${domain.toLowerCase()}`, accountName: name, displayName: "Administrator", roles: [role] },
    nowMs,
  );
}
