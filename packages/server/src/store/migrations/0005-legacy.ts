import type { Migration } from "./migration.ts";

export const LEGACY_STEP: Migration = {
  version: 5,
  name: "web tickets and federated domains",
  statements: [],
};
