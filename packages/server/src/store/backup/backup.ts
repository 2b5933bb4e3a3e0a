/** Backup and restore of a whole data folder: the databases of its sites, and the files that its secrets depend on. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { Fault, isFault } from "@tieline/fault";
import { Kysely } from "kysely";
import type { Engine } from "../migrations.ts";
import type { Migration } from "../migrations/migration.ts";
import { postgresDialect, postgresSchema } from "../postgres.ts";
import type { Schema } from "../schema.ts";
import { checkSqlite, sqliteDialect } from "../sqlite.ts";
import { lockFolder } from "../folder-lock.ts";
import { openArchive, writeArchive, type BackupHead } from "./archive.ts";
import { dump } from "./dump.ts";
import { isInUse, Loader } from "./load.ts";
import type { BackupRecord } from "./records.ts";

/** Where the databases and files are. */
export interface BackupPlace {
  folder: string;
  databaseUrl?: string | undefined;
  databasePassword?: string | undefined;
}

export interface BackupOptions extends BackupPlace {
  /** The names of the sites' databases. */
  sites: readonly string[];
  /** Folders and files below the data folder that go along, where they are there. Only under a passphrase. */
  files?: readonly string[];
  passphrase?: string | undefined;
  nowMs: number;
  onProgress?: (rows: number) => void;
}

export interface BackupSummary {
  sites: readonly string[];
  rows: number;
  files: number;
}

/** Keys and certificates are small; what is larger is none. */
const MAX_FILE = 16 * 1024 * 1024;

/**
 * Saves the databases as they are at one moment each, also while a service writes to them, and the files.
 *
 * @throws Fault `backup-unwritable`, `store-empty`, and those of the store's layer
 */
export async function backup(file: string, options: BackupOptions): Promise<BackupSummary> {
  const found = options.passphrase === undefined ? [] : (options.files ?? []).flatMap((path) => filesBelow(options.folder, path));
  let rows = 0;
  const made = new Date(options.nowMs).toISOString();
  await writeArchive(file, { made, sites: options.sites, passphrase: options.passphrase }, async (take) => {
    for (const site of options.sites) {
      await using database = openForReading(options, site);
      let seen = 0;
      rows += await dump(database.db, database.engine, site, async (record) => {
        await take(record);
        if (record.kind === "rows") options.onProgress?.(rows + (seen += record.rows.length));
      });
    }
    for (const path of found)
      await take({ kind: "file", path: path.split(sep).join("/"), content: readFileSync(join(options.folder, path)).toString("base64") });
    await take({ kind: "end", rows, files: found.length });
  });
  return { sites: options.sites, rows, files: found.length };
}

export interface RestoreOptions extends BackupPlace {
  passphrase?: string | undefined;
  /** A database that holds tenants is overwritten; what it held is saved first. */
  replace: boolean;
  /** Reads and checks everything, and changes nothing. */
  checkOnly?: boolean;
  nowMs: number;
  onProgress?: (rows: number) => void;
  migrations?: readonly Migration[];
}

export interface RestoreSummary extends BackupSummary {
  head: BackupHead;
  /** What was there before, where `replace` overwrote something. */
  savedTo: readonly string[];
}

/**
 * The service must be stopped: the folder's lock is taken. Each site's database comes back in one transaction; files are
 * written only when all databases are whole.
 *
 * @throws Fault `backup-unknown`, `backup-damaged`, `backup-passphrase`, `restore-in-use`, `store-newer`, `store-in-use` ...
 */
export async function restore(file: string, options: RestoreOptions): Promise<RestoreSummary> {
  const archive = await openArchive(file);
  const check = await verified(archive.records(options.passphrase), file);
  if (options.checkOnly === true) return { ...check, head: archive.head, savedTo: [] };
  const savedTo: string[] = [];
  const files: Extract<BackupRecord, { kind: "file" }>[] = [];
  const records = archive.records(options.passphrase);
  let next = await records.next();
  while (!next.done && next.value.kind === "site") {
    const { name, step } = next.value;
    using _lock = lockFolder(options.folder, name);
    if (options.replace) savedTo.push(...putDamagedAside(options, name));
    await using database = openForReading(options, name);
    if (await isInUse(database.db, database.engine)) {
      if (!options.replace) throw new Fault("restore-in-use", { site: name, folder: options.folder });
      savedTo.push(await saved(options, name));
    }
    await database.db.transaction().execute(async (trx) => {
      const loader = await Loader.begin(trx, step, {
        engine: database.engine,
        nowMs: options.nowMs,
        file,
        ...(options.migrations === undefined ? {} : { migrations: options.migrations }),
      });
      for (next = await records.next(); !next.done; next = await records.next()) {
        const record = next.value;
        if (record.kind !== "table" && record.kind !== "rows") break;
        await loader.take(record);
        if (record.kind === "rows") options.onProgress?.(loader.rows);
      }
      await loader.finish();
    });
  }
  for (; !next.done; next = await records.next()) if (next.value.kind === "file") files.push(next.value);
  for (const each of files) writeFile(options.folder, each.path, Buffer.from(each.content, "base64"), options.replace);
  return { ...check, head: archive.head, savedTo };
}

/** Reads everything once before anything is touched. */
async function verified(records: AsyncIterable<BackupRecord>, file: string): Promise<BackupSummary> {
  const sites: string[] = [];
  let rows = 0;
  let files = 0;
  for await (const record of records) {
    if (record.kind === "site") sites.push(record.name);
    if (record.kind === "rows") rows += record.rows.length;
    if (record.kind === "file") {
      files += 1;
      if (!isBelow(record.path)) throw new Fault("backup-damaged", { file, reason: "it names a file outside the data folder" });
    }
    if (record.kind === "end" && (record.rows !== rows || record.files !== files))
      throw new Fault("backup-damaged", { file, reason: `it should hold ${record.rows} rows and ${record.files} files` });
  }
  return { sites, rows, files };
}

/** An embedded database that cannot even be opened is kept under another name. */
function putDamagedAside(place: BackupPlace & { nowMs: number }, site: string): string[] {
  if (place.databaseUrl !== undefined) return [];
  const path = join(place.folder, `${site}.db`);
  if (!existsSync(path)) return [];
  try {
    checkSqlite(path);
    return [];
  } catch (error) {
    if (!isFault(error) || !error.is("store-damaged")) throw error;
  }
  const kept = `${path}.damaged-${stamp(place.nowMs)}`;
  for (const suffix of ["", "-wal", "-shm"]) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  return [kept];
}

function stamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[:.]/g, "-");
}

/** A copy of what is about to be overwritten, beside the database. @returns its path */
export async function saved(place: BackupPlace & { nowMs: number }, site: string, why = "before-restore"): Promise<string> {
  const folder = join(place.folder, "backups");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${site}-${why}-${stamp(place.nowMs)}.tieline`);
  await backup(path, { ...place, sites: [site] });
  return path;
}

function openForReading(place: BackupPlace, site: string): { db: Kysely<Schema>; engine: Engine } & AsyncDisposable {
  const isEmbedded = place.databaseUrl === undefined;
  if (isEmbedded) mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const dialect = isEmbedded
    ? sqliteDialect(join(place.folder, `${site}.db`))
    : postgresDialect({ url: place.databaseUrl as string, password: place.databasePassword, schema: postgresSchema(site) });
  const db = new Kysely<Schema>({ dialect });
  return { db, engine: isEmbedded ? "sqlite" : "postgresql", [Symbol.asyncDispose]: () => db.destroy() };
}

/** Plain files at or below a path of the folder, as paths relative to it. */
function filesBelow(folder: string, path: string): string[] {
  const whole = join(folder, path);
  if (!existsSync(whole)) return [];
  const facts = lstatSync(whole);
  if (facts.isDirectory()) return readdirSync(whole).flatMap((name) => filesBelow(folder, join(path, name)));
  return facts.isFile() && facts.size <= MAX_FILE ? [path] : [];
}

function isBelow(path: string): boolean {
  return path !== "" && !path.includes("\\") && !path.startsWith("/") && !/^[A-Za-z]:/.test(path) && !normalize(path).startsWith("..");
}

function writeFile(folder: string, path: string, content: Uint8Array, replace: boolean): void {
  const whole = join(folder, ...path.split("/"));
  if (existsSync(whole) && !replace) {
    if (readFileSync(whole).equals(content)) return;
    throw new Fault("restore-in-use", { site: path, folder });
  }
  mkdirSync(dirname(whole), { recursive: true, mode: 0o700 });
  const aside = `${whole}.${process.pid}.new`;
  writeFileSync(aside, content, { mode: 0o600 });
  renameSync(aside, whole);
}
