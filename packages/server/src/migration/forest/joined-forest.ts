/**
 * A deployment that is joined to a forest: its users come from there, and what it changes of them is written back.
 *
 * The connection is opened when it is needed, so that a service starts while the forest is away. Three rules keep both in
 * step: a change and the note that it is to be written are one transaction; one process reads at a time, and one writes a
 * user at a time; what was written after a reading had begun is not undone by that reading (takeover.ts).
 */
import { asFault, Fault, isFault, type FaultCode } from "@tieline/fault";
import { Directory, objectId, type ObjectId, type TenantId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { WRITTEN_ATTRIBUTES, writeUser } from "./attribute-flow.ts";
import type { Backlog, DeploymentForest, Refreshed } from "./deployment-forest.ts";
import type { Forest } from "./forest.ts";
import { ForestOutbox } from "./outbox.ts";
import { ReadingState } from "./reading-state.ts";
import { Takeover } from "./takeover.ts";

export interface JoinedForestOptions {
  /** For people: `ldaps://dc1.contoso.local`. */
  name: string;
  open: () => Promise<Forest>;
  db: Queries;
  /** The deployment. */
  tenant: TenantId;
  nowMs: () => number;
  /** How many users are written at the same time, 8. */
  writers?: number;
}

/** More are not removed in one reading: a wrong filter must not empty a deployment. Ten always may be, 500 at most. */
const removalLimitOf = (users: number): number => Math.min(500, Math.max(10, Math.ceil(users / 5)));
/** Nobody is let in again for so long after a refusal: accounts are locked by wrong passwords. */
const LOGIN_PAUSE_MS = 60_000;
const WRITERS = 8;
const FLUSH_PAGE = 200;
/** The first interval and the longest one. */
const AWAY_MS = { first: 1000, longest: 300_000 };
const REFUSED_MS = { first: 60_000, longest: 3_600_000 };

/** Faults of the forest as such, not of one user: the next user would meet them as well. */
const AWAY: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "forest-unreachable",
  "forest-timeout",
  "forest-malformed",
  "forest-tls",
  "forest-protection",
  "forest-login",
  "forest-base",
  "forest-schema",
  "forest-limit",
]);

function isForestAway(error: unknown): boolean {
  return isFault(error) && AWAY.has(error.code);
}

export class JoinedForest implements DeploymentForest, AsyncDisposable {
  readonly name: string;
  readonly #options: JoinedForestOptions;
  readonly #directory: Directory;
  readonly #outbox: ForestOutbox;
  readonly #state: ReadingState;
  #forest: Promise<Forest> | undefined;
  #refused: { fault: Fault; untilMs: number } | undefined;

  constructor(options: JoinedForestOptions) {
    this.name = options.name;
    this.#options = options;
    this.#directory = new Directory(options.db);
    this.#outbox = new ForestOutbox(options.db, options.tenant);
    this.#state = new ReadingState(options.db, options.tenant);
  }

  async refresh({ all = false, removalLimit, signal }: Parameters<DeploymentForest["refresh"]>[0] = {}): Promise<Refreshed> {
    const { db, tenant, nowMs } = this.#options;
    const total: Refreshed = { added: 0, changed: 0, removed: 0, refused: 0 };
    const begun = await this.#state.begin(nowMs());
    if (begun === undefined) return total;
    const { reading } = begun;
    try {
      const cursor = await this.#ask(async (forest) => {
        const takeover = new Takeover(this.#directory, db, tenant, forest.domain, nowMs);
        const limit = removalLimit ?? removalLimitOf(await takeover.count());
        const allow = (count: number): void => {
          const removals = total.removed + count;
          if (removals > limit) throw new Fault("forest-removals", { forest: this.name, count: removals, limit });
        };
        let last: { cursor: string; whole: boolean } | undefined;
        for await (const page of forest.read(all ? undefined : (begun.cursor ?? undefined))) {
          signal?.throwIfAborted();
          const taken = await takeover.take(
            page.users.filter(({ deleted }) => !deleted),
            reading,
          );
          total.added += taken.added;
          total.changed += taken.changed;
          await takeover.present(page.present.map(objectId), reading);
          const gone = await takeover.known(page.users.filter(({ deleted }) => deleted).map(({ guid }) => objectId(guid)));
          allow(gone.length);
          total.removed += await takeover.remove(gone);
          await this.#state.renew(reading, nowMs());
          last = page;
        }
        if (last?.whole === true) {
          allow(await takeover.countGone(reading));
          total.removed += await takeover.removeGone(reading);
        }
        const again = await takeover.retry();
        total.added += again.added;
        total.changed += again.changed;
        total.refused = again.refused;
        return last?.cursor;
      });
      await this.#state.end(reading, cursor);
      return total;
    } catch (error) {
      await this.#state.end(reading, undefined);
      throw error;
    }
  }

  enqueue(queries: Queries, user: ObjectId): Promise<void> {
    return this.#outbox.add(queries, user, this.#options.nowMs());
  }

  async publish(users: readonly ObjectId[]): Promise<void> {
    const { faults } = await this.#writeAll(users);
    const [refusal] = faults.filter((fault) => !isForestAway(fault));
    if (refusal !== undefined) throw refusal;
  }

  async flush(signal?: AbortSignal): Promise<number> {
    for (let written = 0; ;) {
      const due = await this.#outbox.due(this.#options.nowMs(), FLUSH_PAGE);
      if (due.length === 0 || signal?.aborted === true) return written;
      const outcome = await this.#writeAll(due, signal);
      written += outcome.written;
      if (outcome.faults.some(isForestAway)) return written;
    }
  }

  pending(): Promise<number> {
    return this.#outbox.count();
  }

  async backlog(): Promise<Backlog> {
    const [users, longest] = await Promise.all([this.#outbox.count(), this.#outbox.longest()]);
    return { users, sinceMs: longest?.queuedMs ?? null, faultCode: longest?.faultCode ?? null };
  }

  async checkWritable(users: readonly ObjectId[]): Promise<ReadonlyMap<ObjectId, Fault>> {
    return (await this.#ask((forest) => forest.unwritable(users, WRITTEN_ATTRIBUTES))) as ReadonlyMap<ObjectId, Fault>;
  }

  /** The first fault that is the forest's own ends it. */
  async #writeAll(users: readonly ObjectId[], signal?: AbortSignal): Promise<{ written: number; faults: Fault[] }> {
    const outcome = { written: 0, faults: [] as Fault[] };
    const waiting = [...users];
    const writer = async (): Promise<void> => {
      for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
        const came = await this.#write(user);
        if (came === "written") outcome.written += 1;
        else if (came !== "nothing") outcome.faults.push(came);
        if (isForestAway(came) || signal?.aborted === true) waiting.length = 0;
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#options.writers ?? WRITERS, users.length) }, writer));
    return outcome;
  }

  async #write(id: ObjectId): Promise<"written" | "nothing" | Fault> {
    const { nowMs, tenant } = this.#options;
    const claim = await this.#outbox.claim(id, nowMs());
    if (claim === undefined) return "nothing";
    try {
      for (let version: number | undefined = claim.version; version !== undefined;) {
        const user = await this.#directory.tenant(tenant).users.get(id);
        if (user === undefined) {
          await this.#outbox.drop(id);
          return "nothing";
        }
        await this.#ask((forest) => forest.write(id, writeUser(user)));
        version = await this.#outbox.done(id, version);
      }
      return "written";
    } catch (error) {
      const fault = asFault(error);
      if (fault.is("forest-object")) await this.#outbox.drop(id);
      else await this.#outbox.postpone(id, claim.attempts + 1, nowMs() + pauseMs(fault, claim.attempts), fault);
      return fault;
    }
  }

  /** Asks the forest, over one connection for all; not while it has just refused the account. */
  async #ask<T>(work: (forest: Forest) => Promise<T>): Promise<T> {
    const { nowMs, open } = this.#options;
    if (this.#refused !== undefined && this.#refused.untilMs > nowMs()) throw this.#refused.fault;
    try {
      this.#forest ??= open();
      return await work(await this.#forest);
    } catch (error) {
      if (isFault(error) && error.is("forest-login")) {
        this.#refused = { fault: error, untilMs: nowMs() + LOGIN_PAUSE_MS };
        // Opened anew after that: the password may be another by then.
        await this[Symbol.asyncDispose]();
      } else if (this.#forest !== undefined && (await isRejected(this.#forest))) this.#forest = undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const forest = this.#forest;
    this.#forest = undefined;
    if (forest !== undefined && !(await isRejected(forest))) await (await forest)[Symbol.asyncDispose]();
  }
}

/** Twice as long with each attempt. */
function pauseMs(fault: Fault, attempts: number): number {
  const { first, longest } = isForestAway(fault) ? AWAY_MS : REFUSED_MS;
  return Math.min(first * 2 ** Math.min(attempts, 20), longest);
}

function isRejected(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}
