/** That a batch costs the same a user whether it has a hundred or ten thousand: by counting statements, not time. */
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import { Directory } from "../../directory/index.ts";
import { ENGINES } from "../../store/engines.fixture.ts";
import { sqliteDialect, storeOver, type Store } from "../../store/index.ts";
import { batchLab, NOW, person, POOL, TENANT, TOKEN, type BatchLab } from "./batches.fixture.ts";
import type { BatchId } from "./batch.ts";
import { Claims } from "./claims.ts";

/** Notes each statement that is run: parts of one are asked for, too, and have no result. */
class Statements implements KyselyPlugin {
  readonly #asked = new WeakMap<object, RootOperationNode>();
  readonly nodes: RootOperationNode[] = [];
  transformQuery: KyselyPlugin["transformQuery"] = ({ node, queryId }) => {
    this.#asked.set(queryId, node);
    return node;
  };
  transformResult: KyselyPlugin["transformResult"] = ({ result, queryId }) => {
    const node = this.#asked.get(queryId);
    if (node !== undefined) this.nodes.push(node);
    return Promise.resolve(result);
  };
}

let store: Store;
afterEach(() => store.close());

async function batchOf(size: number): Promise<{ lab: BatchLab; statements: Statements; id: BatchId }> {
  const statements = new Statements();
  const people = Array.from({ length: size }, (_, i) => person(i + 1));
  const lab = await batchLab(store, people, { directory: new Directory(store.db.withPlugin(statements)) });
  const batch = await lab.service.create({ name: "All", target: "sipfed.online.lync.com", by: "admin" }, TOKEN);
  for (let i = 0; i < size; i += 1_000) {
    await lab.service.add(
      batch.batchId,
      people.slice(i, i + 1_000).map((user) => ({ identity: user.userPrincipalName, user })),
    );
  }
  await lab.service.start(batch.batchId, {}, "admin");
  // An engine that only records: what is counted is the batch's own.
  lab.engine.end = async (wish, call) =>
    store.transaction(async (trx) => {
      const outcome = {
        moveId: wish.user,
        direction: "to-online",
        source: POOL,
        target: wish.target,
        moved: { contacts: 0, groups: 0, permissions: 0, delegates: 0, meetings: 0, forwarding: 0, policies: 0 },
        leftPolicies: [],
        warnings: [],
        teamsUpgradeMode: null,
        durationMs: 1,
      } as const;
      await call.alongside?.(trx, outcome);
      lab.engine.moved.push(wish);
      return outcome;
    });
  return { lab, statements, id: batch.batchId };
}

describe.each(ENGINES)("a batch on $name", ({ name, open }) => {
  it.each([100, 2_000])("of %i users takes as many statements for its first forty as any other", async (size) => {
    store = await open();
    const { lab, statements } = await batchOf(size);
    const worker = lab.worker({ concurrency: 8 });
    statements.nodes.length = 0;
    while (lab.engine.moved.length < 40) {
      await worker.round();
      await worker.settled();
    }
    expect(lab.engine.moved.length).toBe(40);
    expect(statements.nodes.length).toBe(5 * STATEMENTS_A_ROUND + STATEMENTS_A_WORKER);
  });

  it.runIf(name === "SQLite")("reads through indexes what it claims, and nothing else", async () => {
    store = await open();
    const { lab, statements, id } = await batchOf(300);
    const claims = new Claims(store.db.withPlugin(statements), TENANT, store.engine);
    statements.nodes.length = 0;
    await claims.claim({ batchId: id, owner: "one", wanted: 5, leaseMs: 1_000, nowMs: lab.clock.nowMs });
    await claims.claim({ batchId: id, owner: "two", wanted: 5, leaseMs: 1_000, nowMs: lab.clock.nowMs + 2_000 });
    expect(statements.nodes.length).toBe(6);
    for (const node of statements.nodes) {
      const { sql, parameters } = store.db.getExecutor().compileQuery(node, { queryId: "explained" });
      const { rows } = await store.db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]));
      const plan = rows.map(({ detail }) => detail);
      expect(
        // The batch alone is no condition: all of its users would be walked over.
        plan.filter((step) => /^SCAN move_batch|^SEARCH move_batch_users .*\((tenant_id=\? AND )?(batch_id=\?)?\)/.test(step)),
        plan.join("\n"),
      ).toEqual([]);
    }
  });

  it.runIf(name === "SQLite")("of ten thousand comes to its end", async () => {
    store = await storeOver(sqliteDialect(":memory:"), "sqlite", NOW);
    const { lab, statements } = await batchOf(10_000);
    statements.nodes.length = 0;
    const worker = lab.worker({ concurrency: 100 });
    for (;;) {
      await worker.round();
      await worker.settled();
      if ((await lab.service.find("All")).state !== "Running") break;
    }
    expect(lab.engine.moved.length).toBe(10_000);
    expect(new Set(lab.engine.moved.map(({ user }) => user)).size).toBe(10_000);
    const { counts } = await lab.service.progress(await lab.service.find("All"));
    expect(counts.moved).toBe(10_000);
    // The limit is 16 at a time: a claim each, and nothing that grows.
    expect(statements.nodes.length / 10_000).toBeLessThan(1);
  });
});

/** Which batches there are, the lock, where the batch stands, the claim, and the users' records. */
const STATEMENTS_A_ROUND = 5;
/** Once: what mail is due, and how the batch signs in. */
const STATEMENTS_A_WORKER = 2;
