/** Moves that were left in the middle: by a process that is gone, or by this one when the other site was away. */
import { isFault } from "@tieline/fault";
import type { AnswerOf } from "../hosted/contract.ts";
import { endingOf } from "./ending.ts";
import type { LeadingSite } from "./leading-site.ts";
import type { MoveRow } from "./journal.ts";
import { remedyFor, type LeaderState } from "./machine.ts";
import type { MoveOutcome } from "./move.ts";
import { isTicketRefused, TICKET_REFUSED, type Tickets } from "./tickets.ts";

/** Looked at in one go. */
const MOST = 1000;

/** Completes or undoes what it finds; returns how many are still open. */
export async function settleMoves(site: LeadingSite, tickets: Tickets): Promise<number> {
  const { exclusive, nowMs, log } = site.options;
  const { journal, owner, running } = site;
  // By role as well: that is what the index of open moves begins with, and the journal is long.
  const rows = (await journal.list({ activeOnly: true, role: "leader", limit: MOST })).filter(
    (row) => !running.has(row.moveId) && (exclusive || row.owner === owner || row.leaseMs <= nowMs()),
  );
  const worthwhile = new Map<string, boolean>();
  for (const row of rows) {
    const run = row.runId ?? "";
    if (!worthwhile.has(run)) worthwhile.set(run, await tickets.isWorthwhile(run));
    if (worthwhile.get(run) === false) {
      if (row.faultCode !== TICKET_REFUSED) await journal.note(row.moveId, TICKET_REFUSED);
      continue;
    }
    // One that has begun meanwhile in this process is not left by anybody.
    if (running.has(row.moveId) || !(await journal.takeOver(row, owner, site.leaseMs))) continue;
    running.add(row.moveId);
    try {
      await settle(site, tickets, { ...row, owner });
      log.info({ move: row.moveId, user: row.sipAddress, remedy: remedyFor(row.state as LeaderState) }, "a move was settled");
    } catch (error) {
      const cure = isFault(error) ? { cure: error.cure } : {};
      log.warn({ move: row.moveId, user: row.sipAddress, error: String(error), ...cure }, "a move could not be settled yet");
      if (!isTicketRefused(error)) continue;
      worthwhile.set(run, false);
      await journal.note(row.moveId, TICKET_REFUSED);
    } finally {
      running.delete(row.moveId);
    }
  }
  return journal.openCount();
}

async function settle(site: LeadingSite, tickets: Tickets, row: MoveRow): Promise<void> {
  const { settleBy, nowMs } = site.options;
  const tell = (order: "commit" | "abort"): Promise<AnswerOf<"commit">> =>
    tickets.tell(row.runId, (url, ticket) => settleBy(url, ticket, order, row.moveId, row.sipAddress));
  switch (remedyFor(row.state as LeaderState)) {
    case "undo":
      // What was read may be older than a switch that was under way: only what the row still says counts.
      if (row.state !== "undoing" && !(await site.markUndone(row, "undoing", "move-undone"))) return;
      await tell("abort");
      // That it could not be told for a while is over.
      await site.markUndone({ ...row, state: "undoing" }, "undone", row.faultCode === TICKET_REFUSED ? "move-undone" : undefined);
      return;
    case "complete": {
      const ending = endingOf(row, row.outcome as unknown as MoveOutcome, await tell("commit"));
      await site.publish(row);
      await site.release(row, ending, undefined);
      return;
    }
    case "nothing":
      await site.journal.advance(row, row.state, nowMs(), { active: false });
  }
}
