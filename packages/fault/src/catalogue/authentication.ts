import type { FaultEntry } from "../entry.ts";

export const AUTHENTICATION = {} as const satisfies Record<string, FaultEntry>;
