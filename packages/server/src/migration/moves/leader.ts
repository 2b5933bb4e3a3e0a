/**
 * The pool's half of a move, which leads it (machine.ts has the theory). Each step that changes something is one
 * transaction together with its row of the journal; between them anything may die.
 *
 *     to-online   freeze here | export here, import there | switch here | redirect there | release here
 *     to-pool     freeze here | freeze and export there | import and switch here | redirect there | release here
 */
import { Fault, isFault } from "@tieline/fault";
import { deploymentGivesUp, deploymentTakes, type ObjectId, type TenantDirectory, type UserRecord } from "../../directory/index.ts";
import type { Json, Queries } from "../../store/index.ts";
import { linkOf, type HostedLink } from "../hosted/hosted-client.ts";
import type { HostedSession } from "../hosted/hosted-session.ts";
import { wasTold } from "../hosted/hosted-wire.ts";
import { countsOf, digestToMove, NO_USER_DATA, parseUserData, requireSame, UserDataStore, type UserData } from "../user-data/index.ts";
import { moveBetweenPools } from "./between-pools.ts";
import { endingOf } from "./ending.ts";
import type { MoveRow } from "./journal.ts";
import { BARE, LeadingSite, type LeaderOptions } from "./leading-site.ts";
import type { Finding, MoveOutcome, MoveWish } from "./move.ts";
import type { MoveCall, MoveEngine } from "./move-engine.ts";
import { outcomeOf, teamsModeOf, warningsOf } from "./outcome.ts";
import { askFirst, checkMoves, hostedUser, nameOf, refuseUnmovable, refuseUnwritable } from "./preflight.ts";
import { routeOf, type Route, type Targets } from "./route.ts";
import { Runs } from "./runs.ts";
import { settleMoves } from "./settlement.ts";
import { TICKET_REFUSED, Tickets } from "./tickets.ts";

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
  readonly #site: LeadingSite;
  readonly #runs: Runs;
  readonly #tickets: Tickets;
  /** Sessions that have moved somebody. */
  readonly #arrived = new WeakSet<HostedLink>();

  constructor(options: LeaderOptions) {
    this.#site = new LeadingSite(options);
    this.#runs = new Runs(options.directory, options.tenant, options.vault, options.newGuid);
    this.#tickets = new Tickets(this.#runs, options.nowMs);
  }

  async move(wish: MoveWish, call: MoveCall): Promise<MoveOutcome> {
    const { options, mine, running } = this.#site;
    const startedMs = options.nowMs();
    call.onStep?.("check");
    if (call.hosted !== undefined) await this.#takeOver(linkOf(call.hosted));
    const before = await mine.users.get(wish.user, BARE);
    if (before === undefined) throw new Fault("user-not-found", { identity: wish.user });
    const targets = await this.#site.targets();
    const route = routeOf(before, wish.target, wish.options, targets);
    refuseUnmovable(before, wish.options);
    await refuseUnwritable(this.#site, before);
    if (route.direction === "between-pools") return moveBetweenPools(this.#site, wish, call, before, targets);
    if (call.hosted === undefined) throw new Fault("move-credential-missing", { target: route.target });
    const link = linkOf(call.hosted);
    const words = call.asksFirst === true ? await askFirst(link, route.direction, before, wish.options) : [];
    const moveId = options.newGuid();
    // Before it is in the journal: what is there and runs nowhere is settled.
    running.add(moveId);
    try {
      const begun = await this.#begin(moveId, wish, call, before, route, link, targets);
      const way: Way = { wish, call, route, link, startedMs, ...begun };
      const outcome = await this.#complete(way, await this.#untilDecided(way));
      return words.length === 0 ? outcome : { ...outcome, warnings: [...words, ...outcome.warnings] };
    } finally {
      running.delete(moveId);
    }
  }

  check(wishes: readonly MoveWish[], hosted: HostedSession | undefined): Promise<ReadonlyMap<ObjectId, readonly Finding[]>> {
    return checkMoves(this.#site, wishes, hosted);
  }

  async settle(hosted?: HostedSession): Promise<number> {
    if (hosted !== undefined) await this.#runs.of(linkOf(hosted), this.#site.options.nowMs());
    return settleMoves(this.#site, this.#tickets);
  }

  /** Keeps what this process is at its own; to be called a few times a lease. */
  async renewLeases(): Promise<void> {
    const { running, journal, owner, leaseMs } = this.#site;
    if (running.size > 0) await journal.renew(owner, leaseMs);
  }

  /** A new sign-in first settles, once, what earlier ones of its tenant can settle no more: the user may be among them. */
  async #takeOver(link: HostedLink): Promise<void> {
    if (this.#arrived.has(link)) return;
    this.#arrived.add(link);
    if ((await this.#site.journal.openCount(TICKET_REFUSED)) > 0) await this.settle(link);
  }

  /** Freezes the user at this site. */
  async #begin(
    moveId: string,
    wish: MoveWish,
    call: MoveCall,
    user: UserRecord,
    route: Route,
    link: HostedLink,
    targets: Targets,
  ): Promise<Pick<Way, "user" | "row">> {
    const { nowMs } = this.#site.options;
    const runId = await this.#runs.of(link, nowMs());
    const { direction, source, target } = route;
    const { leaseMs, owner } = this.#site;
    return this.#site.step("freeze", call, () =>
      this.#site.inside(async (mine, journal) => {
        const row = await journal.begin(
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
            owner,
            leaseMs,
          },
          nowMs(),
        );
        // From here on nobody else moves the user; what was read before may be of before another move, or another change.
        const now = await mine.users.hold(user.objectId, nowMs(), { without: { plans: true } });
        if (now === undefined) throw new Fault("user-not-found", { identity: user.objectId });
        routeOf(now, wish.target, wish.options, targets);
        return { user: now, row };
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
    const { directory, tenant, nowMs } = this.#site.options;
    const data = await this.#site.step("export", call, () => new UserDataStore(directory.db, tenant).read(user.objectId));
    const sent: UserData = wish.options.force === true ? { ...NO_USER_DATA, policies: data.policies } : data;
    const request = { moveId: way.row.moveId, user: hostedUser(user), source: route.source, proxy: route.target, options: wish.options };
    const arrived = await this.#site.step("import", call, () => link.import({ ...request, data: sent }));
    requireDigest(user, sent, arrived.digest);
    const outcome = outcomeOf(way.row, countsOf(sent), {
      leftPolicies: arrived.leftPolicies,
      teamsUpgradeMode: arrived.teamsUpgradeMode,
      warnings: warningsOf(nameOf(user), wish.options, data, arrived.leftPolicies),
      durationMs: nowMs() - way.startedMs,
    });
    await this.#switch(way, outcome, async (mine) => {
      await mine.users.update(user.objectId, deploymentGivesUp(route.target), nowMs(), BARE);
    });
    return outcome;
  }

  async #fetchAndSwitch(way: Way): Promise<MoveOutcome> {
    const { wish, user, route, link, call } = way;
    const { tenant, nowMs } = this.#site.options;
    const request = { moveId: way.row.moveId, user: hostedUser(user), target: route.target, options: wish.options };
    const answer = await this.#site.step("export", call, () => link.freeze(request));
    const data = parseUserData(answer.data);
    requireDigest(user, data, answer.digest);
    const { kept, left } = (await this.#site.options.counterparts())(data.policies);
    const moved = wish.options.force === true ? NO_USER_DATA : data;
    const outcome = outcomeOf(
      way.row,
      { ...countsOf(moved), policies: Object.keys(kept).length },
      {
        leftPolicies: [...left],
        teamsUpgradeMode: teamsModeOf("to-pool"),
        warnings: warningsOf(nameOf(user), wish.options, data, left),
        durationMs: nowMs() - way.startedMs,
      },
    );
    call.onStep?.("import");
    await this.#switch(way, outcome, async (mine, queries) => {
      const now = await mine.users.update(user.objectId, deploymentTakes(route.target), nowMs(), { without: { plans: true } });
      const store = new UserDataStore(queries, tenant);
      const wanted: UserData = { ...moved, policies: { ...kept, ...now.policies } };
      await store.write(user.objectId, wanted, nowMs(), { moved: true });
      requireSame(nameOf(user), wanted, await store.read(user.objectId));
      await queries.deleteFrom("redirects").where("tenant_id", "=", tenant).where("object_id", "=", user.objectId).execute();
    });
    return outcome;
  }

  /** The decision: the user's DeploymentLocator and the journal, in one transaction, by the process that holds the move. */
  async #switch(way: Way, outcome: MoveOutcome, change: (mine: TenantDirectory, queries: Queries) => Promise<void>): Promise<void> {
    const { row, call } = way;
    const { forest, nowMs } = this.#site.options;
    await this.#site.step("switch", call, () =>
      this.#site.inside(async (mine, journal, queries) => {
        const holds = await journal.advance(row, "switched", nowMs(), { outcome: outcome as unknown as Json }, this.#site.owner);
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
      const marked = await this.#site.markUndone(row, isDone ? "undone" : "undoing", isFault(error) ? error.code : "internal");
      if (!marked) return await this.#switched(way);
      if (isDone) return undefined;
      way.row = { ...row, state: "undoing" };
      await this.#insist(() => link.settle("abort", row.moveId, row.sipAddress));
      await this.#site.markUndone(way.row, "undone");
      return undefined;
    } catch (second) {
      return this.#leave(way.row, "to be undone", second, error);
    }
  }

  /** The outcome of a move that was switched after all. */
  async #switched(way: Way): Promise<MoveOutcome | undefined> {
    const row = await this.#site.journal.get(way.row.moveId);
    if (row?.state !== "switched" || row.owner !== this.#site.owner) return undefined;
    way.row = row;
    return row.outcome as unknown as MoveOutcome;
  }

  async #complete(way: Way, outcome: MoveOutcome): Promise<MoveOutcome> {
    const { row, link, call } = way;
    try {
      const answer = await this.#site.step("redirect", call, () => this.#insist(() => link.settle("commit", row.moveId, row.sipAddress)));
      const ending = endingOf(row, outcome, answer);
      await this.#site.publish(row);
      await this.#site.step("release", call, () => this.#site.release(row, ending, call.alongside));
      return ending.outcome;
    } catch (error) {
      return await this.#leave(row, "decided and to be completed", error, undefined);
    }
  }

  /** Leaves the move to `settle`, at once and in whatever process. */
  async #leave(row: MoveRow, decision: string, error: unknown, first: unknown): Promise<never> {
    const { nowMs, log } = this.#site.options;
    const reason = isFault(error) ? error.message : String(error);
    log.warn({ move: row.moveId, user: row.sipAddress, decision, reason }, "a move is left to be settled");
    await this.#site.journal.takeOver(row, this.#site.owner, nowMs()).catch(() => false);
    throw new Fault("move-unsettled", { user: row.sipAddress, reason, decision }, { cause: first ?? error });
  }

  async #insist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || wasTold(error)) throw error;
        await this.#site.options.pause(PAUSE_MS * 2 ** attempt);
      }
    }
  }
}

/** Whether both sites mean the same. @throws Fault `move-data-differs` */
function requireDigest(user: UserRecord, data: UserData, there: string): void {
  if (digestToMove(data) !== there) throw new Fault("move-data-differs", { user: nameOf(user), differences: "the digest over all fields" });
}
