/**
 * Many rows of one owner as one parameter: a statement whose text does not depend on how many there are, so that it is
 * read once, kept prepared and bound once. A list of fifty contacts has three hundred values otherwise.
 */
import { sql, SqliteAdapter, type RawBuilder } from "kysely";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

/** Whose rows they are: no row without its tenant. */
export interface RowOwner {
  readonly tenant_id: string;
  readonly object_id: string;
}

/** An insert, not run yet. */
export function insertOf(
  db: Queries,
  table: keyof Schema,
  owner: RowOwner,
  /** One at least; all with the columns of the first. What is a number there is one in each, everything else text or null. */
  rows: readonly Readonly<Record<string, string | number | null>>[],
): RawBuilder<unknown> {
  const [first = {}] = rows;
  const columns = Object.keys(first);
  const names = sql.raw(["tenant_id", "object_id", ...columns].join(", "));
  if (isSqlite(db)) {
    const values = sql.raw(columns.map((_, i) => `value ->> ${i}`).join(", "));
    const given = JSON.stringify(rows.map((row) => columns.map((column) => row[column])));
    return sql`insert into ${sql.table(table)} (${names}) select ${owner.tenant_id}, ${owner.object_id}, ${values} from json_each(${given})`;
  }
  const types = columns.map((column) => `${column} ${typeof first[column] === "number" ? "bigint" : "text"}`).join(", ");
  return sql`insert into ${sql.table(table)} (${names}) select ${owner.tenant_id}::text, ${owner.object_id}::text, given.*
    from json_to_recordset(${JSON.stringify(rows)}::json) as given(${sql.raw(types)})`;
}

/** Runs changes of different tables, in one go where the engine is at the other end of a connection. */
export async function together(db: Queries, changes: readonly RawBuilder<unknown>[]): Promise<void> {
  if (changes.length < 2 || isSqlite(db)) {
    for (const change of changes) await change.execute(db);
    return;
  }
  const parts = changes.map((change, i) => sql`${sql.raw(`part${i}`)} as (${change})`);
  await sql`with ${sql.join(parts)} select 1`.execute(db);
}

function isSqlite(db: Queries): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}
