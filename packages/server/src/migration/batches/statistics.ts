/**
 * What PostgreSQL knows of the batches' rows when it chooses an index. It finds out by itself a minute later; until then it takes
 * every index that begins with the batch for as good as the one that finds who is next, and reads the whole batch for each
 * claim. So it is told when a batch has grown, and before it begins. SQLite counts columns and needs no telling.
 */
import { sql } from "kysely";
import type { Engine, Queries } from "../../store/index.ts";

/** Fewer are read as quickly as they are found. */
const FEW = 1_000;

export async function freshStatistics(db: Queries, engine: Engine): Promise<void> {
  if (engine === "postgresql") await sql`analyze move_batch_users`.execute(db);
}

/** Whether a batch has doubled, from a thousand on. */
export function hasDoubled(before: number, after: number): boolean {
  return after >= FEW && Math.floor(Math.log2(Math.max(before, 1))) !== Math.floor(Math.log2(after));
}
