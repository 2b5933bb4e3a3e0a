import type { Migration } from "./migration.ts";

export const SITE_SETTINGS_STEP: Migration = {
  version: 6,
  name: "settings of tenants and deployments that are neither users nor policies",
  statements: [
    `create table site_settings (
      tenant_id {text} not null references tenants, kind {text} not null, name {text} not null, name_key {text} not null,
      settings {text} not null, created_ms {int} not null, changed_ms {int} not null,
      primary key (tenant_id, kind, name_key))`,
  ],
};
