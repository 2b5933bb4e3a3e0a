/**
 * The pool's half of a move, which leads it (machine.ts has the theory). Each step that changes something is one
 * transaction together with its row of the journal; between them anything may die.
 *
 *     to-online   freeze here | export here, import there | switch here | redirect there | release here
 *     to-pool     freeze here | freeze and export there | import and switch here | redirect there | release here
 */
import { Fault, isFault } from "@tieline/fault";
import {
  deploymentGivesUp,
  deploymentTakes,
  type Directory,
  type TenantDirectory,
  type TenantId,
  type UserRecord,
} from "../../directory/index.ts";
import type { Vault } from "../../identity/index.ts";
import type { Json, Queries } from "../../store/index.ts";
import type { DeploymentForest } from "../forest/index.ts";
import { linkOf, type HostedLink } from "../hosted/hosted-client.ts";
import type { HostedSession, HostedUser } from "../hosted/hosted-session.ts";
import { wasTold } from "../hosted/hosted-wire.ts";
import {
  countsOf,
  digestOf,
  NO_USER_DATA,
  parseUserData,
  requireSame,
  UserDataStore,
  type CounterpartsOf,
  type UserData,
} from "../user-data/index.ts";
import { findingOf } from "./finding.ts";
import { MoveJournal, type MoveRow } from "./journal.ts";
import { remedyFor, type LeaderState } from "./machine.ts";
import type { Finding, MoveOptions, MoveOutcome, MoveStep, MoveWish } from "./move.ts";
import type { MoveCall, MoveEngine } from "./move-engine.ts";
import { outcomeOf, teamsModeOf, warningsOf } from "./outcome.ts";
import { routeOf, type Route, type Targets } from "./route.ts";
import { Runs } from "./runs.ts";
import type { ObjectId } from "../../directory/index.ts";

export interface LeaderOptions {
  directory: Directory;
  /** The deployment. */
  tenant: TenantId;
  /** Seals the tickets of runs. */
  vault: Vault;
  /** Which policies have a counterpart here. */
  counterparts: () => Promise<CounterpartsOf>;
  forest?: DeploymentForest | undefined;
  nowMs: () => number;
  newGuid: () => string;
  pause: (ms: number) => Promise<void>;
  /** Sends a run's order by its ticket alone. */
  settleBy: (url: string, ticket: string, order: "commit" | "abort", moveId: string, sipAddress: string) => Promise<void>;
  log: { info(facts: Record<string, unknown>, text: string): void; warn(facts: Record<string, unknown>, text: string): void };
  /** True where no other process works on this database. */
  exclusive: boolean;
  /** A process that has not renewed its lease for so long is taken for dead. Default 30,000. */
  leaseMs?: number;
  /** Told before and after each step that changes something: for tests that kill. */
  reached?: ((step: MoveStep, when: "before" | "after") => void) | undefined;
}

const LEASE_MS = 30_000;
/** How often an order is given before the move is left to be settled later, and how long is waited between. */
const ATTEMPTS = 3;
const PAUSE_MS = 250;

/** A move on its way. */
interface Way {
  readonly wish: MoveWish;
  readonly call: MoveCall;
  readonly route: Route;
  readonly user: UserRecord;
  readonly link: HostedLink;
  readonly startedMs: number;
  row: MoveRow;
}

export class Leader implements MoveEngine {
  readonly owner: string;
  readonly #options: LeaderOptions;
  readonly #runs: Runs;
  readonly #running = new Set<string>();

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.owner = options.newGuid();
    this.#runs = new Runs(options.directory, options.tenant, options.vault, options.newGuid);
  }

  get #mine(): TenantDirectory {
    return this.#options.directory.tenant(this.#options.tenant);
  }

  async move(wish: MoveWish, call: MoveCall): Promise<MoveOutcome> {
    const startedMs = this.#options.nowMs();
    call.onStep?.("check");
    const user = await this.#mine.users.get(wish.user);
    if (user === undefined) throw new Fault("user-not-found", { identity: wish.user });
    const targets = await this.#targets();
    const route = routeOf(user, wish.target, wish.options, targets);
    refuseUnmovable(user, wish.options);
    await this.#refuseUnwritable(user);
    if (route.direction === "between-pools") return this.#betweenPools(wish, call, user, route, startedMs);
    if (call.hosted === undefined) throw new Fault("move-credential-missing", { target: route.target });
    const link = linkOf(call.hosted);
    const begun = await this.#begin(wish, call, user, route, link, targets);
    const way: Way = { wish, call, route, link, startedMs, ...begun };
    const { row } = begun;
    this.#running.add(row.moveId);
    try {
      const outcome = await this.#untilDecided(way);
      return await this.#complete(way, outcome);
    } finally {
      this.#running.delete(row.moveId);
    }
  }

  async check(wishes: readonly MoveWish[], hosted: HostedSession | undefined): Promise<ReadonlyMap<ObjectId, readonly Finding[]>> {
    const targets = await this.#targets();
    const ids = wishes.map((wish) => wish.user);
    const users = new Map(
      (ids.length === 0 ? [] : await this.#mine.users.find((eb) => eb("object_id", "in", ids), ids.length)).map((user) => [
        user.objectId,
        user,
      ]),
    );
    const found = new Map<ObjectId, Finding[]>();
    const asked = new Map<string, { wish: MoveWish; user: UserRecord; direction: "to-online" | "to-pool" }[]>();
    for (const wish of wishes) {
      const findings: Finding[] = [];
      found.set(wish.user, findings);
      const user = users.get(wish.user);
      try {
        if (user === undefined) throw new Fault("user-not-found", { identity: wish.user });
        const { direction } = routeOf(user, wish.target, wish.options, targets);
        refuseUnmovable(user, wish.options);
        if (direction === "between-pools" || hosted === undefined) continue;
        const key = `${direction} ${JSON.stringify(wish.options)}`;
        asked.set(key, [...(asked.get(key) ?? []), { wish, user, direction }]);
      } catch (error) {
        if (!isFault(error)) throw error;
        findings.push(findingOf("error", error));
      }
    }
    for (const [user, fault] of (await this.#options.forest?.checkWritable(ids)) ?? []) found.get(user)?.push(findingOf("error", fault));
    for (const group of asked.values()) {
      const [first] = group;
      if (first === undefined || hosted === undefined) continue;
      const answers = await hosted.check(
        first.direction,
        group.map(({ user }) => hostedUser(user)),
        first.wish.options,
      );
      for (const [i, { wish }] of group.entries()) found.get(wish.user)?.push(...(answers[i] ?? []));
    }
    return found;
  }

  /** Takes up what was left in the middle: by a process that is gone, or by this one when the other site was away. */
  async settle(): Promise<number> {
    const { directory, tenant, exclusive, nowMs, log } = this.#options;
    const { db } = directory;
    const journal = new MoveJournal(db, tenant);
    const rows = (await journal.list({ activeOnly: true, limit: 1000 })).filter(
      (row) => row.role === "leader" && !this.#running.has(row.moveId) && (exclusive || row.owner === this.owner || row.leaseMs <= nowMs()),
    );
    for (const row of rows) {
      if (!(await journal.takeOver(row, this.owner, nowMs() + this.#leaseMs))) continue;
      this.#running.add(row.moveId);
      try {
        await this.#settleOne({ ...row, owner: this.owner });
        log.info({ move: row.moveId, user: row.sipAddress, remedy: remedyFor(row.state as LeaderState) }, "a move was settled");
      } catch (error) {
        log.warn({ move: row.moveId, user: row.sipAddress, error: String(error) }, "a move could not be settled yet");
      } finally {
        this.#running.delete(row.moveId);
      }
    }
    return journal.openCount();
  }

  /** Keeps what this process is at its own; to be called a few times a lease. */
  async renewLeases(): Promise<void> {
    if (this.#running.size === 0) return;
    const { directory, tenant, nowMs } = this.#options;
    await new MoveJournal(directory.db, tenant).renew(this.owner, nowMs() + this.#leaseMs);
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? LEASE_MS;
  }

  async #targets(): Promise<Targets> {
    return { pools: await this.#mine.pools.list(), providers: await this.#mine.settings.list("HostingProvider") };
  }

  /** Before anything has changed, while it can still be said. */
  async #refuseUnwritable(user: UserRecord): Promise<void> {
    const fault = (await this.#options.forest?.checkWritable([user.objectId]))?.get(user.objectId);
    if (fault !== undefined) throw fault;
  }

  /** Freezes the user at this site. */
  async #begin(
    wish: MoveWish,
    call: MoveCall,
    user: UserRecord,
    route: Route,
    link: HostedLink,
    targets: Targets,
  ): Promise<Pick<Way, "user" | "row">> {
    const { newGuid, nowMs } = this.#options;
    const runId = await this.#runs.of(link, nowMs());
    const moveId = newGuid();
    const { direction, source, target } = route;
    const leaseMs = nowMs() + this.#leaseMs;
    return this.#step("freeze", call, () =>
      this.#inside(async (mine, journal) => {
        await journal.begin(
          {
            moveId,
            objectId: user.objectId,
            sipAddress: user.sipAddress as string,
            role: "leader",
            direction,
            source,
            target,
            state: "frozen",
            by: wish.by,
            options: wish.options,
            batchId: wish.batchId ?? null,
            runId,
            owner: this.owner,
            leaseMs,
          },
          nowMs(),
        );
        // From here on nobody else moves the user; what was read before may be of before another move, or another change.
        const now = await mine.users.hold(user.objectId, nowMs());
        if (now === undefined) throw new Fault("user-not-found", { identity: user.objectId });
        routeOf(now, wish.target, wish.options, targets);
        return { user: now, row: (await journal.get(moveId)) as MoveRow };
      }),
    );
  }

  /** Until the switch: whatever goes wrong, the user is as before. */
  async #untilDecided(way: Way): Promise<MoveOutcome> {
    try {
      return way.route.direction === "to-online" ? await this.#sendAndSwitch(way) : await this.#fetchAndSwitch(way);
    } catch (error) {
      const decided = await this.#undo(way, error);
      if (decided === undefined) throw error;
      return decided;
    }
  }

  async #sendAndSwitch(way: Way): Promise<MoveOutcome> {
    const { wish, user, route, link, call } = way;
    const { directory, tenant, nowMs } = this.#options;
    const data = await this.#step("export", call, () => new UserDataStore(directory.db, tenant).read(user.objectId));
    const sent: UserData = wish.options.force === true ? { ...NO_USER_DATA, policies: data.policies } : data;
    const request = { moveId: way.row.moveId, user: hostedUser(user), source: route.source, proxy: route.target, options: wish.options };
    const arrived = await this.#step("import", call, () => link.import({ ...request, data: sent }));
    const expected = digestOf({ ...sent, policies: {} });
    if (arrived.digest !== expected) throw new Fault("move-data-differs", { user: name(user), differences: "the digest over all fields" });
    const outcome = outcomeOf(way.row, countsOf(sent), {
      leftPolicies: arrived.leftPolicies,
      teamsUpgradeMode: arrived.teamsUpgradeMode,
      warnings: warningsOf(name(user), wish.options, data, arrived.leftPolicies),
      durationMs: nowMs() - way.startedMs,
    });
    await this.#switch(way, outcome, async (mine) => {
      await mine.users.update(user.objectId, deploymentGivesUp(route.target), nowMs());
    });
    return outcome;
  }

  async #fetchAndSwitch(way: Way): Promise<MoveOutcome> {
    const { wish, user, route, link, call } = way;
    const { tenant, nowMs } = this.#options;
    const request = { moveId: way.row.moveId, user: hostedUser(user), target: route.target, options: wish.options };
    const answer = await this.#step("export", call, () => link.freeze(request));
    const data = parseUserData(answer.data);
    if (digestOf({ ...data, policies: {} }) !== answer.digest)
      throw new Fault("move-data-differs", { user: name(user), differences: "the digest over all fields" });
    const { kept, left } = (await this.#options.counterparts())(data.policies);
    const moved = wish.options.force === true ? NO_USER_DATA : data;
    const outcome = outcomeOf(
      way.row,
      { ...countsOf(moved), policies: Object.keys(kept).length },
      {
        leftPolicies: [...left],
        teamsUpgradeMode: teamsModeOf("to-pool"),
        warnings: warningsOf(name(user), wish.options, data, left),
        durationMs: nowMs() - way.startedMs,
      },
    );
    call.onStep?.("import");
    await this.#switch(way, outcome, async (mine, queries) => {
      const now = await mine.users.update(user.objectId, deploymentTakes(route.target), nowMs());
      const store = new UserDataStore(queries, tenant);
      const wanted: UserData = { ...moved, policies: { ...kept, ...now.policies } };
      await store.write(user.objectId, wanted, nowMs(), { moved: true });
      requireSame(name(user), wanted, await store.read(user.objectId));
      await queries.deleteFrom("redirects").where("tenant_id", "=", tenant).where("object_id", "=", user.objectId).execute();
    });
    return outcome;
  }

  /** The decision: the user's DeploymentLocator and the journal, in one transaction, by the process that holds the move. */
  async #switch(way: Way, outcome: MoveOutcome, change: (mine: TenantDirectory, queries: Queries) => Promise<void>): Promise<void> {
    const { row, call } = way;
    const { forest, nowMs } = this.#options;
    await this.#step("switch", call, () =>
      this.#inside(async (mine, journal, queries) => {
        const holds = await journal.advance(row, "switched", nowMs(), { outcome: outcome as unknown as Json }, this.owner);
        if (!holds) throw new Fault("move-undone", { user: row.sipAddress });
        await change(mine, queries).catch((error: unknown) => {
          throw isFault(error) && error.code === "user-not-found" ? new Fault("move-user-gone", { user: row.sipAddress }) : error;
        });
        await forest?.enqueue(queries, row.objectId);
      }),
    );
    way.row = { ...row, state: "switched", outcome: outcome as unknown as Json };
  }

  /** Undoes it, unless the switch is on the disk and only its acknowledgement was lost: then gives the outcome. */
  async #undo(way: Way, error: unknown): Promise<MoveOutcome | undefined> {
    const { row, link } = way;
    try {
      // A service that has said no has nothing to undo.
      const isDone = wasTold(error);
      const marked = await this.#markUndone(row, isDone ? "undone" : "undoing", isFault(error) ? error.code : "internal");
      if (!marked) return await this.#switched(way);
      if (isDone) return undefined;
      way.row = { ...row, state: "undoing" };
      await this.#insist(() => link.settle("abort", row.moveId, row.sipAddress));
      await this.#markUndone(way.row, "undone");
      return undefined;
    } catch (second) {
      return this.#leave(way.row, "to be undone", second, error);
    }
  }

  /** The outcome of a move that was switched after all. */
  async #switched(way: Way): Promise<MoveOutcome | undefined> {
    const { directory, tenant } = this.#options;
    const row = await new MoveJournal(directory.db, tenant).get(way.row.moveId);
    if (row?.state !== "switched" || row.owner !== this.owner) return undefined;
    way.row = row;
    return row.outcome as unknown as MoveOutcome;
  }

  async #complete(way: Way, outcome: MoveOutcome): Promise<MoveOutcome> {
    const { row, link, call } = way;
    try {
      await this.#step("redirect", call, () => this.#insist(() => link.settle("commit", row.moveId, row.sipAddress)));
      await this.#publish(row);
      await this.#step("release", call, () => this.#release(row, outcome, call.alongside));
      return outcome;
    } catch (error) {
      return await this.#leave(row, "decided and to be completed", error, undefined);
    }
  }

  /** Ends the move here: what was moved is removed from where it came, and clients are sent on. */
  async #release(row: MoveRow, outcome: MoveOutcome, alongside: MoveCall["alongside"]): Promise<void> {
    const { tenant, nowMs } = this.#options;
    await this.#inside(async (mine, journal, queries) => {
      const holds = await journal.advance(row, "done", nowMs(), { active: false }, this.owner);
      // Somebody else has completed it: then that was done, too.
      if (!holds) return;
      if (row.direction === "to-online") {
        const user = await mine.users.get(row.objectId);
        const store = new UserDataStore(queries, tenant);
        await store.remove(row.objectId);
        if (user !== undefined) {
          const values = { tenant_id: tenant, object_id: row.objectId, sip_key: row.sipAddress, target: row.target, since_ms: nowMs() };
          await queries
            .insertInto("redirects")
            .values(values)
            .onConflict((conflict) => conflict.columns(["tenant_id", "object_id"]).doUpdateSet({ target: row.target, since_ms: nowMs() }))
            .execute();
        }
      }
      await alongside?.(queries, outcome);
    });
  }

  async #publish(row: MoveRow): Promise<void> {
    try {
      await this.#options.forest?.publish([row.objectId]);
    } catch (error) {
      // It stands in the outbox, and is written as soon as that can be done.
      this.#options.log.warn({ user: row.sipAddress, error: String(error) }, "the forest has not been told of a move yet");
    }
  }

  async #settleOne(row: MoveRow): Promise<void> {
    const { settleBy, nowMs } = this.#options;
    const run = await this.#runs.find(row.runId);
    const remedy = remedyFor(row.state as LeaderState);
    const tell = (order: "commit" | "abort"): Promise<void> =>
      run === undefined ? Promise.resolve() : settleBy(run.url, run.ticket, order, row.moveId, row.sipAddress);
    if (remedy === "undo") {
      // What was read may be older than a switch that was under way: only what the row still says counts.
      if (row.state !== "undoing" && !(await this.#markUndone(row, "undoing", "move-undone"))) return;
      await tell("abort");
      await this.#markUndone({ ...row, state: "undoing" }, "undone");
    } else if (remedy === "complete") {
      await tell("commit");
      await this.#publish(row);
      await this.#release(row, row.outcome as unknown as MoveOutcome, undefined);
    } else {
      await new MoveJournal(this.#options.directory.db, this.#options.tenant).advance(row, row.state, nowMs(), { active: false });
    }
  }

  async #markUndone(row: MoveRow, state: "undoing" | "undone", faultCode?: string): Promise<boolean> {
    const { directory, tenant, nowMs } = this.#options;
    const change = { active: state === "undoing", ...(faultCode === undefined ? {} : { faultCode }) };
    return new MoveJournal(directory.db, tenant).advance(row, state, nowMs(), change, this.owner);
  }

  /** Leaves the move to `settle`, at once and in whatever process. */
  async #leave(row: MoveRow, decision: string, error: unknown, first: unknown): Promise<never> {
    const { directory, tenant, nowMs, log } = this.#options;
    const reason = isFault(error) ? error.message : String(error);
    log.warn({ move: row.moveId, user: row.sipAddress, decision, reason }, "a move is left to be settled");
    await new MoveJournal(directory.db, tenant).takeOver({ ...row }, this.owner, nowMs()).catch(() => false);
    throw new Fault("move-unsettled", { user: row.sipAddress, reason, decision }, { cause: first ?? error });
  }

  async #insist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || wasTold(error)) throw error;
        await this.#options.pause(PAUSE_MS * 2 ** attempt);
      }
    }
  }

  async #betweenPools(wish: MoveWish, call: MoveCall, user: UserRecord, route: Route, startedMs: number): Promise<MoveOutcome> {
    const { newGuid, nowMs, tenant, forest } = this.#options;
    const moveId = newGuid();
    const outcome = await this.#step("switch", call, () =>
      this.#inside(async (mine, journal, queries) => {
        const { direction, source, target } = route;
        const move = { moveId, objectId: user.objectId, sipAddress: name(user), direction, source, target, by: wish.by };
        await journal.begin(
          {
            ...move,
            role: "leader",
            state: "frozen",
            options: wish.options,
            batchId: wish.batchId ?? null,
            owner: this.owner,
            leaseMs: nowMs(),
          },
          nowMs(),
        );
        const store = new UserDataStore(queries, tenant);
        const data = await store.read(user.objectId);
        const stays = { ...data, ...(wish.options.force === true ? { ...NO_USER_DATA, policies: data.policies } : {}) };
        // What stays is not touched: both pools have it from the same place.
        if (wish.options.force === true) await store.remove(user.objectId);
        await mine.users.update(user.objectId, deploymentTakes(target), nowMs());
        await forest?.enqueue(queries, user.objectId);
        const row = (await journal.get(moveId)) as MoveRow;
        const made = outcomeOf(row, countsOf(stays), {
          leftPolicies: [],
          teamsUpgradeMode: null,
          warnings: warningsOf(name(user), wish.options, data, []),
          durationMs: nowMs() - startedMs,
        });
        await journal.advance(row, "done", nowMs(), { active: false, outcome: made as unknown as Json });
        await call.alongside?.(queries, made);
        return { row, made };
      }),
    );
    await this.#publish(outcome.row);
    return outcome.made;
  }

  async #step<T>(step: MoveStep, call: MoveCall | undefined, work: () => Promise<T>): Promise<T> {
    call?.onStep?.(step);
    this.#options.reached?.(step, "before");
    const result = await work();
    this.#options.reached?.(step, "after");
    return result;
  }

  #inside<T>(work: (mine: TenantDirectory, journal: MoveJournal, queries: Queries) => Promise<T>): Promise<T> {
    const { directory, tenant } = this.#options;
    return directory.transaction((inside, queries) => work(inside.tenant(tenant), new MoveJournal(queries, tenant), queries));
  }
}

function name(user: UserRecord): string {
  return user.sipAddress ?? user.userPrincipalName;
}

/** @throws Fault `move-unified-contact-store` */
function refuseUnmovable(user: UserRecord, options: MoveOptions): void {
  if (user.properties["UcsMode"] === "Migrated" && options.force !== true)
    throw new Fault("move-unified-contact-store", { user: name(user) });
}

function hostedUser(user: UserRecord): HostedUser {
  const { properties } = user;
  return {
    sipAddress: user.sipAddress as string,
    userPrincipalName: user.userPrincipalName,
    displayName: user.displayName,
    hasEnterpriseVoice: properties["EnterpriseVoiceEnabled"] === true,
    hasDialInConferencing: typeof properties["AcpInfo"] === "string" && properties["AcpInfo"] !== "",
    lineUri: typeof properties["LineURI"] === "string" ? properties["LineURI"] : null,
    policies: user.policies,
  };
}
