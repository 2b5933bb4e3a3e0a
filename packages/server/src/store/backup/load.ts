/**
 * Records back into a database, all in one transaction: what was there goes, the layout is made as far as the backup had
 * it, the rows come back, and the layout is brought up to what this program knows. If anything fails, nothing has happened.
 */
import { Fault } from "@tieline/fault";
import { sql, type Kysely, type Transaction } from "kysely";
import { checkApplied, migrateWithin, MIGRATIONS, type Engine } from "../migrations.ts";
import type { Migration } from "../migrations/migration.ts";
import type { Schema } from "../schema.ts";
import type { BackupRecord, BackupValue } from "./records.ts";
import { tablesOf, type TableFacts } from "./tables.ts";

/** Parameters of one statement; both engines take this many. */
const PARAMETERS = 20_000;

export interface LoadOptions {
  engine: Engine;
  nowMs: number;
  /** Named in faults. */
  file: string;
  migrations?: readonly Migration[];
}

/** True where a database holds a tenant. */
export async function isInUse(db: Kysely<Schema>, engine: Engine): Promise<boolean> {
  if (!(await tablesOf(db, engine)).some((table) => table.name === "tenants")) return false;
  return (await db.selectFrom("tenants").select("tenant_id").limit(1).executeTakeFirst()) !== undefined;
}

/** True where a database in use lacks steps that this program has. */
export async function isOutdated(db: Kysely<Schema>, engine: Engine, migrations: readonly Migration[] = MIGRATIONS): Promise<boolean> {
  if (!(await isInUse(db, engine))) return false;
  const applied = await db.selectFrom("schema_migrations").select("version").execute();
  return migrations.some((migration) => !applied.some((row) => row.version === migration.version));
}

/** Takes the records of one site: feed them in order, then `finish`. */
export class Loader {
  readonly #trx: Transaction<Schema>;
  readonly #options: LoadOptions;
  readonly #migrations: readonly Migration[];
  #tables = new Map<string, TableFacts>();
  #table: { facts: TableFacts; columns: readonly string[] } | undefined;
  rows = 0;

  private constructor(trx: Transaction<Schema>, options: LoadOptions) {
    this.#trx = trx;
    this.#options = options;
    this.#migrations = options.migrations ?? MIGRATIONS;
  }

  /** Empties the database and makes the layout as of `step`. @throws Fault `store-newer` */
  static async begin(trx: Transaction<Schema>, step: number, options: LoadOptions): Promise<Loader> {
    const loader = new Loader(trx, options);
    const known = loader.#migrations.at(-1)?.version ?? 0;
    if (step > known) throw new Fault("store-newer", { found: step, known });
    if (options.engine === "sqlite") await sql`pragma defer_foreign_keys = on`.execute(trx);
    for (const table of (await tablesOf(trx, options.engine)).reverse()) await sql`drop table ${sql.table(table.name)}`.execute(trx);
    await migrateWithin(
      trx,
      options.engine,
      options.nowMs,
      loader.#migrations.filter((migration) => migration.version <= step),
    );
    loader.#tables = new Map((await tablesOf(trx, options.engine)).map((table) => [table.name, table]));
    return loader;
  }

  /** @throws Fault `backup-damaged`, `store-migration-changed` */
  async take(record: Extract<BackupRecord, { kind: "table" | "rows" }>): Promise<void> {
    if (record.kind === "table") {
      const facts = this.#tables.get(record.name);
      if (facts === undefined || record.columns.some((column) => !facts.columns.includes(column)))
        throw this.#damaged(`its table ${record.name} is not one of the layout that it names`);
      this.#table = { facts, columns: record.columns };
      return;
    }
    if (this.#table === undefined) throw this.#damaged("rows stand before their table");
    this.rows += record.rows.length;
    const { facts, columns } = this.#table;
    if (record.rows.some((row) => row.length !== columns.length)) throw this.#damaged(`a row of ${facts.name} has another length`);
    if (facts.name === "schema_migrations") return this.#checkSteps(record.rows, columns);
    const batch = Math.max(1, Math.floor(PARAMETERS / columns.length));
    for (let from = 0; from < record.rows.length; from += batch) await this.#insert(facts, columns, record.rows.slice(from, from + batch));
  }

  /** Numbers go on behind the highest, and the layout is brought up to date. */
  async finish(): Promise<void> {
    if (this.#options.engine === "postgresql") {
      for (const { name, serial } of this.#tables.values()) {
        if (serial === undefined) continue;
        await sql`select setval(pg_get_serial_sequence(current_schema() || '.' || ${name}, ${serial}),
          (select coalesce(max(${sql.ref(serial)}), 0) + 1 from ${sql.table(name)}), false)`.execute(this.#trx);
      }
    }
    await migrateWithin(this.#trx, this.#options.engine, this.#options.nowMs, this.#migrations);
  }

  async #insert(table: TableFacts, columns: readonly string[], rows: readonly (readonly BackupValue[])[]): Promise<void> {
    const values = rows.map((row) => sql`(${sql.join([...row])})`);
    await sql`insert into ${sql.table(table.name)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(values)}`.execute(
      this.#trx,
    );
  }

  /** The steps that made the saved database must be ours. */
  #checkSteps(rows: readonly (readonly BackupValue[])[], columns: readonly string[]): void {
    const at = (name: string): number => columns.indexOf(name);
    checkApplied(
      rows.map((row) => ({ version: Number(row[at("version")]), checksum: String(row[at("checksum")]) })),
      this.#migrations,
    );
  }

  #damaged(reason: string): Fault {
    return new Fault("backup-damaged", { file: this.#options.file, reason });
  }
}
