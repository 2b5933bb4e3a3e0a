/** What a connection to PostgreSQL keeps prepared. */
import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { ENGINES } from "./engines.fixture.ts";
import { StatementNames } from "./statement-names.ts";

it("names a statement from its second time on, always alike, and each by a name of its own", () => {
  const names = new StatementNames();
  expect(names.of("select 1")).toBeUndefined();
  const name = names.of("select 1");
  expect(name).toMatch(/^\w{1,63}$/);
  expect(names.of("select 1")).toBe(name);
  names.of("select 2");
  expect(names.of("select 2")).not.toBe(name);
});

it("keeps neither what a transaction begins and ends with, nor a change of the layout, nor a text of any length", () => {
  const names = new StatementNames();
  for (const text of ["begin", "commit", "create table t (a text)", `insert into t values ${"(1), ".repeat(500)}(1)`])
    expect([1, 2, 3].map(() => names.of(text))).toEqual([undefined, undefined, undefined]);
});

it("keeps so many and no more, however many there are", () => {
  const names = new StatementNames();
  const kept = new Set<string | undefined>();
  for (let i = 0; i < 5000; i += 1) for (let again = 0; again < 2; again += 1) kept.add(names.of(`select ${i}`));
  kept.delete(undefined);
  expect(kept.size).toBe(200);
});

it.each(ENGINES)("a statement that was kept is told apart from others and goes on after one that failed, on $name", async ({ open }) => {
  const store = await open();
  onTestFinished(() => store.close());
  const plus = async (n: number): Promise<number> =>
    Number((await sql<{ n: number }>`select cast(${n} as integer) + 1 as n`.execute(store.db)).rows[0]?.n);
  for (let n = 0; n < 8; n += 1) {
    expect(await plus(n)).toBe(n + 1);
    await expect(sql`select ${n} from nothing_here`.execute(store.db)).rejects.toThrow();
  }
});
