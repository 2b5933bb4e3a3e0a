/** Puts together what a pool has for moving users, and keeps it going: leases, moves that were left in the middle. */
import type { Sources } from "@tieline/auth";
import type { Dialler } from "@tieline/net";
import type { Directory, TenantId } from "../directory/index.ts";
import { Vault } from "../identity/index.ts";
import type { Engine } from "../store/index.ts";
import { again, untilAborted } from "./again.ts";
import { BatchService, BatchWorker, MailOutbox } from "./batches/index.ts";
import type { DeploymentForest } from "./forest/index.ts";
import { openHostedClient, settleBy } from "./hosted/hosted-client.ts";
import type { HostedAuthentication, HostedPlace, OpenHosted } from "./hosted/hosted-session.ts";
import { HostedWire } from "./hosted/hosted-wire.ts";
import type { Migration } from "./migration.ts";
import { writeReport } from "./moves/report-folder.ts";
import { Leader } from "./moves/leader.ts";
import { LEASE_MS, type LeaderOptions } from "./moves/leading-site.ts";
import type { SynchronisationService } from "./synchronisation/index.ts";
import type { CounterpartsOf } from "./user-data/index.ts";

export interface OpenMigrationOptions {
  directory: Directory;
  tenant: TenantId;
  /** The deployment's name, for the service's journal. */
  deployment: string;
  /** Seals tickets and sign-ins: 32 octets, from outside the database. */
  key: Uint8Array;
  dialler: Dialler;
  sources: Sources;
  pause: (ms: number) => Promise<void>;
  newGuid: () => string;
  counterparts: () => Promise<CounterpartsOf>;
  forest?: DeploymentForest | undefined;
  /** Where the service is, for whoever does not say. */
  place?: HostedPlace | undefined;
  /** The deployment's own application at the tenant, for moves that nobody attends. */
  application?: HostedAuthentication | undefined;
  synchronisation?: SynchronisationService | undefined;
  log: LeaderOptions["log"];
  /** True where no other process works on the database. */
  exclusive: boolean;
  leaseMs?: number | undefined;
  /** How often moves that were left are looked for. Default 5,000; 0: never by itself. */
  settleEveryMs?: number | undefined;
  /** For one answer of the other site. Default 30,000. */
  timeoutMs?: number | undefined;
  reached?: LeaderOptions["reached"];
  /** Where reports are kept. */
  reports: string;
  engine: Engine;
  /** Users of batches that this process moves at a time; 0: batches are left to other processes. Default 8. */
  batchConcurrency?: number | undefined;
  /** After how long another process takes over users of batches from one that has not been heard of. Default 60,000. */
  batchLeaseMs?: number | undefined;
  /** The folder for mail to the moved; left out: none is sent. */
  mails?: string | undefined;
}

const SETTLE_MS = 5_000;
const BATCH_CONCURRENCY = 8;

export function openMigration(options: OpenMigrationOptions): Migration & AsyncDisposable {
  const { directory, tenant, dialler, sources, deployment, application, log } = options;
  const timeout = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  const vault = new Vault(options.key, sources);
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const moves = new Leader({
    directory,
    tenant,
    vault,
    counterparts: options.counterparts,
    forest: options.forest,
    nowMs: () => sources.nowMs(),
    newGuid: options.newGuid,
    pause: options.pause,
    log,
    exclusive: options.exclusive,
    leaseMs,
    reached: options.reached,
    settleBy: async (url, ticket, order, moveId, sipAddress) => {
      await using wire = new HostedWire(new URL(url), { dialler, ...timeout });
      return await settleBy(wire, ticket, order, moveId, sipAddress);
    },
  });
  const openHosted: OpenHosted = (place, authentication) =>
    openHostedClient(placeFor(place, authentication, options.place), authentication, {
      dialler,
      sources,
      now: () => performance.now(),
      deployment,
      application,
      ...timeout,
    });
  const failed = (error: unknown): void => log.warn({ error: String(error) }, "moves that were left could not be looked for");
  const { settleEveryMs = SETTLE_MS } = options;
  const settling = settleEveryMs === 0 ? undefined : again(() => moves.settle(), { everyMs: settleEveryMs, failed });
  const renewing = again(() => moves.renewLeases(), { everyMs: leaseMs / 3, failed });
  const batches = new BatchService({
    tenant,
    directory,
    engine: options.engine,
    moves,
    openHosted,
    vault,
    application,
    mailer: options.mails === undefined ? undefined : new MailOutbox(options.mails, () => sources.nowMs()),
    nowMs: () => sources.nowMs(),
    newGuid: options.newGuid,
  });
  const stopWorker = work(batches, options);
  return {
    moves,
    openHosted,
    batches,
    synchronisation: options.synchronisation,
    forest: options.forest,
    writeReport: (name, text) => writeReport(options.reports, name, text),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([settling?.[Symbol.asyncDispose](), renewing[Symbol.asyncDispose](), stopWorker()]);
    },
  };
}

/** What was said comes first; a token says itself which service it opens. */
function placeFor(place: HostedPlace, authentication: HostedAuthentication | undefined, own: HostedPlace = {}): HostedPlace {
  if (place.url !== undefined || place.adminDomain !== undefined) return place;
  return authentication?.kind === "token" ? { adminDomain: own.adminDomain } : own;
}

/** Works on batches until the answer is called, which waits for the moves that are under way. */
function work(service: BatchService, { batchConcurrency, batchLeaseMs, newGuid, sources, log }: OpenMigrationOptions): () => Promise<void> {
  const concurrency = batchConcurrency ?? BATCH_CONCURRENCY;
  if (concurrency === 0) return () => Promise.resolve();
  const end = new AbortController();
  const worker = new BatchWorker({
    service,
    workerId: newGuid(),
    concurrency,
    ...(batchLeaseMs === undefined ? {} : { leaseMs: batchLeaseMs }),
    pause: untilAborted,
    random: () => (sources.random(1)[0] ?? 0) / 256,
    log: {
      info: (facts, text) => log.info(facts, text),
      warn: ({ err, ...facts }, text) => log.warn({ ...facts, error: String(err) }, text),
    },
  });
  const running = worker.run(end.signal);
  return async () => {
    end.abort();
    await running;
  };
}
