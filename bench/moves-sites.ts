/** Two sites for the benchmark of moves, a process each, on one engine, and what moving so many people costs each of them. */
import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresServer } from "../interop/postgres-server.ts";
import { choosePorts } from "../packages/server/src/lab/ports.ts";
import type { MovesSite, MovesTaken } from "./moves-process.ts";
import { PeerProcess, type Use } from "./peer-process.ts";
import type { Profile } from "./profile.ts";

/** What moving so many people took and used. */
export interface MovesCost {
  users: number;
  ms: number;
  /** Of each move, ms, ascending. */
  times: readonly number[];
  pool: Use;
  online: Use;
  /** Processor time of the database server, ms; undefined where it is in the processes of the sites. */
  databaseMs: number | undefined;
}

export type MovesWay = "moveBare" | "moveBatch";

export class MovesSites implements AsyncDisposable {
  readonly pool: PeerProcess;
  readonly online: PeerProcess;
  readonly #server: PostgresServer | undefined;
  readonly #folder: string;
  #made = 0;

  private constructor(pool: PeerProcess, online: PeerProcess, server: PostgresServer | undefined, folder: string) {
    this.pool = pool;
    this.online = online;
    this.#server = server;
    this.#folder = folder;
  }

  static async start(contacts: number, server?: PostgresServer): Promise<MovesSites> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-bench-moves-"));
    const ports = await choosePorts({});
    const begin = async (site: MovesSite["site"]): Promise<PeerProcess> => {
      const options: MovesSite = { folder, site, ports, contacts, databaseUrl: server?.url };
      const peer = new PeerProcess(join(import.meta.dirname, "moves-process.ts"), [JSON.stringify(options)]);
      await peer.use();
      return peer;
    };
    const online = await begin("online");
    const pool = await begin("pool");
    return new MovesSites(pool, online, server, folder);
  }

  /** Makes as many new people at both sites, and moves all of them. */
  async move(way: MovesWay, users: number, workers: number, profiles?: { pool?: Profile; online?: Profile }): Promise<MovesCost> {
    const from = this.#made;
    this.#made += users;
    const both = [this.pool, this.online] as const;
    await Promise.all(both.map((site) => site.ask("make", from, users)));
    await Promise.all(both.map((site) => site.use()));
    const before = this.#databaseMs();
    if (profiles !== undefined) await Promise.all(both.map((site) => site.startProfile()));
    const { ms, times } = await this.pool.ask<MovesTaken>(way, from, users, workers);
    if (profiles !== undefined) {
      profiles.pool = await this.pool.endProfile();
      profiles.online = await this.online.endProfile();
    }
    const after = this.#databaseMs();
    const [pool, online] = (await Promise.all(both.map((site) => site.use()))) as [Use, Use];
    const databaseMs = before === undefined || after === undefined ? undefined : after - before;
    return { users, ms, times: times.toSorted((a, b) => a - b), pool, online, databaseMs };
  }

  #databaseMs(): number | undefined {
    return this.#server === undefined ? undefined : familyMs(this.#server.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    await this.online[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Of a clock tick in /proc, on every Linux that Node runs on. */
const TICK_MS = 10;

/** Processor time of a process, its children, and those of its children that have ended; undefined off Linux. */
function familyMs(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  let ticks = 0;
  for (const each of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${each}/stat`, "utf8");
    } catch {
      // It has ended since the folder was read.
      continue;
    }
    // Behind the name, which may have blanks: state, parent, ..., utime, stime, cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [parent, own, ended] = [Number(fields[1]), sum(fields, 11, 13), sum(fields, 13, 15)];
    if (Number(each) === pid) ticks += own + ended;
    else if (parent === pid) ticks += own;
  }
  return ticks * TICK_MS;
}

function sum(fields: readonly string[], from: number, to: number): number {
  return fields.slice(from, to).reduce((all, each) => all + Number(each), 0);
}
