/**
 * A batch's states. Whoever works on it only ever looks at the state in the database, so that each of these events may come
 * from any process, at any time; moves under way at that moment come to their end.
 *
 *     Planned ---start--> Running ---finish--> Completed, CompletedWithErrors
 *     Running ---suspend--> Suspended ---resume--> Running (or Undoing, where that was suspended)
 *     Running, Suspended, ... ---undo--> Undoing ---finish--> Undone, or Completed where only some were taken back
 *     Planned, Running, Suspended, Undoing ---stop--> Cancelled
 */
import { Fault } from "@tieline/fault";
import type { BatchState, StateCounts } from "./batch.ts";

export type BatchEvent = "start" | "suspend" | "resume" | "stop" | "undo" | "finish" | "remove" | "add";

/** `same` stays, `under way` is Running or Undoing by what was last done, `ended` depends on how the users stand. */
type Next = BatchState | "same" | "under way" | "ended";

const TRANSITIONS: Readonly<Record<BatchState, Partial<Record<BatchEvent, Next>>>> = {
  Planned: { add: "same", start: "Running", stop: "Cancelled", remove: "same" },
  // A sign-in that is given in time changes nothing else.
  Running: { suspend: "Suspended", stop: "Cancelled", undo: "Undoing", finish: "ended", start: "same", resume: "same" },
  Suspended: { resume: "under way", stop: "Cancelled", undo: "Undoing", suspend: "same" },
  Completed: { undo: "Undoing", remove: "same" },
  // Once more with those who failed.
  CompletedWithErrors: { resume: "under way", undo: "Undoing", remove: "same" },
  Cancelled: { undo: "Undoing", remove: "same", stop: "same" },
  Undoing: { suspend: "Suspended", stop: "Cancelled", finish: "ended", undo: "same", resume: "same" },
  Undone: { remove: "same" },
};

/** States in which users are claimed. */
export const WORKED_ON: readonly BatchState[] = ["Running", "Undoing"];

/** @throws Fault `batch-state` where the event does not belong into the state */
export function afterEvent(
  batch: { name: string; state: BatchState; isUndoing: boolean },
  event: Exclude<BatchEvent, "finish">,
): BatchState {
  const next = TRANSITIONS[batch.state][event];
  if (next === undefined) throw new Fault("batch-state", { batch: batch.name, state: batch.state, event });
  if (next === "under way") return batch.isUndoing ? "Undoing" : "Running";
  return next === "same" || next === "ended" ? batch.state : next;
}

/** How a batch ends in which nobody waits any longer. `stillMoved`: those who could not be taken back. */
export function endState(counts: StateCounts, isUndoing: boolean, stillMoved: number): BatchState {
  if (isUndoing && counts.moved === 0) return "Undone";
  return counts.failed > 0 || stillMoved > 0 ? "CompletedWithErrors" : "Completed";
}
