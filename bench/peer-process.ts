/**
 * Processes of a benchmark's own: server and clients run apart, so that memory and processor time of each can be told.
 * One side asks by name over the channel that Node gives its children; the other answers.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Session } from "node:inspector/promises";
import { writeFileSync } from "node:fs";
import { writeHeapSnapshot } from "node:v8";
import { Profile, type RawProfile } from "./profile.ts";

type Answer = { id: number; value?: unknown; error?: string };

/** What a process used between two moments. */
export interface Use {
  /** Milliseconds of processor time, all threads. */
  cpuMs: number;
  /** Resident bytes after a collection of garbage. */
  rss: number;
  /** Of them on V8's heap. */
  heap: number;
  /** The most that was resident since the last question. */
  peak: number;
}

export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #last = 0;

  /** `file` calls `answerQuestions`. */
  constructor(file: string, args: readonly string[] = [], nodeOptions: readonly string[] = []) {
    this.#child = spawn(process.execPath, ["--conditions=@tieline/source", "--expose-gc", ...nodeOptions, file, ...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#child.on("message", ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value as never);
      else waiting?.reject(new Error(error));
    });
    this.#child.on("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${code}`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<T>(question: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.#last;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, question, args });
    });
  }

  use(): Promise<Use> {
    return this.ask("use");
  }

  startProfile(): Promise<void> {
    return this.ask("startProfile");
  }

  async endProfile(): Promise<Profile> {
    return new Profile(await this.ask<RawProfile>("endProfile"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await exit;
    clearTimeout(timer);
  }
}

let peak = 0;
let usedBefore = process.cpuUsage();

function use(): Use {
  // As the engine itself does when memory gets scarce: what is left is what is held.
  const collect = globalThis.gc as ((options: { type: string; flavor: string; execution: string }) => void) | undefined;
  for (let i = 0; i < 2; i++) collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage(usedBefore);
  usedBefore = process.cpuUsage();
  const answer = { cpuMs: (user + system) / 1000, rss, heap: heapUsed, peak: Math.max(peak, rss) };
  peak = 0;
  return answer;
}

const STANDARD: Record<string, (...args: never[]) => unknown> = {
  use,
  /** For whoever looks into the heap: the path of a snapshot. */
  snapshot: (path: string) => writeHeapSnapshot(path),
  async startProfile() {
    inspector.connect();
    await inspector.post("Profiler.enable");
    await inspector.post("Profiler.setSamplingInterval", { interval: 500 });
    await inspector.post("Profiler.start");
  },
  async endProfile() {
    const { profile } = await inspector.post("Profiler.stop");
    inspector.disconnect();
    const folder = process.env["TIELINE_PROFILES"];
    if (folder !== undefined) writeFileSync(`${folder}/${process.pid}-${Date.now()}.cpuprofile`, JSON.stringify(profile));
    return profile;
  },
};
const inspector = new Session();

/** In the child: answers until the parent is gone, and then exits, whatever is still open. */
export function answerQuestions(
  answers: Record<string, (...args: never[]) => unknown>,
  atEnd: () => Promise<void> = async () => undefined,
): void {
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  sampler.unref();
  const all = { ...STANDARD, ...answers };
  process.on("message", ({ id, question, args }: { id: number; question: string; args: never[] }) => {
    Promise.resolve()
      .then(() => (all[question] as (...args: never[]) => unknown)(...args))
      .then(
        (value) => process.send?.({ id, value }),
        (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
      .catch(() => process.exit(1));
  });
  process.on("disconnect", () => {
    void atEnd().finally(() => process.exit(0));
  });
}
