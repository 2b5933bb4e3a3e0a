/**
 * Policies of one tenant, of any family: the instances that the tenant has made and the changes to its Global one.
 * What a family looks like, its defaults and the instances that come with the service stand in the cmdlets' table;
 * here a policy is a name and the settings that differ from the defaults.
 */
import { Fault } from "@tieline/fault";
import { isDuplicate, recordFromJson, toJson, within, type JsonRecord, type Queries } from "../store/index.ts";
import { key, type TenantId } from "./ids.ts";

export interface PolicyRecord {
  /** `Global`, or the name without `Tag:`. */
  name: string;
  settings: JsonRecord;
}

export const GLOBAL = "Global";

/** The rows of this name are grants to the tenant, by family. */
const TENANT_GRANTS = "tenant grants";

/** The bare name of `Tag:Name`, `Name`, `Global`, `tag:name`. */
export function policyName(identity: string): string {
  const bare = identity.trim().replace(/^tag:/i, "");
  return key(bare) === key(GLOBAL) ? GLOBAL : bare;
}

/** How a policy's Identity is shown. */
export function policyIdentity(name: string): string {
  return name === GLOBAL ? GLOBAL : `Tag:${name}`;
}

export class Policies {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** By name; Global, if it was changed, among them. */
  async list(family: string): Promise<PolicyRecord[]> {
    const rows = await this.#db
      .selectFrom("policies")
      .select(["name", "settings"])
      .where("tenant_id", "=", this.#tenant)
      .where("family", "=", family)
      .orderBy("name_key")
      .execute();
    return rows.map((row) => ({ name: row.name, settings: recordFromJson(row.settings, "policies.settings") }));
  }

  async get(family: string, name: string): Promise<PolicyRecord | undefined> {
    const row = await this.#db
      .selectFrom("policies")
      .select(["name", "settings"])
      .where("tenant_id", "=", this.#tenant)
      .where("family", "=", family)
      .where("name_key", "=", key(name))
      .executeTakeFirst();
    return row === undefined ? undefined : { name: row.name, settings: recordFromJson(row.settings, "policies.settings") };
  }

  /** @throws Fault `directory-duplicate` */
  async add(family: string, policy: PolicyRecord, nowMs: number): Promise<void> {
    try {
      await this.#insert(this.#db, family, policy, nowMs);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new Fault("directory-duplicate", { kind: family, property: "identity", value: policyIdentity(policy.name) }, { cause: error });
    }
  }

  /** Merges the settings into the policy, which is made where it is missing (Global); a null takes a setting back to its default. */
  async change(family: string, name: string, settings: JsonRecord, nowMs: number): Promise<void> {
    try {
      await this.#change(family, name, settings, nowMs);
    } catch (error) {
      // Somebody else made the row in the meantime; now it is there to be changed.
      if (!isDuplicate(error) || this.#db.isTransaction) throw error;
      await this.#change(family, name, settings, nowMs);
    }
  }

  async #change(family: string, name: string, settings: JsonRecord, nowMs: number): Promise<void> {
    await within(this.#db, async (trx) => {
      const mine = trx
        .updateTable("policies")
        .where("tenant_id", "=", this.#tenant)
        .where("family", "=", family)
        .where("name_key", "=", key(name));
      // This takes the row, so that reading it and writing it back are one step for everybody else.
      const touched = await mine.set({ changed_ms: nowMs }).executeTakeFirst();
      if (touched.numUpdatedRows === 0n) {
        await this.#insert(trx, family, { name, settings: merged({}, settings) }, nowMs);
        return;
      }
      const before = await new Policies(trx, this.#tenant).get(family, name);
      await mine.set({ settings: toJson(merged(before?.settings ?? {}, settings)) }).execute();
    });
  }

  /** True if it was there. */
  async remove(family: string, name: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("policies")
      .where("tenant_id", "=", this.#tenant)
      .where("family", "=", family)
      .where("name_key", "=", key(name))
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** How many users the policy is granted to. */
  async grants(family: string, name: string): Promise<number> {
    const row = await this.#db
      .selectFrom("user_policies")
      .select((eb) => eb.fn.countAll().as("n"))
      .where("tenant_id", "=", this.#tenant)
      .where("family", "=", family)
      .where("policy_key", "=", key(name))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** Takes the policy away from every user it is granted to. */
  async ungrant(family: string, name: string): Promise<void> {
    await this.#db
      .deleteFrom("user_policies")
      .where("tenant_id", "=", this.#tenant)
      .where("family", "=", family)
      .where("policy_key", "=", key(name))
      .execute();
  }

  /** The policy that the tenant as a whole was granted, which holds for users without a grant of their own. */
  async tenantGrant(family: string): Promise<string | null> {
    const granted = (await this.get(TENANT_GRANTS, family))?.settings["policy"];
    return typeof granted === "string" ? granted : null;
  }

  async setTenantGrant(family: string, policy: string | null, nowMs: number): Promise<void> {
    await this.change(TENANT_GRANTS, family, { policy }, nowMs);
  }

  async #insert(db: Queries, family: string, policy: PolicyRecord, nowMs: number): Promise<void> {
    await db
      .insertInto("policies")
      .values({
        tenant_id: this.#tenant,
        family,
        name: policy.name,
        name_key: key(policy.name),
        settings: toJson(policy.settings),
        created_ms: nowMs,
        changed_ms: nowMs,
      })
      .execute();
  }
}

function merged(before: JsonRecord, changes: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null));
}
