/** The domains that discovery answers for, as the directory has them; looked up again from time to time. */
import type { DomainServices } from "@tieline/discovery";
import { onlineServices, type ServiceHosts } from "../online-services.ts";
import type { Site } from "../site.ts";

export interface ServedDomains extends Disposable {
  find(domain: string): DomainServices | undefined;
}

export async function servedDomains(site: Site, hosts: ServiceHosts, everyMs: number): Promise<ServedDomains> {
  let known = await onlineServices(site, hosts);
  const timer = setInterval(() => {
    // While the database is away, what was known stays.
    onlineServices(site, hosts).then(
      (found) => (known = found),
      () => undefined,
    );
  }, everyMs).unref();
  return { find: (domain) => known.get(domain), [Symbol.dispose]: () => clearInterval(timer) };
}
