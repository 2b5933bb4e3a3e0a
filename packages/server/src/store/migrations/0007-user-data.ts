import type { Migration } from "./migration.ts";

export const USER_DATA_STEP: Migration = { version: 7, name: "what users have beside their account", statements: [] };
