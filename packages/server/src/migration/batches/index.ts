/** Batches of moves: see batch.ts for their words, batch-service.ts for the door, batch-worker.ts for who does the work. */
export {
  BATCH_USER_STATES,
  type Batch,
  type BatchId,
  type BatchLimits,
  type BatchState,
  type BatchUser,
  type BatchUserState,
  type Complaint,
  type StateCounts,
} from "./batch.ts";
export type { SignIn } from "./batch-commands.ts";
export { BatchService, DEFAULT_LIMITS, type BatchServiceOptions, type BatchWish, type Named, type Progress } from "./batch-service.ts";
export { BatchWorker, type BatchLog, type BatchWorkerOptions } from "./batch-worker.ts";
export { moveCounters, type MoveCounters } from "./counters.ts";
export type { Mail, Mailer } from "./mail.ts";
export { MailOutbox } from "./mail-outbox.ts";
export type { Checked } from "./preflight.ts";
export type { RetryRule } from "./retry.ts";
