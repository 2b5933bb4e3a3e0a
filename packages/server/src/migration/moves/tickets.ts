/**
 * By which ticket a move that was left is settled: by its run's, and where that is refused, by the ticket of the newest run that
 * has signed in to the same tenant at the same address since. A ticket opens no other tenant's moves, and an abort that reached
 * another tenant would be noted there as done: hence nothing less than both will do.
 *
 *     refused, and nobody has signed in since    tried again after a wait that doubles, since a key may be restored
 *     refused, and somebody has                  tried at once, whoever that was and in whichever process
 */
import { Fault, isFault } from "@tieline/fault";
import type { Run, Runs } from "./runs.ts";

const WAIT_MS = { first: 30_000, longest: 15 * 60_000 };

export const TICKET_REFUSED = "hosted-ticket-refused";

export function isTicketRefused(error: unknown): boolean {
  return isFault(error) && error.is(TICKET_REFUSED);
}

interface Refusal {
  /** The newest run whose ticket was tried. */
  newest: string;
  waitMs: number;
  untilMs: number;
}

export class Tickets {
  readonly #runs: Runs;
  readonly #nowMs: () => number;
  readonly #refused = new Map<string, Refusal>();

  constructor(runs: Runs, nowMs: () => number) {
    this.#runs = runs;
    this.#nowMs = nowMs;
  }

  /** False while there is nothing to try that has not just been refused. */
  async isWorthwhile(runId: string): Promise<boolean> {
    const refusal = this.#refused.get(runId);
    if (refusal === undefined || this.#nowMs() >= refusal.untilMs) return true;
    const run = await this.#runs.find(runId);
    return run !== undefined && ((await this.#runs.since(run)) ?? run).runId !== refusal.newest;
  }

  /** @throws Fault `hosted-ticket-refused` where no ticket is taken, `internal` without a run, and what `order` throws */
  async tell<T>(runId: string | null, order: (url: string, ticket: string) => Promise<T>): Promise<T> {
    const run = await this.#runs.find(runId);
    if (run === undefined) throw new Fault("internal", { what: "a move without its run" });
    let newest = run;
    try {
      let answer: T;
      try {
        answer = await this.#by(run, order);
      } catch (error) {
        const since = isTicketRefused(error) ? await this.#runs.since(run) : undefined;
        if (since === undefined) throw error;
        newest = since;
        answer = await this.#by(since, order);
      }
      this.#refused.delete(run.runId);
      return answer;
    } catch (error) {
      if (isTicketRefused(error)) this.#note(run, newest);
      throw error;
    }
  }

  async #by<T>(run: Run, order: (url: string, ticket: string) => Promise<T>): Promise<T> {
    return order(run.url, this.#runs.ticketOf(run));
  }

  #note({ runId }: Run, newest: Run): void {
    const before = this.#refused.get(runId);
    const waitMs = before?.newest === newest.runId ? Math.min(2 * before.waitMs, WAIT_MS.longest) : WAIT_MS.first;
    this.#refused.set(runId, { newest: newest.runId, waitMs, untilMs: this.#nowMs() + waitMs });
  }
}
