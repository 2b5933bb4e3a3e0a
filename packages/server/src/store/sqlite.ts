/**
 * The embedded engine: node:sqlite below Kysely, write-ahead log, every commit synced to the disk before it is acknowledged.
 *
 * One connection a process; Kysely hands it to one transaction at a time. The runtime's SQLite is synchronous, so
 * queries here must stay short: pages, never whole tables.
 */
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { DatabaseSync, type StatementSync, type SQLInputValue } from "node:sqlite";
import { Fault } from "@tieline/fault";
import { SqliteDialect, type Dialect, type SqliteDatabase, type SqliteStatement } from "kysely";

/** How long a statement waits for another process that reads the file (a backup). */
const BUSY_TIMEOUT_MS = 5_000;
/** Files up to this size are checked whole when they are opened (about a second); larger ones when they are read. */
const CHECKED_BYTES = 256 * 1024 * 1024;
/** Prepared statements that are kept. */
const STATEMENTS = 256;

/** Opens or creates the file and checks it. */
export function sqliteDialect(file: string): Dialect {
  const database = guarded(file, () => open(file));
  return new SqliteDialect({ database: adapter(database, file) });
}

/** Opens it, checks it and lets it go. @throws Fault `store-damaged`, `store-unwritable` */
export function checkSqlite(file: string): void {
  guarded(file, () => open(file)).close();
}

function open(file: string): DatabaseSync {
  const isOld = file !== ":memory:" && existsSync(file) && statSync(file).size > 0;
  // Made for its owner alone; SQLite gives its other files the mode of this one.
  if (file !== ":memory:") closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma trusted_schema = off");
    if (isOld && statSync(file).size <= CHECKED_BYTES) {
      const verdict = database.prepare("pragma quick_check(1)").get()?.["quick_check"];
      if (verdict !== "ok") throw new Fault("store-damaged", { file, reason: String(verdict).replace(/\s+/g, " ").slice(0, 200) });
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Kysely's port over node:sqlite, with the statements kept prepared. */
function adapter(database: DatabaseSync, file: string): SqliteDatabase {
  const statements = new Map<string, Prepared>();
  return {
    prepare(sql): SqliteStatement {
      // A full disk has rolled back already: asked once more, SQLite would say that instead of what went wrong.
      if (sql === "rollback" && !database.isTransaction) return NOTHING;
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = new Prepared(
          guarded(file, () => database.prepare(sql)),
          file,
        );
        if (statements.size >= STATEMENTS) statements.delete(statements.keys().next().value as string);
      } else statements.delete(sql);
      statements.set(sql, statement);
      return statement;
    },
    close(): void {
      statements.clear();
      database.close();
    },
  };
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

class Prepared implements SqliteStatement {
  readonly #statement: StatementSync;
  readonly #file: string;
  readonly reader: boolean;
  constructor(statement: StatementSync, file: string) {
    this.#statement = statement;
    this.#file = file;
    this.reader = statement.columns().length > 0;
  }
  all(parameters: readonly unknown[]): unknown[] {
    return guarded(this.#file, () => this.#statement.all(...(parameters as SQLInputValue[])));
  }
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return guarded(this.#file, () => this.#statement.run(...(parameters as SQLInputValue[])));
  }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.all(parameters).values();
  }
}

type Reading = (file: string, reason: string, cause: unknown) => Fault;
const damaged: Reading = (file, reason, cause) => new Fault("store-damaged", { file, reason }, { cause });
const unwritable: Reading = (file, reason, cause) => new Fault("store-unwritable", { folder: file, reason }, { cause });
const failed: Reading = (file, reason, cause) => new Fault("store-failed", { file, reason }, { cause });

/** SQLite's primary result codes (the low byte) that say something about the file rather than about the statement. */
const CODES: Readonly<Record<number, Reading>> = {
  3: unwritable,
  5: failed,
  8: unwritable,
  10: failed,
  11: damaged,
  13: (file, _reason, cause) => new Fault("store-full", { file }, { cause }),
  14: unwritable,
  26: damaged,
};

/** Runs it; what SQLite says about the file becomes a fault, what it says about the statement (a constraint) stays as it is. */
function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0;
    const message = error instanceof Error ? error.message : "";
    // Our statements name what the migrations made: a table that is gone was taken from outside.
    const reading = code === 1 && message.startsWith("no such table") ? damaged : CODES[code];
    throw reading === undefined ? error : reading(file, message, error);
  }
}
