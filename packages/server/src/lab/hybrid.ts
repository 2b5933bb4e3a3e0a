/** The lab's pool leads moves: it reaches the service by the lab's names, as a machine elsewhere would. */
import { join } from "node:path";
import { Dialler, NameMap } from "@tieline/net";
import { joinHybrid, type HybridSettings } from "../hybrid.ts";
import type { ServiceLog } from "../log.ts";
import type { Site } from "../site.ts";
import type { LabAuthority } from "./authority.ts";
import { nameEntries, type Ports } from "./places.ts";
import { MIGRATION } from "./provision.ts";
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
  return joinHybrid(pool, {
    key: secrets.migrationKey,
    dialler: labDialler(ports, authority),
    place: { adminDomain: MIGRATION.domain },
    application: { kind: "application", tenant: MIGRATION.domain, appId: MIGRATION.appId, certificate: cert, privateKey: key },
    reports: join(folder, "reports"),
    mails: join(folder, "outbox"),
    log: log.logger.child({ site: "pool" }),
    ...settings,
  });
}

export function labDialler(ports: Ports, authority: LabAuthority): Dialler {
  return new Dialler({ names: NameMap.of(nameEntries(ports)), tls: { authorities: [authority.certificate] } });
}
