/** From a pool's configuration to what ties it to the service: moves, batches, synchronisation. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Dialler, proxyFromEnvironment, readAuthorities } from "@tieline/net";
import { migrationKeyOf } from "../derived-keys.ts";
import { joinHybrid, type HybridSettings } from "../hybrid.ts";
import { keepSynchronised, openSynchronisation, PROVISIONING_PATH, type SynchronisationService } from "../migration/index.ts";
import type { Site } from "../site.ts";
import { readTextFile } from "../text-file.ts";
import type { Configuration } from "./configuration.ts";
import { keepForest, openPoolForest } from "./pool-forest.ts";
import { readSecretFile } from "./secret-file.ts";

export interface PoolSurroundings {
  siteKey: Uint8Array;
  environment: Readonly<Record<string, string | undefined>>;
  log: HybridSettings["log"];
  /** Of a process beside the service: it moves and does nothing else. */
  isWorker?: boolean;
  /** Users of batches at a time; left out: as the configuration has it. */
  concurrency?: number | undefined;
}

/** Also without a part `hybrid`: people move between pools, and administrators name the service themselves. @throws Fault `file-unreadable` */
export async function openPoolHybrid(site: Site, configuration: Configuration, surroundings: PoolSurroundings): Promise<AsyncDisposable> {
  const { data, hybrid } = configuration;
  const { siteKey, environment, log, isWorker = false } = surroundings;
  const concurrency = surroundings.concurrency ?? hybrid?.workers;
  const dialler = new Dialler({
    tls: { authorities: (hybrid?.authorities ?? []).map(readAuthorities) },
    proxy: proxyFromEnvironment(environment),
  });
  await using opened = new AsyncDisposableStack();
  const forest = await openPoolForest(site, configuration);
  if (forest !== undefined) opened.use(forest);
  if (forest !== undefined && configuration.forest !== undefined && !isWorker) opened.use(keepForest(forest, configuration.forest, log));
  const synchronisation = isWorker ? undefined : await synchronisationOf(site, configuration, dialler, log);
  opened.use(
    await joinHybrid(site, {
      key: migrationKeyOf(siteKey),
      dialler,
      log,
      reports: join(data, "reports"),
      ...(hybrid === undefined ? {} : { place: { url: hybrid.url, adminDomain: hybrid.adminDomain } }),
      mails: join(data, "outbox"),
      ...(concurrency === undefined ? {} : { batchConcurrency: concurrency }),
      application: applicationOf(configuration),
      synchronisation,
      forest,
    }),
  );
  // First the runs end, then what they move by.
  if (synchronisation !== undefined) opened.use(keepSynchronised(synchronisation, log));
  const resources = opened.move();
  return { [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function applicationOf({ hybrid }: Configuration): NonNullable<HybridSettings["application"]> | undefined {
  if (hybrid?.application === undefined) return undefined;
  const { tenant, appId, certificate, key } = hybrid.application;
  return { kind: "application", tenant, appId, certificate: readTextFile(certificate), privateKey: readSecretFile(key) };
}

/** Nothing where the configuration has no part for it. */
async function synchronisationOf(
  { store, directory }: Site,
  configuration: Configuration,
  dialler: Dialler,
  log: HybridSettings["log"],
): Promise<SynchronisationService | undefined> {
  const { synchronisation, hybrid } = configuration;
  const application = hybrid?.application;
  const [deployment] = await directory.tenants.list();
  if (synchronisation === undefined || application === undefined || deployment === undefined) return undefined;
  const { tenant, appId, certificate, key } = application;
  const url = synchronisation.url ?? new URL(PROVISIONING_PATH, hybrid?.url).href;
  return openSynchronisation({
    db: store.db,
    directory,
    deployment: deployment.tenantId,
    target: { url, tenant, appId, certificate: readTextFile(certificate), privateKey: readSecretFile(key) },
    dialler,
    pause: (ms, signal) => pause(ms, undefined, signal === undefined ? {} : { signal }),
    newGuid: randomUUID,
    log,
    schedule: { enabled: true, intervalMinutes: synchronisation.everyMinutes },
  });
}
