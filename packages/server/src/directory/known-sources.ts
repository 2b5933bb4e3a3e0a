/**
 * Where accounts have signed in from. A lock after wrong passwords is what keeps guessers out, and by itself it is a way to
 * keep the owner out, too: ten wrong passwords every quarter of an hour, from anywhere. So an address from which the
 * account signed in before counts for itself: guesses from elsewhere lock elsewhere, and the owner's own mistakes lock
 * the owner's address.
 *
 *     from           wrong passwords count at    a lock refuses
 *     a known one    account and address         that address
 *     any other      the account                 all addresses that are not known
 */
import { sourceKey } from "@tieline/auth";
import { within, type Queries } from "../store/index.ts";
import type { Account, LockoutRule } from "./accounts.ts";

export interface KnownSourcesOptions {
  /** An address is known for so long after the last good sign-in. Default 30; 0: none ever is. */
  knownDays?: number;
  /** Addresses of one account that are remembered, the newest. Default 16. */
  perAccount?: number;
}

/** How an account stands towards one address. */
export interface Standing {
  known: boolean;
  /** Of the address where it is known, else of the account. */
  lockedUntilMs: number | null;
}

type Whose = Pick<Account, "tenantId" | "accountId" | "lockedUntilMs" | "failedCount">;

const DAY_MS = 24 * 60 * 60_000;
/** Not each sign-in is worth a write. */
const REFRESH_MS = 60 * 60_000;

export class KnownSources {
  readonly #db: Queries;
  readonly #knownMs: number;
  readonly #perAccount: number;
  constructor(db: Queries, { knownDays = 30, perAccount = 16 }: KnownSourcesOptions = {}) {
    this.#db = db;
    this.#knownMs = knownDays * DAY_MS;
    this.#perAccount = perAccount;
  }

  async standing(account: Whose, source: string, nowMs: number): Promise<Standing> {
    const row = await this.#row(this.#db, account, source);
    const known = row !== undefined && nowMs - row.seen_ms < this.#knownMs;
    return { known, lockedUntilMs: known ? row.locked_until_ms : account.lockedUntilMs };
  }

  /** Counts a wrong password from a known address, and locks it for the account when the rule says so. */
  async failed(account: Whose, source: string, rule: LockoutRule, nowMs: number): Promise<void> {
    await within(this.#db, async (trx) => {
      const mine = trx
        .updateTable("known_sources")
        .where("tenant_id", "=", account.tenantId)
        .where("account_id", "=", account.accountId)
        .where("source", "=", sourceKey(source));
      await mine.set((eb) => ({ failed_count: eb("failed_count", "+", 1) })).execute();
      const row = await this.#row(trx, account, source);
      if (row === undefined) return;
      const forgotten = row.failed_ms !== null && nowMs - row.failed_ms > rule.windowMs;
      const count = forgotten ? 1 : row.failed_count;
      const isLocked = count >= rule.failures;
      await mine
        .set({ failed_count: isLocked ? 0 : count, failed_ms: nowMs, ...(isLocked ? { locked_until_ms: nowMs + rule.lockMs } : {}) })
        .execute();
    });
  }

  /** After the right password: the address is known from now on. What was guessed elsewhere stays counted. */
  async succeeded(account: Whose, source: string, nowMs: number): Promise<void> {
    if (this.#knownMs === 0) return;
    const row = await this.#row(this.#db, account, source);
    if (row !== undefined && row.failed_count === 0 && row.locked_until_ms === null && nowMs - row.seen_ms < REFRESH_MS) return;
    const columns = { seen_ms: nowMs, failed_count: 0, failed_ms: null, locked_until_ms: null };
    await within(this.#db, async (trx) => {
      await trx
        .insertInto("known_sources")
        .values({ tenant_id: account.tenantId, account_id: account.accountId, source: sourceKey(source), ...columns })
        .onConflict((conflict) => conflict.columns(["tenant_id", "account_id", "source"]).doUpdateSet(columns))
        .execute();
      if (row !== undefined) return;
      const newest = trx
        .selectFrom("known_sources")
        .select("source")
        .where("tenant_id", "=", account.tenantId)
        .where("account_id", "=", account.accountId)
        .orderBy("seen_ms", "desc")
        .orderBy("source")
        .limit(this.#perAccount);
      await trx
        .deleteFrom("known_sources")
        .where("tenant_id", "=", account.tenantId)
        .where("account_id", "=", account.accountId)
        .where("source", "not in", newest)
        .execute();
    });
  }

  /** Takes the locks of all its addresses away: the password is another one now. */
  async unlock(account: Pick<Whose, "tenantId" | "accountId">): Promise<void> {
    await this.#db
      .updateTable("known_sources")
      .set({ failed_count: 0, failed_ms: null, locked_until_ms: null })
      .where("tenant_id", "=", account.tenantId)
      .where("account_id", "=", account.accountId)
      .execute();
  }

  #row(db: Queries, account: Whose, source: string) {
    return db
      .selectFrom("known_sources")
      .selectAll()
      .where("tenant_id", "=", account.tenantId)
      .where("account_id", "=", account.accountId)
      .where("source", "=", sourceKey(source))
      .executeTakeFirst();
  }
}
