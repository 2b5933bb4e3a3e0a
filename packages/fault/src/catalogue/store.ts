import type { FaultEntry } from "../entry.ts";

export const STORE = {} as const satisfies Record<string, FaultEntry>;
