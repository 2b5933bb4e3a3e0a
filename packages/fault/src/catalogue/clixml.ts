import type { FaultEntry } from "../entry.ts";

export const CLIXML = {} as const satisfies Record<string, FaultEntry>;
