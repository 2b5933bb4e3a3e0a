/**
 * Users moved from a pool to the service, each site a process, HTTPS between them, the journal on and every commit synced:
 * by a batch, as administrators do it, and by the bare engine; and whether a user costs the same in a small database and in
 * a large one.
 *
 *     npm run bench moves                 TIELINE_USERS=10000 npm run bench moves
 *     TIELINE_SIZES=100,1000,10000        the second table; TIELINE_SIZES= leaves it out
 *     TIELINE_WORKERS=1,4,16  TIELINE_ENGINES=sqlite,postgresql  TIELINE_CONTACTS=50  TIELINE_PROFILE=1
 */
import { missingPostgres, PostgresServer } from "../interop/postgres-server.ts";
import { MovesSites, type MovesCost, type MovesWay } from "./moves-sites.ts";
import { printProfile, type Profile } from "./profile.ts";

const USERS = Number(process.env["TIELINE_USERS"] ?? 2000);
const CONTACTS = Number(process.env["TIELINE_CONTACTS"] ?? 50);
const WORKERS = numbers(process.env["TIELINE_WORKERS"] ?? "1,4,16");
const SIZES = numbers(process.env["TIELINE_SIZES"] ?? "100,1000,10000");
const ENGINES = (process.env["TIELINE_ENGINES"] ?? "sqlite,postgresql").split(",");
const WAYS: readonly MovesWay[] = (process.env["TIELINE_WAYS"] ?? "moveBatch,moveBare").split(",") as MovesWay[];
/** Code that has not run yet is slow for a while, and that says nothing of a night of moves. */
const WARM = Number(process.env["TIELINE_WARM"] ?? 1000);
/** As a vendor's administrators tell of a night: 35,000 users in 8 hours, one after the other. */
const PUBLIC = 35_000 / (8 * 3600);
const SETTINGS = ["shared_buffers=256MB"];
/** Of the second table: as many as a service has that nobody has told otherwise. */
const STEADY = 8;

for (const engine of ENGINES) {
  const missing = engine === "postgresql" ? missingPostgres() : undefined;
  if (missing !== undefined) {
    console.log(`${engine}: skipped, ${missing}`);
    continue;
  }
  await using server = engine === "postgresql" ? await PostgresServer.start(SETTINGS) : undefined;
  console.log(`${engine}: ${CONTACTS} contacts each; public figure: ${PUBLIC.toFixed(1)} users/s`);
  await rates(server);
  if (SIZES.length > 0) await sizes(server);
}

/** So many workers at a time, each with people of its own; all on the same two sites. */
async function rates(server: PostgresServer | undefined): Promise<void> {
  await using sites = await MovesSites.start(CONTACTS, server);
  await sites.move("moveBare", WARM, 4);
  console.log(`  ${USERS} users      workers  users/s   ms of processor a user              a move, ms      most resident, MB`);
  console.log("                               pool  online  database   all      p50     p99     pool  online");
  for (const way of WAYS) {
    for (const workers of WORKERS) {
      const profiles: { pool?: Profile; online?: Profile } = {};
      const cost = await sites.move(way, USERS, workers, process.env["TIELINE_PROFILE"] === undefined ? undefined : profiles);
      console.log(`  ${(way === "moveBatch" ? "batch" : "bare engine").padEnd(16)} ${String(workers).padStart(6)} ${row(cost)}`);
      if (profiles.pool !== undefined) printProfile("pool", profiles.pool);
      if (profiles.online !== undefined) printProfile("online", profiles.online);
    }
  }
}

/** One batch after the other, each larger, in a database that grows with them. */
async function sizes(server: PostgresServer | undefined): Promise<void> {
  // The first table's people are another lab's.
  await using other = server === undefined ? undefined : await PostgresServer.start(SETTINGS);
  await using sites = await MovesSites.start(CONTACTS, other);
  await sites.move("moveBatch", WARM, STEADY);
  console.log("  users in batch  workers  users/s   ms of processor a user              a move, ms      most resident, MB");
  for (const size of SIZES) {
    const cost = await sites.move("moveBatch", size, STEADY);
    console.log(`  ${String(size).padEnd(16)} ${String(STEADY).padStart(6)} ${row(cost)}`);
    const held = [cost.pool, cost.online].map(({ rss, heap }) => `${mb(rss)} (heap ${mb(heap)})`);
    console.log(`  ${"".padEnd(16)} held afterwards, MB: pool ${held[0] ?? ""}, online ${held[1] ?? ""}`);
  }
}

function row({ users, ms, times, pool, online, databaseMs }: MovesCost): string {
  const each = (value: number): string => (value / users).toFixed(2).padStart(7);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1).padStart(7);
  return [
    ((users * 1000) / ms).toFixed(1).padStart(8),
    each(pool.cpuMs),
    each(online.cpuMs),
    databaseMs === undefined ? "      -" : each(databaseMs),
    each(pool.cpuMs + online.cpuMs + (databaseMs ?? 0)),
    at(0.5),
    at(0.99),
    mb(pool.peak).padStart(8),
    mb(online.peak).padStart(7),
  ].join(" ");
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function numbers(text: string): number[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(Number);
}
