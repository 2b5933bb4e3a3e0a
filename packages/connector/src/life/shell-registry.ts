/**
 * Which shells this machine has opened and not yet closed: a file for each process in the user's state folder, so that
 * what a crash left at the service can be told from what a living process uses. No secret stands in it.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "@tieline/fault";

export interface ShellRecord {
  /** The shell's id. */
  id: string;
  /** The endpoint's address. */
  uri: string;
  user: string;
  /** ISO 8601. */
  since: string;
}

export interface RegisteredShell extends ShellRecord {
  pid: number;
  /** False: its process is gone. */
  living: boolean;
}

/** What is known of a process: when it started, in the system's own unit; undefined where it is not there. */
export type ProcessStart = (pid: number) => string | undefined;

export interface ShellRegistryOptions {
  /** Default: this process. */
  pid?: number;
  startOf?: ProcessStart;
}

export class ShellRegistry {
  readonly #folder: string;
  readonly #pid: number;
  readonly #startOf: ProcessStart;
  readonly #own = new Map<string, ShellRecord>();

  constructor(stateFolder: string, { pid = process.pid, startOf = processStart }: ShellRegistryOptions = {}) {
    this.#folder = join(stateFolder, "shells");
    this.#pid = pid;
    this.#startOf = startOf;
  }

  /** @throws Fault `folder-unwritable` */
  add(record: ShellRecord): void {
    this.#own.set(record.id, record);
    this.#write();
  }

  /** It is closed, or left for others on purpose. */
  remove(id: string): void {
    if (this.#own.delete(id)) this.#write();
  }

  /** All shells of this machine and user, those of other processes too. */
  list(): RegisteredShell[] {
    return this.#files().flatMap(({ path, pid, start }) => {
      const living = this.#startOf(pid) === start;
      return read(path).map((record) => ({ ...record, pid, living }));
    });
  }

  /** Drops what dead processes have left, for shells that are certainly gone. Files of the living are not touched. */
  forget(ids: ReadonlySet<string>): void {
    for (const { path, pid, start } of this.#files()) {
      if (this.#startOf(pid) === start) continue;
      const left = read(path).filter((record) => !ids.has(record.id));
      if (left.length === 0) rmSync(path, { force: true });
      else replace(path, left);
    }
  }

  #files(): { path: string; pid: number; start: string }[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    return names.flatMap((name) => {
      const [, pid, start] = /^(\d+)\.([\w-]+)\.json$/.exec(name) ?? [];
      return pid === undefined || start === undefined ? [] : [{ path: join(this.#folder, name), pid: Number(pid), start }];
    });
  }

  #write(): void {
    const path = join(this.#folder, `${this.#pid}.${this.#startOf(this.#pid) ?? "unknown"}.json`);
    try {
      if (this.#own.size === 0) return rmSync(path, { force: true });
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      replace(path, [...this.#own.values()]);
    } catch (error) {
      throw new Fault("folder-unwritable", { folder: this.#folder, reason: (error as Error).message }, { cause: error });
    }
  }
}

function read(path: string): ShellRecord[] {
  try {
    const list = JSON.parse(readFileSync(path, "utf8")) as ShellRecord[];
    return Array.isArray(list)
      ? list.filter((one) => [one.id, one.uri, one.user, one.since].every((value) => typeof value === "string"))
      : [];
  } catch {
    // Gone meanwhile, or half a file of a crashed disk: its shells lapse at the service.
    return [];
  }
}

function replace(path: string, records: readonly ShellRecord[]): void {
  const aside = `${path}.new`;
  writeFileSync(aside, `${JSON.stringify(records)}\n`, { mode: 0o600 });
  renameSync(aside, path);
}

/**
 * Linux tells when a process started, so that a number which another process has since got is not taken for the old one.
 * Elsewhere whatever lives under the number counts: a shell more is left alone, never one too few.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The 22nd field; the second is the program's name in brackets, which may hold anything.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : fields[18];
  } catch {
    if (process.platform === "linux") return undefined;
  }
  try {
    process.kill(pid, 0);
    return "unknown";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "unknown" : undefined;
  }
}
