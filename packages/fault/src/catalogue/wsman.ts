import type { FaultEntry } from "../entry.ts";

export const WSMAN = {} as const satisfies Record<string, FaultEntry>;
