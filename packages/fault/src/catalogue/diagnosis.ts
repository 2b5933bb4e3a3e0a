import type { FaultEntry } from "../entry.ts";

/** Texts that administrators meet on the way to a session and that no part of ours says itself: the module, the machine, the vendor's service. They are recognised by `explain` and found by `doctor`. */
export const DIAGNOSIS = {} as const satisfies Record<string, FaultEntry>;
