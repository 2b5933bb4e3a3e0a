/** A Kerberos realm for the length of a test: Debian's krb5-kdc below a temporary folder, on a free high port of the loopback address. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REALM = "CONTOSO.TEST";
const TOOLS = ["/usr/sbin/krb5kdc", "/usr/sbin/kdb5_util", "/usr/sbin/kadmin.local", "/usr/bin/kinit"] as const;

export function missingKdc(): string | undefined {
  const missing = TOOLS.filter((tool) => !existsSync(tool));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")} (Debian: krb5-kdc krb5-admin-server krb5-user)`;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

export class Realm implements Disposable {
  readonly name = REALM;
  readonly folder: string;
  readonly keytab: string;
  readonly ccache: string;
  readonly environment: Record<string, string>;
  #kdc: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.keytab = join(folder, "http.keytab");
    this.ccache = `FILE:${join(folder, "ccache")}`;
    this.environment = {
      KRB5_CONFIG: join(folder, "krb5.conf"),
      KRB5_KDC_PROFILE: join(folder, "kdc.conf"),
      KRB5_KTNAME: `FILE:${this.keytab}`,
      KRB5CCNAME: this.ccache,
      KRB5RCACHENAME: `dfl:`,
      KRB5RCACHEDIR: folder,
    };
  }

  /** Accounts alice/Sesame! and HTTP/localhost with a keytab; alice has a ticket in `ccache`. */
  static async create(encryption = "aes256-cts-hmac-sha1-96"): Promise<Realm> {
    const realm = new Realm(mkdtempSync(join(tmpdir(), "tieline-realm-")));
    const port = await freePort();
    const { folder } = realm;
    writeFileSync(
      join(folder, "krb5.conf"),
      `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  permitted_enctypes = ${encryption}
  udp_preference_limit = 4096
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  localhost = ${REALM}
`,
    );
    writeFileSync(
      join(folder, "kdc.conf"),
      `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${join(folder, "principal")}
    key_stash_file = ${join(folder, "stash")}
    acl_file = ${join(folder, "kadm5.acl")}
    supported_enctypes = ${encryption}:normal
    max_life = 10h
  }
[logging]
  kdc = FILE:${join(folder, "kdc.log")}
`,
    );
    realm.#tool("/usr/sbin/kdb5_util", ["create", "-s", "-r", REALM, "-P", "master"]);
    for (const query of [
      "addprinc -pw Sesame! +requires_preauth alice",
      "addprinc -randkey HTTP/localhost",
      `ktadd -k ${realm.keytab} HTTP/localhost`,
    ]) {
      realm.#tool("/usr/sbin/kadmin.local", ["-r", REALM, "-q", query]);
    }
    realm.#kdc = spawn("/usr/sbin/krb5kdc", ["-n", "-r", REALM], { env: { ...process.env, ...realm.environment }, stdio: "ignore" });
    await realm.#ticket();
    return realm;
  }

  async #ticket(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const { status, stderr } = spawnSync("/usr/bin/kinit", ["alice"], {
        env: { ...process.env, ...this.environment },
        input: "Sesame!\n",
      });
      if (status === 0) return;
      if (attempt === 20) throw new Error(`kinit: ${stderr.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #tool(path: string, args: string[]): void {
    const { status, stdout, stderr } = spawnSync(path, args, { env: { ...process.env, ...this.environment } });
    if (status !== 0) throw new Error(`${path} ${args.join(" ")}: ${stdout.toString()}${stderr.toString()}`);
  }

  [Symbol.dispose](): void {
    this.#kdc?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
