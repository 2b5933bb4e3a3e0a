/** The record of sign-ins of a tenant, good and bad; rows are only added and, after a time, taken away. */
import type { TenantId } from "../directory/index.ts";
import type { Queries } from "../store/index.ts";

export interface SignInEntry {
  atMs: number;
  /** Null where the name is no account's. */
  accountId: string | null;
  /** As it was typed, or the account's; an application's id where no person signed in. */
  name: string;
  /** The application that asked. */
  appId: string;
  resource: string;
  /** `password`, `device_code`, `authorization_code`, `client_credentials`, ... */
  method: string;
  /** 0 for success, else the number behind AADSTS. */
  result: number;
  address: string;
  userAgent: string;
  correlationId: string;
}

const MAX_TEXT = 256;

export class SignInLog {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async add(entry: SignInEntry): Promise<void> {
    await this.#db
      .insertInto("sign_ins")
      .values({
        tenant_id: this.#tenant,
        at_ms: entry.atMs,
        account_id: entry.accountId,
        name: entry.name.slice(0, MAX_TEXT),
        app_id: entry.appId.slice(0, MAX_TEXT),
        resource: entry.resource.slice(0, MAX_TEXT),
        method: entry.method,
        result: entry.result,
        address: entry.address,
        user_agent: entry.userAgent.slice(0, MAX_TEXT),
        correlation_id: entry.correlationId,
      })
      .execute();
  }

  /** The newest first; `name` in any letter case. */
  async list(options: { sinceMs?: number; limit: number; name?: string; failuresOnly?: boolean }): Promise<SignInEntry[]> {
    const { name, failuresOnly = false } = options;
    const rows = await this.#db
      .selectFrom("sign_ins")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("at_ms", ">=", options.sinceMs ?? 0)
      .$if(name !== undefined, (query) => query.where((eb) => eb(eb.fn<string>("lower", ["name"]), "=", (name ?? "").toLowerCase())))
      .$if(failuresOnly, (query) => query.where("result", "<>", 0))
      .orderBy("at_ms", "desc")
      .orderBy("sign_in_id", "desc")
      .limit(options.limit)
      .execute();
    return rows.map((row) => ({
      atMs: row.at_ms,
      accountId: row.account_id,
      name: row.name,
      appId: row.app_id,
      resource: row.resource,
      method: row.method,
      result: row.result,
      address: row.address,
      userAgent: row.user_agent,
      correlationId: row.correlation_id,
    }));
  }

  /** Takes away what is older; returns how many rows that were. */
  async forget(beforeMs: number): Promise<number> {
    const result = await this.#db
      .deleteFrom("sign_ins")
      .where("tenant_id", "=", this.#tenant)
      .where("at_ms", "<", beforeMs)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}
