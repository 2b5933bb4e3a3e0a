import type { Migration } from "./migration.ts";

export const FOREST_STEP: Migration = { version: 11, name: "the forest behind a deployment", statements: [] };
