/** What discovery says of the lab's domains, at the service and at the pool. */
import { ROOT_PATH, type DomainServices } from "@tieline/discovery";
import { onlineServices } from "../online-services.ts";
import type { Site } from "../site.ts";
import { ADMIN_HOST, DISCOVERY_HOST, DOMAINS, LOGIN_HOST, POOL_HOST, POOL_WEB_HOST } from "./places.ts";

export type LookUp = (domain: string) => DomainServices | undefined;

/** Each verified domain of the tenants, as it is when the lab starts. */
export async function labServices(online: Site): Promise<LookUp> {
  const found = await onlineServices(online, { powershell: ADMIN_HOST, discovery: DISCOVERY_HOST, login: LOGIN_HOST });
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
