import type { FaultEntry } from "../entry.ts";

/** The connector's sign-in: token requests, cached accounts, browsers and device codes. */
export const ACCOUNT = {} as const satisfies Record<string, FaultEntry>;
