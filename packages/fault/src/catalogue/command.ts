import type { FaultEntry } from "../entry.ts";

export const COMMAND = {} as const satisfies Record<string, FaultEntry>;
