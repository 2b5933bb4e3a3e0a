/** The store: SQLite in the data folder, or PostgreSQL by URL, behind Kysely. */
export { openArchive, type BackupHead } from "./backup/archive.ts";
export { backup, restore, type BackupOptions, type BackupSummary, type RestoreOptions, type RestoreSummary } from "./backup/backup.ts";
export { lockFolder, type FolderLock } from "./folder-lock.ts";
export { insertOf, together } from "./insert-rows.ts";
export { fromJson, recordFromJson, textsFromJson, toJson, type Json, type JsonRecord } from "./json.ts";
export { migrate, type Engine } from "./migrations.ts";
export { databasePassword, parseDatabaseUrl, postgresDialect, type PostgresOptions } from "./postgres.ts";
export type * from "./schema.ts";
export type * from "./schema/factors.ts";
export type * from "./schema/federation.ts";
export { sqliteDialect } from "./sqlite.ts";
export { isDuplicate, isUnreferenced, openStore, storeOver, within, type Queries, type Store, type StoreOptions } from "./store.ts";
