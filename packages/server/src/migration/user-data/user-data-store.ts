/**
 * The tables of a user's data. A move reads it at one site and writes it at the other, so what counts is the number of
 * statements: a head says how much there is of each list, and a list that is empty is neither asked for nor emptied.
 *
 *     write, nothing there yet      insert the head, insert each list that is not empty
 *     write, something there        the same, after the head was taken and each list emptied that was not empty
 *     read                          the head together with the lists
 *     remove                        delete the head, which says what it counted, then each list that was not empty
 *
 * The head is written first and taken first: it is what two writers of one user wait at.
 */
import { Fault } from "@tieline/fault";
import { isUnreferenced, within, type Queries, type UserDataTable } from "../../store/index.ts";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import { emptyLists, insertLists, isWhole, readHeads } from "./user-data-lists.ts";
import { forwardingOf, headOf, type Owner } from "./user-data-rows.ts";
import { countsOf, NO_USER_DATA, type DataCounts, type UserData } from "./user-data.ts";

/** Users a query: their lists are in memory together. */
const USERS = 50;
/** How often a reader begins again that met a writer half-way. */
const ATTEMPTS = 3;

export interface WriteOptions {
  /**
   * What becomes of policies that the user was granted here: `replace` (default) leaves those of the data alone, `add` keeps
   * others beside them, `keep` touches none.
   */
  policies?: "replace" | "add" | "keep";
  /** It came by a move: Get-CsMeetingMigrationStatus tells of its meetings. */
  moved?: boolean;
}

/** @example const data = await new UserDataStore(store.db, tenant).read(alice.objectId); */
export class UserDataStore {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  constructor(db: Queries, tenant: TenantId) {
    this.#db = db;
    this.#tenant = tenant;
  }

  /** In canonical order; NO_USER_DATA for a user without, or who is not there. */
  async read(user: ObjectId): Promise<UserData> {
    return (await this.readMany([user])).get(user) ?? NO_USER_DATA;
  }

  /**
   * Of many at once, by id; each asked for has an entry. Lists that a writer changes at the same moment are of before or after
   * it; whoever needs all of one moment holds the user, as a move does.
   *
   * @throws Fault `store-damaged` where a list does not have as many rows as its head says
   */
  async readMany(users: readonly ObjectId[]): Promise<Map<ObjectId, UserData>> {
    const found = new Map<ObjectId, UserData>();
    for (let i = 0; i < users.length; i += USERS) await this.#readSome(users.slice(i, i + USERS), found, ATTEMPTS);
    return found;
  }

  /**
   * Replaces all that the user has; nothing of anything leaves no trace, not even of a move that brought something.
   *
   * @param data as parseUserData gives it: keys are unique
   * @throws Fault `user-not-found` where there is something to write
   */
  async write(user: ObjectId, data: UserData, nowMs: number, options: WriteOptions = {}): Promise<void> {
    await within(this.#db, async (trx) => {
      const owner: Owner = { tenant_id: this.#tenant, object_id: user };
      if (isEmpty(data)) await new UserDataStore(trx, this.#tenant).remove(user);
      else {
        await this.#head(trx, owner, { ...headOf(data), changed_ms: nowMs, ...movedColumns(data, nowMs, options) });
        await insertLists(trx, owner, data);
      }
      await this.#policies(trx, owner, data.policies, options.policies ?? "replace");
    });
  }

  /** Takes everything away but the policies, which are the account's; returns what there was. */
  async remove(user: ObjectId): Promise<DataCounts> {
    return within(this.#db, async (trx) => {
      const head = await trx
        .deleteFrom("user_data")
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", "=", user)
        .returningAll()
        .executeTakeFirst();
      if (head === undefined) return countsIn(undefined, 0);
      await emptyLists(trx, this.#tenant, user, head);
      return countsIn(head, 0);
    });
  }

  /** Those among the users who have anything beside policies. */
  async having(users: readonly ObjectId[]): Promise<Set<ObjectId>> {
    if (users.length === 0) return new Set();
    const heads = await this.#db
      .selectFrom("user_data")
      .select("object_id")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "in", users)
      .execute();
    return new Set(heads.map((head) => head.object_id as ObjectId));
  }

  async counts(user: ObjectId): Promise<DataCounts> {
    const head = await this.#db
      .selectFrom("user_data")
      .selectAll()
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", user)
      .executeTakeFirst();
    const granted = await this.#db
      .selectFrom("user_policies")
      .select("family")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", user)
      .execute();
    return countsIn(head, granted.length);
  }

  /** Whom the owner of the SIP URI may act for. */
  async principalsOf(uri: string): Promise<ObjectId[]> {
    const rows = await this.#db
      .selectFrom("user_delegates")
      .select("object_id")
      .where("tenant_id", "=", this.#tenant)
      .where("uri", "=", uri.toLowerCase())
      .orderBy("object_id")
      .execute();
    return rows.map((row) => row.object_id as ObjectId);
  }

  /** Writes the head, and empties what another one counted. */
  async #head(trx: Queries, owner: Owner, columns: Omit<UserDataTable, keyof Owner>): Promise<void> {
    const made = await trx
      .insertInto("user_data")
      .values({ ...owner, ...columns })
      .onConflict((conflict) => conflict.columns(["tenant_id", "object_id"]).doNothing())
      .returning("object_id")
      .executeTakeFirst()
      .catch((error: unknown) => {
        if (!isUnreferenced(error)) throw error;
        throw new Fault("user-not-found", { identity: owner.object_id }, { cause: error });
      });
    if (made !== undefined) return;
    const mine = trx.updateTable("user_data").where("tenant_id", "=", owner.tenant_id).where("object_id", "=", owner.object_id);
    // This takes the row, and its counts are the old ones still.
    const before = await mine.set({ changed_ms: columns.changed_ms }).returningAll().executeTakeFirst();
    if (before === undefined) return this.#head(trx, owner, columns);
    await emptyLists(trx, owner.tenant_id, owner.object_id, before);
    const { moved_ms, moved_meetings, ...rest } = columns;
    await mine.set(moved_ms === null ? rest : { ...rest, moved_ms, moved_meetings }).execute();
  }

  async #policies(trx: Queries, owner: Owner, policies: UserData["policies"], how: "replace" | "add" | "keep"): Promise<void> {
    if (how === "keep") return;
    const rows = Object.entries(policies).map(([family, policy]) => ({ ...owner, family, policy, policy_key: policy.toLowerCase() }));
    if (how === "replace" || rows.length > 0) {
      let stale = trx.deleteFrom("user_policies").where("tenant_id", "=", this.#tenant).where("object_id", "=", owner.object_id);
      if (how === "add") stale = stale.where("family", "in", Object.keys(policies));
      await stale.execute();
    }
    if (rows.length > 0) await trx.insertInto("user_policies").values(rows).execute();
  }

  async #readSome(users: readonly ObjectId[], found: Map<ObjectId, UserData>, attempts: number): Promise<void> {
    const heads = await readHeads(this.#db, this.#tenant, users);
    const policies = await this.#granted(users);
    const torn: ObjectId[] = [];
    const byId = new Map(heads.map((each) => [each.head.object_id, each]));
    for (const user of users) {
      const { head, lists } = byId.get(user) ?? { head: undefined, lists: NO_USER_DATA };
      if (head !== undefined && !isWhole(head, lists)) torn.push(user);
      const forwarding = head === undefined ? null : forwardingOf(head);
      found.set(user, { ...lists, forwarding, policies: policies.get(user) ?? {} });
    }
    if (torn.length === 0) return;
    if (attempts <= 1)
      throw new Fault("store-damaged", { file: "user_data", reason: `the lists of ${torn[0]} are not as long as counted` });
    await this.#readSome(torn, found, attempts - 1);
  }

  async #granted(users: readonly ObjectId[]): Promise<Map<ObjectId, Record<string, string>>> {
    const rows = await this.#db
      .selectFrom("user_policies")
      .select(["object_id", "family", "policy"])
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "in", users)
      .orderBy("object_id")
      .orderBy("family")
      .execute();
    const granted = new Map<ObjectId, Record<string, string>>();
    for (const { object_id, family, policy } of rows) {
      const mine = granted.get(object_id as ObjectId);
      if (mine === undefined) granted.set(object_id as ObjectId, { [family]: policy });
      else mine[family] = policy;
    }
    return granted;
  }
}

function movedColumns(data: UserData, nowMs: number, { moved }: WriteOptions): Pick<UserDataTable, "moved_ms" | "moved_meetings"> {
  return moved === true ? { moved_ms: nowMs, moved_meetings: data.meetings.length } : { moved_ms: null, moved_meetings: null };
}

/** Policies apart, which are not in these tables. */
function isEmpty(data: UserData): boolean {
  const { policies: _, ...counts } = countsOf(data);
  return Object.values(counts).every((count) => count === 0);
}

function countsIn(head: UserDataTable | undefined, policies: number): DataCounts {
  return {
    contacts: head?.contacts ?? 0,
    groups: head?.contact_groups ?? 0,
    permissions: head?.permissions ?? 0,
    delegates: head?.delegates ?? 0,
    meetings: head?.meetings ?? 0,
    forwarding: (head?.forward_mode ?? null) === null ? 0 : 1,
    policies,
  };
}
