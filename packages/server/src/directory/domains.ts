/** The domains of one tenant. */
import type { Queries } from "../store/index.ts";
import { key, type TenantId } from "./ids.ts";
import type { Domain } from "./tenants.ts";

export class Domains {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** The default domain first, then by name. */
  async list(): Promise<Domain[]> {
    const rows = await this.#db
      .selectFrom("domains")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .orderBy("is_default", "desc")
      .orderBy("name_key")
      .execute();
    return rows.map((row) => ({ name: row.name, verified: row.verified === 1, isDefault: row.is_default === 1, sip: row.sip === 1 }));
  }

  /** True if it was there. */
  async setSip(name: string, enabled: boolean): Promise<boolean> {
    const result = await this.#db
      .updateTable("domains")
      .set({ sip: enabled ? 1 : 0 })
      .where("tenant_id", "=", this.#tenant)
      .where("name_key", "=", key(name))
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }
}
