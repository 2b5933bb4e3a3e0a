/** How a move that was decided ended: its outcome, with what the service had to say when it was told. */
import { Fault } from "@tieline/fault";
import type { AnswerOf } from "../hosted/contract.ts";
import type { MoveRow } from "./journal.ts";
import type { MoveOutcome } from "./move.ts";

export interface Ending {
  outcome: MoveOutcome;
  /** What somebody has to do about, though the move stands. */
  fault?: Fault;
}

export function endingOf(row: MoveRow, outcome: MoveOutcome, { userGone }: AnswerOf<"commit">): Ending {
  // On the way back nothing is lost: the pool has everything.
  if (userGone !== true || row.direction !== "to-online") return { outcome };
  const fault = new Fault("move-user-gone-online", { user: row.sipAddress });
  const warning = [fault.message, fault.why, fault.cure].join(" ");
  return { outcome: { ...outcome, warnings: [...outcome.warnings, warning] }, fault };
}
