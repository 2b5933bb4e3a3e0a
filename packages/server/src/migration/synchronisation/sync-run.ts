/** The words of a synchronisation: policies, steps, counters, results; as the vendor's tools and founding document 002 have them. */

/** `Initial` looks at everything and exports everything again; `Delta` at what was changed. */
export type SyncPolicy = "Delta" | "Initial";

/** Of a step: what was found or done. */
export interface StepCounters {
  adds: number;
  updates: number;
  /** Among the changed ones those with another user principal name; not in `updates`. */
  renames: number;
  deletes: number;
  /** Looked at and the same. */
  unchanged: number;
  /** Left for the next run, since a move of the user is under way. */
  deferred: number;
  errors: number;
}

export const NO_COUNTERS: StepCounters = { adds: 0, updates: 0, renames: 0, deletes: 0, unchanged: 0, deferred: 0, errors: 0 };

export type Profile = "Full Import" | "Delta Import" | "Full Synchronization" | "Delta Synchronization" | "Export";

/** Results that the vendor's tools know, and `stopped-error` for what they have no word for. */
export type SyncResult =
  | "in-progress"
  | "success"
  | "completed-export-errors"
  | "no-start-connection"
  | "no-start-credentials"
  | "stopped-connectivity"
  | "stopped-deletion-threshold-exceeded"
  | "stopped-user-termination"
  | "stopped-server-down"
  | "stopped-error";

export interface SyncStep {
  /** From 1. */
  number: number;
  /** Whose directory: the deployment's name, or the tenant's domain. */
  connector: string;
  profile: Profile;
  startedMs: number;
  endedMs: number | null;
  result: SyncResult;
  counters: StepCounters;
}

export interface SyncRun {
  runId: string;
  policy: SyncPolicy;
  /** The administrator, or `scheduler`. */
  startedBy: string;
  startedMs: number;
  endedMs: number | null;
  result: SyncResult;
  /** What stopped it. */
  fault: { code: string; message: string; cure: string } | null;
  steps: readonly SyncStep[];
}

/** How far a step is. */
export interface SyncProgress {
  profile: Profile;
  connector: string;
  /** Objects so far. */
  done: number;
  /** Undefined where nobody knows yet. */
  total: number | undefined;
}

/** An object of the deployment as synchronisation knows it. */
export interface SyncObject {
  /** Its id in the deployment. */
  anchor: string;
  /** Its user principal name. */
  name: string;
  isGone: boolean;
  pending: "add" | "update" | "delete" | null;
  /** When the tenant acknowledged it last. */
  exportedMs: number | null;
  error: { code: string; attribute: string | null; other: string | null; text: string; atMs: number; runId: string } | null;
}

export interface SyncSchedule {
  enabled: boolean;
  intervalMinutes: number;
  nextPolicy: SyncPolicy;
  nextMs: number;
  /** How long runs are remembered. */
  keepDays: number;
  isRunning: boolean;
}
