/** The five lists of a user's data: written, read and emptied together, those that are empty not at all. */
import type { Queries, UserDataTable } from "../../store/index.ts";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import {
  contactOf,
  contactRow,
  delegateOf,
  delegateRow,
  groupOf,
  groupRow,
  LIST_COLUMNS,
  LISTS,
  meetingOf,
  meetingRow,
  permissionOf,
  permissionRow,
  type ListColumn,
  type Owner,
} from "./user-data-rows.ts";
import type { UserData } from "./user-data.ts";

export type Lists = Pick<UserData, "contacts" | "groups" | "permissions" | "delegates" | "meetings">;
/** What a head says of them. */
export type Counted = Pick<UserDataTable, ListColumn>;

/** Rows an insert: nine columns each stay below the 32,766 parameters of the engine that takes fewer. */
const ROWS = 1000;

export async function insertLists(trx: Queries, owner: Owner, lists: Lists): Promise<void> {
  await insert(lists.contacts, contactRow, (rows) => trx.insertInto("user_contacts").values(rows).execute());
  await insert(lists.groups, groupRow, (rows) => trx.insertInto("user_contact_groups").values(rows).execute());
  await insert(lists.permissions, permissionRow, (rows) => trx.insertInto("user_permissions").values(rows).execute());
  await insert(lists.delegates, delegateRow, (rows) => trx.insertInto("user_delegates").values(rows).execute());
  await insert(lists.meetings, meetingRow, (rows) => trx.insertInto("user_meetings").values(rows).execute());

  async function insert<T, R>(list: readonly T[], row: (owner: Owner, each: T) => R, into: (rows: R[]) => Promise<unknown>) {
    for (let i = 0; i < list.length; i += ROWS) await into(list.slice(i, i + ROWS).map((each) => row(owner, each)));
  }
}

export async function emptyLists(trx: Queries, tenant: TenantId, user: string, counted: Counted): Promise<void> {
  for (const column of LIST_COLUMNS) {
    if (counted[column] === 0) continue;
    await trx.deleteFrom(LISTS[column]).where("tenant_id", "=", tenant).where("object_id", "=", user).execute();
  }
}

/** By user; in canonical order, which is that of the primary keys. */
export async function readLists(
  db: Queries,
  tenant: TenantId,
  heads: readonly (Counted & { object_id: string })[],
): Promise<(user: ObjectId) => Lists> {
  const having = (column: ListColumn): string[] => heads.filter((head) => head[column] > 0).map((head) => head.object_id);
  const read = async <R extends { object_id: string }, T>(
    column: ListColumn,
    rows: (users: string[]) => Promise<R[]>,
    of: (row: R) => T,
  ): Promise<Map<string, T[]>> => {
    const users = having(column);
    const found = new Map<string, T[]>();
    for (const row of users.length === 0 ? [] : await rows(users)) {
      const mine = found.get(row.object_id);
      if (mine === undefined) found.set(row.object_id, [of(row)]);
      else mine.push(of(row));
    }
    return found;
  };
  const contacts = await read(
    "contacts",
    (users) =>
      db
        .selectFrom("user_contacts")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("object_id", "in", users)
        .orderBy("object_id")
        .orderBy("uri")
        .execute(),
    contactOf,
  );
  const groups = await read(
    "contact_groups",
    (users) =>
      db
        .selectFrom("user_contact_groups")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("object_id", "in", users)
        .orderBy("object_id")
        .orderBy("number")
        .execute(),
    groupOf,
  );
  const permissions = await read(
    "permissions",
    (users) =>
      db
        .selectFrom("user_permissions")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("object_id", "in", users)
        .orderBy("object_id")
        .orderBy("member")
        .execute(),
    permissionOf,
  );
  const delegates = await read(
    "delegates",
    (users) =>
      db
        .selectFrom("user_delegates")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("object_id", "in", users)
        .orderBy("object_id")
        .orderBy("uri")
        .execute(),
    delegateOf,
  );
  const meetings = await read(
    "meetings",
    (users) =>
      db
        .selectFrom("user_meetings")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("object_id", "in", users)
        .orderBy("object_id")
        .orderBy("conference_id")
        .execute(),
    meetingOf,
  );
  return (user) => ({
    contacts: contacts.get(user) ?? [],
    groups: groups.get(user) ?? [],
    permissions: permissions.get(user) ?? [],
    delegates: delegates.get(user) ?? [],
    meetings: meetings.get(user) ?? [],
  });
}

/** Whether the lists are as long as the head says. */
export function isWhole(counted: Counted, lists: Lists): boolean {
  return (
    lists.contacts.length === counted.contacts &&
    lists.groups.length === counted.contact_groups &&
    lists.permissions.length === counted.permissions &&
    lists.delegates.length === counted.delegates &&
    lists.meetings.length === counted.meetings
  );
}
