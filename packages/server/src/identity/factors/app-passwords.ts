/** Application passwords: 16 letters in a password's place, for clients that cannot ask for a second factor. */
import { Fault } from "@tieline/fault";
import { drawAppPassword, drawGuid } from "./drawn.ts";
import { columnsOf, type FactorContext, type Owner } from "./factor-context.ts";
import { cleanName } from "./methods.ts";

export interface AppPassword {
  passwordId: string;
  name: string;
  createdMs: number;
  usedMs: number | null;
}

export class AppPasswords {
  readonly #context: FactorContext;
  constructor(context: FactorContext) {
    this.#context = context;
  }

  async list(owner: Owner): Promise<AppPassword[]> {
    const rows = await this.#mine(owner).orderBy("created_ms").orderBy("password_id").execute();
    return rows.map((row) => ({ passwordId: row.password_id, name: row.name, createdMs: row.created_ms, usedMs: row.used_ms }));
  }

  /** This is the only time that it is seen. @throws Fault `factor-limit` */
  async add(owner: Owner, name: string): Promise<string> {
    const { db, limits, sources } = this.#context;
    if ((await this.list(owner)).length >= limits.appPasswords)
      throw new Fault("factor-limit", { limit: limits.appPasswords, what: "application passwords" });
    const password = drawAppPassword(sources);
    await db
      .insertInto("app_passwords")
      .values({
        password_id: drawGuid(sources),
        ...columnsOf(owner),
        name: cleanName(name),
        secret_hash: this.#hash(owner, password),
        created_ms: sources.nowMs(),
        used_ms: null,
      })
      .execute();
    return password;
  }

  async revoke(owner: Owner, passwordId: string): Promise<void> {
    await this.#context.db
      .deleteFrom("app_passwords")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where("password_id", "=", passwordId)
      .execute();
  }

  async revokeAll(owner: Owner): Promise<void> {
    await this.#context.db
      .deleteFrom("app_passwords")
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .execute();
  }

  /** True for one of the account's; blanks between the letters and their case do not matter. */
  async isRight(owner: Owner, typed: string): Promise<boolean> {
    const plain = typed.slice(0, 64).replace(/\s/g, "").toLowerCase();
    if (!/^[a-z]{16}$/.test(plain)) return false;
    const done = await this.#context.db
      .updateTable("app_passwords")
      .set({ used_ms: this.#context.sources.nowMs() })
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId)
      .where("secret_hash", "=", this.#hash(owner, plain))
      .executeTakeFirst();
    return done.numUpdatedRows === 1n;
  }

  #mine(owner: Owner) {
    return this.#context.db
      .selectFrom("app_passwords")
      .selectAll()
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId);
  }

  #hash(owner: Owner, plain: string): string {
    return this.#context.vault.digest(`application password ${owner.accountId}`, plain);
  }
}
