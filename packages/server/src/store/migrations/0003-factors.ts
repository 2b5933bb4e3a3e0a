import type { Migration } from "./migration.ts";

const OWNED = "tenant_id {text} not null, account_id {text} not null references accounts on delete cascade";

export const FACTORS_STEP: Migration = {
  version: 3,
  name: "second factors, application passwords, remembered browsers, service settings",
  statements: [
    `create table mfa_settings (
      tenant_id {text} primary key references tenants, app_passwords {int} not null, methods {text} not null,
      trusted_ranges {text} not null, remember_days {int} not null, changed_ms {int} not null)`,
    `create table mfa_accounts (
      account_id {text} primary key references accounts on delete cascade, tenant_id {text} not null, state {text} not null,
      registered_ms {int}, register_again {int} not null, default_method {text}, failed_count {int} not null, failed_ms {int},
      locked_until_ms {int}, messages {int} not null, messages_from_ms {int}, changed_ms {int} not null)`,
    `create table mfa_methods (
      method_id {text} primary key, ${OWNED}, kind {text} not null, name {text} not null, secret_sealed {text},
      lookup_key {text} unique, data {text} not null, counter {int} not null, created_ms {int} not null, used_ms {int})`,
    `create index mfa_methods_by_account on mfa_methods (tenant_id, account_id, created_ms)`,
    `create table mfa_recovery_codes (
      ${OWNED}, code_hash {text} not null, used_ms {int}, primary key (account_id, code_hash))`,
    `create table app_passwords (
      password_id {text} primary key, ${OWNED}, name {text} not null, secret_hash {text} not null, created_ms {int} not null, used_ms {int})`,
    `create unique index app_passwords_by_secret on app_passwords (account_id, secret_hash)`,
    `create table mfa_browsers (
      secret_hash {text} primary key, ${OWNED}, created_ms {int} not null, expires_ms {int} not null)`,
    `create index mfa_browsers_by_account on mfa_browsers (tenant_id, account_id)`,
    `create table mfa_challenges (
      challenge_id {text} primary key, ${OWNED}, kind {text} not null, secret {text}, state {text} not null, attempts {int} not null,
      data {text} not null, created_ms {int} not null, expires_ms {int} not null)`,
    `create index mfa_challenges_by_account on mfa_challenges (tenant_id, account_id, kind, expires_ms)`,
    `create table sign_in_flows (
      interaction {text} primary key, browser_hash {text} not null, tenant_id {text}, account_id {text}, state {text} not null,
      version {int} not null, finished_ms {int}, created_ms {int} not null, expires_ms {int} not null)`,
    `create table page_sessions (
      session_id {text} primary key, secret_hash {text} not null unique, ${OWNED}, amr {text} not null, address {text} not null,
      browser {text} not null, authenticated_ms {int} not null, used_ms {int} not null, expires_ms {int} not null, kept {int} not null)`,
    `create index page_sessions_by_account on page_sessions (tenant_id, account_id, used_ms)`,
  ],
};
