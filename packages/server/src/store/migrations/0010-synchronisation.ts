import type { Migration } from "./migration.ts";

export const SYNCHRONISATION_STEP: Migration = { version: 10, name: "synchronisation of directories", statements: [] };
