/** What discovery says of each verified domain of an online site's tenants. */
import type { DomainServices } from "@tieline/discovery";
import type { Site } from "./site.ts";

/** The names under which the parts of the service are reached. */
export interface ServiceHosts {
  powershell: string;
  discovery: string;
  login: string;
}

/** By the domain's name in lower case. */
export async function onlineServices({ directory }: Site, hosts: ServiceHosts): Promise<Map<string, DomainServices>> {
  const found = new Map<string, DomainServices>();
  for (const { tenantId } of await directory.tenants.list()) {
    const services: DomainServices = {
      autodiscover: `https://${hosts.discovery}`,
      remotePowerShell: `https://${hosts.powershell}/OcsPowershellLiveId`,
      trustedIssuers: [`https://${hosts.login}/${tenantId}/`],
    };
    for (const domain of await directory.tenant(tenantId).domains.list())
      if (domain.verified) found.set(domain.name.toLowerCase(), services);
  }
  return found;
}
