/**
 * A lab whose two sites have a process each, as they would a thousand miles apart: on one folder, with ports that stay, so
 * that either can be killed in the middle of something and started again. For tests of what survives, and for benchmarks.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Dialler } from "@tieline/net";
import type { SiteKind } from "../site.ts";
import { LabAuthority } from "./authority.ts";
import { prepareFolder } from "./data-folder.ts";
import { labDialler } from "./hybrid.ts";
import type { Ports } from "./places.ts";
import { choosePorts } from "./ports.ts";
import { APPLICATIONS } from "./provision.ts";
import { LabSecrets } from "./secrets.ts";
import type { MoveOrder, MoveReport, SiteProcessOptions, SiteProcessReady } from "./site-process.fixture.ts";
import { sshHostKey } from "./ssh-host-key.ts";

const PROGRAM = join(import.meta.dirname, "site-process.fixture.ts");
/** A site with a hundred thousand people takes its time. */
const READY_MS = 300_000;

export interface TwoSitesOptions {
  users: number;
  /** In the list of each of them; left out: as chance has it. */
  contacts?: number;
  /** Left out: a temporary one, removed at the end. */
  folder?: string;
  /** A PostgreSQL server for a site, without password; left out: SQLite. */
  databaseUrls?: Partial<Record<SiteKind, string>>;
}

/** What may differ from start to start. */
export type StartOptions = Partial<Omit<SiteProcessOptions, "folder" | "site" | "users" | "contacts" | "ports" | "databaseUrl">>;

interface Running {
  child: ChildProcess;
  /** The code, or the signal by which it ended. */
  ended: Promise<number | string>;
}

export class TwoSites implements AsyncDisposable {
  readonly folder: string;
  readonly ports: Ports;
  readonly authority: LabAuthority;
  readonly #options: TwoSitesOptions;
  readonly #running = new Map<SiteKind, Running>();
  readonly #waiting = new Map<number, (report: MoveReport) => void>();
  #last = 0;

  private constructor(options: TwoSitesOptions, folder: string, ports: Ports, authority: LabAuthority) {
    this.#options = options;
    this.folder = folder;
    this.ports = ports;
    this.authority = authority;
  }

  /** Makes what both share, and starts neither. */
  static async prepare(options: TwoSitesOptions): Promise<TwoSites> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "tieline-two-sites-"));
    prepareFolder(folder);
    LabSecrets.open(folder);
    await sshHostKey(join(folder, "keys", "ssh_host_ed25519"));
    const authority = await LabAuthority.open(join(folder, "authority"), Date.now());
    for (const { file } of APPLICATIONS) await authority.client(file, Date.now());
    return new TwoSites(options, folder, await choosePorts({}), authority);
  }

  /** Both, one after the other: the pool synchronises with a service that is there. */
  static async start(options: TwoSitesOptions): Promise<TwoSites> {
    const sites = await TwoSites.prepare(options);
    try {
      for (const site of ["online", "pool"] as const) await sites.start(site);
    } catch (error) {
      await sites[Symbol.asyncDispose]();
      throw error;
    }
    return sites;
  }

  /** Resolves when it serves. */
  async start(site: SiteKind, more: StartOptions = {}): Promise<void> {
    if (this.#running.has(site)) throw new Error(`the ${site} site runs already`);
    const { folder, ports } = this;
    const { users, contacts, databaseUrls } = this.#options;
    const options: SiteProcessOptions = { folder, site, ports, users, contacts, databaseUrl: databaseUrls?.[site], ...more };
    const child = spawn(process.execPath, ["--conditions=@tieline/source", PROGRAM, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4096)));
    const ended = new Promise<number | string>((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? "")));
    this.#running.set(site, { child, ended });
    void ended.then(() => this.#running.get(site)?.child === child && this.#running.delete(site));
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = JSON.parse(line) as SiteProcessReady | MoveReport;
        if ("ready" in said) return resolve();
        this.#waiting.get(said.id)?.(said);
        return undefined;
      });
    });
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => reject(new Error(`the ${site} site is not ready: ${said}`)), READY_MS);
      void ended.then((how) => (clearTimeout(timer), reject(new Error(`the ${site} site ended (${how}): ${said}`))));
      void ready.then(() => clearTimeout(timer));
    });
    late.catch(() => undefined);
    await Promise.race([ready, late]);
  }

  /** Lets the pool move a user; `gone` where its process died in the middle. */
  move(order: Omit<MoveOrder, "id">): Promise<MoveReport> {
    return this.#ask(order);
  }

  /** Lets the pool settle what it finds in the middle. */
  settle(): Promise<MoveReport> {
    return this.#ask({ settle: true });
  }

  /** The way to the service is whole again that broke by `breakAt`. */
  async mend(): Promise<void> {
    await this.#ask({ mend: true });
  }

  async #ask(order: object): Promise<MoveReport> {
    const running = this.#running.get("pool");
    const id = ++this.#last;
    if (running === undefined) return { id, code: "gone" };
    const answer = new Promise<MoveReport>((resolve) => this.#waiting.set(id, resolve));
    running.child.stdin?.write(`${JSON.stringify({ ...order, id })}\n`);
    const gone = running.ended.then(() => ({ id, code: "gone" }));
    return Promise.race([answer, gone]).finally(() => this.#waiting.delete(id));
  }

  isRunning(site: SiteKind): boolean {
    return this.#running.has(site);
  }

  /** As when the machine loses its power. */
  async kill(site: SiteKind): Promise<void> {
    this.#running.get(site)?.child.kill("SIGKILL");
    await this.ended(site);
  }

  /** Resolves when the process has ended, by itself or not; at once where there is none. */
  async ended(site: SiteKind): Promise<number | string | undefined> {
    return this.#running.get(site)?.ended;
  }

  /** As when somebody stops it. */
  async stop(site: SiteKind): Promise<void> {
    this.#running.get(site)?.child.kill("SIGTERM");
    await this.ended(site);
  }

  /** For whoever calls either site by its names. */
  dialler(): Dialler {
    return labDialler(this.ports, this.authority);
  }

  /** Of an account of the lab: `admin@contoso.com`, `mover@contoso.local`. */
  password(account: string): string {
    return LabSecrets.open(this.folder).password(account);
  }

  /** Everything that a site has logged. */
  log(site: SiteKind): string {
    return readFileSync(join(this.folder, `${site}.log`), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const site of ["pool", "online"] as const) await this.kill(site);
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}
