/** Workers beside the pool of a lab on PostgreSQL, a process each, that can be killed and replaced. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TwoSites } from "../packages/server/src/lab/two-sites.fixture.ts";
import type { BesideOptions } from "../packages/server/src/lab/worker-process.fixture.ts";
import { ended } from "./child.ts";

const PROGRAM = join(import.meta.dirname, "../packages/server/src/lab/worker-process.fixture.ts");

export class MoveWorkers implements AsyncDisposable {
  readonly #sites: TwoSites;
  readonly #options: Omit<BesideOptions, "name">;
  readonly #children: ChildProcess[] = [];
  readonly #running: ChildProcess[] = [];
  #made = 0;

  constructor(sites: TwoSites, databaseUrl: string, pace: BesideOptions["pace"]) {
    this.#sites = sites;
    this.#options = { folder: sites.folder, ports: sites.ports, databaseUrl, pace };
  }

  /** How many work. */
  get running(): number {
    return this.#running.length;
  }

  /** Resolves when it works. */
  async start(): Promise<void> {
    const options: BesideOptions = { ...this.#options, name: `worker${++this.#made}` };
    const child = spawn(process.execPath, ["--conditions=@tieline/source", PROGRAM, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#children.push(child);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`${options.name} ended with ${code}: ${said}`)));
    });
    this.#running.push(child);
  }

  /** As when its machine loses its power. */
  kill(which: number): void {
    this.#running.splice(which, 1)[0]?.kill("SIGKILL");
  }

  /** Everything that all of them have logged, a line an entry. */
  log(): string[] {
    return Array.from({ length: this.#made }, (_, i) => readFileSync(join(this.#sites.folder, `worker${i + 1}.log`), "utf8")).flatMap(
      (text) => text.split("\n"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(ended));
  }
}
