/** The domains that discovery answers for, as the directory has them; looked up again from time to time. */
import { type DomainServices } from "@tieline/discovery";
import type { Site } from "../site.ts";
import type { Configuration } from "./configuration.ts";

export interface ServedDomains extends Disposable {
  find(domain: string): DomainServices | undefined;
}

export async function servedDomains(site: Site, hosts: Configuration["hosts"], everyMs: number): Promise<ServedDomains> {
  let known = await domainsOf(site, hosts);
  const timer = setInterval(() => {
    // While the database is away, what was known stays.
    domainsOf(site, hosts).then(
      (found) => (known = found),
      () => undefined,
    );
  }, everyMs).unref();
  return { find: (domain) => known.get(domain), [Symbol.dispose]: () => clearInterval(timer) };
}

async function domainsOf({ directory }: Site, hosts: Configuration["hosts"]): Promise<Map<string, DomainServices>> {
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
