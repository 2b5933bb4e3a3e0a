import type { FaultEntry } from "../entry.ts";

/** A service that others can reach: its configuration, certificates, backup and restore. */
export const DEPLOYMENT = {} as const satisfies Record<string, FaultEntry>;
