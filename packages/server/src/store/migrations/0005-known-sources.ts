import type { Migration } from "./migration.ts";

export const KNOWN_SOURCES_STEP: Migration = {
  version: 5,
  name: "where accounts have signed in from",
  statements: [
    `create table known_sources (
      tenant_id {text} not null references tenants, account_id {text} not null references accounts on delete cascade, source {text} not null,
      seen_ms {int} not null, failed_count {int} not null, failed_ms {int}, locked_until_ms {int},
      primary key (tenant_id, account_id, source))`,
  ],
};
