/** Tables of step 4: domains whose accounts sign in at another identity provider. */

export interface FederatedDomainsTable {
  tenant_id: string;
  name_key: string;
  /** As it stands in the provider's tokens, to the letter. */
  issuer: string;
  /** Where its metadata is; null where the addresses were given one by one. */
  metadata_url: string | null;
  authorization_url: string;
  token_url: string;
  keys_url: string;
  logoff_url: string | null;
  client_id: string;
  /** Sealed under the site's key; null: the tenant's signing key shows who asks. */
  secret_sealed: string | null;
  /** upn, preferred_username, email or immutable_id. */
  account_claim: string;
  accepts_provider_mfa: 0 | 1;
  trusts_inside_network: 0 | 1;
  /** 1 where the provider says in its answers who it is (RFC 9207). */
  names_issuer: 0 | 1;
  brand: string | null;
  /** JSON Web Key Set as it was read; null: not read yet. */
  keys: string | null;
  keys_read_ms: number;
  /** When they were last asked for, with or without success. */
  keys_tried_ms: number;
  changed_ms: number;
}

export interface FederationSchema {
  federated_domains: FederatedDomainsTable;
}
