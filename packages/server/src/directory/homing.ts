/**
 * Homing: where a user is served, as either directory tells it. On premises the DeploymentLocator says `SRV:` and the
 * registrar pool which; for a user of the service it names the service's proxy, and there is no pool.
 */
import type { Tenant } from "./tenants.ts";
import type { UserChanges, UserRecord } from "./user-record.ts";

/** The DeploymentLocator of whoever is homed on premises. */
export const ON_PREMISES = "SRV:";

export type Homed = "online" | "on-premises" | "nowhere";

/** At a deployment: by its own user. */
export function homedAtDeployment({ enabled, hostingProvider, registrarPool }: UserRecord): Homed {
  if (!enabled || hostingProvider === null) return "nowhere";
  if (hostingProvider.toUpperCase() !== ON_PREMISES) return "online";
  return registrarPool === null ? "nowhere" : "on-premises";
}

/** At the service: by the tenant's user. */
export function homedAtService({ enabled, hostingProvider, registrarPool }: UserRecord): Homed {
  if (!enabled || hostingProvider === null) return "nowhere";
  if (hostingProvider.toUpperCase() === ON_PREMISES) return "on-premises";
  return registrarPool === null ? "nowhere" : "online";
}

/** The deployment's user goes to the service. Line and voice stay written: they are what a way back needs. */
export function deploymentGivesUp(proxy: string): UserChanges {
  return { enabled: true, hostingProvider: proxy, registrarPool: null };
}

/** The deployment's user is served by one of its pools. */
export function deploymentTakes(pool: string): UserChanges {
  return { enabled: true, hostingProvider: ON_PREMISES, registrarPool: pool };
}

/** What the service learns of a user with the move. */
export interface VoiceOfUser {
  hasEnterpriseVoice: boolean;
  lineUri: string | null;
}

/** The tenant's user is served by the service from now on. */
export function serviceTakes(tenant: Tenant, proxy: string, voice: VoiceOfUser, teamsMode: string): UserChanges {
  return {
    enabled: true,
    hostingProvider: proxy,
    registrarPool: tenant.registrarPool,
    interpretedUserType: "HybridOnlineSfBUser",
    properties: {
      OnPremHostingProvider: proxy,
      OnPremEnterpriseVoiceEnabled: false,
      EnterpriseVoiceEnabled: voice.hasEnterpriseVoice,
      LineURI: voice.hasEnterpriseVoice ? voice.lineUri : null,
      TeamsUpgradeEffectiveMode: teamsMode,
    },
  };
}

/** The tenant's user is served on premises from now on: who is not served here cannot be TeamsOnly. */
export function serviceGivesUp({ properties }: UserRecord): UserChanges {
  return {
    enabled: true,
    hostingProvider: ON_PREMISES,
    registrarPool: null,
    interpretedUserType: "HybridOnpremSfBUser",
    properties: {
      OnPremHostingProvider: ON_PREMISES,
      OnPremSIPEnabled: true,
      OnPremEnterpriseVoiceEnabled: properties["EnterpriseVoiceEnabled"] === true,
      EnterpriseVoiceEnabled: false,
      LineURI: null,
      TeamsUpgradeEffectiveMode: null,
    },
  };
}
