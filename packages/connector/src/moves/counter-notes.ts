/** The counters as they stood before a batch began, in a file of the user's own: a report shows both sides of it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HomedCounters } from "./batch.ts";

export class CounterNotes {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "moves");
  }

  /** Undefined where the batch was started elsewhere. */
  before(batchId: string): HomedCounters | undefined {
    try {
      const read = JSON.parse(readFileSync(this.#path(batchId), "utf8")) as Partial<HomedCounters>;
      const { homedOnline, homedOnPremises, syncedAndHomedOnline, notEnabled, activeMoves } = read;
      const all = [homedOnline, homedOnPremises, syncedAndHomedOnline, notEnabled, activeMoves];
      return all.every((each) => typeof each === "number") ? (read as HomedCounters) : undefined;
    } catch {
      // What cannot be read is not there: a report does without.
      return undefined;
    }
  }

  /** The first word counts: a batch that is started again began before. A folder that cannot be written costs the note alone. */
  note(batchId: string, counters: HomedCounters): void {
    if (this.before(batchId) !== undefined) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const aside = `${this.#path(batchId)}.${process.pid}.new`;
      writeFileSync(aside, `${JSON.stringify(counters)}\n`, { mode: 0o600 });
      renameSync(aside, this.#path(batchId));
    } catch {
      return;
    }
  }

  #path(batchId: string): string {
    return join(this.#folder, `${batchId.replace(/[^A-Za-z0-9-]/g, "_")}.json`);
  }
}
