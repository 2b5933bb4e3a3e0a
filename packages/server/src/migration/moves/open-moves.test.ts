/** What is asked of the journal again and again costs what is open, not what was ever moved. */
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import type { ObjectId, TenantId } from "../../directory/index.ts";
import { sqliteDialect, storeOver } from "../../store/index.ts";
import { MoveJournal } from "./journal.ts";

it("open moves are found by the indexes of open moves", async () => {
  const store = await storeOver(sqliteDialect(":memory:"), "sqlite", 0);
  onTestFinished(() => store.close());
  const seen: RootOperationNode[] = [];
  const watch: KyselyPlugin = {
    transformQuery: ({ node }) => (seen.push(node), node),
    transformResult: ({ result }) => Promise.resolve(result),
  };
  const journal = new MoveJournal(store.db.withPlugin(watch), "tenant" as TenantId);
  await journal.list({ activeOnly: true, role: "leader", limit: 1000 });
  await journal.active("user" as ObjectId);
  await journal.orphans(0, 10);
  await journal.renew("process", 1);
  await journal.openCount();
  expect(seen.length).toBe(5);
  for (const node of seen) {
    const { sql, parameters } = store.db.getExecutor().compileQuery(node as never, { queryId: "test" });
    const { rows } = await store.db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]));
    expect(rows[0]?.detail, sql).toMatch(/^SEARCH moves USING (?:COVERING )?INDEX moves_(?:open|active) /);
  }
});
