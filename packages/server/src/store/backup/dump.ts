/** The rows of one database as records, read in one transaction that sees a single moment while others go on writing. */
import { Fault } from "@tieline/fault";
import { sql, type Kysely, type Transaction } from "kysely";
import type { Engine } from "../migrations.ts";
import type { Schema } from "../schema.ts";
import type { BackupRecord, BackupValue } from "./records.ts";
import { tablesOf, type TableFacts } from "./tables.ts";

/** Rows that are in memory at once. */
const PAGE = 500;

/**
 * Hands each record to `take`, in order, and waits for it.
 *
 * @returns the number of rows
 * @throws Fault of the store's layer, `store-empty` where no Tieline has set it up
 */
export async function dump(
  db: Kysely<Schema>,
  engine: Engine,
  site: string,
  take: (record: BackupRecord) => Promise<void>,
): Promise<number> {
  const begin = db.transaction();
  return (engine === "postgresql" ? begin.setIsolationLevel("repeatable read") : begin).execute(async (trx) => {
    const tables = await tablesOf(trx, engine);
    if (!tables.some((table) => table.name === "schema_migrations")) throw new Fault("store-empty", { site });
    const { step } = await trx
      .selectFrom("schema_migrations")
      .select((eb) => eb.fn.max("version").as("step"))
      .executeTakeFirstOrThrow();
    await take({ kind: "site", name: site, step });
    let count = 0;
    for (const table of tables) {
      await take({ kind: "table", name: table.name, columns: [...table.columns] });
      for await (const rows of pages(trx, table)) {
        count += rows.length;
        await take({ kind: "rows", rows });
      }
    }
    return count;
  });
}

/** By the primary key, so that the cost stays linear. */
async function* pages(trx: Transaction<Schema>, table: TableFacts): AsyncGenerator<BackupValue[][]> {
  const key = sql.join(table.key.map((column) => sql.ref(column)));
  let last: BackupValue[] | undefined;
  for (;;) {
    const behind = last === undefined ? sql`` : sql`where (${key}) > (${sql.join(last)})`;
    const { rows } = await sql<Record<string, BackupValue>>`
      select ${sql.join(table.columns.map((column) => sql.ref(column)))} from ${sql.table(table.name)} ${behind}
      order by ${key} limit ${sql.lit(PAGE)}`.execute(trx);
    if (rows.length > 0) yield rows.map((row) => table.columns.map((column) => row[column] ?? null));
    const tail = rows.at(-1);
    if (rows.length < PAGE || tail === undefined) return;
    last = table.key.map((column) => tail[column] ?? null);
  }
}
