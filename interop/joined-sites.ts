/**
 * A service and a pool as `tieline init` makes them, each a deployment of its own, and the pool's users those of a Samba
 * domain: set up as docs/pool.md says, by the command line and by cmdlets alone. They find each other through a proxy that stands in
 * for DNS and port 443, and that can be slow.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createSocketServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runMain, type Ran } from "../packages/cli/src/run-main.fixture.ts";
import { LabAuthority, readConfiguration, startService, type RunningService } from "../packages/server/src/index.ts";
import type { SambaForest } from "./samba-forest.ts";

const SERVICE = "uc.corp.test";
const DOMAIN = "corp.test";
const ADMIN = `admin@${DOMAIN}`;
const POOL_ADMIN = `pooladmin@${DOMAIN}`;
const PASSWORD = "a boat, a lamp, a fish";
export const POOL = "pool01.corp.test";
export const ONLINE = "sipfed.online.lync.com";

export type Row = Record<string, unknown>;
type Place = "service" | "pool";

/** What the pool has of the domain's, and by whose rights. */
export interface ForestAccount {
  user: string;
  password: string;
}

export class JoinedSites implements AsyncDisposable {
  readonly #root: string;
  readonly #opened = new AsyncDisposableStack();
  readonly #ports: Record<Place, number>;
  readonly #proxy: Server;
  #pool: RunningService | undefined;
  #service: RunningService | undefined;
  /** How long the proxy keeps each piece on its way to the service. */
  delayMs = 0;

  private constructor(root: string, ports: Record<Place, number>) {
    this.#root = root;
    this.#ports = ports;
    this.#proxy = createServer();
    this.#proxy.on("connect", (request, near) => {
      const far = connect(request.url === `${SERVICE}:443` ? ports.service : 1, "127.0.0.1", () => {
        near.write("HTTP/1.1 200 OK\r\n\r\n");
        far.pipe(near);
        let last = Promise.resolve();
        near.on("data", (piece: Buffer) => {
          last = last.then(() => wait(this.delayMs)).then(() => void far.write(piece));
        });
      });
      for (const socket of [near, far]) socket.on("error", () => undefined).on("close", () => (near.destroy(), far.destroy()));
    });
  }

  /** Both run afterwards, in a hybrid of which no user is synchronised yet. */
  static async start(root: string, samba: SambaForest, account: ForestAccount): Promise<JoinedSites> {
    mkdirSync(root, { recursive: true });
    const sites = new JoinedSites(root, { service: await freePort(), pool: await freePort() });
    try {
      await sites.#init();
      sites.#opened.defer(() => sites.#service?.[Symbol.asyncDispose]());
      await sites.#startService();
      await sites.#join(samba, account);
      return sites;
    } catch (error) {
      await sites[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #init(): Promise<void> {
    this.#proxy.listen(0, "127.0.0.1");
    this.#opened.defer(() => new Promise((resolve) => (this.#proxy.close(() => resolve()), this.#proxy.closeAllConnections())));
    const common = ["--self-signed", "--no-http", "--tenant", DOMAIN];
    const service = ["--admin", ADMIN, "--host", SERVICE, "--https-port", String(this.#ports.service)];
    const pool = ["--pool", "--domain", DOMAIN, "--netbios", "CORP", "--ntlm", "--admin", POOL_ADMIN, "--host", POOL];
    await this.#tieline("init", join(this.#root, "service"), ...common, ...service);
    await this.#tieline("init", join(this.#root, "pool"), ...common, ...pool, "--https-port", String(this.#ports.pool));
  }

  async #join(samba: SambaForest, { user, password }: ForestAccount): Promise<void> {
    await this.invoke("service", "Set-CsTenantFederationConfiguration -SharedSipAddressSpace $true");
    const issued = await (await LabAuthority.open(join(this.#root, "own"), Date.now())).client("migration", Date.now());
    const files = { certificate: join(this.#root, "migration.crt"), key: join(this.#root, "migration.key") };
    writeFileSync(files.certificate, issued.cert);
    secretFile(files.key, issued.key);
    const [application] = await this.invoke(
      "service",
      `New-MsolServicePrincipal -DisplayName Moves -Type Asymmetric -Value '${issued.cert}'`,
    );
    const appId = String(application?.["AppPrincipalId"]);
    for (const role of ["Lync Service Administrator", "User Account Administrator", "Directory Synchronization Accounts"])
      await this.invoke("service", `Add-MsolRoleMember -RoleName '${role}' -RoleMemberType ServicePrincipal -RoleMemberObjectId ${appId}`);
    const passwordFile = join(this.#root, "forest.password");
    secretFile(passwordFile, `${password}\n`);
    const hybrid = {
      url: `https://${SERVICE}/HostedMigration/hostedmigrationservice.svc`,
      application: { tenant: DOMAIN, appId, ...files },
      authorities: [this.#authority("service")],
    };
    const forest = { url: "ldaps://localhost", user, passwordFile, authorities: [samba.authority.path], everySeconds: 1 };
    const { port } = this.#proxy.address() as AddressInfo;
    this.#pool = this.#opened.use(
      await this.#start(
        "pool",
        { hybrid, forest, synchronisation: { everyMinutes: 1440 }, monitor: { port: await freePort() } },
        { HTTPS_PROXY: `http://127.0.0.1:${port}` },
      ),
    );
    await this.invoke("pool", "Get-CsHostingProvider -Identity LyncOnline | Remove-CsHostingProvider -Confirm:$false");
    const provider = "-Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification";
    await this.invoke("pool", `New-CsHostingProvider -Identity SFBOnline -ProxyFqdn ${ONLINE} ${provider} -IsLocal $false`);
  }

  async #startService(): Promise<void> {
    // Nobody sits at a browser here.
    this.#service = await this.#start("service", { legacy: { basic: true }, monitor: null });
  }

  async #start(folder: Place, more: object, environment: Record<string, string> = {}): Promise<RunningService> {
    const path = join(this.#root, folder, "tieline.json");
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...more }));
    return startService({ configuration: readConfiguration(path), environment, nowMs: () => Date.now() });
  }

  #authority(folder: Place): string {
    return join(this.#root, folder, "authority", "lab-ca.crt");
  }

  #main(...words: string[]): Promise<Ran> {
    return runMain(words, { state: join(this.#root, "state"), env: { TIELINE_PASSWORD: PASSWORD } });
  }

  async #tieline(...words: string[]): Promise<string> {
    const { code, out, err } = await this.#main(...words);
    assert.equal(code, 0, err);
    return out;
  }

  /** Runs a command as the site's administrator, whatever comes of it. */
  run(where: Place, command: string): Promise<Ran> {
    const [host, user, signIn] = where === "service" ? [SERVICE, ADMIN, ["--authentication", "basic"]] : [POOL, POOL_ADMIN, []];
    const way = ["--connect-to", `${host}:443:127.0.0.1:${this.#ports[where]}`, "--ca-file", this.#authority(where), "--user", user];
    const target = ["--target-uri", `https://${host}/${where === "service" ? "OcsPowershellLiveId" : "OcsPowershell"}`];
    return this.#main("invoke", ...way, ...signIn, ...target, "-o", "json", command);
  }

  /** What it puts out; it must succeed without a word. */
  async invoke(where: Place, command: string): Promise<Row[]> {
    const { code, out, err } = await this.run(where, command);
    assert.deepEqual([code, err], [0, ""], command);
    return out === "" ? [] : (JSON.parse(out) as Row[]);
  }

  /**
   * Gives synchronised users of the tenant a licence: by a file, for which the service stops. The file says nothing else of
   * them, and what the deployment says comes back by the synchronisation of everything.
   */
  async license(...names: string[]): Promise<void> {
    const file = join(this.#root, "licences.csv");
    writeFileSync(file, ["UserPrincipalName,AssignedPlan", ...names.map((name) => `${name}@${DOMAIN},MCOSTANDARD TEAMS1`)].join("\r\n"));
    await this.#service?.[Symbol.asyncDispose]();
    await this.#tieline("import", file, "--tenant", DOMAIN, "--config", join(this.#root, "service", "tieline.json"));
    await this.#startService();
  }

  /** What the pool's monitor says of the forest. */
  async forestCheck(): Promise<{ status: number; ok: boolean; detail: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#pool?.monitorPort}/readyz`);
    const { checks } = (await answer.json()) as { checks: { name: string; ok: boolean; detail: string }[] };
    const found = checks.find(({ name }) => name === "forest");
    assert.ok(found !== undefined, "there is a check of the forest");
    return { status: answer.status, ok: found.ok, detail: found.detail };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

function secretFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
