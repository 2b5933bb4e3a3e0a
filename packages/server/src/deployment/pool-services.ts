/** What discovery says of each SIP domain of a pool's deployment, and where its users who are homed online are discovered. */
import type { DomainServices } from "@tieline/discovery";
import type { TenantDirectory } from "../directory/index.ts";
import type { ServiceHosts } from "../online-services.ts";
import type { Site } from "../site.ts";

/**
 * By the domain's name in lower case. A pool publishes no remote PowerShell: its own is for administrators who know the
 * pool; nor SIP servers, while it serves none.
 */
export async function poolServices({ directory }: Site, hosts: ServiceHosts): Promise<Map<string, DomainServices>> {
  const found = new Map<string, DomainServices>();
  for (const { tenantId } of await directory.tenants.list()) {
    const mine = directory.tenant(tenantId);
    const hybrid = await hybridRoot(mine);
    const services: DomainServices = {
      autodiscover: `https://${hosts.discovery}`,
      internalAutodiscover: `https://${hosts.powershell}`,
      ...(hybrid === undefined ? {} : { hybrid }),
    };
    for (const domain of await mine.domains.list()) if (domain.sip) found.set(domain.name.toLowerCase(), services);
  }
  return found;
}

/** The autodiscover of the hosting provider with which this deployment shares its address space. */
async function hybridRoot(mine: TenantDirectory): Promise<string | undefined> {
  const providers = await mine.settings.list("HostingProvider");
  const ours = providers.find(({ settings }) => settings["Enabled"] === true && settings["EnabledSharedAddressSpace"] === true);
  const url = ours?.settings["AutodiscoverUrl"];
  return typeof url === "string" && url !== "" ? url : undefined;
}
