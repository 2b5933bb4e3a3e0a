import type { Migration } from "./migration.ts";

export const BATCHES_STEP: Migration = { version: 9, name: "batches of moves", statements: [] };
