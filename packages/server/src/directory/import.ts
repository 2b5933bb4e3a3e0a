/**
 * Users from a file into a tenant: `tieline import users.csv`. All of it or nothing, in one transaction; the file is read
 * as a stream, and what has been seen before (a name that stands on two lines) is remembered in the database, so that
 * memory does not grow with the file.
 */
import { createReadStream } from "node:fs";
import { Fault } from "@tieline/fault";
import type { Queries } from "../store/index.ts";
import { readCsv, type CsvRecord } from "./csv.ts";
import type { Directory } from "./directory.ts";
import { key, type ObjectId, type TenantId } from "./ids.ts";
import { readUser, userColumns, type Columns, type ImportedUser } from "./user-columns.ts";
import type { UserRecord } from "./user-record.ts";
import { Users } from "./users.ts";

export interface ImportOptions {
  nowMs: number;
  /** A fresh GUID for a user whose file has none. */
  newGuid: () => string;
  /** Read, check and report, but keep nothing. */
  dryRun?: boolean;
  /** After each batch; users read so far. */
  onProgress?: (users: number) => void;
  signal?: AbortSignal;
}

export interface ImportReport {
  read: number;
  added: number;
  /** Users that were there and now are as the file says. */
  changed: number;
  /** Columns that mean nothing here. */
  unknownColumns: readonly string[];
  /** Values that said nothing (lists that Export-Csv had turned into a type's name). */
  passedOver: number;
  /** Domains of names and addresses that the tenant does not have: these users cannot sign in. */
  foreignDomains: readonly string[];
}

const BATCH = 250;
/** Problems that are shown; reading stops when there are many more. */
const SHOWN = 20;
const ENOUGH = 1000;
/** Foreign domains that are named. */
const DOMAINS = 20;

/** The bytes of a file. @throws Fault `file-unreadable` */
export async function* fileBytes(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (cause) {
    throw new Fault("file-unreadable", { path: file, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}

/**
 * @throws Fault `import-refused` with up to twenty problems by line and column, `csv-syntax`, `csv-encoding`, `csv-header`;
 * in each case nothing was changed
 */
export async function importUsers(
  directory: Directory,
  tenant: TenantId,
  bytes: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ImportReport> {
  let report: ImportReport | undefined;
  try {
    await directory.transaction(async (inside, queries) => {
      const domains = await inside.tenant(tenant).domains.list();
      const run = new Import(queries, tenant, new Set(domains.map((domain) => key(domain.name))), options);
      for await (const records of readCsv(bytes)) {
        for (const record of records) await run.take(record);
        options.signal?.throwIfAborted();
      }
      report = await run.finish();
      if (options.dryRun === true) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  return report as ImportReport;
}

/** Undoes the transaction of a dry run. */
class DryRun extends Error {}

interface Line {
  line: number;
  user: ImportedUser;
}

/** Keys by which a user is known; each may stand in the file once. */
const KEYS: readonly {
  kind: string;
  column: "upn_key" | "sip_key" | "object_id";
  name: string;
  of: (user: ImportedUser) => string | null;
}[] = [
  { kind: "upn", column: "upn_key", name: "UserPrincipalName", of: (user) => key(user.userPrincipalName) },
  { kind: "sip", column: "sip_key", name: "SipAddress", of: (user) => (user.sipAddress === null ? null : key(user.sipAddress)) },
  { kind: "id", column: "object_id", name: "ObjectId", of: (user) => user.objectId ?? null },
];

class Import {
  readonly #db: Queries;
  readonly #tenant: TenantId;
  readonly #users: Users;
  readonly #domains: ReadonlySet<string>;
  readonly #options: ImportOptions;
  readonly #run: string;
  #columns: Columns | undefined;
  #batch: Line[] = [];
  #problems: string[] = [];
  #problemCount = 0;
  readonly #foreign = new Set<string>();
  #read = 0;
  #added = 0;
  #changed = 0;
  #passedOver = 0;

  constructor(db: Queries, tenant: TenantId, domains: ReadonlySet<string>, options: ImportOptions) {
    this.#db = db;
    this.#tenant = tenant;
    this.#users = new Users(db, tenant);
    this.#domains = domains;
    this.#options = options;
    this.#run = options.newGuid();
  }

  async take(record: CsvRecord): Promise<void> {
    if (this.#columns === undefined) {
      this.#columns = userColumns(record.fields);
      return;
    }
    this.#read += 1;
    const expected = this.#columns.names.length;
    if (record.fields.length !== expected) {
      this.#problem(record.line, `there are ${record.fields.length} values where the head has ${expected} columns`);
      return;
    }
    const reading = readUser(this.#columns, record.fields, this.#options.nowMs);
    this.#passedOver += reading.passedOver;
    for (const problem of reading.problems) this.#problem(record.line, problem);
    if (reading.problems.length > 0) return;
    this.#batch.push({ line: record.line, user: reading.user });
    if (this.#batch.length >= BATCH) await this.#flush();
  }

  async finish(): Promise<ImportReport> {
    if (this.#columns === undefined) throw new Fault("csv-header", { reason: "the file is empty" });
    await this.#flush();
    if (this.#problemCount > 0) throw this.#refusal();
    await this.#db.deleteFrom("import_lines").where("run", "=", this.#run).execute();
    return {
      read: this.#read,
      added: this.#added,
      changed: this.#changed,
      unknownColumns: this.#columns.unknown,
      passedOver: this.#passedOver,
      foreignDomains: [...this.#foreign].toSorted(),
    };
  }

  #problem(line: number, text: string): void {
    this.#problemCount += 1;
    if (this.#problems.length < SHOWN) this.#problems.push(`line ${line}, ${text}`);
    if (this.#problemCount >= ENOUGH) throw this.#refusal();
  }

  #refusal(): Fault {
    const more = this.#problemCount - this.#problems.length;
    const lines = more > 0 ? [...this.#problems, `... and ${more} more`] : this.#problems;
    return new Fault("import-refused", { count: this.#problemCount, problems: lines.join("\n") });
  }

  async #flush(): Promise<void> {
    const batch = await this.#withoutTwins(this.#batch);
    this.#batch = [];
    if (batch.length > 0) {
      const known = await this.#known(batch);
      const added: UserRecord[] = [];
      for (const { line, user } of batch) {
        const there = this.#match(known, line, user);
        this.#noteDomains(user);
        if (there === null || this.#problemCount > 0) continue;
        if (there === undefined) added.push({ ...user, objectId: user.objectId ?? (this.#options.newGuid() as ObjectId) });
        else {
          await this.#users.replace({ ...user, objectId: there });
          this.#changed += 1;
        }
      }
      await this.#users.add(added);
      this.#added += added.length;
    }
    this.#options.onProgress?.(this.#read);
  }

  /** The lines whose names have not stood in the file before; the others become problems. */
  async #withoutTwins(batch: readonly Line[]): Promise<readonly Line[]> {
    const rows = batch.flatMap(({ line, user }) =>
      KEYS.flatMap(({ kind, of }) => {
        const name = of(user);
        return name === null ? [] : [{ run: this.#run, kind, name_key: name, line }];
      }),
    );
    if (rows.length === 0) return batch;
    const first = await this.#db
      .insertInto("import_lines")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning(["kind", "name_key", "line"])
      .execute();
    if (first.length === rows.length) return batch;
    const fresh = new Set(first.map((row) => `${row.kind} ${row.line} ${row.name_key}`));
    const twins = new Set<number>();
    for (const row of rows) {
      if (fresh.has(`${row.kind} ${row.line} ${row.name_key}`)) continue;
      const before = await this.#db
        .selectFrom("import_lines")
        .select("line")
        .where("run", "=", this.#run)
        .where("kind", "=", row.kind)
        .where("name_key", "=", row.name_key)
        .executeTakeFirstOrThrow();
      const name = KEYS.find(({ kind }) => kind === row.kind)?.name ?? row.kind;
      this.#problem(row.line, `column ${name}: "${row.name_key}" stands on line ${before.line} too`);
      twins.add(row.line);
    }
    return batch.filter(({ line }) => !twins.has(line));
  }

  /** Users of the tenant that share a name with the batch. */
  async #known(batch: readonly Line[]): Promise<Map<string, ObjectId>> {
    const known = new Map<string, ObjectId>();
    for (const { kind, column, of } of KEYS) {
      const names = batch.flatMap(({ user }) => of(user) ?? []);
      if (names.length === 0) continue;
      const rows = await this.#db
        .selectFrom("users")
        .select(["object_id", `${column} as name`])
        .where("tenant_id", "=", this.#tenant)
        .where(column, "in", names)
        .execute();
      for (const row of rows) known.set(`${kind} ${String(row.name)}`, row.object_id as ObjectId);
    }
    return known;
  }

  /** The user that the line speaks of: by object id, else by principal name; undefined for a new one, null where names cross. */
  #match(known: ReadonlyMap<string, ObjectId>, line: number, user: ImportedUser): ObjectId | undefined | null {
    const byId = user.objectId === undefined ? undefined : known.get(`id ${user.objectId}`);
    const byUpn = known.get(`upn ${key(user.userPrincipalName)}`);
    const bySip = user.sipAddress === null ? undefined : known.get(`sip ${key(user.sipAddress)}`);
    const there = byId ?? byUpn;
    if (byId !== undefined && byUpn !== undefined && byId !== byUpn) {
      this.#problem(line, `column UserPrincipalName: "${user.userPrincipalName}" belongs to another user of the tenant`);
      return null;
    }
    if (bySip !== undefined && bySip !== there) {
      this.#problem(line, `column SipAddress: "${user.sipAddress ?? ""}" belongs to another user of the tenant`);
      return null;
    }
    return there;
  }

  #noteDomains(user: ImportedUser): void {
    for (const address of [user.userPrincipalName, user.sipAddress]) {
      const domain = address?.replace(/^.*@/, "").toLowerCase();
      if (domain !== undefined && !this.#domains.has(domain) && this.#foreign.size < DOMAINS) this.#foreign.add(domain);
    }
  }
}
