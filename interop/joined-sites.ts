/**
 * A service and a pool as `tieline init` makes them, each a deployment of its own: set up as docs/pool.md says, by the command
 * line and by cmdlets alone. They find each other through a proxy that stands in for DNS and port 443, and that can be slow.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runMain, type Ran } from "../packages/cli/src/run-main.fixture.ts";
import { LabAuthority, readConfiguration, startService, type RunningService } from "../packages/server/src/index.ts";
import { freePort } from "./child.ts";

const SERVICE = "uc.corp.test";
const DOMAIN = "corp.test";
const ADMIN = `admin@${DOMAIN}`;
const POOL_ADMIN = `pooladmin@${DOMAIN}`;
const PASSWORD = "a boat, a lamp, a fish";
export const POOL = "pool01.corp.test";
export const ONLINE = "sipfed.online.lync.com";

export type Row = Record<string, unknown>;
type Place = "service" | "pool";

export interface JoinedOptions {
  /** Of the pool's configuration: what is not the same for every pair. */
  pool: { hybrid?: object } & Record<string, unknown>;
  /** The pool's PostgreSQL server, where it has one. */
  databaseUrl?: string;
  /** People of the pool's own, `user1` and on, whom the tenant has as synchronised and licensed. */
  people?: number;
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

  /** Both run afterwards, in a hybrid. */
  static async start(root: string, { pool, databaseUrl, people = 0 }: JoinedOptions): Promise<JoinedSites> {
    mkdirSync(root, { recursive: true });
    const sites = new JoinedSites(root, { service: await freePort(), pool: await freePort() });
    try {
      await sites.#init(databaseUrl === undefined ? [] : ["--database-url", databaseUrl]);
      if (people > 0) await sites.#populate(people);
      sites.#opened.defer(() => sites.#service?.[Symbol.asyncDispose]());
      await sites.#startService();
      await sites.#join(pool);
      return sites;
    } catch (error) {
      await sites[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #init(database: readonly string[]): Promise<void> {
    this.#proxy.listen(0, "127.0.0.1");
    this.#opened.defer(() => new Promise((resolve) => (this.#proxy.close(() => resolve()), this.#proxy.closeAllConnections())));
    const common = ["--self-signed", "--no-http", "--tenant", DOMAIN];
    const service = ["--admin", ADMIN, "--host", SERVICE, "--https-port", String(this.#ports.service)];
    const pool = ["--pool", "--domain", DOMAIN, "--netbios", "CORP", "--ntlm", "--admin", POOL_ADMIN, "--host", POOL];
    await this.#tieline("init", join(this.#root, "service"), ...common, ...service);
    await this.#tieline("init", join(this.#root, "pool"), ...common, ...pool, ...database, "--https-port", String(this.#ports.pool));
  }

  async #populate(people: number): Promise<void> {
    const names = Array.from({ length: people }, (_, i) => `user${i + 1}`);
    const common = (name: string) => `${name}@${DOMAIN},sip:${name}@${DOMAIN},${name},True,SRV:`;
    const columns = "UserPrincipalName,SipAddress,DisplayName,Enabled,HostingProvider";
    await this.#import("pool", [`${columns},RegistrarPool`, ...names.map((name) => `${common(name)},${POOL}`)]);
    const synchronised = "True,HybridOnpremSfBUser,MCOSTANDARD TEAMS1";
    await this.#import("service", [
      `${columns},DirSyncEnabled,InterpretedUserType,AssignedPlan`,
      ...names.map((name) => `${common(name)},${synchronised}`),
    ]);
  }

  /** By a file, for which the site must not run. */
  async #import(where: Place, lines: readonly string[]): Promise<void> {
    const file = join(this.#root, `${where}.csv`);
    writeFileSync(file, lines.join("\r\n"));
    await this.#tieline("import", file, "--tenant", DOMAIN, "--config", this.configuration(where));
  }

  async #join({ hybrid: moreHybrid, ...more }: JoinedOptions["pool"]): Promise<void> {
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
    const hybrid = {
      url: `https://${SERVICE}/HostedMigration/hostedmigrationservice.svc`,
      application: { tenant: DOMAIN, appId, ...files },
      authorities: [this.#authority("service")],
      ...moreHybrid,
    };
    const monitor = { port: await freePort() };
    this.#pool = this.#opened.use(await this.#start("pool", { hybrid, monitor, ...more }, this.environment));
    await this.invoke("pool", "Get-CsHostingProvider -Identity LyncOnline | Remove-CsHostingProvider -Confirm:$false");
    const provider = "-Enabled $true -EnabledSharedAddressSpace $true -HostsOCSUsers $true -VerificationLevel UseSourceVerification";
    await this.invoke("pool", `New-CsHostingProvider -Identity SFBOnline -ProxyFqdn ${ONLINE} ${provider} -IsLocal $false`);
  }

  async #startService(): Promise<void> {
    // Nobody sits at a browser here.
    this.#service = await this.#start("service", { legacy: { basic: true }, monitor: null });
  }

  async #start(folder: Place, more: object, environment: Record<string, string> = {}): Promise<RunningService> {
    const path = this.configuration(folder);
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...more }));
    return startService({ configuration: readConfiguration(path), environment, nowMs: () => Date.now() });
  }

  configuration(where: Place): string {
    return join(this.#root, where, "tieline.json");
  }

  /** How a process of the pool's finds the service. */
  get environment(): Record<string, string> {
    return { HTTPS_PROXY: `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}` };
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
    const target = ["--target-uri", `https://${host}/${where === "service" ? "OcsPowershellLiveId" : "OcsPowershell"}`];
    return this.#main("invoke", ...this.#way(where, host, user), ...signIn, ...target, "-o", "json", command);
  }

  /** `tieline move` at the pool. */
  async move(...words: string[]): Promise<string> {
    return this.#tieline("move", ...words, "--pool", POOL, ...this.#way("pool", POOL, POOL_ADMIN), "-o", "json");
  }

  #way(where: Place, host: string, user: string): string[] {
    return ["--connect-to", `${host}:443:127.0.0.1:${this.#ports[where]}`, "--ca-file", this.#authority(where), "--user", user];
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
    await this.#service?.[Symbol.asyncDispose]();
    await this.#import("service", ["UserPrincipalName,AssignedPlan", ...names.map((name) => `${name}@${DOMAIN},MCOSTANDARD TEAMS1`)]);
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

export function secretFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}
