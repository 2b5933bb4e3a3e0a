/**
 * Clouds with names of their own (New-CsOnlineSession's TeamsEnvironmentName): where discovery begins in each. The hosts are
 * those of the vendor's published address lists; none was reached from here, and `OverrideDiscoveryUri` wins over them.
 */
import { Fault } from "@tieline/fault";

const ROOT = "/Autodiscover/AutodiscoverService.svc/root";

const ENVIRONMENTS = {
  TeamsGCCH: `https://webdir.online.gov.skypeforbusiness.us${ROOT}`,
  TeamsDOD: `https://webdir.online.dod.skypeforbusiness.us${ROOT}`,
  TeamsChina: `https://webdir.online.partner.lync.cn${ROOT}`,
} as const;

/** @throws Fault `usage` for a name that is none of them */
export function discoveryUriOf(environmentName: string): string {
  const found = Object.entries(ENVIRONMENTS).find(([name]) => name.toLowerCase() === environmentName.toLowerCase())?.[1];
  if (found !== undefined) return found;
  throw new Fault("usage", {
    what: `${environmentName} is no environment that is known here.`,
    hint: `Name one of ${Object.keys(ENVIRONMENTS).join(", ")}, or the address itself with --override-discovery-uri.`,
  });
}
