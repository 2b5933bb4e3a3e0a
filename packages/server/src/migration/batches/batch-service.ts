/** The batches of one deployment: what cmdlets find as `session.migration.batches`. */
import { Fault } from "@tieline/fault";
import type { Directory, TenantId, UserRecord } from "../../directory/index.ts";
import type { Vault } from "../../identity/index.ts";
import type { Engine } from "../../store/index.ts";
import type { HostedAuthentication, OpenHosted } from "../hosted/hosted-session.ts";
import { ONLINE_TARGET, type MoveOptions } from "../moves/move.ts";
import type { MoveEngine } from "../moves/move-engine.ts";
import type { Batch, BatchId, BatchLimits, BatchUser, StateCounts } from "./batch.ts";
import { BatchCommands, type SignIn } from "./batch-commands.ts";
import { BatchRows } from "./batch-rows.ts";
import { BatchUserRows, type UserPage } from "./batch-user-rows.ts";
import { afterEvent } from "./batch-state.ts";
import { homeOf } from "./home.ts";
import { HostedSessions } from "./hosted-sessions.ts";
import { checkTimeZone, isWithin, parseHours } from "./hours.ts";
import type { Mailer } from "./mail.ts";
import { checkBatch, type Checked } from "./preflight.ts";
import { freshStatistics, hasDoubled } from "./statistics.ts";

export interface BatchServiceOptions {
  /** The deployment. */
  tenant: TenantId;
  directory: Directory;
  engine: Engine;
  moves: MoveEngine;
  openHosted: OpenHosted;
  /** Seals how batches sign in to the other site. */
  vault: Vault;
  /** The deployment's own application, for batches that nobody has signed in for. */
  application?: HostedAuthentication | undefined;
  /** Absent: templates of mail are kept and nothing is sent. */
  mailer?: Mailer | undefined;
  nowMs: () => number;
  newGuid: () => string;
}

export interface BatchWish {
  name: string;
  target: string;
  options?: MoveOptions;
  limits?: Partial<BatchLimits>;
  mailTemplate?: string | null;
  includeRooms?: boolean;
  by: string;
}

export const DEFAULT_LIMITS: BatchLimits = { concurrentMoves: 16, waveSize: 0, ratePerMinute: 0, window: null, timeZone: "UTC" };

/** Somebody to be added, and how they were named. */
export interface Named {
  identity: string;
  user: UserRecord;
}

export interface Progress {
  counts: StateCounts;
  /** The wave under way; the last one where none is. */
  wave: number;
  /** Users who came to an end within a minute, over the last minutes. */
  ratePerMinute: number;
  secondsLeft: number | null;
  /** Nobody begins at this hour. */
  isOutsideWindow: boolean;
}

const OBSERVED_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

export class BatchService {
  readonly options: BatchServiceOptions;
  readonly rows: BatchRows;
  readonly #commands: BatchCommands;
  constructor(options: BatchServiceOptions) {
    this.options = options;
    this.rows = new BatchRows(options.directory.db, options.tenant);
    this.#commands = new BatchCommands(options);
  }

  /** @throws Fault `batch-exists`, `batch-target`, `batch-window`, `batch-time-zone` */
  async create(wish: BatchWish, signIn: SignIn = {}): Promise<Batch> {
    const { nowMs, newGuid } = this.options;
    const limits = { ...DEFAULT_LIMITS, ...wish.limits };
    if (limits.window !== null) parseHours(limits.window);
    checkTimeZone(limits.timeZone);
    const target = await this.#target(wish.target);
    const batchId = newGuid() as BatchId;
    await this.rows.add(
      {
        batchId,
        name: wish.name.trim(),
        target: target.name,
        options: wish.options ?? {},
        limits,
        mailTemplate: wish.mailTemplate ?? null,
        includeRooms: wish.includeRooms === true,
        crosses: !target.isPool,
        createdBy: wish.by,
      },
      nowMs(),
    );
    await this.#commands.signIn(batchId, signIn);
    return this.rows.find(batchId);
  }

  /** Whether users who are moved there leave the site, or may. @throws Fault `batch-target` */
  async isAcross(target: string): Promise<boolean> {
    return !(await this.#target(target)).isPool;
  }

  /** By id or name. @throws Fault `batch-not-found` */
  find(idOrName: string): Promise<Batch> {
    return this.rows.find(idOrName);
  }

  list(): Promise<Batch[]> {
    return this.rows.list();
  }

  /**
   * Adds users, up to about a thousand at a time; gives those who were there already, as they were named.
   *
   * @throws Fault `batch-state` where the batch has begun
   */
  async add(batch: BatchId, people: readonly Named[]): Promise<{ added: number; duplicates: string[] }> {
    const { directory, tenant, engine } = this.options;
    const { users: before, ...result } = await directory.transaction(async (_inside, trx) => {
      const rows = new BatchRows(trx, tenant);
      const locked = await rows.lock(batch);
      if (locked === undefined) throw new Fault("batch-not-found", { batch });
      afterEvent(locked.batch, "add");
      const users = new BatchUserRows(trx, tenant, batch);
      const seen = await users.present(people.map(({ user }) => user.objectId));
      const duplicates: string[] = [];
      const fresh = people.filter(({ identity, user }) => {
        if (seen.has(user.objectId)) duplicates.push(identity);
        else return seen.add(user.objectId) !== undefined;
        return false;
      });
      await users.add(
        fresh.map(({ identity, user }) => ({
          identity,
          objectId: user.objectId,
          sipAddress: user.sipAddress,
          displayName: user.displayName,
          source: homeOf(user),
        })),
        locked.batch.users,
        locked.row.last_change,
      );
      const fromOnline = fresh.some(({ user }) => homeOf(user).toLowerCase() === ONLINE_TARGET);
      await rows.change(batch, {
        users: locked.batch.users + fresh.length,
        last_change: locked.row.last_change + fresh.length,
        ...(fromOnline ? { crosses: 1 } : {}),
      });
      return { added: fresh.length, duplicates, users: locked.batch.users };
    });
    if (hasDoubled(before, before + result.added)) await freshStatistics(directory.db, engine);
    return result;
  }

  /** What stands in the way of each user, a page of users at a time; it is kept with them. @throws those of the sign-in */
  async *check(batch: Batch, signal?: AbortSignal): AsyncGenerator<readonly Checked[], void, undefined> {
    await using sessions = this.sessions();
    const hosted = sessions.canOpen(batch) ? await sessions.of(batch) : undefined;
    yield* checkBatch(this.options, batch, hosted, signal);
  }

  /** @throws Fault `batch-state`, `batch-empty`, `batch-sign-in-missing` */
  start(batch: BatchId, signIn: SignIn, by: string): Promise<void> {
    return this.#commands.start(batch, signIn, by);
  }

  /** Nobody begins from now on; moves under way finish. @throws Fault `batch-state` */
  suspend(batch: BatchId, by: string): Promise<void> {
    return this.#commands.suspend(batch, by);
  }

  /** Goes on; of a batch that ended with errors, with those who failed. @throws Fault `batch-state`, `batch-sign-in-missing` */
  resume(batch: BatchId, signIn: SignIn, by: string): Promise<void> {
    return this.#commands.resume(batch, signIn, by);
  }

  /** For good: whoever waits is passed over. @throws Fault `batch-state` */
  stop(batch: BatchId, by: string): Promise<void> {
    return this.#commands.stop(batch, by);
  }

  /** Takes back what was moved to where each was, of all or of these. @throws Fault `batch-state`, `batch-sign-in-missing` */
  undo(batch: BatchId, users: readonly number[] | undefined, signIn: SignIn, by: string): Promise<void> {
    return this.#commands.undo(batch, users, signIn, by);
  }

  /** @throws Fault `batch-state` where it has not ended */
  remove(batch: BatchId): Promise<void> {
    return this.#commands.remove(batch);
  }

  async progress(batch: Batch): Promise<Progress> {
    const nowMs = this.options.nowMs();
    const users = this.users(batch.batchId);
    const counts = await users.counts();
    const isUnderWay = batch.state === "Running" || batch.state === "Undoing";
    const sinceMs = Math.max(nowMs - OBSERVED_MS, batch.startedMs ?? nowMs);
    // Of what ended, what ended last: a batch that is through shows its whole run.
    const [fromMs, toMs] = isUnderWay ? [sinceMs, nowMs] : [batch.startedMs ?? nowMs, batch.finishedMs ?? nowMs];
    const done = await users.finishedSince(fromMs - 1);
    const ratePerMinute = done === 0 ? 0 : Math.round((done * MINUTE_MS * 10) / Math.max(1_000, toMs - fromMs)) / 10;
    const left = counts.waiting + counts.moving;
    return {
      counts,
      wave: (await users.wave()) ?? batch.waves,
      ratePerMinute,
      secondsLeft: isUnderWay && ratePerMinute > 0 ? Math.ceil((left / ratePerMinute) * 60) : null,
      isOutsideWindow: isUnderWay && !isWithin(batch.limits.window, batch.limits.timeZone, nowMs),
    };
  }

  /** One page of users; with `since`, by change number, numbered first. */
  async page(batch: BatchId, page: UserPage): Promise<BatchUser[]> {
    const { directory, tenant } = this.options;
    if (page.since !== undefined) {
      await directory.transaction(async (_inside, trx) => {
        const rows = new BatchRows(trx, tenant);
        const locked = await rows.lock(batch);
        if (locked === undefined) throw new Fault("batch-not-found", { batch });
        const last = locked.row.last_change;
        const hasAny = await new BatchUserRows(trx, tenant, batch).numberChanges(last);
        if (hasAny) await rows.change(batch, { last_change: last + locked.batch.users });
      });
    }
    return this.users(batch).page(page);
  }

  users(batch: BatchId): BatchUserRows {
    return new BatchUserRows(this.options.directory.db, this.options.tenant, batch);
  }

  /** Sessions with the other site, for whoever works on batches; to be closed. */
  sessions(): HostedSessions {
    const { vault, openHosted, application, nowMs } = this.options;
    return new HostedSessions({ rows: this.rows, vault, openHosted, application, nowMs });
  }

  async #target(target: string): Promise<{ name: string; isPool: boolean }> {
    const wanted = target.trim().toLowerCase();
    const mine = this.options.directory.tenant(this.options.tenant);
    const pool = (await mine.pools.list()).find(({ identity }) => identity.toLowerCase() === wanted);
    if (pool !== undefined) return { name: pool.identity, isPool: true };
    const providers = await mine.settings.list("HostingProvider");
    const proxy = providers
      .map(({ settings }) => settings["ProxyFqdn"])
      .find((fqdn) => typeof fqdn === "string" && fqdn.toLowerCase() === wanted);
    if (proxy === undefined && wanted !== ONLINE_TARGET) throw new Fault("batch-target", { target });
    return { name: typeof proxy === "string" ? proxy : ONLINE_TARGET, isPool: false };
  }
}
