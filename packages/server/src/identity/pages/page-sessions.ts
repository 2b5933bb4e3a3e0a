/** Browsers that are signed in to the pages of their own account: a secret in a cookie, its digest in a row. */
import type { Sources } from "@tieline/auth";
import type { Account, AccountId, Directory } from "../../directory/index.ts";
import { textsFromJson, toJson, type PageSessionsTable, type Queries } from "../../store/index.ts";
import { drawGuid, drawSecret, type Owner } from "../factors/index.ts";
import type { Vault } from "../vault.ts";

export interface PageSession {
  sessionId: string;
  amr: readonly string[];
  address: string;
  browser: string;
  authenticatedMs: number;
  usedMs: number;
}

const HOUR_MS = 60 * 60_000;
/** A session that ends with the browser, if the browser forgets to. */
const SHORT_MS = 12 * HOUR_MS;
export const KEPT_MS = 30 * 24 * HOUR_MS;
/** Whoever changes how they sign in must have signed in within this time. */
export const FRESH_MS = HOUR_MS / 2;

const MAX_TEXT = 120;

export class PageSessions {
  readonly #db: Queries;
  readonly #vault: Vault;
  readonly #sources: Sources;
  readonly #directory: Directory;

  constructor(parts: { db: Queries; vault: Vault; sources: Sources; directory: Directory }) {
    this.#db = parts.db;
    this.#vault = parts.vault;
    this.#sources = parts.sources;
    this.#directory = parts.directory;
  }

  /** The secret for the cookie. */
  async begin(owner: Owner, facts: { amr: readonly string[]; address: string; browser: string; kept: boolean }): Promise<string> {
    const now = this.#sources.nowMs();
    const secret = drawSecret(this.#sources);
    await this.#db
      .insertInto("page_sessions")
      .values({
        session_id: drawGuid(this.#sources),
        secret_hash: this.#vault.digest("page session", secret),
        tenant_id: owner.tenantId,
        account_id: owner.accountId,
        amr: toJson(facts.amr),
        address: facts.address.slice(0, MAX_TEXT),
        browser: facts.browser.slice(0, MAX_TEXT),
        authenticated_ms: now,
        used_ms: now,
        expires_ms: now + (facts.kept ? KEPT_MS : SHORT_MS),
        kept: facts.kept ? 1 : 0,
      })
      .execute();
    return secret;
  }

  /** Whose cookie it is, if the account is still good and nothing has voided the session since. */
  async find(secret: string): Promise<{ session: PageSession; account: Account } | undefined> {
    if (secret === "") return undefined;
    const now = this.#sources.nowMs();
    const row = await this.#db
      .selectFrom("page_sessions")
      .selectAll()
      .where("secret_hash", "=", this.#vault.digest("page session", secret))
      .where("expires_ms", ">", now)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const account = await this.#directory.accounts.get(row.account_id as AccountId);
    if (account === undefined || !account.enabled || account.tokensValidFromMs > row.authenticated_ms) return undefined;
    await this.#db
      .updateTable("page_sessions")
      .set({ used_ms: now })
      .where("tenant_id", "=", row.tenant_id)
      .where("session_id", "=", row.session_id)
      .execute();
    return { session: fromRow(row), account };
  }

  /** The newest first. */
  async list(owner: Owner): Promise<PageSession[]> {
    const rows = await this.#mine(owner).where("expires_ms", ">", this.#sources.nowMs()).orderBy("used_ms", "desc").limit(50).execute();
    return rows.map(fromRow);
  }

  async end(owner: Owner, sessionId: string): Promise<void> {
    await this.#delete(owner).where("session_id", "=", sessionId).execute();
  }

  async endAll(owner: Owner): Promise<void> {
    await this.#delete(owner).execute();
  }

  async sweep(): Promise<void> {
    await this.#db.deleteFrom("page_sessions").where("expires_ms", "<", this.#sources.nowMs()).execute();
  }

  #delete(owner: Owner) {
    return this.#db.deleteFrom("page_sessions").where("tenant_id", "=", owner.tenantId).where("account_id", "=", owner.accountId);
  }

  #mine(owner: Owner) {
    return this.#db
      .selectFrom("page_sessions")
      .selectAll()
      .where("tenant_id", "=", owner.tenantId)
      .where("account_id", "=", owner.accountId);
  }
}

function fromRow(row: PageSessionsTable): PageSession {
  return {
    sessionId: row.session_id,
    amr: textsFromJson(row.amr, "page_sessions.amr"),
    address: row.address,
    browser: row.browser,
    authenticatedMs: row.authenticated_ms,
    usedMs: row.used_ms,
  };
}
