/** What discovery says of the lab's domains, at the service and at the pool. */
import { ROOT_PATH, type DomainServices } from "@tieline/discovery";
import type { Site } from "../site.ts";
import { ADMIN_HOST, DISCOVERY_HOST, DOMAINS, LOGIN_HOST, POOL_HOST, POOL_WEB_HOST } from "./places.ts";

export type LookUp = (domain: string) => DomainServices | undefined;

/** Each verified domain of the tenants. */
export async function onlineServices({ directory }: Site): Promise<LookUp> {
  const found = new Map<string, DomainServices>();
  for (const { tenantId } of await directory.tenants.list()) {
    const services: DomainServices = {
      autodiscover: `https://${DISCOVERY_HOST}`,
      remotePowerShell: `https://${ADMIN_HOST}/OcsPowershellLiveId`,
      trustedIssuers: [`https://${LOGIN_HOST}/${tenantId}/`],
    };
    for (const domain of await directory.tenant(tenantId).domains.list())
      if (domain.verified) found.set(domain.name.toLowerCase(), services);
  }
  return (domain) => found.get(domain);
}

/** The pool publishes no remote PowerShell: its own is for administrators who know the pool. */
export const poolServices: LookUp = (name) => {
  const domain = DOMAINS.find((each) => each.onPremises && each.name === name);
  if (domain === undefined) return undefined;
  return {
    autodiscover: `https://${POOL_WEB_HOST}`,
    internalAutodiscover: `https://${POOL_HOST}`,
    // As a hosting provider's AutodiscoverUrl is written: without the domain.
    ...(domain.hybridLink ? { hybrid: `https://${DISCOVERY_HOST}${ROOT_PATH}` } : {}),
    sipServer: { fqdn: "edge01.contoso.local", port: 5061 },
    internalSipServer: { fqdn: POOL_HOST, port: 5061 },
  };
};
