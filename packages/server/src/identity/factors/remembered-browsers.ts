/** Browsers in which a second factor was shown and that are not asked again for the tenant's number of days. */
import { drawSecret } from "./drawn.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";

const DAY_MS = 86_400_000;

export class RememberedBrowsers {
  readonly #context: FactorContext;
  constructor(context: FactorContext) {
    this.#context = context;
  }

  /** The secret for the browser's cookie. */
  async remember(owner: Owner, days: number): Promise<string> {
    const { db, vault, sources } = this.#context;
    const secret = drawSecret(sources);
    const now = sources.nowMs();
    await db.deleteFrom("mfa_browsers").where("tenant_id", "=", owner.tenantId).where("expires_ms", "<=", now).execute();
    await db
      .insertInto("mfa_browsers")
      .values({ secret_hash: vault.digest("browser", secret), ...columnsOf(owner), created_ms: now, expires_ms: now + days * DAY_MS })
      .execute();
    return secret;
  }

  /** Whether one of the cookie's secrets is the account's; `days`: the tenant's setting now, which may have been lowered since. */
  async isRemembered(owner: Owner, secrets: readonly string[], days: number): Promise<boolean> {
    if (days === 0 || secrets.length === 0) return false;
    const { db, vault, sources } = this.#context;
    const now = sources.nowMs();
    const row = await db
      .selectFrom("mfa_browsers")
      .select("secret_hash")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where(
        "secret_hash",
        "in",
        secrets.slice(0, 10).map((secret) => vault.digest("browser", secret)),
      )
      .where("expires_ms", ">", now)
      .where("created_ms", ">", now - days * DAY_MS)
      .executeTakeFirst();
    return row !== undefined;
  }

  async forgetAll(owner: Owner): Promise<void> {
    await this.#context.db
      .deleteFrom("mfa_browsers")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .execute();
  }
}
