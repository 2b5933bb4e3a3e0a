import type { Migration } from "./migration.ts";

export const FOREST_STEP: Migration = {
  version: 11,
  name: "the forest behind a deployment",
  statements: [
    `create table forest_state (
      tenant_id {text} primary key references tenants, cursor {text}, reading {int} not null, lease_until_ms {int} not null)`,
    `create table forest_objects (
      tenant_id {text} not null references tenants, object_id {text} not null, seen {int} not null, written {int} not null,
      primary key (tenant_id, object_id))`,
    `create index forest_objects_by_seen on forest_objects (tenant_id, seen)`,
    `create table forest_refused (
      tenant_id {text} not null references tenants, object_id {text} not null, entry {text} not null, reading {int} not null, fault {text} not null,
      primary key (tenant_id, object_id))`,
    `create table forest_outbox (
      tenant_id {text} not null references tenants, object_id {text} not null, version {int} not null, attempts {int} not null,
      next_ms {int} not null, lease_until_ms {int} not null, fault_code {text}, fault {text}, queued_ms {int} not null,
      primary key (tenant_id, object_id))`,
    `create index forest_outbox_by_time on forest_outbox (tenant_id, next_ms)`,
  ],
};
