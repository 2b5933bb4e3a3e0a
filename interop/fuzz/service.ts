/** The service under test as its tester sees it: where its doors are, whether it lives, what it holds. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabDescription } from "@tieline/server";
import { ended } from "../child.ts";

export interface LabFacts extends LabDescription {
  folder: string;
  passwords: Record<string, string>;
  logPath: string;
}

/** After collecting garbage. */
export interface LabState {
  rss: number;
  heapUsed: number;
  external: number;
  sessions: number;
  /** Node's active resources by kind: sockets, timers, ... */
  handles: Record<string, number>;
}

export interface Login {
  user: string;
  password: string;
}

export class Service implements AsyncDisposable {
  readonly facts: LabFacts;
  /** PEM of the lab's authority. */
  readonly authority: string;
  readonly #child: ChildProcess;
  readonly #said: () => string;

  private constructor(child: ChildProcess, facts: LabFacts, said: () => string) {
    this.#child = child;
    this.facts = facts;
    this.#said = said;
    this.authority = readFileSync(join(facts.folder, facts.authority), "utf8");
  }

  static async start(): Promise<Service> {
    const folder = mkdtempSync(join(tmpdir(), "tieline-fuzz-"));
    const args = ["--conditions=@tieline/source", "--expose-gc", fileURLToPath(new URL("lab-child.ts", import.meta.url)), folder];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-4000)));
    const facts = await Promise.race([
      once(child, "message").then(([message]) => message as LabFacts),
      once(child, "exit").then(() => Promise.reject(new Error(`the lab did not start: ${said}`))),
    ]);
    return new Service(child, facts, () => said);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it printed last; a service prints nothing, so it is its crash. */
  get said(): string {
    return this.#said();
  }

  port(name: keyof LabFacts["ports"]): number {
    return this.facts.ports[name] as number;
  }

  login(user: string): Login {
    return { user, password: this.facts.passwords[user] as string };
  }

  socket(user: string): string {
    return this.facts.sockets?.find((each) => each.user === user)?.path as string;
  }

  async state(): Promise<LabState> {
    const answer = once(this.#child, "message", { signal: AbortSignal.timeout(30_000) });
    this.#child.send("state");
    return (await answer)[0] as LabState;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.alive) {
      const exit = once(this.#child, "exit");
      this.#child.send("stop");
      await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 15_000).unref())]);
    }
    await ended(this.#child);
    rmSync(this.facts.folder, { recursive: true, force: true });
  }
}
