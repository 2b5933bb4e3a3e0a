/** Tables of step 2: signing keys, applications, grants and tokens of the authorization server, sign-in log. */
import type { Generated } from "kysely";

/** How people sign in at one tenant; without a row the defaults of identity/tenant-sign-in.ts hold. */
export interface TenantSignInTable {
  tenant_id: string;
  lockout_failures: number;
  lockout_ms: number;
  lockout_window_ms: number;
  /** Passwords lapse after so many days; null: never. */
  password_days: number | null;
  /** 1 where passwords may be sent by programs: the grant `password`. */
  legacy: 0 | 1;
  /** NoOverride, Allowed or Disallowed. */
  modern_override: string;
  changed_ms: number;
}

export interface SigningKeysTable {
  tenant_id: string;
  kid: string;
  /** JSON Web Key. */
  public_jwk: string;
  /** Sealed under the site's key. */
  private_sealed: string;
  created_ms: number;
  /** From then on it signs; before, it is only published. */
  active_from_ms: number;
}

export interface ApplicationsTable {
  tenant_id: string;
  app_id: string;
  display_name: string;
  /** 1 for a client that can keep no secret. */
  is_public: 0 | 1;
  /** JSON list. */
  redirect_uris: string;
  enabled: 0 | 1;
  created_ms: number;
  changed_ms: number;
}

export interface ApplicationCredentialsTable {
  tenant_id: string;
  app_id: string;
  credential_id: string;
  kind: "secret" | "certificate" | "federated";
  /** Of a secret its keyed digest, of a certificate PEM, of a federated credential JSON. */
  value: string;
  /** What a person knows it by. */
  hint: string;
  from_ms: number;
  until_ms: number;
  created_ms: number;
}

export interface ApplicationRolesTable {
  tenant_id: string;
  app_id: string;
  role: string;
}

export interface ConsentsTable {
  tenant_id: string;
  app_id: string;
  /** Empty: the whole tenant's. */
  account_id: string;
  /** In lower case. */
  resource: string;
  given_ms: number;
}

/** What the authorization server remembers for a while: codes, tokens, grants, sessions, sign-ins under way. */
export interface IdentityArtifactsTable {
  model: string;
  /** Keyed digest: a copy of the database holds no token. */
  id: string;
  /** `common` for a device code whose person is not known yet. */
  tenant_id: string;
  /** JSON, sealed. */
  payload: string;
  grant_id: string | null;
  user_code: string | null;
  uid: string | null;
  account_id: string | null;
  /** When it was used up. */
  consumed_ms: number | null;
  /** When somebody began to finish it: one alone. */
  claimed_ms: number | null;
  /** When it was asked for last. */
  polled_ms: number | null;
  expires_ms: number;
}

export interface SignInsTable {
  sign_in_id: Generated<number>;
  tenant_id: string;
  at_ms: number;
  account_id: string | null;
  /** As it was typed. */
  name: string;
  app_id: string;
  resource: string;
  method: string;
  /** 0, or the number behind AADSTS. */
  result: number;
  address: string;
  user_agent: string;
  correlation_id: string;
}

export interface IdentitySchema {
  tenant_sign_in: TenantSignInTable;
  signing_keys: SigningKeysTable;
  applications: ApplicationsTable;
  application_credentials: ApplicationCredentialsTable;
  application_roles: ApplicationRolesTable;
  consents: ConsentsTable;
  identity_artifacts: IdentityArtifactsTable;
  sign_ins: SignInsTable;
}
