/** The store: one database, ready to use, with everything that has to be let go at its end. */
import { join } from "node:path";
import { isFault } from "@tieline/fault";
import { Kysely, type Dialect, type Transaction } from "kysely";
import { saved } from "./backup/backup.ts";
import { isOutdated } from "./backup/load.ts";
import { lockFolder, type FolderLock } from "./folder-lock.ts";
import { migrate, type Engine } from "./migrations.ts";
import { postgresDialect, postgresSchema } from "./postgres.ts";
import type { Schema } from "./schema.ts";
import { sqliteDialect } from "./sqlite.ts";

/** What queries run on: the database, or a transaction of it. */
export type Queries = Kysely<Schema>;

export interface Store extends AsyncDisposable {
  readonly db: Queries;
  readonly engine: Engine;
  /** Runs the work in one transaction: all of it is kept, or, if it throws, nothing. */
  transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The data folder; locked for this process even where the database is elsewhere. */
  folder: string;
  /** The file in it, `<name>.db`, or the schema on a PostgreSQL server; a deployment with two sites has two. */
  name?: string;
  /** A PostgreSQL server instead of the file. */
  databaseUrl?: string | undefined;
  databasePassword?: string | undefined;
  /** A process beside the one that holds the folder, on a PostgreSQL server that both use: takes no lock. */
  beside?: boolean | undefined;
  nowMs: number;
}

/**
 * Locks the folder, opens the database and brings its layout up to date.
 *
 * @throws Fault `store-in-use`, `store-unwritable`, `store-damaged`, `store-newer`, `store-unreachable`, `store-login`, ...
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const name = options.name ?? "tieline";
  // A file has one service; a server has its own rules.
  const lock = options.beside === true && options.databaseUrl !== undefined ? undefined : lockFolder(options.folder, name);
  // An upgrade can be taken back: `tieline restore` of the older program reads what is saved here.
  const save = async (db: Queries, engine: Engine): Promise<void> => {
    if (await isOutdated(db, engine)) await saved(options, name, "before-upgrade");
  };
  try {
    if (options.databaseUrl === undefined) {
      return await storeOver(sqliteDialect(join(options.folder, `${name}.db`)), "sqlite", options.nowMs, lock, save);
    }
    const dialect = postgresDialect({ url: options.databaseUrl, password: options.databasePassword, schema: postgresSchema(name) });
    return await storeOver(dialect, "postgresql", options.nowMs, lock, save);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** A store over any dialect of the two engines: for tests in memory, and for `openStore`. */
export async function storeOver(
  dialect: Dialect,
  engine: Engine,
  nowMs: number,
  lock?: FolderLock,
  beforeMigrating?: (db: Queries, engine: Engine) => Promise<void>,
): Promise<Store> {
  const db = new Kysely<Schema>({ dialect });
  const close = async (): Promise<void> => {
    await db.destroy();
    lock?.release();
  };
  try {
    await beforeMigrating?.(db, engine);
    await migrate(db, engine, nowMs);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    engine,
    transaction: (work) => db.transaction().execute(work),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Runs the work in the transaction that the queries are of already, or in one of its own. */
export async function within<T>(db: Queries, work: (trx: Queries) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** True where a statement was refused because a row with the same key is there already, on either engine. */
export function isDuplicate(error: unknown): boolean {
  if (isFault(error) || !(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  const errcode = "errcode" in error ? error.errcode : undefined;
  return code === "23505" || errcode === SQLITE_UNIQUE || errcode === SQLITE_PRIMARY_KEY;
}

/** True where a statement was refused because the row that it refers to is not there, on either engine. */
export function isUnreferenced(error: unknown): boolean {
  if (isFault(error) || !(error instanceof Error)) return false;
  return ("code" in error && error.code === "23503") || ("errcode" in error && error.errcode === SQLITE_FOREIGN_KEY);
}

const SQLITE_UNIQUE = 2067;
const SQLITE_PRIMARY_KEY = 1555;
const SQLITE_FOREIGN_KEY = 787;
