import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ENGINES } from "../engines.fixture.ts";
import { MIGRATIONS } from "../migrations.ts";
import { sqliteDialect } from "../sqlite.ts";
import { openStore, storeOver, type Store } from "../store.ts";
import { openArchive, writeArchive } from "./archive.ts";
import { backup, restore } from "./backup.ts";
import { dump } from "./dump.ts";
import { Loader } from "./load.ts";
import type { BackupRecord } from "./records.ts";
import { tablesOf } from "./tables.ts";

const NOW = Date.UTC(2020, 7, 5);
const root = mkdtempSync(join(tmpdir(), "tieline-backup-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const TENANTS = ["contoso", "fabrikam"];

/** More users than a page of the backup holds. */
async function fill(store: Store): Promise<void> {
  const times = { created_ms: NOW, changed_ms: NOW };
  const tenant = (name: string) => ({
    tenant_id: name,
    kind: "online" as const,
    name,
    display_name: `${name} \u00e9\ud83d\ude00`,
    initial_domain: `${name}.onmicrosoft.com`,
    netbios_name: null,
    forest: "0a",
    registrar_pool: "pool",
    remote_powershell: 1 as const,
    properties: '{"a":[1,"x"]}',
    ...times,
  });
  await store.db.insertInto("tenants").values(TENANTS.map(tenant)).execute();
  for (const name of TENANTS) {
    const users = Array.from({ length: 620 }, (_, i) => ({
      tenant_id: name,
      object_id: `${name}-${i}`,
      upn: `u${i}@${name}.com`,
      upn_key: `u${i}@${name}.com`,
      sip_address: null,
      sip_key: null,
      display_name: `User ${i}`,
      display_key: `user ${i}`,
      account_name: `u${i}`,
      account_key: `u${i}`,
      plain: 1 as const,
      enabled: 0 as const,
      hosting_provider: null,
      registrar_pool: null,
      interpreted_type: null,
      properties: "{}",
      ...times,
    }));
    await store.db.insertInto("users").values(users).execute();
  }
}

async function tenants(store: Store): Promise<string[]> {
  return (await store.db.selectFrom("tenants").select("name").orderBy("name").execute()).map((row) => row.name);
}

/** Everything a database holds, as text. */
async function everything(store: Store): Promise<string> {
  const records: BackupRecord[] = [];
  await dump(store.db, store.engine, "x", async (record) => void records.push(record));
  return records
    .filter((record) => record.kind === "rows")
    .map((record) => JSON.stringify(record).replaceAll(/"applied_ms":\d+/g, ""))
    .join("\n");
}

describe.each(ENGINES)("rows of $name", ({ open }) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
    await fill(store);
  });
  afterAll(() => store.close());

  it("names every table of the layout, with its key", async () => {
    const tables = await tablesOf(store.db, store.engine);
    const made = MIGRATIONS.flatMap((step) => step.statements.flatMap((text) => /^create table (\w+)/.exec(text)?.[1] ?? []));
    expect(tables.map((table) => table.name).sort()).toEqual([...made, "schema_migrations"].sort());
    for (const table of tables) expect(table.key.length, table.name).toBeGreaterThan(0);
  });

  it("come back as they were, and numbers go on behind the highest", async () => {
    const audit = sql`insert into audit (tenant_id, at_ms, account_id, account, session, client, cmdlet, parameters, outcome, duration_ms)
      values ('contoso', 0, 'a', 'a', 's', 'c', 'x', '{}', 'done', 0)`;
    await audit.execute(store.db);
    const before = await everything(store);
    const records: BackupRecord[] = [];
    await dump(store.db, store.engine, "online", async (record) => void records.push(record));
    await store.db.transaction().execute(async (trx) => {
      const loader = await Loader.begin(trx, MIGRATIONS.length, { engine: store.engine, nowMs: NOW, file: "x" });
      for (const record of records) if (record.kind === "table" || record.kind === "rows") await loader.take(record);
      await loader.finish();
    });
    expect(await everything(store)).toBe(before);
    await audit.execute(store.db);
    expect((await store.db.selectFrom("audit").select("audit_id").execute()).map((row) => row.audit_id)).toEqual([1, 2]);
  });

  it("leave the database as it was where one of them is wrong", async () => {
    const before = await everything(store);
    const attempt = store.db.transaction().execute(async (trx) => {
      const loader = await Loader.begin(trx, MIGRATIONS.length, { engine: store.engine, nowMs: NOW, file: "x" });
      await loader.take({ kind: "table", name: "nonsense", columns: ["a"] });
    });
    await expect(attempt).rejects.toMatchObject({ code: "backup-damaged" });
    expect(await everything(store)).toBe(before);
  });
});

describe("a backup of a data folder", () => {
  let folder: string;
  let file: string;
  let count = 0;
  beforeEach(async () => {
    folder = join(root, `data-${++count}`);
    file = join(root, `${count}.tieline`);
    await using store = await openStore({ folder, name: "online", nowMs: NOW });
    await fill(store);
    mkdirSync(join(folder, "keys"), { recursive: true });
    writeFileSync(join(folder, "keys", "site.key"), "a secret key");
  });
  const here = (): { folder: string; nowMs: number } => ({ folder, nowMs: NOW });

  it("is made while the service writes, and restores into an empty folder with its keys", async () => {
    await using store = await openStore({ folder, name: "online", nowMs: NOW });
    const summary = await backup(file, { ...here(), sites: ["online"], files: ["keys"], passphrase: "long enough" });
    expect(summary).toMatchObject({ sites: ["online"], files: 1 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const other = join(root, `other-${count}`);
    const restored = await restore(file, { folder: other, nowMs: NOW, passphrase: "long enough", replace: false });
    expect(restored.rows).toBe(summary.rows);
    expect(readFileSync(join(other, "keys", "site.key"), "utf8")).toBe("a secret key");
    await using copy = await openStore({ folder: other, name: "online", nowMs: NOW });
    expect(await everything(copy)).toBe(await everything(store));
  });

  it("goes from SQLite into PostgreSQL", async () => {
    const engine = ENGINES.find((each) => each.name === "PGlite")!;
    const store = await engine.open();
    await backup(file, { ...here(), sites: ["online"] });
    const archive = await openArchive(file);
    await store.db.transaction().execute(async (trx) => {
      const loader = await Loader.begin(trx, MIGRATIONS.length, { engine: "postgresql", nowMs: NOW, file });
      for await (const record of archive.records(undefined))
        if (record.kind === "table" || record.kind === "rows") await loader.take(record);
      await loader.finish();
    });
    expect(await tenants(store)).toEqual(TENANTS);
    await store.close();
  });

  it("without a passphrase holds no key", async () => {
    await backup(file, { ...here(), sites: ["online"], files: ["keys"] });
    const records: string[] = [];
    for await (const record of (await openArchive(file)).records(undefined)) records.push(record.kind);
    expect(records).not.toContain("file");
  });

  it("under a passphrase shows nothing, and opens with that one alone", async () => {
    await backup(file, { ...here(), sites: ["online"], files: ["keys"], passphrase: "long enough" });
    expect(readFileSync(file).includes("contoso")).toBe(false);
    for (const passphrase of [undefined, "", "long enougH"])
      await expect(restore(file, { ...here(), folder: `${folder}-x`, passphrase, replace: false })).rejects.toMatchObject({
        code: "backup-passphrase",
      });
  });

  it("refuses to overwrite, unless told to, and saves first what was there", async () => {
    await backup(file, { ...here(), sites: ["online"] });
    await expect(restore(file, { ...here(), replace: false })).rejects.toMatchObject({ code: "restore-in-use" });
    const done = await restore(file, { ...here(), replace: true });
    expect(done.savedTo).toHaveLength(1);
    const again = await restore(done.savedTo[0]!, { ...here(), checkOnly: true, replace: false });
    expect(again.rows).toBe(done.rows);
  });

  it("comes back over a damaged database, which is kept aside", async () => {
    await backup(file, { ...here(), sites: ["online"] });
    const path = join(folder, "online.db");
    const bytes = readFileSync(path);
    bytes.fill(0x55, 4096, 40_960);
    writeFileSync(path, bytes);
    const done = await restore(file, { ...here(), replace: true });
    expect(existsSync(done.savedTo[0]!)).toBe(true);
    await using store = await openStore({ folder, name: "online", nowMs: NOW });
    expect(await tenants(store)).toEqual(TENANTS);
  });

  it("is refused while the service runs", async () => {
    await backup(file, { ...here(), sites: ["online"] });
    await using _store = await openStore({ folder, name: "online", nowMs: NOW });
    await expect(restore(file, { ...here(), replace: true })).rejects.toMatchObject({ code: "store-in-use" });
  });

  it("is found damaged wherever a byte was changed or the end is missing, before anything is touched", async () => {
    for (const passphrase of [undefined, "long enough"]) {
      await backup(file, { ...here(), sites: ["online"], files: ["keys"], passphrase });
      const whole = readFileSync(file);
      const head = whole.indexOf(10) + 1;
      const cases = [whole.subarray(0, head + 10), whole.subarray(0, whole.length - 1), Buffer.concat([whole, Buffer.from("x")])];
      for (let i = 0; i < 12; i++) {
        const copy = Buffer.from(whole);
        const at = head + Math.floor(((whole.length - head) * i) / 12);
        copy[at] = copy[at]! ^ 0x10;
        cases.push(copy);
      }
      for (const [i, bytes] of cases.entries()) {
        writeFileSync(file, bytes);
        const attempt = restore(file, { ...here(), folder: `${folder}-none`, passphrase, replace: false });
        await expect(attempt, `case ${i}`).rejects.toMatchObject({ code: expect.stringMatching(/^backup-(damaged|passphrase)$/) });
      }
      expect(existsSync(join(`${folder}-none`, "online.db"))).toBe(false);
    }
  });

  it("refuses what is no backup, and one that would write outside the folder", async () => {
    writeFileSync(file, "PK\u0003\u0004");
    await expect(restore(file, { ...here(), replace: true })).rejects.toMatchObject({ code: "backup-unknown" });
    rmSync(file);
    await writeArchive(file, { made: "x", sites: [] }, async (take) => {
      await take({ kind: "file", path: "../../escape", content: "" });
      await take({ kind: "end", rows: 0, files: 1 });
    });
    await expect(restore(file, { ...here(), replace: true })).rejects.toMatchObject({ code: "backup-damaged" });
  });

  it("leaves nothing behind where it cannot be written", async () => {
    await expect(backup(join(root, "missing", "x"), { ...here(), sites: ["online"] })).rejects.toMatchObject({ code: "backup-unwritable" });
    await expect(backup(file, { ...here(), sites: ["nosuch"] })).rejects.toMatchObject({ code: "store-empty" });
    expect(readdirSync(root).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

describe("an upgrade", () => {
  it("saves what the older program wrote, which can be brought back for that program", async () => {
    const folder = join(root, "upgrade");
    mkdirSync(folder);
    const old = MIGRATIONS.slice(0, 1);
    const path = join(folder, "online.db");
    {
      // As the program of step 1 made it.
      const store = await storeOver(sqliteDialect(path), "sqlite", NOW);
      await fill(store);
      for (const step of MIGRATIONS.slice(1).toReversed())
        for (const text of step.statements.toReversed()) {
          const table = /^create table (\w+)/.exec(text)?.[1];
          if (table !== undefined) await sql`drop table ${sql.table(table)}`.execute(store.db);
          const [, changed, column] = /^alter table (\w+) add column (\w+)/.exec(text) ?? [];
          if (changed !== undefined && column !== undefined)
            await sql`alter table ${sql.table(changed)} drop column ${sql.ref(column)}`.execute(store.db);
        }
      await store.db.deleteFrom("schema_migrations").where("version", ">", 1).execute();
      await store.close();
    }
    await using _new = await openStore({ folder, name: "online", nowMs: NOW });
    const [copy] = readdirSync(join(folder, "backups"));
    expect(copy).toMatch(/^online-before-upgrade-/);
    const back = join(root, "downgraded");
    await restore(join(folder, "backups", copy!), { folder: back, nowMs: NOW, replace: false, migrations: old });
    await using again = await openStore({ folder: back, name: "online", nowMs: NOW });
    expect(await tenants(again)).toEqual(TENANTS);
  });
});
