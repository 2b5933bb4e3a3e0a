/**
 * What synchronises a deployment with its tenant: takes the lease, walks the steps, keeps the history. Time, pauses and the way to
 * the tenant are handed in.
 */
import { asFault, Fault, isFault } from "@tieline/fault";
import type { Directory, Tenant, TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { ConnectorSpace, type PendingOperation } from "./connector-space.ts";
import { ProvisioningClient } from "./provisioning-client.ts";
import type { ProvisioningWire } from "./provisioning-wire.ts";
import { DEFAULT_RETRY, type Pause, type RetryRule } from "./retry.ts";
import { RunHistory } from "./run-history.ts";
import { Schedule, type ScheduleChanges } from "./schedule.ts";
import { STEPS, type StepFacts } from "./steps.ts";
import {
  NO_COUNTERS,
  type SyncObject,
  type SyncPolicy,
  type SyncProgress,
  type SyncResult,
  type SyncRun,
  type SyncSchedule,
} from "./sync-run.ts";

export interface CycleCall {
  /** Who wants it. */
  by: string;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Exports deletions however many they are. */
  allowDeletions?: boolean | undefined;
}

/** What a deployment's cmdlets find in their session. */
export interface SynchronisationService {
  /** A domain of the tenant, or its id. */
  readonly tenant: string;
  /** The deployment's name. */
  readonly source: string;
  /**
   * One run, from import to export; returns at its end.
   *
   * @throws Fault `sync-busy`, and what stopped it: the run stands in the history then, and the next one goes on
   */
  cycle(policy: SyncPolicy, call: CycleCall): Promise<SyncRun>;
  /** A run if one is due and none runs; undefined if not. Faults stand in the history and go to the log. */
  tick(signal?: AbortSignal): Promise<SyncRun | undefined>;
  schedule(): Promise<SyncSchedule>;
  setSchedule(changes: ScheduleChanges): Promise<SyncSchedule>;
  /** The newest first. */
  runs(limit: number, runId?: string): Promise<SyncRun[]>;
  objects(wanted?: SyncObjectQuery): AsyncIterable<SyncObject>;
}

export interface SyncObjectQuery {
  /** Those alone whose last export met an error. */
  hasError?: boolean;
  /** AttributeValueMustBeUnique, ... */
  code?: string;
  pending?: PendingOperation;
  anchor?: string;
  /** User principal name, as it is written in the deployment. */
  name?: string;
}

export interface SynchroniserOptions {
  db: Queries;
  directory: Directory;
  deployment: TenantId;
  /** A domain of the tenant, or its id. */
  tenant: string;
  /** Opened for each run, and closed at its end. */
  openWire: () => ProvisioningWire;
  nowMs: () => number;
  pause: Pause;
  newGuid: () => string;
  log: { warn(facts: Record<string, unknown>, text: string): void };
  /** Of a schedule that nobody has set yet. Default: every 30 minutes. */
  schedule?: { enabled?: boolean; intervalMinutes?: number };
  /** Deletions of one run, at most; default 500. */
  deletionThreshold?: number;
  retry?: RetryRule;
}

const DEFAULT_MINUTES = 30;
const DEFAULT_DELETIONS = 500;

export class Synchroniser implements SynchronisationService {
  readonly tenant: string;
  readonly source: string;
  readonly #options: SynchroniserOptions;
  readonly #deployment: Tenant;
  readonly #schedule: Schedule;
  readonly #history: RunHistory;
  readonly #space: ConnectorSpace;

  private constructor(options: SynchroniserOptions, deployment: Tenant) {
    const { db, schedule = {} } = options;
    this.tenant = options.tenant;
    this.source = deployment.name;
    this.#options = options;
    this.#deployment = deployment;
    this.#schedule = new Schedule(db, deployment.tenantId, {
      enabled: schedule.enabled ?? true,
      intervalMinutes: schedule.intervalMinutes ?? DEFAULT_MINUTES,
    });
    this.#history = new RunHistory(db, deployment.tenantId);
    this.#space = new ConnectorSpace(deployment);
  }

  /** @throws Fault `tenant-not-found` */
  static async open(options: SynchroniserOptions): Promise<Synchroniser> {
    const deployment = await options.directory.tenants.byId(options.deployment);
    if (deployment === undefined) throw new Fault("tenant-not-found", { tenant: options.deployment });
    return new Synchroniser(options, deployment);
  }

  async cycle(policy: SyncPolicy, call: CycleCall): Promise<SyncRun> {
    const { db, nowMs, newGuid } = this.#options;
    const [runId, owner] = [newGuid(), newGuid()];
    await db.transaction().execute(async (trx) => {
      const dead = await this.#schedule.take(trx, owner, runId, nowMs());
      if (dead !== null) await this.#history.end(trx, dead, "stopped-server-down", undefined, nowMs());
      await this.#history.begin(trx, { runId, policy, startedBy: call.by, startedMs: nowMs() });
    });
    let stopped: Fault | undefined;
    let result: SyncResult = "success";
    try {
      result = await this.#walk(runId, owner, policy, call);
    } catch (error) {
      stopped = asFault(error);
      result = resultOf(stopped);
    }
    // Whoever has taken the run over keeps its own account of it.
    if (stopped?.is("sync-lease-lost") !== true) {
      await this.#history.end(db, runId, result, stopped, nowMs());
      await this.#schedule.release(owner, stopped === undefined ? "Delta" : undefined, nowMs());
      const { keepDays } = await this.#schedule.get(nowMs());
      await this.#history.purge(keepDays, nowMs());
    }
    if (stopped !== undefined) throw stopped;
    return (await this.#history.list(1, runId))[0] as SyncRun;
  }

  async tick(signal?: AbortSignal): Promise<SyncRun | undefined> {
    const { nowMs, log } = this.#options;
    const { enabled, isRunning, nextMs, nextPolicy } = await this.#schedule.get(nowMs());
    if (!enabled || isRunning || nextMs > nowMs()) return undefined;
    try {
      return await this.cycle(nextPolicy, { by: "scheduler", signal });
    } catch (error) {
      // Another process was first.
      if (isFault(error) && error.is("sync-busy")) return undefined;
      const fault = asFault(error);
      log.warn(
        { code: fault.code, text: fault.message, cause: fault.cause instanceof Error ? fault.cause.message : undefined },
        "synchronisation stopped",
      );
      return undefined;
    }
  }

  schedule(): Promise<SyncSchedule> {
    return this.#schedule.get(this.#options.nowMs());
  }

  setSchedule(changes: ScheduleChanges): Promise<SyncSchedule> {
    return this.#schedule.set(changes, this.#options.nowMs());
  }

  runs(limit: number, runId?: string): Promise<SyncRun[]> {
    return this.#history.list(limit, runId);
  }

  objects(wanted: SyncObjectQuery = {}): AsyncIterable<SyncObject> {
    return this.#space.list(this.#options.db, wanted);
  }

  async #walk(runId: string, owner: string, policy: SyncPolicy, call: CycleCall): Promise<SyncResult> {
    const { db, nowMs, pause, retry = DEFAULT_RETRY, deletionThreshold = DEFAULT_DELETIONS } = this.#options;
    await using wire = this.#options.openWire();
    let result: SyncResult = "success";
    const hold = (trx: Queries): Promise<void> => {
      if (call.signal?.aborted === true) throw new Fault("interrupted");
      return this.#schedule.hold(trx, owner, nowMs());
    };
    // While it is waited for a network to come back, nobody takes the run over.
    const pausing: Pause = async (ms, signal) => {
      try {
        await pause(ms, signal);
      } catch (cause) {
        throw signal?.aborted === true ? new Fault("interrupted", {}, { cause }) : cause;
      }
      await hold(db);
    };
    for (const [i, step] of STEPS.entries()) {
      const number = i + 1;
      const profile = step.profile[policy];
      const connector = step.connector === "tenant" ? this.tenant : this.source;
      const counters = { ...NO_COUNTERS };
      await this.#history.beginStep(runId, { number, connector, profile, startedMs: nowMs() });
      const facts: StepFacts = {
        db,
        deployment: this.#deployment,
        space: this.#space,
        schedule: this.#schedule,
        history: this.#history,
        runId,
        policy,
        client: new ProvisioningClient({ wire, rule: retry, pause: pausing, signal: call.signal }),
        deletionThreshold: call.allowDeletions === true ? undefined : deletionThreshold,
        nowMs,
        hold,
        progress: (done, total) => call.onProgress?.({ profile, connector, done, total }),
      };
      try {
        await step.run(facts, counters);
      } catch (error) {
        const fault = asFault(error);
        if (!fault.is("sync-lease-lost")) await this.#history.endStep(runId, number, resultOf(fault), counters, nowMs());
        throw error;
      }
      const ended: SyncResult = counters.errors > 0 ? "completed-export-errors" : "success";
      if (ended !== "success") result = ended;
      await this.#history.endStep(runId, number, ended, counters, nowMs());
    }
    return result;
  }
}

/** The vendor's word for what stopped a run. */
function resultOf(fault: Fault): SyncResult {
  if (fault.is("sync-deletions")) return "stopped-deletion-threshold-exceeded";
  if (fault.is("interrupted")) return "stopped-user-termination";
  if (fault.is("sync-unreachable")) return "stopped-connectivity";
  if (fault.layer === "tls" || fault.is("sync-challenge")) return "no-start-connection";
  if (fault.layer === "authentication" || fault.layer === "permission") return "no-start-credentials";
  if (fault.is("sync-refused") && [401, 403].includes(Number(fault.fields.status))) return "no-start-credentials";
  return "stopped-error";
}
