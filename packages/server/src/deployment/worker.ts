/** A worker: a process beside a pool that moves the users of its batches and serves nobody. */
import { Fault } from "@tieline/fault";
import { prepareFolder } from "../lab/data-folder.ts";
import { openLog } from "../log.ts";
import { openSite } from "../site.ts";
import type { Configuration } from "./configuration.ts";
import { openPoolHybrid } from "./pool-hybrid.ts";
import { siteOptions } from "./site-options.ts";
import { openSiteKey } from "./site-key.ts";

export interface StartWorkerOptions {
  configuration: Configuration;
  environment: Readonly<Record<string, string | undefined>>;
  /** Users at the same time; left out: `hybrid.workers`. */
  concurrency?: number | undefined;
}

export interface RunningWorker extends AsyncDisposable {
  /** The deployment's name. */
  readonly deployment: string;
}

/**
 * Works until it is disposed of, which waits for the moves that are under way.
 *
 * @throws Fault `worker-unfit`, `site-key-unusable`, `tenant-missing`, `file-unreadable`, those of the store's layer
 */
export async function startWorker({ configuration, environment, concurrency }: StartWorkerOptions): Promise<RunningWorker> {
  const { kind, data: folder, database } = configuration;
  if (kind !== "pool") throw new Fault("worker-unfit", { folder, reason: "it is no pool" });
  if (database === undefined) throw new Fault("worker-unfit", { folder, reason: "its database is a file, which the pool alone works on" });
  prepareFolder(folder);
  await using opened = new AsyncDisposableStack();
  const siteKey = openSiteKey(folder);
  const log = opened.use(openLog(folder, "worker", configuration.log)).logger.child({ process: process.pid });
  const site = opened.use(await openSite({ ...siteOptions(configuration, siteKey, environment), beside: true, log }));
  const [deployment] = await site.directory.tenants.list();
  if (deployment === undefined) throw new Fault("tenant-missing", { folder });
  opened.use(await openPoolHybrid(site, configuration, { siteKey, environment, log, isWorker: true, concurrency }));
  log.info({}, "worker started");
  opened.defer(() => log.info({}, "worker ends what it has begun"));
  const resources = opened.move();
  return { deployment: deployment.name, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
