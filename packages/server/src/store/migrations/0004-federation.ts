import type { Migration } from "./migration.ts";

export const FEDERATION_STEP: Migration = {
  version: 4,
  name: "federated domains",
  statements: [
    `create table federated_domains (
      tenant_id {text} not null references tenants, name_key {text} not null, issuer {text} not null, metadata_url {text},
      authorization_url {text} not null, token_url {text} not null, keys_url {text} not null, logoff_url {text}, client_id {text} not null,
      secret_sealed {text}, account_claim {text} not null, accepts_provider_mfa {int} not null, trusts_inside_network {int} not null,
      names_issuer {int} not null, brand {text}, keys {text}, keys_read_ms {int} not null, keys_tried_ms {int} not null,
      changed_ms {int} not null, primary key (tenant_id, name_key))`,
  ],
};
