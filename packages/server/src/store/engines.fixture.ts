/**
 * The engines that every contract test runs on: SQLite in a file, PostgreSQL as PGlite in memory and, where
 * TIELINE_TEST_POSTGRES holds the URL of an empty database, a real server.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGliteDialect } from "kysely";
import { databasePassword, postgresDialect } from "./postgres.ts";
import { sqliteDialect } from "./sqlite.ts";
import { storeOver, type Store } from "./store.ts";

export interface TestEngine {
  name: string;
  /** An empty store; closing it leaves nothing behind. Only one may be open at a time. */
  open: () => Promise<Store>;
}

const NOW_MS = Date.UTC(2020, 7, 5);
let pglite: PGlite | undefined;
let serial = 0;

async function openSqlite(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-store-"));
  return ending(await storeOver(sqliteDialect(join(folder, "test.db")), "sqlite", NOW_MS), () => {
    rmSync(folder, { recursive: true });
  });
}

async function openPglite(): Promise<Store> {
  // Starting one takes seconds, so all tests of a process share it and each begins with an empty schema.
  const shared = (pglite ??= new PGlite());
  await shared.exec("drop schema if exists public cascade; create schema public");
  const lent = {
    get closed() {
      return false;
    },
    ready: true,
    get waitReady() {
      return shared.waitReady;
    },
    close: () => Promise.resolve(),
    query: shared.query.bind(shared),
    transaction: shared.transaction.bind(shared),
  };
  return storeOver(new PGliteDialect({ pglite: lent as unknown as PGlite }), "postgresql", NOW_MS);
}

async function openServer(url: string): Promise<Store> {
  serial += 1;
  const schema = `tieline_test_${process.pid}_${serial}`;
  const dialect = postgresDialect({ url, password: databasePassword(undefined, process.env), schema, maxConnections: 4 });
  const store = await storeOver(dialect, "postgresql", NOW_MS);
  return {
    ...store,
    close: async () => {
      await store.db.schema.dropSchema(schema).cascade().execute();
      await store.close();
    },
  };
}

function ending(store: Store, then: () => void): Store {
  return {
    ...store,
    close: async () => {
      await store.close();
      then();
    },
  };
}

const server = process.env["TIELINE_TEST_POSTGRES"];

export const ENGINES: readonly TestEngine[] = [
  { name: "SQLite", open: openSqlite },
  { name: "PGlite", open: openPglite },
  ...(server === undefined || server === "" ? [] : [{ name: "PostgreSQL", open: () => openServer(server) }]),
];
