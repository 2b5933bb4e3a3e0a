import type { FaultEntry } from "../entry.ts";

/** Batches of moves: plans, files of users, reports. */
export const BATCHES = {} as const satisfies Record<string, FaultEntry>;
