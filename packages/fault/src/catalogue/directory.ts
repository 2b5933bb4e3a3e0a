import type { FaultEntry } from "../entry.ts";

export const DIRECTORY = {} as const satisfies Record<string, FaultEntry>;
