/**
 * What administrators do to a batch. Each of these first prepares the users, some thousands a statement, while nobody works on the
 * batch, and then changes its state: a process that dies in between leaves a batch that can be told the same again.
 */
import { Fault } from "@tieline/fault";
import type { HostedAuthentication } from "../hosted/hosted-session.ts";
import { complaint } from "./complaint.ts";
import type { Batch, BatchId } from "./batch.ts";
import { BatchRows, type BatchChanges } from "./batch-rows.ts";
import type { BatchServiceOptions } from "./batch-service.ts";
import { afterEvent, WORKED_ON, type BatchEvent } from "./batch-state.ts";
import { BatchUserRows } from "./batch-user-rows.ts";
import { planWaves } from "./plan.ts";
import { sealSignIn } from "./sign-in.ts";
import { freshStatistics } from "./statistics.ts";

/** How to sign in to the other site from now on; what is left out stays. */
export interface SignIn {
  authentication?: HostedAuthentication | undefined;
  /** -HostedMigrationOverrideUrl. */
  url?: string | undefined;
}

/** Those who begin once more begin afresh. */
const AFRESH = { state: "waiting", attempts: 0, next_ms: 0, fault: null } as const;

export class BatchCommands {
  readonly #options: BatchServiceOptions;
  readonly #rows: BatchRows;
  constructor(options: BatchServiceOptions) {
    this.#options = options;
    this.#rows = new BatchRows(options.directory.db, options.tenant);
  }

  async start(id: BatchId, signIn: SignIn, by: string): Promise<void> {
    for (;;) {
      const batch = await this.#prepare(id, "start", signIn);
      if (batch.state === "Running") return;
      if (batch.users === 0) throw new Fault("batch-empty", { batch: batch.name });
      const waves = await planWaves(this.#options, batch);
      await freshStatistics(this.#options.directory.db, this.#options.engine);
      const isDone = await this.#change(id, "start", (now) =>
        // Somebody was added meanwhile: once more.
        now.users === batch.users
          ? { waves, undoing: 0, reason: null, started_by: by, started_ms: this.#options.nowMs(), finished_ms: null, fault_streak: 0 }
          : undefined,
      );
      if (isDone) return;
    }
  }

  async suspend(id: BatchId, by: string): Promise<void> {
    await this.#change(id, "suspend", (now) =>
      now.state === "Suspended" ? {} : { reason: complaint("batch-suspended-by", { account: by }) },
    );
  }

  async resume(id: BatchId, signIn: SignIn, by: string): Promise<void> {
    const batch = await this.#prepare(id, "resume", signIn);
    const users = this.#users(id);
    if (batch.state === "CompletedWithErrors") {
      const isUndoing = batch.isUndoing && (await users.stuck()) > 0;
      await users.sweep(isUndoing ? { state: "moved", task: "undo" } : { state: "failed" }, AFRESH);
      await this.#rows.change(id, { undoing: isUndoing ? 1 : 0 });
    }
    await users.sweep({ state: "waiting", tried: true }, { attempts: 0, next_ms: 0 });
    await this.#change(id, "resume", () => ({ reason: null, started_by: by, finished_ms: null, fault_streak: 0, streak_kind: null }));
  }

  async stop(id: BatchId, by: string): Promise<void> {
    await this.#change(id, "stop", () => ({
      reason: null,
      sign_in_sealed: null,
      finished_ms: this.#options.nowMs(),
    }));
    const users = this.#users(id);
    const reason = complaint("batch-cancelled", { account: by });
    await users.sweep({ state: "waiting", task: "undo" }, { state: "moved", task: "move" });
    await users.sweep({ state: "waiting", task: "move" }, { state: "skipped", fault: reason });
  }

  async undo(id: BatchId, only: readonly number[] | undefined, signIn: SignIn, by: string): Promise<void> {
    const before = await this.#prepare(id, "undo", signIn);
    const goesOn = only !== undefined && before.state === "Running";
    // Nobody else is to begin while the users are turned round.
    if (!goesOn && WORKED_ON.includes(before.state)) await this.suspend(id, by);
    const users = this.#users(id);
    const some = only === undefined ? {} : { users: only };
    const reason = complaint("batch-cancelled", { account: by });
    await users.sweep({ state: "waiting", task: "move", ...some }, { state: "skipped", fault: reason });
    await users.sweep({ state: "moving", task: "move", ...some }, { task: "undo" });
    await users.sweep({ state: "moved", ...some }, { ...AFRESH, task: "undo" });
    if (goesOn) return;
    await this.#change(id, "undo", () => ({
      undoing: 1,
      reason: null,
      started_by: by,
      finished_ms: null,
      fault_streak: 0,
      streak_kind: null,
    }));
  }

  async remove(id: BatchId): Promise<void> {
    await this.#options.directory.transaction(async (_inside, trx) => {
      const rows = new BatchRows(trx, this.#options.tenant);
      const locked = await rows.lock(id);
      if (locked === undefined) throw new Fault("batch-not-found", { batch: id });
      afterEvent(locked.batch, "remove");
      await new BatchUserRows(trx, this.#options.tenant, id).removeAll();
      await rows.remove(id);
    });
  }

  async signIn(id: BatchId, { authentication, url }: SignIn): Promise<void> {
    if (authentication === undefined && url === undefined) return;
    const { directory, tenant, vault } = this.#options;
    await directory.transaction(async (_inside, trx) => {
      const rows = new BatchRows(trx, tenant);
      const locked = await rows.lock(id);
      if (locked === undefined) throw new Fault("batch-not-found", { batch: id });
      await rows.change(id, {
        ...(url === undefined ? {} : { hosted_url: url }),
        ...(authentication === undefined ? {} : { sign_in_sealed: sealSignIn(vault, id, authentication) }),
        // Sessions that were opened another way are opened again.
        sign_in_version: locked.row.sign_in_version + 1,
      });
    });
  }

  /** The batch, where the event may come, with its sign-in. @throws Fault `batch-state`, `batch-sign-in-missing` */
  async #prepare(id: BatchId, event: Exclude<BatchEvent, "finish">, signIn: SignIn): Promise<Batch> {
    const batch = await this.#rows.find(id);
    afterEvent(batch, event);
    const isSigned = batch.hasSignIn || signIn.authentication !== undefined || this.#options.application !== undefined;
    if (batch.crosses && !isSigned) throw new Fault("batch-sign-in-missing", { batch: batch.name });
    await this.signIn(id, signIn);
    return batch;
  }

  /** Changes the state under the lock; false where `changes` gives none. @throws Fault `batch-state`, `batch-not-found` */
  async #change(id: BatchId, event: Exclude<BatchEvent, "finish">, changes: (now: Batch) => BatchChanges | undefined): Promise<boolean> {
    return this.#options.directory.transaction(async (_inside, trx) => {
      const rows = new BatchRows(trx, this.#options.tenant);
      const locked = await rows.lock(id);
      if (locked === undefined) throw new Fault("batch-not-found", { batch: id });
      const state = afterEvent(locked.batch, event);
      const changed = changes(locked.batch);
      if (changed !== undefined) await rows.change(id, { ...changed, state });
      return changed !== undefined;
    });
  }

  #users(id: BatchId): BatchUserRows {
    return new BatchUserRows(this.#options.directory.db, this.#options.tenant, id);
  }
}
