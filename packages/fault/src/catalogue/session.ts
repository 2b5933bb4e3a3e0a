import type { FaultEntry } from "../entry.ts";

export const SESSION = {} as const satisfies Record<string, FaultEntry>;
