/** Run as a process of its own: writes rows one commit at a time and says each number once it is acknowledged, until it is killed. */
import { openStore } from "./store.ts";

const folder = process.argv[2] as string;
const store = await openStore({ folder, nowMs: 0 });
const row = { run: "crash", kind: "row", line: 0 };
for (let i = 0; ; i += 1) {
  await store.db
    .insertInto("import_lines")
    .values({ ...row, name_key: String(i), line: i })
    .execute();
  // One transaction of two rows in between: both or none must be there afterwards.
  await store.transaction(async (trx) => {
    await trx
      .insertInto("import_lines")
      .values({ ...row, kind: "first", name_key: String(i), line: i })
      .execute();
    await trx
      .insertInto("import_lines")
      .values({ ...row, kind: "second", name_key: String(i), line: i })
      .execute();
  });
  process.stdout.write(`${i}\n`);
}
