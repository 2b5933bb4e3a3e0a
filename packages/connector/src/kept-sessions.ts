/**
 * Sessions that the user asked to keep between two commands: their name, id and address, in a file of the user's own.
 * No secret stands in it; whoever comes back signs in again.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "@tieline/fault";

export interface KeptSession {
  name: string;
  /** The shell's id. */
  id: string;
  uri: string;
  user: string;
  /** ISO 8601. */
  since: string;
}

export class KeptSessions {
  readonly #path: string;

  constructor(stateFolder: string) {
    this.#path = join(stateFolder, "sessions.json");
  }

  list(): KeptSession[] {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new Fault("file-unreadable", { path: this.#path, reason: (error as Error).message }, { cause: error });
    }
    try {
      const list = JSON.parse(text) as KeptSession[];
      return Array.isArray(list) ? list.filter((s) => [s.name, s.id, s.uri, s.user].every((value) => typeof value === "string")) : [];
    } catch {
      // Half a file of a crashed disk: the sessions themselves lapse at the service.
      return [];
    }
  }

  /** @throws Fault `kept-session-unknown` */
  get(name: string): KeptSession {
    const found = this.list().find((session) => session.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) throw new Fault("kept-session-unknown", { name });
    return found;
  }

  /** Adds it; one of the same name is replaced. */
  keep(session: KeptSession): void {
    this.#write([...this.list().filter((other) => other.name.toLowerCase() !== session.name.toLowerCase()), session]);
  }

  forget(id: string): void {
    this.#write(this.list().filter((session) => session.id !== id));
  }

  #write(sessions: readonly KeptSession[]): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const aside = `${this.#path}.${process.pid}.new`;
      writeFileSync(aside, `${JSON.stringify(sessions, null, 2)}\n`, { mode: 0o600 });
      renameSync(aside, this.#path);
    } catch (error) {
      throw new Fault("folder-unwritable", { folder: dirname(this.#path), reason: (error as Error).message }, { cause: error });
    }
  }
}
