/**
 * A worker: claims users of whatever batches are under way, moves so many of them at a time, and lets go of nothing that it has
 * begun. Any number of workers, in any number of processes, share one database; that one of them died is seen by nobody but the
 * log, since another takes its users over.
 */
import type { Batch, BatchId } from "./batch.ts";
import { BatchMails } from "./batch-mails.ts";
import type { BatchRows } from "./batch-rows.ts";
import type { BatchService } from "./batch-service.ts";
import { WORKED_ON } from "./batch-state.ts";
import { Claims, type ClaimedUser } from "./claims.ts";
import type { HostedSessions } from "./hosted-sessions.ts";
import { moveOne, type MoveOneContext } from "./move-one.ts";
import { recordsOf } from "./plan.ts";
import { DEFAULT_RETRY, type RetryRule } from "./retry.ts";

export interface BatchLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  /** `err` is what was thrown. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface BatchWorkerOptions {
  service: BatchService;
  /** Its own id: no two workers have the same. */
  workerId: string;
  /** Users at the same time, in this process. Default 8. */
  concurrency?: number;
  /** How long a claim is good without being renewed. Default 60 seconds. */
  leaseMs?: number;
  /** How long it waits where there is nothing to do. Default a second. */
  idleMs?: number;
  retry?: RetryRule;
  /** Resolves after the time, or as soon as the signal is aborted; never rejects. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, less than 1. */
  random: () => number;
  log: BatchLog;
}

/** Longest wait after the database refused something. */
const LONGEST_PAUSE_MS = 30_000;
/** How often mails are looked for that a worker before could not hand over. */
const MAILS_EVERY_MS = 10_000;

export class BatchWorker {
  readonly #options: Required<BatchWorkerOptions>;
  readonly #claims: Claims;
  readonly #rows: BatchRows;
  readonly #sessions: HostedSessions;
  readonly #mails: BatchMails;
  readonly #context: MoveOneContext;
  /** Users under way here, by batch. */
  readonly #underWay = new Map<BatchId, Set<Promise<void>>>();
  #batches: readonly Batch[] = [];
  #listedMs = Number.NEGATIVE_INFINITY;
  #renewedMs: number;
  #mailedMs = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();

  constructor(options: BatchWorkerOptions) {
    this.#options = { concurrency: 8, leaseMs: 60_000, idleMs: 1_000, retry: DEFAULT_RETRY, ...options };
    const { service } = options;
    const { directory, engine, tenant, nowMs, mailer } = service.options;
    this.#claims = new Claims(directory.db, tenant, engine);
    this.#rows = service.rows;
    this.#sessions = service.sessions();
    this.#mails = new BatchMails({ db: directory.db, tenant, mailer, nowMs });
    this.#renewedMs = nowMs();
    this.#context = {
      service: service.options,
      claims: this.#claims,
      rows: this.#rows,
      sessions: this.#sessions,
      mails: this.#mails,
      troubled: new Set(),
      retry: this.#options.retry,
      random: this.#options.random,
      log: options.log,
    };
  }

  /** Works until the signal is aborted, and then until what is under way has finished. */
  async run(signal: AbortSignal): Promise<void> {
    const { pause, idleMs, log, workerId } = this.#options;
    log.info({ worker: workerId }, "works on batches of moves");
    let failures = 0;
    try {
      while (!signal.aborted) {
        const wake = this.#wake;
        let hasBegun = false;
        try {
          hasBegun = await this.round();
          failures = 0;
        } catch (error) {
          // The database is away or full: what is under way goes on, and its leases lapse if it must.
          failures += 1;
          log.warn({ worker: workerId, err: error }, "could not look for users to move");
        }
        if (hasBegun) continue;
        const waitMs = Math.min(LONGEST_PAUSE_MS, idleMs * 2 ** Math.min(failures, 10));
        await pause(waitMs, failures > 0 ? signal : AbortSignal.any([signal, wake.signal]));
      }
      await this.#drain();
    } finally {
      await this.#sessions[Symbol.asyncDispose]();
    }
    log.info({ worker: workerId }, "works on batches of moves no longer");
  }

  /** Looks once for users to move and begins with them; true where somebody was begun with. What was begun goes on by itself. */
  async round(): Promise<boolean> {
    const { concurrency, workerId, leaseMs, idleMs } = this.#options;
    const { nowMs } = this.#context.service;
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    await this.#renew();
    const now = nowMs();
    if (now - this.#mailedMs >= MAILS_EVERY_MS) {
      this.#mailedMs = now;
      await this.#sendMails();
    }
    // A few at a time, so that claims do not cost more than moves.
    if (concurrency - this.#busy() < Math.max(1, Math.floor(concurrency / 4))) return false;
    if (now - this.#listedMs >= idleMs || this.#batches.length === 0) {
      this.#batches = await this.#rows.list(WORKED_ON);
      this.#listedMs = now;
    }
    let begun = 0;
    // The batch that was served first is last the next time.
    this.#batches = [...this.#batches.slice(1), ...this.#batches.slice(0, 1)];
    for (const { batchId } of this.#batches) {
      const wanted = concurrency - this.#busy();
      if (wanted <= 0) break;
      const { batch, users, hasEnded } = await this.#claims.claim({ batchId, owner: workerId, wanted, leaseMs, nowMs: now });
      if (batch === undefined || hasEnded === true) {
        this.#batches = this.#batches.filter((each) => each.batchId !== batchId);
        await this.#sessions.drop(batchId);
        if (batch !== undefined) this.#options.log.info({ batch: batch.name }, "batch has ended");
      } else if (users.length > 0) {
        await this.#begin(batch, users);
        begun += users.length;
      }
    }
    return begun > 0;
  }

  /** Resolves when nobody is under way here. */
  async #drain(): Promise<void> {
    const { pause, leaseMs } = this.#options;
    while (this.#busy() > 0) {
      const wake = this.#wake;
      await pause(leaseMs / 3, wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      await this.#renew().catch((error: unknown) => this.#options.log.warn({ err: error }, "could not renew leases"));
    }
  }

  /** For tests and for the end of a round of their own: resolves when all that is under way now has ended. */
  async settled(): Promise<void> {
    await Promise.all([...this.#underWay.values()].flatMap((set) => [...set]));
  }

  async #begin(batch: Batch, users: readonly ClaimedUser[]): Promise<void> {
    const over = users.filter((user) => user.isTakenOver);
    if (over.length > 0) {
      const fields = { worker: this.#options.workerId, batch: batch.name, users: over.map((user) => user.sequence) };
      this.#options.log.warn(fields, "takes over users of a worker that has not been heard of");
    }
    const records = await recordsOf(this.#context.service, users).catch(async (error: unknown) => {
      await this.#claims.giveBack(users);
      throw error;
    });
    const set = this.#underWay.get(batch.batchId) ?? new Set();
    this.#underWay.set(batch.batchId, set);
    for (const user of users) {
      const move = moveOne(this.#context, batch, user, records.get(user.objectId))
        .catch((error: unknown) =>
          this.#options.log.warn({ batch: batch.name, user: user.sequence, err: error }, "could not record a move"),
        )
        .finally(() => {
          set.delete(move);
          this.#wake.abort();
        });
      set.add(move);
    }
  }

  async #renew(): Promise<void> {
    const { leaseMs, workerId } = this.#options;
    const now = this.#context.service.nowMs();
    if (now - this.#renewedMs < leaseMs / 3) return;
    const busy = [...this.#underWay].filter(([, set]) => set.size > 0).map(([batch]) => batch);
    await this.#claims.renew(workerId, busy, now + leaseMs);
    this.#renewedMs = now;
  }

  async #sendMails(): Promise<void> {
    try {
      await this.#mails.sendDue();
    } catch (error) {
      this.#options.log.warn({ err: error }, "mail to the moved could not be handed over");
    }
  }

  #busy(): number {
    return this.#underWay.values().reduce((sum, set) => sum + set.size, 0);
  }
}
