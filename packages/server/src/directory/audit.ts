/** The record of what was run in a tenant, by whom and with what end; rows are only added and, after a time, taken away. */
import { toJson, recordFromJson, type AuditTable, type JsonRecord, type Queries } from "../store/index.ts";
import type { TenantId } from "./ids.ts";

export interface AuditEntry {
  atMs: number;
  accountId: string;
  /** The account's user principal name at that time. */
  account: string;
  session: string;
  /** The peer's address. */
  client: string;
  cmdlet: string;
  /** Without secrets: whoever writes the entry leaves them out. */
  parameters: JsonRecord;
  outcome: AuditTable["outcome"];
  faultCode: string | null;
  durationMs: number;
}

export class Audit {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async add(entry: AuditEntry): Promise<void> {
    await this.#db
      .insertInto("audit")
      .values({
        tenant_id: this.#tenant,
        at_ms: entry.atMs,
        account_id: entry.accountId,
        account: entry.account,
        session: entry.session,
        client: entry.client,
        cmdlet: entry.cmdlet,
        parameters: toJson(entry.parameters),
        outcome: entry.outcome,
        fault_code: entry.faultCode,
        duration_ms: entry.durationMs,
      })
      .execute();
  }

  /** The newest entries first. */
  async list(options: { sinceMs?: number; limit: number }): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom("audit")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("at_ms", ">=", options.sinceMs ?? 0)
      .orderBy("at_ms", "desc")
      .orderBy("audit_id", "desc")
      .limit(options.limit)
      .execute();
    return rows.map((row) => ({
      atMs: row.at_ms,
      accountId: row.account_id,
      account: row.account,
      session: row.session,
      client: row.client,
      cmdlet: row.cmdlet,
      parameters: recordFromJson(row.parameters, "audit.parameters"),
      outcome: row.outcome,
      faultCode: row.fault_code,
      durationMs: row.duration_ms,
    }));
  }

  /** Takes away what is older; returns how many rows that were. */
  async forget(beforeMs: number): Promise<number> {
    const result = await this.#db
      .deleteFrom("audit")
      .where("tenant_id", "=", this.#tenant)
      .where("at_ms", "<", beforeMs)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}
