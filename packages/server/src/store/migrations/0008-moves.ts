import type { Migration } from "./migration.ts";

export const MOVES_STEP: Migration = { version: 8, name: "moves between sites", statements: [] };
