/**
 * The two halves of a hybrid, as each site has its own: the service answers hosted migration requests, the pool leads
 * moves. Both need to know which policies there are, which the cmdlets know.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { SYSTEM_SOURCES } from "@tieline/auth";
import type { Dialler } from "@tieline/net";
import { builtInNames } from "./cmdlets/index.ts";
import type { TenantId } from "./directory/index.ts";
import {
  HostedEndpoint,
  knownPolicies,
  openMigration,
  policyCounterparts,
  ProvisioningEndpoint,
  type CounterpartsOf,
  type OpenMigrationOptions,
} from "./migration/index.ts";
import type { Site } from "./site.ts";

export interface HybridSettings {
  /** Seals what is secret in the journal of moves: 32 octets, from outside the database. */
  key: Uint8Array;
  /** How the service is reached. */
  dialler: Dialler;
  log: OpenMigrationOptions["log"];
  /** The folder of reports. */
  reports: string;
  /** Where the service is, for whoever does not say. */
  place?: OpenMigrationOptions["place"];
  application?: OpenMigrationOptions["application"];
  forest?: OpenMigrationOptions["forest"];
  synchronisation?: OpenMigrationOptions["synchronisation"];
  leaseMs?: number;
  settleEveryMs?: number;
  timeoutMs?: number;
  batchConcurrency?: number;
  batchLeaseMs?: number;
  mails?: string;
}

/** Policies are looked up anew so often: whoever makes one for those who come should not wait. */
const POLICIES_MS = 5_000;

/** Makes a pool able to move users; call it when its deployment is in the directory. The answer ends it. */
export async function joinHybrid(site: Site, settings: HybridSettings): Promise<AsyncDisposable> {
  const deployment = (await site.directory.tenants.list()).find((tenant) => tenant.kind === "pool");
  if (deployment === undefined) throw new Error("a pool without a deployment");
  const counterparts = remembered(site);
  const migration = openMigration({
    ...settings,
    reached: site.reached,
    directory: site.directory,
    tenant: deployment.tenantId,
    deployment: deployment.name,
    sources: SYSTEM_SOURCES,
    pause,
    newGuid: randomUUID,
    counterparts: () => counterparts(deployment.tenantId),
    exclusive: site.store.engine === "sqlite",
    engine: site.store.engine,
  });
  site.use(migration);
  return migration;
}

/** The hosted migration service of an online site; undefined without an authorization server. */
export function hostedMigration(
  site: Pick<Site, "kind" | "directory" | "identity" | "store" | "log" | "reached">,
): HostedEndpoint | undefined {
  const { directory, identity, log, reached } = site;
  if (identity === undefined) return undefined;
  return new HostedEndpoint({ directory, identity, counterparts: remembered(site), nowMs: () => SYSTEM_SOURCES.nowMs(), log, reached });
}

/** The provisioning endpoint of an online site; undefined without an authorization server. */
export function provisioning({ identity, log }: Pick<Site, "identity" | "log">): ProvisioningEndpoint | undefined {
  return identity === undefined ? undefined : new ProvisioningEndpoint({ identity, log });
}

function remembered({ kind, store }: Pick<Site, "kind" | "store">): (tenant: TenantId) => Promise<CounterpartsOf> {
  const known = new Map<string, { atMs: number; counterparts: Promise<CounterpartsOf> }>();
  return async (tenant) => {
    const now = performance.now();
    const before = known.get(tenant);
    if (before !== undefined && now - before.atMs < POLICIES_MS) return before.counterparts;
    const counterparts = knownPolicies(store.db, tenant, builtInNames(kind)).policyNames().then(policyCounterparts);
    known.set(tenant, { atMs: now, counterparts });
    counterparts.catch(() => known.delete(tenant));
    return counterparts;
  };
}
