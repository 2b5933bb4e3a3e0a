import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINES } from "./engines.fixture.ts";
import { migrate, MIGRATIONS } from "./migrations.ts";
import { isDuplicate, type Store } from "./store.ts";

/** A step that this program does not have yet. */
const NEXT = MIGRATIONS.length + 1;
const NOW = Date.UTC(2020, 7, 5, 10);

function tenant(id: string, name: string) {
  return {
    tenant_id: id,
    kind: "online" as const,
    name,
    display_name: name,
    initial_domain: `${name}.onmicrosoft.com`,
    netbios_name: null,
    forest: "0a",
    registrar_pool: "sippool.lync0a001.local",
    remote_powershell: 1 as const,
    properties: "{}",
    created_ms: NOW,
    changed_ms: NOW,
  };
}

describe.each(ENGINES)("contract of the store on $name", ({ open }) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  it("keeps what a transaction wrote and forgets what a failing one did", async () => {
    await store.transaction((trx) => trx.insertInto("tenants").values(tenant("t-1", "one")).execute());
    const failing = store.transaction(async (trx) => {
      await trx.insertInto("tenants").values(tenant("t-2", "two")).execute();
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    const rows = await store.db.selectFrom("tenants").select("tenant_id").where("tenant_id", "in", ["t-1", "t-2"]).execute();
    expect(rows).toEqual([{ tenant_id: "t-1" }]);
  });

  it("lets two transactions that start together both run to their end", async () => {
    const add = (name: string): Promise<unknown> =>
      store.transaction(async (trx) => {
        await trx
          .insertInto("tenants")
          .values(tenant(`p-${name}`, name))
          .execute();
        await trx.selectFrom("tenants").selectAll().execute();
        await trx.updateTable("tenants").set({ display_name: "renamed" }).where("tenant_id", "=", `p-${name}`).execute();
      });
    await Promise.all(["a", "b", "c"].map(add));
    const rows = await store.db.selectFrom("tenants").select("display_name").where("tenant_id", "like", "p-%").execute();
    expect(rows.map((row) => row.display_name)).toEqual(["renamed", "renamed", "renamed"]);
  });

  it("gives whole numbers back as numbers, milliseconds of today included", async () => {
    await store.db
      .insertInto("tenants")
      .values({ ...tenant("t-n", "n"), created_ms: 1_795_276_800_123 })
      .execute();
    const row = await store.db.selectFrom("tenants").selectAll().where("tenant_id", "=", "t-n").executeTakeFirstOrThrow();
    expect(row.created_ms).toBe(1_795_276_800_123);
    expect(row.remote_powershell).toBe(1);
  });

  it("orders text by code point on every engine, so that pages are cut alike", async () => {
    const names = ["a", "B", "_", "ä", "z", "Z", "é", "-", "\u{1F600}", "中"];
    await store.db
      .insertInto("tenants")
      .values(names.map((name, i) => ({ ...tenant(`s-${i}`, name), forest: "sort" })))
      .execute();
    const rows = await store.db.selectFrom("tenants").select("name").where("forest", "=", "sort").orderBy("name").execute();
    const bytes = (text: string): string => Buffer.from(text).toString("hex");
    expect(rows.map((row) => row.name)).toEqual(names.toSorted((x, y) => (bytes(x) < bytes(y) ? -1 : 1)));
  });

  it("tells a duplicate key from any other refusal", async () => {
    const twice = await store.db
      .insertInto("tenants")
      .values(tenant("t-1", "again"))
      .execute()
      .catch((error: unknown) => error);
    expect(isDuplicate(twice)).toBe(true);
    const orphan = await store.db
      .insertInto("domains")
      .values({
        tenant_id: "nobody",
        kind: "online",
        name: "x.com",
        name_key: "x.com",
        verified: 1,
        is_default: 1,
        sip: 1,
        created_ms: NOW,
      })
      .execute()
      .catch((error: unknown) => error);
    expect(orphan).toBeInstanceOf(Error);
    expect(isDuplicate(orphan)).toBe(false);
  });

  it("migrates once: a second run changes nothing", async () => {
    const before = await store.db.selectFrom("schema_migrations").selectAll().execute();
    expect(before).toHaveLength(MIGRATIONS.length);
    await migrate(store.db, store.engine, NOW + 1);
    expect(await store.db.selectFrom("schema_migrations").selectAll().execute()).toEqual(before);
  });

  it("undoes a step that fails in its middle, the table of steps included", async () => {
    const broken = { version: NEXT, name: "broken", statements: ["create table halfway (x {int})", "create nonsense"] };
    await expect(migrate(store.db, store.engine, NOW, [...MIGRATIONS, broken])).rejects.toThrow();
    await expect(sql`select * from halfway`.execute(store.db)).rejects.toThrow();
    await migrate(store.db, store.engine, NOW, [...MIGRATIONS, { ...broken, statements: ["create table halfway (x {int})"] }]);
    expect((await sql`select * from halfway`.execute(store.db)).rows).toEqual([]);
  });

  it("refuses a database of a newer program, and one that other steps made", async () => {
    await expect(migrate(store.db, store.engine, NOW)).rejects.toMatchObject({
      code: "store-newer",
      fields: { found: NEXT, known: NEXT - 1 },
    });
    const other = [
      { version: 1, name: "other", statements: ["select 1"] },
      { version: NEXT, name: "x", statements: [] },
    ];
    await expect(migrate(store.db, store.engine, NOW, other)).rejects.toMatchObject({ code: "store-migration-changed" });
  });
});
