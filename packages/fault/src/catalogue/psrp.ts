import type { FaultEntry } from "../entry.ts";

export const PSRP = {} as const satisfies Record<string, FaultEntry>;
