/** The cmdlets of an on-premises deployment, and of the settings that make it and a tenant a hybrid. */
import type { Cmdlet } from "@tieline/language";
import { disableCsUser } from "./disable-cs-user.ts";
import { newCsEdgeAllowAllKnownDomains, newCsEdgeAllowList, newCsEdgeDomainPattern } from "./edge-domains.ts";
import { enableCsUser } from "./enable-cs-user.ts";
import { getCsAdUser } from "./get-cs-ad-user.ts";
import { getCsUserPoolInfo } from "./get-cs-user-pool-info.ts";
import { POOL_SETTINGS, TENANT_SETTINGS } from "./settings-cmdlets.ts";

export const DEPLOYMENT_POOL: readonly Cmdlet[] = [enableCsUser, disableCsUser, getCsAdUser, getCsUserPoolInfo, ...POOL_SETTINGS];

export const DEPLOYMENT_ONLINE: readonly Cmdlet[] = [
  ...TENANT_SETTINGS,
  newCsEdgeAllowAllKnownDomains,
  newCsEdgeAllowList,
  newCsEdgeDomainPattern,
];
