import type { Migration } from "./migration.ts";

export const DIRECTORY_STEP: Migration = {
  version: 1,
  name: "tenants, domains, users, licences, policies, accounts, roles, pools, audit",
  statements: [
    `create table tenants (
      tenant_id {text} primary key, kind {text} not null, name {text} not null, display_name {text} not null,
      initial_domain {text} not null, netbios_name {text} unique, forest {text} not null, registrar_pool {text} not null,
      remote_powershell {int} not null, properties {text} not null, created_ms {int} not null, changed_ms {int} not null)`,
    `create table domains (
      tenant_id {text} not null references tenants, kind {text} not null, name {text} not null, name_key {text} not null,
      verified {int} not null, is_default {int} not null, sip {int} not null, created_ms {int} not null, primary key (kind, name_key))`,
    `create index domains_by_tenant on domains (tenant_id, name_key)`,
    `create table users (
      tenant_id {text} not null references tenants, object_id {text} not null, upn {text} not null, upn_key {text} not null,
      sip_address {text}, sip_key {text}, display_name {text} not null, display_key {text} not null, account_name {text} not null,
      account_key {text} not null, plain {int} not null, enabled {int} not null, hosting_provider {text}, registrar_pool {text}, interpreted_type {text},
      properties {text} not null, created_ms {int} not null, changed_ms {int} not null, primary key (tenant_id, object_id))`,
    `create unique index users_by_upn on users (tenant_id, upn_key)`,
    `create unique index users_by_sip on users (tenant_id, sip_key)`,
    `create index users_by_display on users (tenant_id, display_key, object_id)`,
    `create index users_by_account on users (tenant_id, account_key, display_key, object_id)`,
    `create table user_plans (
      tenant_id {text} not null, object_id {text} not null, plan_id {text} not null, status {text} not null, assigned_ms {int} not null,
      primary key (tenant_id, object_id, plan_id),
      foreign key (tenant_id, object_id) references users (tenant_id, object_id) on delete cascade)`,
    `create table user_policies (
      tenant_id {text} not null, object_id {text} not null, family {text} not null, policy {text} not null, policy_key {text} not null,
      primary key (tenant_id, object_id, family),
      foreign key (tenant_id, object_id) references users (tenant_id, object_id) on delete cascade)`,
    `create index user_policies_by_policy on user_policies (tenant_id, family, policy_key)`,
    `create table policies (
      tenant_id {text} not null references tenants, family {text} not null, name {text} not null, name_key {text} not null,
      settings {text} not null, created_ms {int} not null, changed_ms {int} not null, primary key (tenant_id, family, name_key))`,
    `create table accounts (
      account_id {text} primary key, tenant_id {text} not null references tenants, upn {text} not null, upn_key {text} not null unique,
      account_name {text} not null, account_key {text} not null, display_name {text} not null, object_id {text}, password_hash {text},
      nt_hash_sealed {text}, ssh_keys {text} not null, enabled {int} not null, failed_count {int} not null, failed_ms {int},
      locked_until_ms {int}, password_changed_ms {int}, created_ms {int} not null, changed_ms {int} not null)`,
    `create unique index accounts_by_name on accounts (tenant_id, account_key)`,
    `create table role_assignments (
      tenant_id {text} not null, account_id {text} not null references accounts on delete cascade, role {text} not null,
      assigned_ms {int} not null, primary key (account_id, role))`,
    `create table pools (
      tenant_id {text} not null references tenants, identity {text} not null, identity_key {text} not null, site {text} not null,
      computers {text} not null, services {text} not null, created_ms {int} not null, primary key (tenant_id, identity_key))`,
    `create table audit (
      audit_id {serial}, tenant_id {text} not null, at_ms {int} not null, account_id {text} not null, account {text} not null,
      session {text} not null, client {text} not null, cmdlet {text} not null, parameters {text} not null, outcome {text} not null,
      fault_code {text}, duration_ms {int} not null)`,
    `create index audit_by_time on audit (tenant_id, at_ms, audit_id)`,
    `create table import_lines (
      run {text} not null, kind {text} not null, name_key {text} not null, line {int} not null, primary key (run, kind, name_key))`,
  ],
};
