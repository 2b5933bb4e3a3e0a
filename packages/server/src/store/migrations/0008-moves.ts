import type { Migration } from "./migration.ts";

export const MOVES_STEP: Migration = {
  version: 8,
  name: "moves between sites",
  statements: [
    `create table moves (
      tenant_id {text} not null references tenants, move_id {text} not null, object_id {text} not null, sip_key {text} not null,
      role {text} not null, direction {text} not null, source {text} not null, target {text} not null,
      state {text} not null, active {int} not null, steps {text} not null, options {text} not null,
      by_account {text} not null, batch_id {text}, run_id {text},
      outcome {text}, fault_code {text},
      owner {text} not null, lease_ms {int} not null, started_ms {int} not null, changed_ms {int} not null,
      primary key (tenant_id, move_id))`,
    // A user moves once at a time.
    `create unique index moves_active on moves (tenant_id, object_id) where active = 1`,
    `create index moves_open on moves (tenant_id, role, lease_ms) where active = 1`,
    `create index moves_user on moves (tenant_id, object_id, started_ms)`,
    `create index moves_batch on moves (tenant_id, batch_id, object_id) where batch_id is not null`,
    `create table hosted_runs (
      tenant_id {text} not null references tenants, run_id {text} not null, url {text} not null, ticket_sealed {text} not null,
      created_ms {int} not null,
      primary key (tenant_id, run_id))`,
    `create table redirects (
      tenant_id {text} not null references tenants, object_id {text} not null, sip_key {text} not null, target {text} not null,
      since_ms {int} not null,
      primary key (tenant_id, object_id))`,
  ],
};
