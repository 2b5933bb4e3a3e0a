/** What the halves of leading a move share: the deployment's own transactions, its journal, and who holds a move. */
import type { Directory, TenantDirectory, TenantId } from "../../directory/index.ts";
import type { Vault } from "../../identity/index.ts";
import type { Json, Queries } from "../../store/index.ts";
import type { DeploymentForest } from "../forest/index.ts";
import type { AnswerOf } from "../hosted/contract.ts";
import { UserDataStore, type CounterpartsOf } from "../user-data/index.ts";
import type { Ending } from "./ending.ts";
import { MoveJournal, type MoveRow } from "./journal.ts";
import type { MoveStep } from "./move.ts";
import type { MoveCall } from "./move-engine.ts";
import type { Targets } from "./route.ts";

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
  settleBy: (url: string, ticket: string, order: "commit" | "abort", moveId: string, sipAddress: string) => Promise<AnswerOf<"commit">>;
  log: { info(facts: Record<string, unknown>, text: string): void; warn(facts: Record<string, unknown>, text: string): void };
  /** True where no other process works on this database. */
  exclusive: boolean;
  /** A process that has not renewed its lease for so long is taken for dead. Default `LEASE_MS`. */
  leaseMs?: number;
  /** Told before and after each step that changes something: for tests that kill. */
  reached?: ((step: MoveStep, when: "before" | "after") => void) | undefined;
}

export const LEASE_MS = 30_000;
/** Where neither the licences nor the policies of a user are asked for. */
export const BARE = { without: { policies: true, plans: true } } as const;

export class LeadingSite {
  readonly options: LeaderOptions;
  /** This process, in the journal. */
  readonly owner: string;
  /** Moves that this process is at. */
  readonly running = new Set<string>();

  constructor(options: LeaderOptions) {
    this.options = options;
    this.owner = options.newGuid();
  }

  get mine(): TenantDirectory {
    return this.options.directory.tenant(this.options.tenant);
  }

  get journal(): MoveJournal {
    return new MoveJournal(this.options.directory.db, this.options.tenant);
  }

  /** How long a move is this process's own, from now. */
  get leaseMs(): number {
    return this.options.nowMs() + (this.options.leaseMs ?? LEASE_MS);
  }

  async targets(): Promise<Targets> {
    return { pools: await this.mine.pools.list(), providers: await this.mine.settings.list("HostingProvider") };
  }

  /** One transaction at this site. */
  inside<T>(work: (mine: TenantDirectory, journal: MoveJournal, queries: Queries) => Promise<T>): Promise<T> {
    const { directory, tenant } = this.options;
    return directory.transaction((inside, queries) => work(inside.tenant(tenant), new MoveJournal(queries, tenant), queries));
  }

  /** Tells whoever watches, and does it. */
  async step<T>(step: MoveStep, call: MoveCall | undefined, work: () => Promise<T>): Promise<T> {
    call?.onStep?.(step);
    this.options.reached?.(step, "before");
    const result = await work();
    this.options.reached?.(step, "after");
    return result;
  }

  /** False where the move is not as it was, or another process's. */
  markUndone(row: MoveRow, state: "undoing" | "undone", faultCode?: string): Promise<boolean> {
    const change = { active: state === "undoing", ...(faultCode === undefined ? {} : { faultCode }) };
    return this.journal.advance(row, state, this.options.nowMs(), change, this.owner);
  }

  /** Ends the move here: what was moved is removed from where it came, and clients are sent on. */
  async release(row: MoveRow, { outcome, fault }: Ending, alongside: MoveCall["alongside"]): Promise<void> {
    const { tenant, nowMs, log } = this.options;
    if (fault !== undefined) log.warn({ move: row.moveId, user: row.sipAddress, fault: fault.code }, fault.message);
    const said = { faultCode: fault?.code ?? null, ...(fault === undefined ? {} : { outcome: outcome as unknown as Json }) };
    await this.inside(async (mine, journal, queries) => {
      const holds = await journal.advance(row, "done", nowMs(), { active: false, ...said }, this.owner);
      if (!holds) {
        // Somebody else has completed it, and did the rest; only what goes along with it here they could not.
        if ((await journal.get(row.moveId))?.state === "done") await alongside?.(queries, outcome);
        return;
      }
      if (row.direction === "to-online") {
        const isThere = await mine.users.exists(row.objectId);
        const store = new UserDataStore(queries, tenant);
        await store.remove(row.objectId);
        if (isThere) {
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

  /** Tells the forest; what it cannot be told now stands in its outbox. */
  async publish(row: MoveRow): Promise<void> {
    try {
      await this.options.forest?.publish([row.objectId]);
    } catch (error) {
      this.options.log.warn({ user: row.sipAddress, error: String(error) }, "the forest has not been told of a move yet");
    }
  }
}
