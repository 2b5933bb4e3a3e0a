/**
 * A Windows domain for the length of a test: Samba's domain controller below a temporary folder, on the loopback address,
 * with its winbindd, whom `ntlm_auth` asks. It needs root, and a machine on which no other winbindd runs: the place of
 * its socket is compiled into its clients.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TOOLS = [
  "/usr/sbin/samba",
  "/usr/bin/samba-tool",
  "/usr/bin/ntlm_auth",
  "/usr/share/samba/setup",
  "/usr/lib/x86_64-linux-gnu/samba/vfs/xattr_tdb.so",
];
const SOCKET = "/run/samba/winbindd/pipe";

/** Why there can be no domain here, to be said aloud. */
export async function missingDomain(): Promise<string | undefined> {
  const missing = TOOLS.filter((tool) => !existsSync(tool) && !tool.endsWith(".so"));
  if (missing.length > 0) return `not installed: ${missing.join(", ")} (Debian: samba samba-ad-provision samba-vfs-modules winbind)`;
  if (process.getuid?.() !== 0) return "a domain controller and its winbindd need root";
  const living = await new Promise<boolean>((resolve) => {
    const socket = connect(SOCKET);
    socket.on("connect", () => (socket.destroy(), resolve(true)));
    socket.on("error", () => resolve(false));
  });
  return living ? "another winbindd runs on this machine" : undefined;
}

export class SambaDomain implements AsyncDisposable {
  readonly name = "CORP";
  readonly folder: string;
  readonly configuration: string;
  #server: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.configuration = join(folder, "etc", "smb.conf");
  }

  /** A domain with these accounts. The group `group` may ask winbindd's privileged pipe, as squid's helper must. */
  static async create(accounts: Readonly<Record<string, string>>, gid: number): Promise<SambaDomain> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-domain-"));
    chmodSync(folder, 0o755);
    const domain = new SambaDomain(folder);
    try {
      domain.#provision();
      for (const [user, password] of Object.entries(accounts)) {
        // By the prompt: arguments are seen by everyone on the machine.
        tool("samba-tool", ["user", "create", user, "-s", domain.configuration], `${password}\n${password}\n`);
      }
      await domain.#start(gid);
    } catch (error) {
      await domain[Symbol.asyncDispose]();
      throw error;
    }
    return domain;
  }

  #provision(): void {
    provision(this.folder, this.name);
    for (const name of ["run", "ncalrpc", "cache"]) mkdirSync(join(this.folder, name), { recursive: true });
    writeFileSync(this.configuration, configuration(this.folder, this.name, "rpc, winbindd", ["ntlm auth = ntlmv2-only"]));
  }

  async #start(gid: number): Promise<void> {
    mkdirSync("/run/samba", { recursive: true });
    this.#server = spawn("/usr/sbin/samba", ["-i", "-M", "single", "-s", this.configuration], { stdio: "ignore" });
    for (let attempt = 0; ; attempt++) {
      const { status } = spawnSync("wbinfo", ["-t"], { stdio: "ignore", timeout: 5000 });
      if (status === 0) break;
      if (attempt === 60 || this.#server.exitCode !== null) throw new Error(`samba did not start: ${this.#log()}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const pipe = join(this.folder, "state", "winbindd_privileged");
    chmodSync(join(this.folder, "state"), 0o755);
    chownSync(pipe, 0, gid);
  }

  #log(): string {
    const file = join(this.folder, "log.samba");
    return existsSync(file) ? readFileSync(file, "utf8").slice(-500) : "it left no log";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    if (server !== undefined && server.exitCode === null) {
      const gone = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The directory of a new domain `CORP.TEST` with one controller, dc1. */
export function provision(folder: string, name: string): void {
  tool("samba-tool", [
    "domain",
    "provision",
    `--targetdir=${folder}`,
    "--realm=CORP.TEST",
    `--domain=${name}`,
    "--server-role=dc",
    "--dns-backend=NONE",
    "--host-name=dc1",
    "--host-ip=127.0.0.1",
    "--option=interfaces=lo",
    "--option=bind interfaces only=yes",
    "--option=vfs objects=dfs_samba4 acl_xattr xattr_tdb",
  ]);
}

/** A domain controller's smb.conf with everything below the folder, on the loopback address. */
export function configuration(folder: string, name: string, services: string, more: readonly string[]): string {
  return `[global]
  netbios name = DC1
  realm = CORP.TEST
  workgroup = ${name}
  server role = active directory domain controller
  server services = ${services}
  interfaces = lo
  bind interfaces only = yes
  lock directory = ${folder}
  state directory = ${folder}/state
  cache directory = ${folder}/cache
  private dir = ${folder}/private
  binddns dir = ${folder}/bind-dns
  pid directory = ${folder}/run
  ncalrpc dir = ${folder}/ncalrpc
  nsupdate command = /bin/true
  log file = ${folder}/log.%m
  vfs objects = dfs_samba4 acl_xattr xattr_tdb
  ${more.join("\n  ")}
`;
}

/** Runs a tool to its end; what is secret goes in by its input. */
export function tool(program: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(program, [...args], { input, timeout: 60_000 });
  if (status !== 0) throw new Error(`${program} ${args[0]} ${args[1]}: ${(stderr ?? "").toString().slice(-500)}`);
  return stdout.toString();
}
