import type { Migration } from "./migration.ts";

export const BUDGETS_STEP: Migration = {
  version: 4,
  name: "budgets of cmdlets",
  statements: [],
};
