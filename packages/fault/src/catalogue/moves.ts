import type { FaultEntry } from "../entry.ts";

/** Moves between sites: what the hosted migration service and the pool say. */
export const MOVES = {} as const satisfies Record<string, FaultEntry>;
