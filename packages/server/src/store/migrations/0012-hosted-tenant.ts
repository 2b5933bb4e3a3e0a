import type { Migration } from "./migration.ts";

export const HOSTED_TENANT_STEP: Migration = {
  version: 12,
  name: "the tenant that a run of moves has signed in to",
  // Runs of before do not know it.
  statements: [`alter table hosted_runs add column hosted_tenant {text}`],
};
