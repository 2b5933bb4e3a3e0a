/**
 * Settings of a tenant or a deployment that are neither users nor policies: hosting providers, the access edge, the
 * tenant's federation. What each kind holds is known to who asks; here they are records by kind and name.
 */
import { Fault } from "@tieline/fault";
import { isDuplicate, recordFromJson, toJson, within, type JsonRecord, type Queries, type SiteSettingsTable } from "../store/index.ts";
import { key, type TenantId } from "./ids.ts";

export interface SiteSetting {
  kind: string;
  name: string;
  settings: JsonRecord;
  createdMs: number;
  changedMs: number;
}

export class SiteSettings {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** In the order in which they were made. */
  async list(kind: string): Promise<SiteSetting[]> {
    const rows = await this.#db
      .selectFrom("site_settings")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("kind", "=", kind)
      .orderBy("created_ms")
      .orderBy("name_key")
      .execute();
    return rows.map(fromRow);
  }

  async get(kind: string, name = "Global"): Promise<SiteSetting | undefined> {
    const row = await this.#db
      .selectFrom("site_settings")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("kind", "=", kind)
      .where("name_key", "=", key(name))
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  /** @throws Fault `directory-duplicate` */
  async add(kind: string, name: string, settings: JsonRecord, nowMs: number): Promise<void> {
    const row = { tenant_id: this.#tenant, kind, name, name_key: key(name), settings: toJson(settings) };
    try {
      await this.#db
        .insertInto("site_settings")
        .values({ ...row, created_ms: nowMs, changed_ms: nowMs })
        .execute();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("directory-duplicate", { kind, property: "name", value: name }, { cause: error });
    }
  }

  /** Merges into what is there, or makes it; a null takes a value away. Changes of the same moment are not lost. */
  async set(kind: string, name: string, changes: JsonRecord, nowMs: number): Promise<SiteSetting> {
    return within(this.#db, async (trx) => {
      // Taken first: a concurrent change waits here and then sees this one.
      await trx
        .insertInto("site_settings")
        .values({ tenant_id: this.#tenant, kind, name, name_key: key(name), settings: "{}", created_ms: nowMs, changed_ms: nowMs })
        .onConflict((conflict) => conflict.columns(["tenant_id", "kind", "name_key"]).doUpdateSet({ changed_ms: nowMs }))
        .execute();
      const before = await new SiteSettings(trx, this.#tenant).get(kind, name);
      const merged = Object.fromEntries(Object.entries({ ...before?.settings, ...changes }).filter(([, value]) => value !== null));
      await trx
        .updateTable("site_settings")
        .set({ settings: toJson(merged) })
        .where("tenant_id", "=", this.#tenant)
        .where("kind", "=", kind)
        .where("name_key", "=", key(name))
        .execute();
      return { kind, name: before?.name ?? name, settings: merged, createdMs: before?.createdMs ?? nowMs, changedMs: nowMs };
    });
  }

  /** True if it was there. */
  async remove(kind: string, name: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("site_settings")
      .where("tenant_id", "=", this.#tenant)
      .where("kind", "=", kind)
      .where("name_key", "=", key(name))
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }
}

function fromRow(row: SiteSettingsTable): SiteSetting {
  return {
    kind: row.kind,
    name: row.name,
    settings: recordFromJson(row.settings, "site_settings.settings"),
    createdMs: row.created_ms,
    changedMs: row.changed_ms,
  };
}
