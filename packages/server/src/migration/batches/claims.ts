/**
 * Who works on whom. A worker claims users for a time, its lease, and renews that while it works; the lease of a worker that died
 * lapses, and the next that asks takes the user over. A claim is made under the lock of the batch's row, so that wave, rate
 * and number of moves under way hold over all processes; it reads through indexes what it takes and nothing else, so that it
 * costs the same in a batch of a hundred and of a hundred thousand.
 *
 *     waiting --claim--> moving --moved--> moved        (undone, where the task was the way back)
 *                        moving --failed--> failed      (moved, where the task was the way back)
 *                        moving --again---> waiting
 *                        moving --lease lapsed--> claimed by another, who first asks whether it was done
 */
import { isFault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import type { Engine, MoveBatchUsersTable, Queries } from "../../store/index.ts";
import type { MoveOutcome } from "../moves/move.ts";
import { complaint, complaintOf } from "./complaint.ts";
import type { Batch, BatchId, BatchUser, BatchUserState, Complaint, Task } from "./batch.ts";
import { endState, WORKED_ON } from "./batch-state.ts";
import { BatchRows, toKept, type LockedBatch } from "./batch-rows.ts";
import { BatchUserRows, userFromRow } from "./batch-user-rows.ts";
import { isWithin } from "./hours.ts";
import { takeSlots } from "./rate.ts";
import { countedAs, decide, faultKind, type Decision, type RetryRule } from "./retry.ts";

export interface ClaimWish {
  batchId: BatchId;
  /** The worker's own id. */
  owner: string;
  /** How many it has room for. */
  wanted: number;
  leaseMs: number;
  nowMs: number;
}

export interface ClaimedUser extends BatchUser {
  batchId: BatchId;
  owner: string;
  /** The lease of another worker has lapsed: the move may be done. */
  isTakenOver: boolean;
}

export interface Claim {
  /** Absent where the batch is not worked on. */
  batch?: Batch;
  users: readonly ClaimedUser[];
  /** With this claim the batch ended. */
  hasEnded?: boolean;
}

interface Standing {
  waitingWave: number | null;
  movingWave: number | null;
  moving: number;
  lapsed: number;
}

export class Claims {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  readonly #engine: Engine;
  constructor(db: Queries, tenant: TenantId, engine: Engine) {
    this.#db = db;
    this.#tenant = tenant;
    this.#engine = engine;
  }

  async claim(wish: ClaimWish): Promise<Claim> {
    return this.#db.transaction().execute(async (trx) => {
      const locked = await new BatchRows(trx, this.#tenant).lock(wish.batchId);
      if (locked === undefined || !WORKED_ON.includes(locked.batch.state)) return { users: [] };
      const { batch } = locked;
      const standing = await this.#standing(trx, wish);
      if (standing.waitingWave === null && standing.movingWave === null) {
        await this.#end(trx, batch, wish.nowMs);
        return { batch, users: [], hasEnded: true };
      }
      const over = standing.lapsed > 0 ? await this.#takeOver(trx, wish) : [];
      return { batch, users: [...over, ...(await this.#begin(trx, locked, standing, wish, wish.wanted - over.length))] };
    });
  }

  /** Prolongs the leases of all that the worker has of these batches. */
  async renew(owner: string, batches: readonly BatchId[], untilMs: number): Promise<void> {
    for (const batch of batches) await new BatchUserRows(this.#db, this.#tenant, batch).renew(owner, untilMs);
  }

  /**
   * Records that it is done; to be called in the transaction that does it. It holds whoever has the lease by now: what happened,
   * happened. Where it was to be taken back meanwhile, the user waits for that.
   */
  async moved(queries: Queries, user: ClaimedUser, outcome: MoveOutcome | null, nowMs: number, withMail: boolean): Promise<void> {
    const isMove = user.task === "move";
    await queries
      .updateTable("move_batch_users")
      .set((eb) => ({
        state: isMove ? eb.case().when("task", "=", "undo").then("waiting").else("moved").end() : eb.val("undone"),
        ...RELEASED,
        next_ms: 0,
        fault: null,
        finished_ms: nowMs,
        ...(isMove
          ? {
              attempts: eb.case().when("task", "=", "undo").then(0).else(eb.ref("attempts")).end(),
              outcome: toKept(outcome),
              move_id: outcome?.moveId ?? null,
              mail: withMail ? 1 : 0,
              ...(outcome === null ? {} : { source: outcome.source }),
            }
          : {}),
      }))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", user.batchId)
      .where("sequence", "=", user.sequence)
      .where("state", "in", ["moving", "waiting", "failed"] satisfies BatchUserState[])
      .execute();
  }

  /** The user stays where the user is, for a reason. */
  async settle(user: ClaimedUser, state: "skipped" | "failed", reason: Complaint, nowMs: number): Promise<void> {
    await this.#release(this.#db, user, {
      state: user.task === "undo" ? "moved" : state,
      fault: toKept(reason),
      finished_ms: nowMs,
    });
  }

  /** After a move that failed: what `decide` says, recorded together with what it means for the batch. */
  async failed(user: ClaimedUser, error: unknown, nowMs: number, chance: number, rule: RetryRule): Promise<Decision> {
    return this.#db.transaction().execute(async (trx) => {
      const batches = new BatchRows(trx, this.#tenant);
      const locked = await batches.lock(user.batchId);
      if (locked === undefined) return { what: "give-up" };
      const { batch, row } = locked;
      const kind = faultKind(error);
      const counted = countedAs(kind);
      const streak = counted === undefined ? row.fault_streak : (row.streak_kind === counted ? row.fault_streak : 0) + 1;
      const decision = decide(kind, user.attempts, streak, chance, rule);
      const told = complaintOf(error);
      if (decision.what === "give-up") await this.#release(trx, user, { ...failedState(user), fault: toKept(told), finished_ms: nowMs });
      // Nobody works on a batch that was stopped: whoever would wait is passed over.
      else if (batch.state === "Cancelled")
        await this.#release(trx, user, { ...stoppedState(user), fault: toKept(told), finished_ms: nowMs });
      else {
        const isPause = decision.what === "pause";
        await this.#release(trx, user, {
          state: "waiting",
          fault: toKept(told),
          next_ms: isPause ? 0 : nowMs + decision.afterMs,
          // A pause is nobody's fault.
          attempts: isPause ? Math.max(0, user.attempts - 1) : user.attempts,
        });
      }
      if (counted !== undefined) await batches.change(user.batchId, { fault_streak: streak, streak_kind: counted });
      if (decision.what === "pause" && WORKED_ON.includes(batch.state)) {
        const reason =
          kind === "sign-in"
            ? complaint("batch-sign-in-ended", { batch: batch.name, reason: reasonOf(error, told) })
            : pausedBy(error, streak);
        await batches.change(user.batchId, { state: "Suspended", reason, fault_streak: 0, streak_kind: null });
      }
      return decision;
    });
  }

  /** The users go back as they came: the worker ends, or the batch cannot go on. */
  async giveBack(users: readonly ClaimedUser[]): Promise<void> {
    for (const user of users) {
      await this.#db.transaction().execute(async (trx) => {
        const locked = await new BatchRows(trx, this.#tenant).lock(user.batchId);
        const back =
          locked?.batch.state === "Cancelled"
            ? stoppedState(user)
            : ({ state: "waiting", attempts: Math.max(0, user.attempts - 1), next_ms: 0 } as const);
        await this.#release(trx, user, back);
      });
    }
  }

  async #standing(trx: Queries, wish: ClaimWish): Promise<Standing> {
    const mine = () => trx.selectFrom("move_batch_users").where("tenant_id", "=", this.#tenant).where("batch_id", "=", wish.batchId);
    const row = await trx
      .selectNoFrom((eb) => [
        mine()
          .where("state", "=", "waiting" satisfies BatchUserState)
          .select((each) => each.fn.min("wave").as("n"))
          .as("waiting_wave"),
        mine()
          .where("state", "=", "moving" satisfies BatchUserState)
          .select((each) => each.fn.min("wave").as("n"))
          .as("moving_wave"),
        mine()
          .where("state", "=", "moving" satisfies BatchUserState)
          .select((each) => each.fn.countAll().as("n"))
          .as("moving"),
        mine()
          .where("state", "=", "moving" satisfies BatchUserState)
          .where("lease_until_ms", "<", wish.nowMs)
          .select((each) => each.fn.countAll().as("n"))
          .as("lapsed"),
        eb.val(0).as("unused"),
      ])
      .executeTakeFirstOrThrow();
    return {
      waitingWave: row.waiting_wave,
      movingWave: row.moving_wave,
      moving: Number(row.moving),
      lapsed: Number(row.lapsed),
    };
  }

  /** New users of the wave, as many as hours, limit and rate allow. */
  async #begin(trx: Queries, { batch, row }: LockedBatch, standing: Standing, wish: ClaimWish, room: number): Promise<ClaimedUser[]> {
    const wave = Math.min(standing.waitingWave ?? Number.POSITIVE_INFINITY, standing.movingWave ?? Number.POSITIVE_INFINITY);
    const { limits } = batch;
    const free = Math.min(room, limits.concurrentMoves - standing.moving);
    // The next wave begins when this one is through.
    if (free <= 0 || standing.waitingWave !== wave || !isWithin(limits.window, limits.timeZone, wish.nowMs)) return [];
    const { granted } = takeSlots(limits.ratePerMinute, row.next_slot_ms, free, wish.nowMs);
    if (granted === 0) return [];
    let next = trx
      .selectFrom("move_batch_users")
      .select("sequence")
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", wish.batchId)
      .where("state", "=", "waiting" satisfies BatchUserState)
      .where("wave", "=", wave)
      .where("next_ms", "<=", wish.nowMs)
      .orderBy("next_ms")
      .orderBy("sequence")
      .limit(granted);
    if (this.#engine === "postgresql") next = next.forUpdate().skipLocked();
    const rows = await trx
      .with(
        (cte) => cte("picked").materialized(),
        () => next,
      )
      .updateTable("move_batch_users")
      // Joined, not looked for in a list: for a list SQLite walks the whole batch.
      .from("picked")
      .set((eb) => ({
        state: "moving" satisfies BatchUserState,
        attempts: eb("attempts", "+", 1),
        lease_owner: wish.owner,
        lease_until_ms: wish.nowMs + wish.leaseMs,
        started_ms: eb.fn.coalesce("started_ms", eb.val(wish.nowMs)),
        change_number: 0,
      }))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", wish.batchId)
      .whereRef("move_batch_users.sequence", "=", "picked.sequence")
      .returningAll()
      .execute();
    if (limits.ratePerMinute > 0 && rows.length > 0) {
      const { nextSlotMs } = takeSlots(limits.ratePerMinute, row.next_slot_ms, rows.length, wish.nowMs);
      await new BatchRows(trx, this.#tenant).change(wish.batchId, { next_slot_ms: nextSlotMs });
    }
    return claimed(rows, wish, false);
  }

  async #takeOver(trx: Queries, wish: ClaimWish): Promise<ClaimedUser[]> {
    const lapsed = trx
      .selectFrom("move_batch_users")
      .select("sequence")
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", wish.batchId)
      .where("state", "=", "moving" satisfies BatchUserState)
      .where("lease_until_ms", "<", wish.nowMs)
      // As the index has them.
      .orderBy("wave")
      .orderBy("next_ms")
      .orderBy("sequence")
      .limit(wish.wanted);
    const rows = await trx
      .updateTable("move_batch_users")
      .set((eb) => ({
        attempts: eb("attempts", "+", 1),
        lease_owner: wish.owner,
        lease_until_ms: wish.nowMs + wish.leaseMs,
        change_number: 0,
      }))
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", wish.batchId)
      .where("sequence", "in", lapsed)
      .where("state", "=", "moving" satisfies BatchUserState)
      .returningAll()
      .execute();
    return claimed(rows, wish, true);
  }

  /** Nobody waits and nobody is under way: the batch has ended, and what signed in to the other site is erased. */
  async #end(trx: Queries, batch: Batch, nowMs: number): Promise<void> {
    const users = new BatchUserRows(trx, this.#tenant, batch.batchId);
    const stuck = batch.isUndoing ? await users.stuck() : 0;
    await new BatchRows(trx, this.#tenant).change(batch.batchId, {
      state: endState(await users.counts(), batch.isUndoing, stuck),
      reason: null,
      sign_in_sealed: null,
      finished_ms: nowMs,
    });
  }

  /** Only where the worker still has the lease: whoever took the user over knows more by now. */
  async #release(
    queries: Queries,
    user: ClaimedUser,
    changes: Partial<Pick<MoveBatchUsersTable, "fault" | "next_ms" | "attempts" | "finished_ms">> & { state: BatchUserState; task?: Task },
  ): Promise<void> {
    await queries
      .updateTable("move_batch_users")
      .set({ ...changes, ...RELEASED })
      .where("tenant_id", "=", this.#tenant)
      .where("batch_id", "=", user.batchId)
      .where("sequence", "=", user.sequence)
      .where("state", "=", "moving" satisfies BatchUserState)
      .where("lease_owner", "=", user.owner)
      .execute();
  }
}

const RELEASED = { lease_owner: null, lease_until_ms: null, change_number: 0 } as const;

/** Whoever could not be taken back is where the move brought the user. */
function failedState(user: ClaimedUser): { state: BatchUserState } {
  return { state: user.task === "undo" ? "moved" : "failed" };
}

function stoppedState(user: ClaimedUser): { state: BatchUserState; task: Task } {
  return { state: user.task === "undo" ? "moved" : "skipped", task: "move" };
}

/** Of what is said already nothing is said twice. */
function reasonOf(error: unknown, told: Complaint): string {
  const reason = isFault(error) && error.is("batch-sign-in-ended") ? String(error.fields.reason) : told.text;
  return reason.replace(/\.$/, "");
}

/** Of a move that was left, what left it: the rest is about one user. */
function pausedBy(error: unknown, count: number): Complaint {
  const { text, cure } = complaintOf(isFault(error) && error.is("move-unsettled") && isFault(error.cause) ? error.cause : error);
  return complaint("batch-paused", { count, text, cure });
}

function claimed(rows: readonly MoveBatchUsersTable[], wish: ClaimWish, isTakenOver: boolean): ClaimedUser[] {
  return rows
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((row) => ({ ...userFromRow(row), batchId: wish.batchId, owner: wish.owner, isTakenOver }));
}
