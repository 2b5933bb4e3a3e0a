/**
 * Samba's domain controller as a directory alone: LDAP on the loopback address with a certificate of an authority of the
 * test, and the msRTCSIP attributes by our schema file. Its ports, 389 and 636, are compiled in; it needs root for them.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { LabAuthority } from "../packages/server/src/lab/authority.ts";
import { configuration, provision, tool } from "./samba-domain.ts";

const TOOLS = ["/usr/sbin/samba", "/usr/bin/samba-tool", "/usr/share/samba/setup"];
const PORTS = [389, 636, 3268, 3269];
const SCHEMA = new URL("../packages/server/assets/msrtcsip-schema.ldif", import.meta.url);
export const ADMINISTRATOR = "Administrator@corp.test";

/** Why there can be none here, to be said aloud. */
export async function missingForest(): Promise<string | undefined> {
  const missing = TOOLS.filter((path) => !existsSync(path));
  if (missing.length > 0) return `not installed: ${missing.join(", ")} (Debian: samba samba-ad-provision samba-vfs-modules)`;
  if (spawnSync("ldapsearch", ["-VV"]).error !== undefined) return "no ldapsearch (Debian: ldap-utils)";
  if (process.getuid?.() !== 0) return "a domain controller needs root for its ports";
  const taken = await Promise.all(PORTS.map(answers));
  const port = PORTS[taken.indexOf(true)];
  return port === undefined ? undefined : `something else listens on port ${port}`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

export class SambaForest implements AsyncDisposable {
  readonly folder: string;
  readonly authority: LabAuthority;
  readonly configuration: string;
  readonly password = "Sesame!2026 of the administrator";
  #server: ChildProcess | undefined;

  private constructor(folder: string, authority: LabAuthority) {
    this.folder = folder;
    this.authority = authority;
    this.configuration = join(folder, "etc", "smb.conf");
  }

  /** A domain without our schema and without users; its controller runs. */
  static async create(): Promise<SambaForest> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-forest-"));
    const nowMs = Date.now();
    const authority = await LabAuthority.open(join(folder, "authority"), nowMs);
    const forest = new SambaForest(folder, authority);
    try {
      provision(folder, "CORP");
      for (const name of ["run", "ncalrpc", "cache"]) mkdirSync(join(folder, name), { recursive: true });
      const { cert, key } = await authority.server("dc1", ["dc1.corp.test", "localhost", "127.0.0.1"], nowMs);
      const tls = join(folder, "private", "tls");
      mkdirSync(tls, { recursive: true });
      writeFileSync(join(tls, "dc1.crt"), cert);
      writeFileSync(join(tls, "dc1.key"), key, { mode: 0o600 });
      writeFileSync(
        forest.configuration,
        configuration(folder, "CORP", "ldap", [
          "dsdb:schema update allowed = yes",
          `tls certfile = ${join(tls, "dc1.crt")}`,
          `tls keyfile = ${join(tls, "dc1.key")}`,
          `tls cafile = ${authority.path}`,
        ]),
      );
      forest.tool("user setpassword Administrator", `${forest.password}\n${forest.password}\n`);
      await forest.start();
    } catch (error) {
      await forest[Symbol.asyncDispose]();
      throw error;
    }
    return forest;
  }

  async start(): Promise<void> {
    const server = spawn("/usr/sbin/samba", ["-i", "-M", "single", "-s", this.configuration], { stdio: "ignore" });
    this.#server = server;
    for (let attempt = 0; !((await answers(389)) && (await answers(636))); attempt++) {
      if (attempt === 200 || server.exitCode !== null) throw new Error("samba did not start");
      await wait(100);
    }
  }

  /** As a failing machine ends it, or as an administrator does. */
  async stop(signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await gone;
  }

  /** Stops it where it stands, and lets it go on: it takes connections and answers nothing. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#server?.kill(signal);
  }

  /** samba-tool, on the database itself. */
  tool(words: string, input = ""): string {
    return tool("samba-tool", [...words.split(" "), "-s", this.configuration], input);
  }

  addUser(name: string, password: string, more = ""): void {
    this.tool(`user create ${name}${more === "" ? "" : ` ${more}`}`, `${password}\n${password}\n`);
  }

  /** Our schema file, as its head says that it is to be applied. */
  applySchema(): void {
    const file = join(this.folder, "schema.ldif");
    writeFileSync(file, readFileSync(SCHEMA, "utf8").replaceAll("DC=X", "DC=corp,DC=test"));
    const { code, err } = this.ldap("ldapmodify", ["-f", file]);
    if (code !== 0) throw new Error(`ldapmodify of the schema: ${err}`);
  }

  /** A tool of OpenLDAP as the administrator, or as somebody else. */
  ldap(program: "ldapsearch" | "ldapmodify", words: readonly string[], who = ADMINISTRATOR, password = this.password, input = ""): Ran {
    const file = join(this.folder, "ldap-password");
    writeFileSync(file, password, { mode: 0o600 });
    chmodSync(file, 0o600);
    const ran = spawnSync(program, ["-x", "-H", "ldaps://127.0.0.1", "-D", who, "-y", file, ...words], {
      input,
      timeout: 30_000,
      env: { PATH: process.env["PATH"], LDAPTLS_CACERT: this.authority.path },
    });
    return { code: ran.status, out: ran.stdout.toString(), err: ran.stderr.toString() };
  }

  /** Changes in LDIF, without their `dn:` line. */
  modify(dn: string, ...lines: string[]): void {
    const { code, err } = this.ldap("ldapmodify", [], undefined, undefined, `dn: ${dn}\nchangetype: modify\n${lines.join("\n")}\n`);
    if (code !== 0) throw new Error(`ldapmodify ${dn}: ${err}`);
  }

  /** The values of one entry's attributes, as ldapsearch prints them. */
  values(filter: string, ...attributes: string[]): Record<string, string[]> {
    const { code, out, err } = this.ldap("ldapsearch", ["-LLL", "-o", "ldif-wrap=no", "-b", "DC=corp,DC=test", filter, ...attributes]);
    if (code !== 0) throw new Error(`ldapsearch ${filter}: ${err}`);
    const found: Record<string, string[]> = {};
    for (const line of out.split("\n")) {
      const [, name, value] = /^([\w-]+):{1,2} (.*)$/.exec(line) ?? [];
      if (name !== undefined && name !== "dn") (found[name] ??= []).push(value ?? "");
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
