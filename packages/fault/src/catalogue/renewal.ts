import type { FaultEntry } from "../entry.ts";

/** A session that goes on: renewal before its lifetime ends, reconnection, the broker of shells, budgets. */
export const RENEWAL = {} as const satisfies Record<string, FaultEntry>;
