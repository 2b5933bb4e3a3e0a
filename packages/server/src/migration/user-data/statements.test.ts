/** What a move costs: how many statements, and that none of them walks through a table. */
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { createLabTenants, Directory, LAB_TENANTS, type ObjectId, type TenantId } from "../../directory/index.ts";
import { sqliteDialect, storeOver, type Queries } from "../../store/index.ts";
import { FULL, contactList } from "./user-data.fixture.ts";
import { UserDataStore } from "./user-data-store.ts";
import { NO_USER_DATA } from "./user-data.ts";

const NOW = Date.UTC(2020, 7, 5);
const CONTOSO = LAB_TENANTS[0]?.tenant.tenantId as TenantId;

async function open() {
  const store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
  onTestFinished(() => store.close());
  await createLabTenants(Directory.of(store), {
    users: 5,
    nowMs: NOW,
    credentials: () => Promise.resolve({ passwordHash: null, ntHashSealed: null }),
  });
  const [alice, bob] = await Directory.of(store)
    .tenant(CONTOSO)
    .users.find((eb) => eb("account_key", "in", ["alice", "bob"]));
  const seen: RootOperationNode[] = [];
  const watch: KyselyPlugin = {
    transformQuery: ({ node }) => (seen.push(node), node),
    transformResult: ({ result }) => Promise.resolve(result),
  };
  const data = new UserDataStore(store.db.withPlugin(watch), CONTOSO);
  /** The statements of the work, as SQL. */
  const statements = async (work: () => Promise<unknown>): Promise<CompiledQuery[]> => {
    seen.length = 0;
    await work();
    return seen.map((node) => store.db.getExecutor().compileQuery(node as never, { queryId: "test" }));
  };
  return { db: store.db, data, statements, alice: alice?.objectId as ObjectId, bob: bob?.objectId as ObjectId };
}

async function planOf(db: Queries, query: CompiledQuery): Promise<string> {
  const { rows } = await db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]));
  return rows.map((row) => row.detail).join("; ");
}

it("a move takes a statement for the head and one for each list that is not empty", async () => {
  const { data, statements, alice, bob } = await open();
  const count = async (work: () => Promise<unknown>): Promise<number> => (await statements(work)).length;
  const kept = { policies: "keep" } as const;
  expect(await count(() => data.write(alice, FULL, NOW, kept))).toBe(6);
  expect(await count(() => data.write(alice, FULL, NOW, kept))).toBe(6 + 2 + 5);
  expect(await count(() => data.read(alice))).toBe(1 + 1);
  expect(await count(() => data.remove(alice))).toBe(6);
  expect(await count(() => data.write(bob, contactList(50), NOW, kept))).toBe(3);
  expect(await count(() => data.read(bob))).toBe(1 + 1);
  expect(await count(() => data.remove(bob))).toBe(3);
  expect(await count(() => data.write(bob, NO_USER_DATA, NOW, kept))).toBe(1);
  expect(await count(() => data.read(bob))).toBe(1 + 1);
});

it("no statement walks through a table or sorts: each finds its rows by a key that begins with tenant and user, or by the delegate", async () => {
  const { db, data, statements, alice, bob } = await open();
  const all = await statements(async () => {
    await data.write(alice, FULL, NOW);
    await data.write(alice, FULL, NOW, { policies: "add" });
    await data.read(alice);
    await data.readMany([alice, bob]);
    await data.having([alice, bob]);
    await data.counts(alice);
    await data.principalsOf("sip:pilar@contoso.com");
    await data.remove(alice);
  });
  expect(all.length).toBeGreaterThan(35);
  for (const query of all) {
    const plan = await planOf(db, query);
    if (query.sql.startsWith("insert")) continue;
    expect(plan, query.sql).toMatch(/^SEARCH \w+ USING (?:(?:COVERING )?INDEX \w+|PRIMARY KEY) \(tenant_id=\? AND (?:object_id|uri)=\?/);
    expect(plan, query.sql).not.toMatch(/SCAN|TEMP B-TREE/);
  }
});
