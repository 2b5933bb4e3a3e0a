import type { Migration } from "./migration.ts";

export const IDENTITY_STEP: Migration = {
  version: 2,
  name: "signing keys, applications, grants and tokens of the authorization server, sign-in log",
  statements: [
    `alter table accounts add column must_change_password {int} not null default 0`,
    `alter table accounts add column tokens_valid_from_ms {int} not null default 0`,
    `create table tenant_sign_in (
      tenant_id {text} primary key references tenants, lockout_failures {int} not null, lockout_ms {int} not null,
      lockout_window_ms {int} not null, password_days {int}, legacy {int} not null, modern_override {text} not null, changed_ms {int} not null)`,
    `create table signing_keys (
      tenant_id {text} not null references tenants, kid {text} not null, public_jwk {text} not null, private_sealed {text} not null,
      created_ms {int} not null, active_from_ms {int} not null, primary key (tenant_id, kid))`,
    `create table applications (
      tenant_id {text} not null references tenants, app_id {text} not null, display_name {text} not null, is_public {int} not null,
      redirect_uris {text} not null, enabled {int} not null, created_ms {int} not null, changed_ms {int} not null,
      primary key (tenant_id, app_id))`,
    `create table application_credentials (
      tenant_id {text} not null, app_id {text} not null, credential_id {text} not null, kind {text} not null, value {text} not null,
      hint {text} not null, from_ms {int} not null, until_ms {int} not null, created_ms {int} not null,
      primary key (tenant_id, app_id, credential_id),
      foreign key (tenant_id, app_id) references applications (tenant_id, app_id) on delete cascade)`,
    `create table application_roles (
      tenant_id {text} not null, app_id {text} not null, role {text} not null, primary key (tenant_id, app_id, role),
      foreign key (tenant_id, app_id) references applications (tenant_id, app_id) on delete cascade)`,
    `create table consents (
      tenant_id {text} not null references tenants, app_id {text} not null, account_id {text} not null, resource {text} not null,
      given_ms {int} not null, primary key (tenant_id, app_id, account_id, resource))`,
    `create table identity_artifacts (
      model {text} not null, id {text} not null, tenant_id {text} not null, payload {text} not null, grant_id {text}, user_code {text},
      uid {text}, account_id {text}, consumed_ms {int}, claimed_ms {int}, polled_ms {int}, expires_ms {int} not null, primary key (model, id))`,
    `create index identity_artifacts_by_grant on identity_artifacts (tenant_id, grant_id)`,
    `create unique index identity_artifacts_by_user_code on identity_artifacts (user_code)`,
    `create index identity_artifacts_by_uid on identity_artifacts (tenant_id, uid)`,
    `create index identity_artifacts_by_account on identity_artifacts (tenant_id, account_id)`,
    `create index identity_artifacts_by_end on identity_artifacts (expires_ms)`,
    `create table sign_ins (
      sign_in_id {serial}, tenant_id {text} not null, at_ms {int} not null, account_id {text}, name {text} not null, app_id {text} not null,
      resource {text} not null, method {text} not null, result {int} not null, address {text} not null, user_agent {text} not null,
      correlation_id {text} not null)`,
    `create index sign_ins_by_time on sign_ins (tenant_id, at_ms, sign_in_id)`,
  ],
};
