/**
 * Users of the forest become users of the deployment.
 *
 * Whose word counts: the forest's for names, mail and place; for the homing the deployment's, as long as the user is still
 * to be written, or was written after the reading had begun: what the reading then says may be older. A user whose name
 * another has waits, and is tried again with each reading.
 */
import { isFault, type Fault } from "@tieline/fault";
import { objectId, type Directory, type ObjectId, type TenantId, type UserChanges, type UserRecord } from "../../directory/index.ts";
import { fromJson, toJson, type Json, type Queries } from "../../store/index.ts";
import { readUser, withSipAddress, type ForestView } from "./attribute-flow.ts";
import type { ForestUser } from "./forest.ts";

export interface Taken {
  added: number;
  changed: number;
  refused: number;
}

/** Below the number of parameters that either engine takes. */
const BATCH = 400;
/** Changes a transaction: enough that its end does not count, few enough that a move hardly waits behind them. */
const TOGETHER = 25;

export class Takeover {
  readonly #directory: Directory;
  readonly #db: Queries;
  readonly #tenant: TenantId;
  readonly #domain: string;
  readonly #nowMs: () => number;
  /** @param domain Of the forest */
  constructor(directory: Directory, db: Queries, tenant: TenantId, domain: string, nowMs: () => number) {
    this.#directory = directory;
    this.#db = db;
    this.#tenant = tenant;
    this.#domain = domain;
    this.#nowMs = nowMs;
  }

  /** @param reading Its number: users who were written since it began keep their homing */
  async take(users: readonly ForestUser[], reading: number): Promise<Taken> {
    const total: Taken = { added: 0, changed: 0, refused: 0 };
    for (let i = 0; i < users.length; i += BATCH) {
      const batch = users.slice(i, i + BATCH);
      const ids = batch.map(({ guid }) => objectId(guid));
      await this.present(ids, reading);
      // What was refused before is no longer what the forest says.
      await this.#db.deleteFrom("forest_refused").where("tenant_id", "=", this.#tenant).where("object_id", "in", ids).execute();
      await this.#take(batch, reading, total);
    }
    return total;
  }

  /** Notes who is there. */
  async present(ids: readonly ObjectId[], reading: number): Promise<void> {
    for (let i = 0; i < ids.length; i += BATCH) {
      const rows = ids.slice(i, i + BATCH).map((id) => ({ tenant_id: this.#tenant, object_id: id, seen: reading, written: 0 }));
      await this.#db
        .insertInto("forest_objects")
        .values(rows)
        .onConflict((conflict) => conflict.columns(["tenant_id", "object_id"]).doUpdateSet({ seen: reading }))
        .execute();
    }
  }

  /** Those of these who came from the forest. */
  async known(ids: readonly ObjectId[]): Promise<ObjectId[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom("forest_objects")
      .select("object_id")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "in", ids)
      .execute();
    return rows.map((row) => row.object_id as ObjectId);
  }

  /** How many came from the forest. */
  count(): Promise<number> {
    return this.countGone(Number.MAX_SAFE_INTEGER);
  }

  /** How many of them a whole reading has not seen. */
  async countGone(reading: number): Promise<number> {
    const row = await this.#db
      .selectFrom("forest_objects")
      .where("tenant_id", "=", this.#tenant)
      .where("seen", "<", reading)
      .select((eb) => eb.fn.countAll().as("n"))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  }

  /** Removes those whom a whole reading has not seen. */
  async removeGone(reading: number): Promise<number> {
    for (let removed = 0; ;) {
      const rows = await this.#db
        .selectFrom("forest_objects")
        .select("object_id")
        .where("tenant_id", "=", this.#tenant)
        .where("seen", "<", reading)
        .limit(BATCH)
        .execute();
      if (rows.length === 0) return removed;
      removed += await this.remove(rows.map((row) => row.object_id as ObjectId));
    }
  }

  /** How many of them the deployment had. */
  async remove(ids: readonly ObjectId[]): Promise<number> {
    let removed = 0;
    for (const id of ids) {
      await this.#directory.transaction(async (directory, trx) => {
        if (await directory.tenant(this.#tenant).users.remove(id)) removed += 1;
        for (const table of ["forest_objects", "forest_outbox", "forest_refused"] as const) {
          await trx.deleteFrom(table).where("tenant_id", "=", this.#tenant).where("object_id", "=", id).execute();
        }
      });
    }
    return removed;
  }

  /** Tries those again who were refused: the name may be free by now. */
  async retry(): Promise<Taken> {
    const total: Taken = { added: 0, changed: 0, refused: 0 };
    for (let after = ""; ;) {
      const rows = await this.#db
        .selectFrom("forest_refused")
        .selectAll()
        .where("tenant_id", "=", this.#tenant)
        .where("object_id", ">", after)
        .orderBy("object_id")
        .limit(BATCH)
        .execute();
      for (const { object_id, entry, reading } of rows) {
        const before = total.refused;
        await this.#take([fromJson(entry, "forest_refused.entry") as unknown as ForestUser], reading, total);
        after = object_id;
        if (total.refused > before) continue;
        await this.#db.deleteFrom("forest_refused").where("tenant_id", "=", this.#tenant).where("object_id", "=", object_id).execute();
      }
      if (rows.length < BATCH) return total;
    }
  }

  async #take(users: readonly ForestUser[], reading: number, total: Taken): Promise<void> {
    const ids = users.map(({ guid }) => objectId(guid));
    const found = await this.#directory.tenant(this.#tenant).users.find((eb) => eb("object_id", "in", ids), ids.length);
    const known = new Map(found.map((user) => [user.objectId, user]));
    await this.#add(
      users.filter(({ guid }) => !known.has(objectId(guid))),
      reading,
      total,
    );
    // In one order everywhere: two that change the same users do not wait for each other.
    const changing = users
      .filter((user) => {
        const before = known.get(objectId(user.guid));
        return before !== undefined && changesOf(before, readUser(user, this.#domain), false) !== undefined;
      })
      .toSorted((a, b) => (a.guid < b.guid ? -1 : 1));
    for (let i = 0; i < changing.length; i += TOGETHER) await this.#changeAll(changing.slice(i, i + TOGETHER), reading, total);
  }

  async #add(users: readonly ForestUser[], reading: number, total: Taken): Promise<void> {
    if (users.length === 0) return;
    const { users: table } = this.#directory.tenant(this.#tenant);
    const records = users.map((user) => recordOf(user, readUser(user, this.#domain), this.#nowMs()));
    try {
      await table.add(records);
      total.added += records.length;
      return;
    } catch (error) {
      if (!isFault(error) || !error.is("directory-duplicate")) throw error;
    }
    for (const [i, user] of users.entries()) {
      if (await this.#orRefused(user, reading, total, () => table.add(records.slice(i, i + 1)).then(() => true))) total.added += 1;
    }
  }

  /** Changes in one transaction; where one of them is refused, each in its own. */
  async #changeAll(users: readonly ForestUser[], reading: number, total: Taken): Promise<void> {
    try {
      total.changed += await this.#directory.transaction(async (directory, trx) => {
        let changed = 0;
        for (const user of users) if (await this.#change(directory, trx, user, reading)) changed += 1;
        return changed;
      });
    } catch (error) {
      if (!isFault(error) || !error.is("directory-duplicate")) throw error;
      for (const user of users) {
        const alone = (): Promise<boolean> => this.#directory.transaction((directory, trx) => this.#change(directory, trx, user, reading));
        if (await this.#orRefused(user, reading, total, alone)) total.changed += 1;
      }
    }
  }

  /** One user's change, with the row taken first: whoever moves the user meanwhile is before it or after it. */
  async #change(directory: Directory, trx: Queries, user: ForestUser, reading: number): Promise<boolean> {
    const id = objectId(user.guid);
    const { users } = directory.tenant(this.#tenant);
    await trx
      .updateTable("users")
      .set((eb) => ({ changed_ms: eb.ref("changed_ms") }))
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", id)
      .execute();
    const before = await users.get(id);
    if (before === undefined) return false;
    const changes = changesOf(before, readUser(user, this.#domain), await this.#knowsBetter(trx, id, reading));
    if (changes === undefined) return false;
    await users.update(id, changes, this.#nowMs());
    return true;
  }

  async #knowsBetter(trx: Queries, id: ObjectId, reading: number): Promise<boolean> {
    const waiting = await trx
      .selectFrom("forest_outbox")
      .select("version")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", id)
      .executeTakeFirst();
    if (waiting !== undefined) return true;
    const object = await trx
      .selectFrom("forest_objects")
      .select("written")
      .where("tenant_id", "=", this.#tenant)
      .where("object_id", "=", id)
      .executeTakeFirst();
    return object !== undefined && object.written >= reading;
  }

  async #orRefused(user: ForestUser, reading: number, total: Taken, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (!isFault(error) || !error.is("directory-duplicate")) throw error;
      total.refused += 1;
      await this.#refuse(user, reading, error);
      return false;
    }
  }

  async #refuse(user: ForestUser, reading: number, fault: Fault): Promise<void> {
    const told = { entry: toJson({ ...user }), reading, fault: fault.message };
    await this.#db
      .insertInto("forest_refused")
      .values({ tenant_id: this.#tenant, object_id: objectId(user.guid), ...told })
      .onConflict((conflict) => conflict.columns(["tenant_id", "object_id"]).doUpdateSet(told))
      .execute();
  }
}

function recordOf(user: ForestUser, { person, homing }: ForestView, nowMs: number): UserRecord {
  const { properties: personal, ...names } = person;
  const { properties: sip, ...place } = homing;
  return {
    objectId: objectId(user.guid),
    ...names,
    ...place,
    interpretedUserType: null,
    properties: Object.fromEntries(Object.entries({ ...personal, ...sip }).filter(([, value]) => value !== null)),
    policies: {},
    plans: [],
    createdMs: nowMs,
    changedMs: nowMs,
  };
}

/** What the forest's word changes; undefined: nothing. With `ownHoming` the deployment's word counts for the homing. */
function changesOf(before: UserRecord, { person, homing }: ForestView, ownHoming: boolean): UserChanges | undefined {
  const { properties: personal, ...names } = person;
  const { properties: sip, ...place } = homing;
  const properties = ownHoming
    ? { ...personal, ProxyAddresses: withSipAddress(personal["ProxyAddresses"], before.sipAddress) }
    : { ...personal, ...sip };
  const changedProperties = differing(properties, before.properties);
  const changes = {
    ...differing({ ...names, ...(ownHoming ? {} : place) }, before as unknown as Record<string, Json>),
    ...(Object.keys(changedProperties).length === 0 ? {} : { properties: changedProperties }),
  };
  return Object.keys(changes).length === 0 ? undefined : (changes as UserChanges);
}

function differing(told: Readonly<Record<string, Json>>, had: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(told).filter(([name, value]) => toJson(had[name] ?? null) !== toJson(value)));
}
