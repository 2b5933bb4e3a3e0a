import type { FaultEntry } from "../entry.ts";

/** The forest behind a deployment, over LDAP. */
export const FOREST = {} as const satisfies Record<string, FaultEntry>;
