/** Recovery codes: ten, shown once, each good once, for the day on which everything else is out of reach. */
import { Fault } from "@tieline/fault";
import { within } from "../../store/index.ts";
import { drawRecoveryCode, plainRecoveryCode } from "./drawn.ts";
import type { FactorAccounts } from "./factor-accounts.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";

export class RecoveryCodes {
  readonly #context: FactorContext;
  readonly #accounts: FactorAccounts;

  constructor(context: FactorContext, accounts: FactorAccounts) {
    this.#context = context;
    this.#accounts = accounts;
  }

  /** Fresh codes; those before are void. This is the only time that they are seen. */
  async replace(owner: Owner): Promise<string[]> {
    const { limits, sources } = this.#context;
    const codes = Array.from({ length: limits.recoveryCodes }, () => drawRecoveryCode(sources));
    await within(this.#context.db, async (trx) => {
      await trx
        .deleteFrom("mfa_recovery_codes")
        .where("tenant_id", "=", owner.tenantId)
        .where("account_id", "=", owner.accountId)
        .execute();
      const rows = codes.map((code) => ({ ...columnsOf(owner), code_hash: this.#hash(owner, code), used_ms: null }));
      await trx.insertInto("mfa_recovery_codes").values(rows).execute();
    });
    return codes;
  }

  async removeAll(owner: Owner): Promise<void> {
    await this.#context.db
      .deleteFrom("mfa_recovery_codes")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .execute();
  }

  /** How many are left. */
  async left(owner: Owner): Promise<number> {
    const rows = await this.#context.db
      .selectFrom("mfa_recovery_codes")
      .select("code_hash")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where("used_ms", "is", null)
      .execute();
    return rows.length;
  }

  /** Spends a code. @throws Fault `factor-wrong`, `factor-locked` */
  async verify(owner: Owner, typed: string): Promise<void> {
    await this.#accounts.charge(owner);
    const done = await this.#context.db
      .updateTable("mfa_recovery_codes")
      .set({ used_ms: this.#context.sources.nowMs() })
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where("code_hash", "=", this.#hash(owner, typed))
      .where("used_ms", "is", null)
      .executeTakeFirst();
    if (done.numUpdatedRows !== 1n) throw new Fault("factor-wrong", { what: "the recovery code is wrong, or it was used before" });
    await this.#accounts.right(owner);
  }

  #hash(owner: Owner, typed: string): string {
    return this.#context.vault.digest(`recovery code ${owner.accountId}`, plainRecoveryCode(typed));
  }
}
