import type { FaultEntry } from "../entry.ts";

/** The PowerShell module and the bridge behind it. */
export const MODULE = {} as const satisfies Record<string, FaultEntry>;
