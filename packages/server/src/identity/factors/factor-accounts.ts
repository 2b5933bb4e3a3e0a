/** The row of each account that has to do with second factors: its state, and the count of wrong answers and messages. */
import { Fault } from "@tieline/fault";
import { within, type MfaAccountsTable, type Queries } from "../../store/index.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";
import { TRANSITIONS, type MfaEvent, type MfaState } from "./state.ts";

export interface FactorAccount {
  state: MfaState;
  registeredMs: number | null;
  registerAgain: boolean;
  defaultMethod: string | null;
}

export class FactorAccounts {
  readonly #context: FactorContext;
  constructor(context: FactorContext) {
    this.#context = context;
  }

  async get(owner: Owner): Promise<FactorAccount> {
    const row = await mine(this.#context.db, owner);
    return row === undefined
      ? { state: "Disabled", registeredMs: null, registerAgain: false, defaultMethod: null }
      : { state: row.state, registeredMs: row.registered_ms, registerAgain: row.register_again === 1, defaultMethod: row.default_method };
  }

  /** Takes the account along the table of transitions. */
  async change(owner: Owner, event: MfaEvent): Promise<MfaState> {
    return this.#changing(owner, async (trx, row) => {
      const state = TRANSITIONS[row.state][event];
      const now = this.#context.sources.nowMs();
      await this.#set(trx, owner, {
        state,
        ...(event === "registered" ? { registered_ms: now, register_again: 0 } : {}),
        ...(event === "reset"
          ? { registered_ms: null, default_method: null, failed_count: 0, failed_ms: null, locked_until_ms: null }
          : {}),
      });
      return state;
    });
  }

  /** Asks for the methods to be set up again at the next browser sign-in; what there is goes on until then. */
  async requireRegistration(owner: Owner): Promise<void> {
    await this.#changing(owner, (trx) => this.#set(trx, owner, { register_again: 1 }));
  }

  async setDefaultMethod(owner: Owner, methodId: string | null): Promise<void> {
    await this.#changing(owner, (trx) => this.#set(trx, owner, { default_method: methodId }));
  }

  /**
   * Counts an answer as wrong before it is looked at, so that answers that are sent together are counted together;
   * `right` takes it back.
   *
   * @throws Fault `factor-locked`
   */
  async charge(owner: Owner): Promise<void> {
    const { limits, sources } = this.#context;
    const now = sources.nowMs();
    const seconds = await this.#changing(owner, async (trx, row) => {
      if (row.locked_until_ms !== null && row.locked_until_ms > now) return Math.ceil((row.locked_until_ms - now) / 1000);
      const isOld = row.failed_ms === null || now - row.failed_ms >= limits.lockMs;
      const count = isOld ? 1 : row.failed_count + 1;
      await this.#set(trx, owner, {
        failed_count: count,
        failed_ms: now,
        locked_until_ms: count >= limits.attempts ? now + limits.lockMs : null,
      });
      return 0;
    });
    if (seconds > 0) throw new Fault("factor-locked", { user: owner.userPrincipalName, seconds });
  }

  async right(owner: Owner): Promise<void> {
    await this.#set(this.#context.db, owner, { failed_count: 0, failed_ms: null, locked_until_ms: null });
  }

  /** @throws Fault `factor-messages` */
  async countMessage(owner: Owner): Promise<void> {
    const { limits, sources } = this.#context;
    const now = sources.nowMs();
    const allowed = await this.#changing(owner, async (trx, row) => {
      const isOld = row.messages_from_ms === null || now - row.messages_from_ms >= limits.messagesWindowMs;
      if (!isOld && row.messages >= limits.messages) return false;
      await this.#set(trx, owner, isOld ? { messages: 1, messages_from_ms: now } : { messages: row.messages + 1 });
      return true;
    });
    if (allowed) return;
    const minutes = Math.round(limits.messagesWindowMs / 60_000);
    throw new Fault("factor-messages", { limit: limits.messages, user: owner.userPrincipalName, minutes });
  }

  /** With the row held, so that two that change it come one after the other. */
  async #changing<T>(owner: Owner, work: (trx: Queries, row: MfaAccountsTable) => Promise<T>): Promise<T> {
    const now = this.#context.sources.nowMs();
    const fresh: MfaAccountsTable = {
      ...columnsOf(owner),
      state: "Disabled",
      registered_ms: null,
      register_again: 0,
      default_method: null,
      failed_count: 0,
      failed_ms: null,
      locked_until_ms: null,
      messages: 0,
      messages_from_ms: null,
      changed_ms: now,
    };
    return within(this.#context.db, async (trx) => {
      await trx
        .insertInto("mfa_accounts")
        .values(fresh)
        .onConflict((conflict) => conflict.column("account_id").doUpdateSet({ changed_ms: now }))
        .execute();
      return work(trx, (await mine(trx, owner)) ?? fresh);
    });
  }

  async #set(db: Queries, owner: Owner, columns: Partial<MfaAccountsTable>): Promise<void> {
    await db
      .updateTable("mfa_accounts")
      .set(columns)
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .execute();
  }
}

function mine(db: Queries, owner: Owner): Promise<MfaAccountsTable | undefined> {
  return db
    .selectFrom("mfa_accounts")
    .selectAll()
    .where("tenant_id", "=", owner.tenantId)
    .where("account_id", "=", owner.accountId)
    .executeTakeFirst();
}
