import type { FaultEntry } from "../entry.ts";

export const DISCOVERY = {} as const satisfies Record<string, FaultEntry>;
