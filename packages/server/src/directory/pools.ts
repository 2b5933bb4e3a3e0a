/** The pools of an on-premises deployment: what Get-CsPool shows. */
import { textsFromJson, toJson, type Queries } from "../store/index.ts";
import { key, type TenantId } from "./ids.ts";

export interface Pool {
  /** The pool's FQDN. */
  identity: string;
  /** `Site:Redmond`. */
  site: string;
  computers: readonly string[];
  /** `Registrar:pool01.contoso.local`, ... */
  services: readonly string[];
}

export class Pools {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async list(): Promise<Pool[]> {
    const rows = await this.#db.selectFrom("pools").selectAll().where("tenant_id", "=", this.#tenant).orderBy("identity_key").execute();
    return rows.map((row) => ({
      identity: row.identity,
      site: row.site,
      computers: textsFromJson(row.computers, "pools.computers"),
      services: textsFromJson(row.services, "pools.services"),
    }));
  }

  async add(pool: Pool, nowMs: number): Promise<void> {
    await this.#db
      .insertInto("pools")
      .values({
        tenant_id: this.#tenant,
        identity: pool.identity,
        identity_key: key(pool.identity),
        site: pool.site,
        computers: toJson(pool.computers),
        services: toJson(pool.services),
        created_ms: nowMs,
      })
      .execute();
  }
}
