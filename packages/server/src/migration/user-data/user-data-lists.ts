/** The five lists of a user's data: written, read and emptied together, those that are empty not at all. */
import { sql, SqliteAdapter } from "kysely";
import { fromJson, insertOf, together, type Queries, type Schema, type UserDataTable } from "../../store/index.ts";
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

export async function insertLists(trx: Queries, owner: Owner, lists: Lists): Promise<void> {
  const rows = {
    contacts: lists.contacts.map(contactRow),
    contact_groups: lists.groups.map(groupRow),
    permissions: lists.permissions.map(permissionRow),
    delegates: lists.delegates.map(delegateRow),
    meetings: lists.meetings.map(meetingRow),
  };
  const having = LIST_COLUMNS.filter((column) => rows[column].length > 0);
  await together(
    trx,
    having.map((column) => insertOf(trx, LISTS[column], owner, rows[column])),
  );
}

export async function emptyLists(trx: Queries, tenant: TenantId, user: string, counted: Counted): Promise<void> {
  const having = LIST_COLUMNS.filter((column) => counted[column] > 0);
  const emptied = (table: string) => sql`delete from ${sql.table(table)} where tenant_id = ${tenant} and object_id = ${user}`;
  await together(
    trx,
    having.map((column) => emptied(LISTS[column])),
  );
}

/** What is read of each list: its columns, the first of them its key. */
const COLUMNS = {
  contacts: ["uri", "display_name", "member_of", "subscribed"],
  contact_groups: ["number", "name"],
  permissions: ["member", "level"],
  delegates: ["uri", "may_schedule", "may_answer", "may_call"],
  meetings: ["conference_id", "subject", "starts_ms", "ends_ms", "access", "presenters", "dial_in_id"],
} as const satisfies Record<ListColumn, readonly string[]>;

/**
 * The heads of users with all their lists, in one statement: what is read is of one moment, and there is one way to the
 * database and back. Lists come as JSON, in canonical order, which is that of the primary keys.
 */
export async function readHeads(
  db: Queries,
  tenant: TenantId,
  users: readonly ObjectId[],
): Promise<{ head: UserDataTable; lists: Lists }[]> {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  const list = (column: ListColumn) => {
    const [table, names] = [LISTS[column], COLUMNS[column]];
    const cells = names.join(", ");
    // SQLite walks the table in the order of its key, since it lies in it.
    const array = isSqlite ? `json_group_array(json_array(${cells}))` : `json_agg(json_build_array(${cells}) order by ${names[0]})`;
    const mine = `tenant_id = head.tenant_id and object_id = head.object_id`;
    return sql`${sql.raw(`case when head.${column} > 0 then (select ${array} from ${table} where ${mine}) end`)}`;
  };
  const rows = await db
    .selectFrom("user_data as head")
    .selectAll("head")
    .select(LIST_COLUMNS.map((column) => list(column).as(`list_${column}`)))
    .where("head.tenant_id", "=", tenant)
    .where("head.object_id", "in", users)
    .execute();
  return rows.map((row) => ({
    head: row as UserDataTable,
    lists: {
      contacts: listed(row, "contacts").map(contactOf),
      groups: listed(row, "contact_groups").map(groupOf),
      permissions: listed(row, "permissions").map(permissionOf),
      delegates: listed(row, "delegates").map(delegateOf),
      meetings: listed(row, "meetings").map(meetingOf),
    },
  }));
}

/** The rows of a list, as its table has them. */
function listed<C extends ListColumn>(row: object, column: C): Omit<Schema[(typeof LISTS)[C]], keyof Owner>[] {
  const value = (row as Record<string, unknown>)[`list_${column}`];
  // Drivers of PostgreSQL have read it already.
  const list = typeof value === "string" ? fromJson(value, LISTS[column]) : value;
  const names: readonly string[] = COLUMNS[column];
  return ((list ?? []) as unknown[][]).map(
    (cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])) as Omit<Schema[(typeof LISTS)[C]], keyof Owner>,
  );
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
