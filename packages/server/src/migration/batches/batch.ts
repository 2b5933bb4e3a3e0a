/**
 * The words of a batch: a named set of users who are moved to one target, in waves, by whichever processes work on it.
 *
 * A batch and each of its users are rows; processes hold nothing that another could not take over.
 */
import type { ObjectId } from "../../directory/index.ts";
import type { Finding, MoveOptions, MoveOutcome } from "../moves/move.ts";

declare const brand: unique symbol;
export type BatchId = string & { readonly [brand]: "batch" };

export type BatchState = "Planned" | "Running" | "Suspended" | "Completed" | "CompletedWithErrors" | "Cancelled" | "Undoing" | "Undone";

/** Where a user stands: `moved` is at the target, `undone` is back. */
export type BatchUserState = "waiting" | "moving" | "moved" | "failed" | "skipped" | "undone";

export const BATCH_USER_STATES: readonly BatchUserState[] = ["waiting", "moving", "moved", "failed", "skipped", "undone"];

/** What is done with a user: the move, or the way back. */
export type Task = "move" | "undo";

/** A fault as it is kept and shown. */
export type Complaint = Omit<Finding, "severity">;

export interface BatchLimits {
  /** Users under way at the same time, over all processes. */
  concurrentMoves: number;
  /** Users a wave; 0: all in one. */
  waveSize: number;
  /** Users who may begin within any minute, over all processes; 0: no limit. */
  ratePerMinute: number;
  /** `20:00-06:00`: moves begin within these hours only. */
  window: string | null;
  /** Whose hours: `Europe/Berlin`. */
  timeZone: string;
}

export interface Batch {
  batchId: BatchId;
  name: string;
  target: string;
  options: MoveOptions;
  limits: BatchLimits;
  mailTemplate: string | null;
  /** Rooms and common-area phones are moved, too, after everybody else. */
  includeRooms: boolean;
  /** Some user moves between the two sites: the other one is signed in to. */
  crosses: boolean;
  hostedUrl: string | null;
  hasSignIn: boolean;
  signInVersion: number;
  state: BatchState;
  /** What is, or was last, under way is taking moves back. */
  isUndoing: boolean;
  reason: Complaint | null;
  users: number;
  waves: number;
  /** Faults of one kind in a row. */
  faultStreak: number;
  createdBy: string;
  createdMs: number;
  startedBy: string | null;
  startedMs: number | null;
  finishedMs: number | null;
}

export interface BatchUser {
  sequence: number;
  /** As whoever added the user wrote it. */
  identity: string;
  objectId: ObjectId;
  sipAddress: string | null;
  displayName: string;
  /** Where the user was: the target of a move back; empty where the user was nowhere. */
  source: string;
  state: BatchUserState;
  task: Task;
  wave: number;
  attempts: number;
  complaint: Complaint | null;
  /** Of the last check; null: not checked. */
  findings: readonly Finding[] | null;
  outcome: MoveOutcome | null;
  startedMs: number | null;
  finishedMs: number | null;
  changeNumber: number;
}

export type StateCounts = Readonly<Record<BatchUserState, number>>;

export const NO_COUNTS: StateCounts = { waiting: 0, moving: 0, moved: 0, failed: 0, skipped: 0, undone: 0 };
