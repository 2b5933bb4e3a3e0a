/** A PostgreSQL server of one's own below a temporary folder, on the loopback address, that can be killed and started again. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./child.ts";

/** It does not run as root; this account is on every system. */
const NOBODY = 65_534;
const AS = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Why there can be none here, to be said aloud. */
export function missingPostgres(): string | undefined {
  return spawnSync("initdb", ["--version"]).error === undefined ? undefined : "no initdb and postgres on the PATH";
}

export class PostgresServer implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://tieline@127.0.0.1:${port}/postgres`;
  }

  /** @param settings of the server, `shared_buffers=256MB` */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-postgres-"));
    if ("uid" in AS) chownSync(folder, NOBODY, NOBODY);
    const made = spawnSync("initdb", ["-D", join(folder, "data"), "-A", "trust", "-U", "tieline", "--no-sync"], {
      ...AS,
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(made.status, 0, made.stderr);
    const server = new PostgresServer(folder, await freePort());
    await server.start(settings);
    return server;
  }

  async start(settings: readonly string[] = []): Promise<void> {
    await this.#control(settings, "start");
  }

  /** Of the process that all others of the server are children of. */
  get pid(): number {
    return Number.parseInt(readFileSync(join(this.#folder, "data", "postmaster.pid"), "utf8"), 10);
  }

  /** As when its machine loses its power: no connection is told, nothing is written that was not. */
  async kill(): Promise<void> {
    await this.#control([], "-m", "immediate", "stop");
  }

  #control(settings: readonly string[], ...words: string[]): Promise<void> {
    const options = [`-p ${this.#port}`, `-k ${this.#folder}`, "-c listen_addresses=127.0.0.1", ...settings.map((each) => `-c ${each}`)];
    return new Promise((resolve, reject) => {
      const args = ["-D", join(this.#folder, "data"), "-l", join(this.#folder, "log"), "-w", "-o", options.join(" "), ...words];
      const child = spawn("pg_ctl", args, { ...AS, cwd: this.#folder, stdio: "ignore" });
      child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`pg_ctl ${words.join(" ")} ended with ${code}`))));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
