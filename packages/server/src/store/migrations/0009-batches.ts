import type { Migration } from "./migration.ts";

export const BATCHES_STEP: Migration = {
  version: 9,
  name: "batches of moves",
  statements: [
    `create table move_batches (
      batch_id {text} primary key, tenant_id {text} not null references tenants, name {text} not null, name_key {text} not null,
      target {text} not null, options {text} not null, concurrent_moves {int} not null, wave_size {int} not null,
      rate_per_minute {int} not null, hours {text}, time_zone {text} not null, mail_template {text}, include_rooms {int} not null,
      crosses {int} not null, hosted_url {text}, sign_in_sealed {text}, sign_in_version {int} not null, state {text} not null,
      undoing {int} not null, reason {text}, users {int} not null, waves {int} not null, last_change {int} not null,
      next_slot_ms {int} not null, fault_streak {int} not null, streak_kind {text}, created_by {text} not null, created_ms {int} not null,
      started_by {text}, started_ms {int}, finished_ms {int}, unique (tenant_id, name_key))`,
    `create index move_batches_by_state on move_batches (tenant_id, state)`,
    `create table move_batch_users (
      tenant_id {text} not null, batch_id {text} not null references move_batches on delete cascade, sequence {int} not null,
      identity {text} not null, object_id {text} not null, sip_address {text}, display_name {text} not null, source {text} not null,
      state {text} not null, task {text} not null, wave {int} not null, attempts {int} not null, next_ms {int} not null,
      lease_owner {text}, lease_until_ms {int}, fault {text}, findings {text}, outcome {text}, move_id {text}, mail {int} not null,
      started_ms {int}, finished_ms {int}, change_number {int} not null, primary key (batch_id, sequence))`,
    `create unique index move_batch_users_once on move_batch_users (batch_id, object_id)`,
    // What a claim walks: who is next in the wave, and whose lease has lapsed.
    `create index move_batch_users_next on move_batch_users (tenant_id, batch_id, state, wave, next_ms, sequence)`,
    `create index move_batch_users_changes on move_batch_users (tenant_id, batch_id, change_number, sequence)`,
    `create index move_batch_users_finished on move_batch_users (tenant_id, batch_id, finished_ms)`,
    `create index move_batch_users_by_user on move_batch_users (tenant_id, object_id)`,
    `create index move_batch_users_mail on move_batch_users (tenant_id, mail, batch_id)`,
  ],
};
