import type { FaultEntry } from "../entry.ts";

/** Directory synchronisation. */
export const SYNCHRONISATION = {} as const satisfies Record<string, FaultEntry>;
