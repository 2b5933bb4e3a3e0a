/** Debian's squid on a free loopback port, with a configuration of its own below a temporary folder. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SQUID = "/usr/sbin/squid";

export function missingSquid(): string | undefined {
  return existsSync(SQUID) ? undefined : `not installed: ${SQUID} (Debian: squid)`;
}

export interface SquidOptions {
  /** Lines of the configuration that say how to log on; with any, nobody passes without. */
  authentication?: (folder: string) => readonly string[];
  /** Files beside the configuration, by name. */
  files?: Readonly<Record<string, string>>;
  /** Lines `address name`, as in /etc/hosts. */
  hosts?: readonly string[];
  /** Ports to which tunnels are opened, as Debian's own configuration has them; by default any. */
  tunnelPorts?: readonly number[];
}

/** The account that squid and its helpers run as, where it is started by root. */
export function squidAccount(): { uid: number; gid: number } {
  const [, , uid, gid] = /^proxy:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0].split(":") ?? [];
  return { uid: Number(uid ?? 13), gid: Number(gid ?? 13) };
}

export interface SquidLine {
  user: string;
  method: string;
  url: string;
  status: number;
}

export class Squid implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(options: SquidOptions = {}): Promise<Squid> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-squid-"));
    chmodSync(folder, 0o755);
    const port = await freePort();
    const wanted = options.authentication?.(folder) ?? [];
    const ports = options.tunnelPorts?.join(" ");
    const lines = [
      `http_port 127.0.0.1:${port}`,
      `pid_filename ${folder}/squid.pid`,
      "logformat short %un %rm %ru %>Hs",
      `access_log stdio:${folder}/access.log short`,
      `cache_log ${folder}/cache.log`,
      `coredump_dir ${folder}`,
      `hosts_file ${folder}/hosts`,
      "cache deny all",
      "pinger_enable off",
      "shutdown_lifetime 0 seconds",
      ...wanted,
      ...(ports === undefined ? [] : [`acl tunnels port ${ports}`, "http_access deny CONNECT !tunnels"]),
      ...(wanted.length === 0 ? [] : ["acl known proxy_auth REQUIRED", "http_access deny !known"]),
      "http_access allow all",
    ];
    const files = { "squid.conf": `${lines.join("\n")}\n`, hosts: `${(options.hosts ?? []).join("\n")}\n`, ...options.files };
    const root = process.getuid?.() === 0;
    const { uid, gid } = squidAccount();
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      if (root) chownSync(join(folder, name), uid, gid);
    }
    if (root) chownSync(folder, uid, gid);
    const child = spawn(SQUID, ["-N", "-f", join(folder, "squid.conf")], { stdio: "ignore" });
    const squid = new Squid(port, folder, child);
    for (let attempt = 0; !(await squid.#answers()); attempt++) {
      if (attempt === 80 || child.exitCode !== null) {
        const why = existsSync(join(folder, "cache.log")) ? readFileSync(join(folder, "cache.log"), "utf8").slice(-800) : "it left no log";
        await squid[Symbol.asyncDispose]();
        throw new Error(`squid did not start: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return squid;
  }

  /** What it has done so far; a tunnel is written down when it ends. */
  log(): SquidLine[] {
    const file = join(this.#folder, "access.log");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [user = "", method = "", url = "", status = ""] = line.split(" ");
        return { user, method, url, status: Number(status) };
      });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.on("connect", () => (socket.destroy(), resolve(true)));
      socket.on("error", () => resolve(false));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill();
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A password as `basic_ncsa_auth` wants it. */
export function ncsaPassword(password: string): string {
  const { status, stdout } = spawnSync("openssl", ["passwd", "-apr1", "-stdin"], { input: password });
  if (status !== 0) throw new Error("openssl passwd failed");
  return stdout.toString().trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
