import type { FaultEntry } from "../entry.ts";

/** The authorization server: what it refuses, with the codes that administrators know (AADSTS). */
export const IDENTITY = {} as const satisfies Record<string, FaultEntry>;
