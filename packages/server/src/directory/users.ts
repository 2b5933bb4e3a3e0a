/**
 * The users of one tenant. Every query here carries the tenant's id; there is no other way to the table.
 *
 * Lists come in pages, by display name and then by id: stable, resumable, and never the whole table at once.
 */
import { Fault } from "@tieline/fault";
import { sql, type Expression, type ExpressionBuilder, type SqlBool } from "kysely";
import { isDuplicate, within, type Queries, type Schema, type UsersTable } from "../store/index.ts";
import { key, type ObjectId, type TenantId } from "./ids.ts";
import type { PlanAssignment } from "./licences.ts";
import { fromUserRow, toUserRow, type UserChanges, type UserRecord } from "./user-record.ts";

/** A condition on the columns of the table; made by user-identity.ts and user-filter.ts. */
export type UserCondition = (eb: ExpressionBuilder<Schema, "users">) => Expression<SqlBool>;

export interface UserQuery {
  where?: UserCondition | undefined;
  /** Leave out what takes another query a page. */
  without?: { policies?: boolean; plans?: boolean };
  /** Users a page. */
  pageSize?: number;
}

/** Users a page: large enough that queries do not count, small enough that nobody waits behind one. */
const PAGE_SIZE = 500;
/** Rows an insert: below the number of parameters that either engine takes. */
const BATCH = 400;
/** What is the user's without a foreign key (0007-user-data.ts says why). */
const USER_LISTS = ["user_contacts", "user_contact_groups", "user_permissions", "user_delegates", "user_meetings"] as const;

export class Users {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** All users that fulfil the condition, a page at a time, in stable order. */
  async *pages(query: UserQuery = {}): AsyncGenerator<UserRecord[], void, undefined> {
    const size = query.pageSize ?? PAGE_SIZE;
    let after: UsersTable | undefined;
    for (;;) {
      const rows = await this.#page(query.where, after, size);
      if (rows.length > 0) yield await this.#complete(rows, query);
      if (rows.length < size) return;
      after = rows.at(-1);
    }
  }

  /** The same, one by one. */
  async *stream(query: UserQuery = {}): AsyncGenerator<UserRecord, void, undefined> {
    for await (const page of this.pages(query)) yield* page;
  }

  /** The first users that fulfil the condition. */
  async find(where: UserCondition, limit = PAGE_SIZE, query: Pick<UserQuery, "without"> = {}): Promise<UserRecord[]> {
    return this.#complete(await this.#page(where, undefined, limit), query);
  }

  async get(id: ObjectId, query: Pick<UserQuery, "without"> = {}): Promise<UserRecord | undefined> {
    return (await this.find((eb) => eb("object_id", "=", id), 1, query))[0];
  }

  async count(where?: UserCondition): Promise<number> {
    let query = this.#db.selectFrom("users").where("tenant_id", "=", this.#tenant);
    if (where !== undefined) query = query.where(where);
    const row = await query.select((eb) => eb.fn.countAll().as("n")).executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** @throws Fault `directory-duplicate` */
  async add(users: readonly UserRecord[]): Promise<void> {
    await within(this.#db, async (trx) => {
      for (let i = 0; i < users.length; i += BATCH) {
        const batch = users.slice(i, i + BATCH);
        await trx
          .insertInto("users")
          .values(batch.map((user) => toUserRow(this.#tenant, user)))
          .execute()
          .catch((error: unknown) => this.#refuse(error, batch));
        await this.#addPlans(trx, batch);
        await this.#addPolicies(trx, batch);
      }
    });
  }

  /** Replaces the user of the same object id, with licences and policies. */
  async replace(user: UserRecord): Promise<void> {
    await within(this.#db, async (trx) => {
      const { tenant_id: _tenant, object_id: _object, created_ms: _created, ...columns } = toUserRow(this.#tenant, user);
      await trx
        .updateTable("users")
        .set(columns)
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", user.objectId)
        .execute()
        .catch((error: unknown) => this.#refuse(error, [user]));
      for (const table of ["user_plans", "user_policies"] as const) {
        await trx.deleteFrom(table).where("tenant_id", "=", this.#tenant).where("object_id", "=", user.objectId).execute();
      }
      await this.#addPlans(trx, [user]);
      await this.#addPolicies(trx, [user]);
    });
  }

  /**
   * Changes one user; other changes of the same moment are not lost.
   *
   * @throws Fault `user-not-found`, `directory-duplicate`
   */
  async update(id: ObjectId, changes: UserChanges, nowMs: number, query: Pick<UserQuery, "without"> = {}): Promise<UserRecord> {
    return within(this.#db, async (trx) => {
      const users = new Users(trx, this.#tenant);
      const columns = homingColumns(changes);
      const [before] = await users.#take((eb) => eb("object_id", "=", id), { ...columns, changed_ms: nowMs }, query);
      if (before === undefined) throw new Fault("user-not-found", { identity: id });
      return columns === undefined ? users.rewrite(before, changes, nowMs) : before;
    });
  }

  /**
   * Takes the user's row for the transaction that this is called in: whoever else changes the user waits, and what is read
   * here holds until its end.
   */
  async hold(id: ObjectId, nowMs: number, query: Pick<UserQuery, "without"> = {}): Promise<UserRecord | undefined> {
    return (await this.#take((eb) => eb("object_id", "=", id), { changed_ms: nowMs }, query))[0];
  }

  /** The same by the SIP address, with its scheme. */
  async holdBySipAddress(address: string, nowMs: number): Promise<UserRecord | undefined> {
    return (await this.#take((eb) => eb("sip_key", "=", key(address)), { changed_ms: nowMs }, {}))[0];
  }

  /**
   * Changes a user whom this transaction holds.
   *
   * @param held as `hold` gave it
   * @throws Fault `directory-duplicate`
   */
  async rewrite(held: UserRecord, changes: UserChanges, nowMs: number): Promise<UserRecord> {
    const merged = { ...held.properties, ...changes.properties };
    const properties = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    const after: UserRecord = { ...held, ...changes, properties, changedMs: nowMs };
    const columns = changedColumns(toUserRow(this.#tenant, held), toUserRow(this.#tenant, after));
    await this.#db
      .updateTable("users")
      .set({ ...columns, changed_ms: nowMs })
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", held.objectId)
      .execute()
      .catch((error: unknown) => this.#refuse(error, [after]));
    return after;
  }

  async exists(id: ObjectId): Promise<boolean> {
    const row = await this.#db
      .selectFrom("users")
      .select("object_id")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", id)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** True if it was there. What else is the user's goes too, the user first: whoever writes there meets a user who is gone. */
  async remove(id: ObjectId): Promise<boolean> {
    return within(this.#db, async (trx) => {
      const result = await trx.deleteFrom("users").where("tenant_id", "=", this.#tenant).where("object_id", "=", id).executeTakeFirst();
      for (const table of USER_LISTS) {
        await trx.deleteFrom(table).where("tenant_id", "=", this.#tenant).where("object_id", "=", id).execute();
      }
      return result.numDeletedRows > 0n;
    });
  }

  /** Grants a policy to the user itself, or takes the grant away with null. */
  async setPolicy(id: ObjectId, family: string, policy: string | null, nowMs: number): Promise<void> {
    await within(this.#db, async (trx) => {
      const touched = await trx
        .updateTable("users")
        .set({ changed_ms: nowMs })
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", id)
        .executeTakeFirst();
      if (touched.numUpdatedRows === 0n) throw new Fault("user-not-found", { identity: id });
      await trx
        .deleteFrom("user_policies")
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", id)
        .where("family", "=", family)
        .execute();
      if (policy === null) return;
      await trx
        .insertInto("user_policies")
        .values({ tenant_id: this.#tenant, object_id: id, family, policy, policy_key: key(policy) })
        .execute();
    });
  }

  /** Writes columns, and so takes the rows, and gives what they are now. */
  async #take(where: UserCondition, columns: Partial<UsersTable>, query: Pick<UserQuery, "without">): Promise<UserRecord[]> {
    const rows = await this.#db
      .updateTable("users")
      .set(columns)
      .where("tenant_id", "=", this.#tenant)
      .where(where)
      .returningAll()
      .execute();
    return this.#complete(rows, query);
  }

  async #page(where: UserCondition | undefined, after: UsersTable | undefined, limit: number): Promise<UsersTable[]> {
    if (limit <= 0) return [];
    let query = this.#db.selectFrom("users").selectAll().where("tenant_id", "=", this.#tenant);
    if (where !== undefined) query = query.where(where);
    if (after !== undefined) query = query.where(sql<SqlBool>`(display_key, object_id) > (${after.display_key}, ${after.object_id})`);
    return query.orderBy("display_key").orderBy("object_id").limit(limit).execute();
  }

  async #complete(rows: readonly UsersTable[], query: UserQuery): Promise<UserRecord[]> {
    const ids = rows.map((row) => row.object_id);
    const policies = new Map<string, Record<string, string>>();
    const plans = new Map<string, PlanAssignment[]>();
    if (ids.length > 0 && query.without?.policies !== true) {
      const found = await this.#db
        .selectFrom("user_policies")
        .select(["object_id", "family", "policy"])
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "in", ids)
        .execute();
      for (const row of found) {
        const granted = policies.get(row.object_id);
        if (granted === undefined) policies.set(row.object_id, { [row.family]: row.policy });
        else granted[row.family] = row.policy;
      }
    }
    if (ids.length > 0 && query.without?.plans !== true) {
      const found = await this.#db
        .selectFrom("user_plans")
        .selectAll()
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "in", ids)
        .orderBy("object_id")
        .orderBy("plan_id")
        .execute();
      for (const row of found) {
        const plan: PlanAssignment = { planId: row.plan_id, status: row.status, assignedMs: row.assigned_ms };
        const list = plans.get(row.object_id);
        if (list === undefined) plans.set(row.object_id, [plan]);
        else list.push(plan);
      }
    }
    return rows.map((row) => fromUserRow(row, policies.get(row.object_id), plans.get(row.object_id)));
  }

  async #addPlans(trx: Queries, users: readonly UserRecord[]): Promise<void> {
    const rows = users.flatMap((user) =>
      user.plans.map((plan) => ({
        tenant_id: this.#tenant,
        object_id: user.objectId,
        plan_id: plan.planId,
        status: plan.status,
        assigned_ms: plan.assignedMs,
      })),
    );
    for (let i = 0; i < rows.length; i += BATCH)
      await trx
        .insertInto("user_plans")
        .values(rows.slice(i, i + BATCH))
        .execute();
  }

  async #addPolicies(trx: Queries, users: readonly UserRecord[]): Promise<void> {
    const rows = users.flatMap((user) =>
      Object.entries(user.policies).map(([family, policy]) => ({
        tenant_id: this.#tenant,
        object_id: user.objectId,
        family,
        policy,
        policy_key: key(policy),
      })),
    );
    for (let i = 0; i < rows.length; i += BATCH)
      await trx
        .insertInto("user_policies")
        .values(rows.slice(i, i + BATCH))
        .execute();
  }

  /** Says which property was taken; a batch of many is named by its first. */
  #refuse(error: unknown, users: readonly UserRecord[]): never {
    if (!isDuplicate(error)) throw error;
    const text = `${(error as Error).message} ${"constraint" in (error as object) ? String((error as { constraint?: unknown }).constraint) : ""}`;
    const [user] = users as [UserRecord];
    const [property, value] = /sip/.test(text)
      ? ["SIP address", user.sipAddress ?? ""]
      : /upn/.test(text)
        ? ["user principal name", user.userPrincipalName]
        : ["object id", user.objectId];
    throw new Fault(
      "directory-duplicate",
      { kind: "user", property, value: users.length === 1 ? value : "(one of several)" },
      { cause: error },
    );
  }
}

/** The columns of changes that need no look at what was there: those of homing alone; undefined where there are others. */
function homingColumns(changes: UserChanges): Partial<UsersTable> | undefined {
  const { enabled, hostingProvider, registrarPool, interpretedUserType, ...others } = changes;
  if (Object.values(others).some((value) => value !== undefined)) return undefined;
  return {
    ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
    ...(hostingProvider === undefined ? {} : { hosting_provider: hostingProvider }),
    ...(registrarPool === undefined ? {} : { registrar_pool: registrarPool }),
    ...(interpretedUserType === undefined ? {} : { interpreted_type: interpretedUserType }),
  };
}

/** What is not written touches no index. */
function changedColumns(before: UsersTable, after: UsersTable): Partial<UsersTable> {
  const names = Object.keys(after) as (keyof UsersTable)[];
  return Object.fromEntries(names.filter((name) => after[name] !== before[name]).map((name) => [name, after[name]]));
}
