/** What tables a database has, as it says itself: a backup must not forget one that a later step has added. */
import { sql, type Kysely } from "kysely";
import type { Engine } from "../migrations.ts";
import type { Schema } from "../schema.ts";

export interface TableFacts {
  name: string;
  columns: readonly string[];
  /** The columns of the primary key, in its order. */
  key: readonly string[];
  /** The column that the engine numbers by itself. */
  serial?: string;
}

interface ColumnRow {
  table_name: string;
  column_name: string;
  /** Place in the primary key, from 1; 0 outside it. */
  key_place: number;
  is_serial: number;
}

/** In the order in which they were made: a table comes after those that it refers to. */
export async function tablesOf(db: Kysely<Schema>, engine: Engine): Promise<TableFacts[]> {
  const { rows } = await (engine === "sqlite" ? SQLITE : POSTGRESQL).execute(db);
  const tables = new Map<string, ColumnRow[]>();
  for (const row of rows) tables.set(row.table_name, [...(tables.get(row.table_name) ?? []), row]);
  return [...tables].map(([name, columns]) => {
    const serial = columns.find((column) => column.is_serial === 1)?.column_name;
    return {
      name,
      columns: columns.map((column) => column.column_name),
      key: columns
        .filter((column) => column.key_place > 0)
        .sort((a, b) => a.key_place - b.key_place)
        .map((column) => column.column_name),
      ...(serial === undefined ? {} : { serial }),
    };
  });
}

const SQLITE = sql<ColumnRow>`
  select m.name as table_name, c.name as column_name, c.pk as key_place, 0 as is_serial
  from sqlite_master m join pragma_table_info(m.name) c
  where m.type = 'table' and m.name not like 'sqlite^_%' escape '^'
  order by m.rowid, c.cid`;

const POSTGRESQL = sql<ColumnRow>`
  select t.relname as table_name, a.attname as column_name,
    coalesce(array_position(k.conkey, a.attnum), 0) as key_place,
    case when a.attidentity = '' then 0 else 1 end as is_serial
  from pg_class t
  join pg_namespace n on n.oid = t.relnamespace and n.nspname = current_schema()
  join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_constraint k on k.conrelid = t.oid and k.contype = 'p'
  where t.relkind = 'r'
  order by t.oid, a.attnum`;
