import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { databasePassword, parseDatabaseUrl } from "./postgres.ts";
import { openStore, type StoreOptions } from "./store.ts";

const NOW = Date.UTC(2020, 7, 5);
let folder: string;
let writer: ChildProcess | undefined;
const options = (): StoreOptions => ({ folder, nowMs: NOW });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tieline-folder-"));
});
afterEach(() => {
  writer?.kill("SIGKILL");
  writer = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the writing process; resolves with what it had acknowledged when it was killed after `rows`. */
async function killedAfter(rows: number, seen?: (child: ChildProcess) => Promise<void>): Promise<number> {
  const program = fileURLToPath(new URL("./crash.fixture.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tieline/source", program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  writer = child;
  let last = -1;
  const ended = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last === 0) await seen?.(child);
    if (last >= rows) child.kill("SIGKILL");
  }
  await ended;
  return last;
}

describe("the data folder", () => {
  it("loses nothing acknowledged to kill -9 in the middle of writes, and is taken over from the dead", async () => {
    for (const rows of [3, 150, 400]) {
      const acknowledged = await killedAfter(rows);
      await using store = await openStore(options());
      const count = async (kind: string): Promise<number[]> =>
        (await store.db.selectFrom("import_lines").select("line").where("kind", "=", kind).orderBy("line").execute()).map(
          (row) => row.line,
        );
      const [single, first, second] = [await count("row"), await count("first"), await count("second")];
      expect(acknowledged).toBeGreaterThanOrEqual(rows);
      expect(single.slice(0, acknowledged + 1)).toEqual(Array.from({ length: acknowledged + 1 }, (_, i) => i));
      expect(first.slice(0, acknowledged + 1)).toHaveLength(acknowledged + 1);
      expect(second).toEqual(first);
      await store.db.deleteFrom("import_lines").execute();
    }
  });

  it("refuses a second process and names the first", async () => {
    let refusal: unknown;
    const acknowledged = await killedAfter(1, async (child) => {
      refusal = await openStore(options()).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "store-in-use", fields: { folder, pid: String(child.pid) } });
    });
    expect(refusal).toBeDefined();
    expect(acknowledged).toBeGreaterThanOrEqual(1);
  });

  it("refuses the same process twice, and opens again after closing", async () => {
    const store = await openStore(options());
    await expect(openStore(options())).rejects.toMatchObject({ code: "store-in-use", fields: { pid: String(process.pid) } });
    await store.close();
    await (await openStore(options())).close();
  });

  it("holds two sites side by side under names of their own", async () => {
    await using online = await openStore(options());
    await using pool = await openStore({ ...options(), name: "pool01" });
    expect(online.db).not.toBe(pool.db);
  });

  it("says that a database is damaged, whichever part of the file was hit", async () => {
    const file = join(folder, "tieline.db");
    const fresh = async (): Promise<Buffer> => {
      rmSync(file, { force: true });
      await (await openStore(options())).close();
      return readFileSync(file);
    };
    for (const damage of [
      (bytes: Buffer): void => writeFileSync(file, Buffer.concat([Buffer.from("not a database at all"), bytes.subarray(21)])),
      (bytes: Buffer): void => writeFileSync(file, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)])),
      (bytes: Buffer): void => truncateSync(file, bytes.length - 9000),
    ]) {
      damage(await fresh());
      await expect(openStore(options())).rejects.toMatchObject({ code: "store-damaged", fields: { file } });
    }
    // The lock was let go each time.
    await fresh();
  });

  it("says that there is no room left, keeps what was acknowledged, and goes on when there is room again", async () => {
    await using store = await openStore(options());
    const pages = (await sql<{ page_count: number }>`pragma page_count`.execute(store.db)).rows[0]?.page_count ?? 0;
    await sql.raw(`pragma max_page_count = ${pages + 5}`).execute(store.db);
    let acknowledged = 0;
    const write = () =>
      store.db
        .insertInto("import_lines")
        .values({ run: "r", kind: "k", name_key: `${acknowledged}${"x".repeat(3000)}`, line: acknowledged })
        .execute();
    await expect(
      (async () => {
        for (; acknowledged < 100; acknowledged += 1) await write();
      })(),
    ).rejects.toMatchObject({ code: "store-full", fields: { file: join(folder, "tieline.db") } });
    // In a transaction, too, which SQLite ends by itself then.
    const inside = store.db.transaction().execute(async (trx) => {
      for (let n = 0; n < 10; n += 1) {
        const line = { run: "r", kind: "t", name_key: `${n}${"x".repeat(3000)}`, line: n };
        await trx.insertInto("import_lines").values(line).execute();
      }
    });
    await expect(inside).rejects.toMatchObject({ code: "store-full" });
    const rows = await store.db.selectFrom("import_lines").select("line").execute();
    expect(rows).toHaveLength(acknowledged);
    await sql.raw("pragma max_page_count = 100000").execute(store.db);
    await write();
  });

  it("says that a folder cannot be made or written", async () => {
    const file = join(folder, "plain-file");
    writeFileSync(file, "");
    await expect(openStore({ folder: join(file, "data"), nowMs: NOW })).rejects.toMatchObject({ code: "store-unwritable" });
    // The superuser may write anywhere, so there is nothing to refuse.
    if (process.getuid?.() !== 0) {
      chmodSync(folder, 0o500);
      await expect(openStore(options())).rejects.toMatchObject({ code: "store-unwritable" });
      chmodSync(folder, 0o700);
    }
  });
});

describe("the database URL", () => {
  it.each(["postgresql://tieline:hunter2@db/tieline", "postgres://db/tieline?password=hunter2"])(
    "with a password is refused and not repeated: %s",
    (url) => {
      let error: unknown;
      try {
        parseDatabaseUrl(url);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: "store-password-in-url" });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("hunter2");
      expect((error as { cure: string }).cure).toMatch(/PGPASSWORD.*--database-password-file/);
    },
  );

  it.each(["mysql://db/x", "postgresql://db", "no url"])("that is none of PostgreSQL's is refused: %s", (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(expect.objectContaining({ code: "store-url" }) as Error);
  });

  it("takes its password from a file first, else from PGPASSWORD", () => {
    const file = join(folder, "password");
    writeFileSync(file, "from file\n");
    expect(databasePassword(file, { PGPASSWORD: "from environment" })).toBe("from file");
    expect(databasePassword(undefined, { PGPASSWORD: "from environment" })).toBe("from environment");
    writeFileSync(file, "\n");
    expect(() => databasePassword(file, {})).toThrow(expect.objectContaining({ code: "store-password-file" }) as Error);
    expect(() => databasePassword(join(folder, "none"), {})).toThrow(expect.objectContaining({ code: "store-password-file" }) as Error);
  });

  it("of a server that is not there gives store-unreachable", async () => {
    const opening = openStore({ ...options(), databaseUrl: "postgresql://me@127.0.0.1:1/tieline" });
    await expect(opening).rejects.toMatchObject({ code: "store-unreachable", fields: { address: "127.0.0.1:1" } });
  });
});

const server = process.env["TIELINE_TEST_POSTGRES"] ?? "";

describe.skipIf(server === "")("a PostgreSQL server (TIELINE_TEST_POSTGRES)", () => {
  const at = (change: (url: URL) => void): StoreOptions => {
    const url = new URL(server);
    change(url);
    return { ...options(), name: `tieline_test_${process.pid}`, databaseUrl: url.href, databasePassword: process.env["PGPASSWORD"] };
  };

  it("that does not know the database or the user is store-login", async () => {
    await expect(openStore(at((url) => (url.pathname = "/no_such_database")))).rejects.toMatchObject({ code: "store-login" });
    await expect(openStore(at((url) => (url.username = "nobody_here")))).rejects.toMatchObject({
      code: "store-login",
      fields: { user: "nobody_here" },
    });
  });

  it("that ends a connection fails that query with store-unreachable, and serves the next", async () => {
    const store = await openStore(at(() => undefined));
    const kill = sql`select pg_terminate_backend(pg_backend_pid())`.execute(store.db);
    await expect(kill).rejects.toMatchObject({ code: "store-unreachable" });
    expect(await store.db.selectFrom("tenants").selectAll().execute()).toEqual([]);
    await store.db.schema.dropSchema(`tieline_test_${process.pid}`).cascade().execute();
    await store.close();
  });
});
