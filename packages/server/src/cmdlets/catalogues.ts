/** The cmdlets of each kind of site. The commands of PowerShell's own that a session has beside them come from the language. */
import { Catalogue, type Cmdlet } from "@tieline/language";
import { MSONLINE, OURS } from "./accounts/index.ts";
import { ADMINISTRATORS, getCsAdminRole } from "./administrators/index.ts";
import { BATCHES, COUNTERS } from "./batches/index.ts";
import { getCsOAuthConfiguration, setCsOAuthConfiguration } from "./cs-oauth-configuration.ts";
import { getCsOnlineSipDomain } from "./cs-online-sip-domain.ts";
import { getCsOnlineUser } from "./cs-online-user.ts";
import { getCsTenant } from "./cs-tenant.ts";
import { setCsUser } from "./cs-user.ts";
import { getMsolDomainFederationSettings, setMsolDomainAuthentication, updateMsolFederatedDomain } from "./msol-domain-federation.ts";
import { DEPLOYMENT_ONLINE, DEPLOYMENT_POOL } from "./deployment/index.ts";
import { JOURNAL, MOVES } from "./moves/index.ts";
import { resetMsolStrongAuthenticationMethodByUpn } from "./msol-strong-authentication.ts";
import { POLICIES } from "./policies/policy-cmdlets.ts";
import { getCsPool } from "./pool-cs-pool.ts";
import { getCsUser } from "./pool-cs-user.ts";
import { SYNCHRONISATION } from "./synchronisation/index.ts";
import { getTielineMfaConfiguration, setTielineMfaConfiguration } from "./tieline-mfa-configuration.ts";
import { USER_DATA, USER_DATA_ONLINE } from "./user-data/index.ts";
import { getTielineMfaUser, resetTielineMfaUser, setTielineMfaUser } from "./tieline-mfa-user.ts";

/** What an administrator of a tenant finds at the service. */
export function onlineCatalogue(): Catalogue {
  return new Catalogue([
    getCsTenant,
    getCsOnlineUser,
    setCsUser,
    getCsOnlineSipDomain,
    getCsOAuthConfiguration,
    setCsOAuthConfiguration,
    getMsolDomainFederationSettings,
    setMsolDomainAuthentication,
    updateMsolFederatedDomain,
    ...POLICIES,
    ...MSONLINE,
    ...OURS,
    resetMsolStrongAuthenticationMethodByUpn,
    getTielineMfaConfiguration,
    setTielineMfaConfiguration,
    getTielineMfaUser,
    setTielineMfaUser,
    resetTielineMfaUser,
    ...DEPLOYMENT_ONLINE,
    ...USER_DATA,
    ...USER_DATA_ONLINE,
    ...JOURNAL,
    ...COUNTERS,
  ]);
}

const POOL: readonly Cmdlet[] = [
  getCsUser,
  getCsPool,
  getCsOAuthConfiguration,
  setCsOAuthConfiguration,
  setCsUser,
  ...POLICIES,
  ...DEPLOYMENT_POOL,
  ...ADMINISTRATORS,
  getCsAdminRole(() => POOL),
  ...USER_DATA,
  ...MOVES,
  ...JOURNAL,
  ...COUNTERS,
  ...BATCHES,
  ...SYNCHRONISATION,
];

/** What an administrator of a deployment finds on its pool. */
export function poolCatalogue(): Catalogue {
  return new Catalogue(POOL);
}
