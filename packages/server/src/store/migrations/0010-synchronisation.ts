import type { Migration } from "./migration.ts";

export const SYNCHRONISATION_STEP: Migration = {
  version: 10,
  name: "synchronisation of directories",
  statements: [
    // At the deployment
    `create table sync_objects (
      tenant_id {text} not null references tenants, anchor {text} not null, name {text} not null, source_hash {text} not null,
      source_ms {int} not null, gone {int} not null, unsynchronised {int} not null, pending {text}, exported_hash {text}, exported_name {text},
      exported_ms {int}, error_code {text}, error_attribute {text}, error_other {text}, error_text {text}, error_ms {int}, error_run {text},
      primary key (tenant_id, anchor))`,
    `create index sync_objects_unsynchronised on sync_objects (tenant_id, unsynchronised)`,
    `create index sync_objects_pending on sync_objects (tenant_id, pending, anchor)`,
    `create index sync_objects_error on sync_objects (tenant_id, error_code, anchor)`,
    `create table sync_schedule (
      tenant_id {text} primary key references tenants, enabled {int} not null, interval_minutes {int} not null, next_policy {text} not null,
      next_ms {int} not null, keep_days {int} not null, watermark_ms {int} not null, run_id {text}, lease_owner {text}, lease_until_ms {int})`,
    `create table sync_runs (
      tenant_id {text} not null references tenants, run_id {text} not null, policy {text} not null, started_by {text} not null,
      started_ms {int} not null, ended_ms {int}, result {text} not null, fault {text}, primary key (tenant_id, run_id))`,
    `create index sync_runs_by_time on sync_runs (tenant_id, started_ms, run_id)`,
    `create table sync_run_steps (
      tenant_id {text} not null, run_id {text} not null, number {int} not null, connector {text} not null, profile {text} not null,
      started_ms {int} not null, ended_ms {int}, result {text} not null, adds {int} not null, updates {int} not null, renames {int} not null,
      deletes {int} not null, unchanged {int} not null, deferred {int} not null, errors {int} not null, primary key (tenant_id, run_id, number),
      foreign key (tenant_id, run_id) references sync_runs (tenant_id, run_id) on delete cascade)`,
    // At the tenant
    `create table sync_anchors (
      tenant_id {text} not null references tenants, anchor {text} not null, object_id {text} not null, primary key (tenant_id, anchor))`,
    `create unique index sync_anchors_by_object on sync_anchors (tenant_id, object_id)`,
    `create table sync_proxy_addresses (
      tenant_id {text} not null references tenants, address_key {text} not null, object_id {text} not null, primary key (tenant_id, address_key))`,
    `create index sync_proxy_addresses_by_object on sync_proxy_addresses (tenant_id, object_id)`,
    `create table sync_inbound_runs (
      tenant_id {text} not null references tenants, run_id {text} not null, source {text} not null, kind {text} not null, started_by {text} not null,
      started_ms {int} not null, ended_ms {int}, last_sequence {int} not null, counters {text} not null, primary key (tenant_id, run_id))`,
    `create index sync_inbound_runs_by_time on sync_inbound_runs (tenant_id, started_ms, run_id)`,
    `create table sync_inbound_batches (
      tenant_id {text} not null, run_id {text} not null, sequence {int} not null, digest {text} not null, answer {text} not null,
      primary key (tenant_id, run_id, sequence),
      foreign key (tenant_id, run_id) references sync_inbound_runs (tenant_id, run_id) on delete cascade)`,
  ],
};
