/** The lab's pool leads moves: it reaches the service by the lab's names, as a machine elsewhere would. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Dialler, NameMap } from "@tieline/net";
import { joinHybrid, type HybridSettings } from "../hybrid.ts";
import type { ServiceLog } from "../log.ts";
import type { Site } from "../site.ts";
import type { LabAuthority } from "./authority.ts";
import { openSynchronisation, PROVISIONING_PATH, type SynchronisationService } from "../migration/index.ts";
import { ADMIN_HOST, nameEntries, type Ports } from "./places.ts";
import { MIGRATION, SYNCHRONISATION } from "./provision.ts";
import type { LabSecrets } from "./secrets.ts";

export interface LabHybrid {
  folder: string;
  secrets: LabSecrets;
  ports: Ports;
  authority: LabAuthority;
  log: ServiceLog;
  /** What a test has otherwise. */
  settings?: Partial<HybridSettings> | undefined;
}

/** The answer ends it. */
export async function openLabHybrid(pool: Site, { folder, secrets, ports, authority, log, settings }: LabHybrid): Promise<AsyncDisposable> {
  const { cert, key } = await authority.client(MIGRATION.file, Date.now());
  const dialler = settings?.dialler ?? labDialler(ports, authority);
  const own = log.logger.child({ site: "pool" });
  return joinHybrid(pool, {
    key: secrets.migrationKey,
    dialler,
    synchronisation: await synchronisationOf(pool, authority, dialler, own),
    place: { adminDomain: MIGRATION.domain },
    application: { kind: "application", tenant: MIGRATION.domain, appId: MIGRATION.appId, certificate: cert, privateKey: key },
    reports: join(folder, "reports"),
    mails: join(folder, "outbox"),
    log: own,
    ...settings,
  });
}

/** On demand alone: people who watch a lab want to see what a run changes. */
async function synchronisationOf(
  { store, directory }: Site,
  authority: LabAuthority,
  dialler: Dialler,
  log: HybridSettings["log"],
): Promise<SynchronisationService | undefined> {
  const [deployment] = await directory.tenants.list();
  if (deployment === undefined) return undefined;
  const { cert, key } = await authority.client(SYNCHRONISATION.file, Date.now());
  const { appId, domain } = SYNCHRONISATION;
  return openSynchronisation({
    db: store.db,
    directory,
    deployment: deployment.tenantId,
    target: { url: `https://${ADMIN_HOST}${PROVISIONING_PATH}`, tenant: domain, appId, certificate: cert, privateKey: key },
    dialler,
    pause: (ms, signal) => pause(ms, undefined, { signal }),
    newGuid: randomUUID,
    log,
    schedule: { enabled: false },
  });
}

export function labDialler(ports: Ports, authority: LabAuthority): Dialler {
  return new Dialler({ names: NameMap.of(nameEntries(ports)), tls: { authorities: [authority.certificate] } });
}
