import type { FaultEntry } from "../entry.ts";

/** Pools, hosting providers and the edge of a deployment. */
export const HOSTING = {} as const satisfies Record<string, FaultEntry>;
