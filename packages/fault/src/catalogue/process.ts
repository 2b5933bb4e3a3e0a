import type { FaultEntry } from "../entry.ts";

export const PROCESS = {} as const satisfies Record<string, FaultEntry>;
