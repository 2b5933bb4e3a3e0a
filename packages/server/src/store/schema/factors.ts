/** Tables of step 3: second factors, application passwords, remembered browsers, service settings, the pages' sign-ins. */
import type { Flag } from "../schema.ts";

export interface MfaSettingsTable {
  tenant_id: string;
  app_passwords: Flag;
  /** JSON list of method kinds. */
  methods: string;
  /** JSON list of CIDR ranges. */
  trusted_ranges: string;
  /** 0 = off. */
  remember_days: number;
  changed_ms: number;
}

export interface MfaAccountsTable {
  account_id: string;
  tenant_id: string;
  state: "Disabled" | "Enabled" | "Enforced";
  registered_ms: number | null;
  /** An administrator wants the methods registered again. */
  register_again: Flag;
  /** The method that is offered first. */
  default_method: string | null;
  failed_count: number;
  failed_ms: number | null;
  locked_until_ms: number | null;
  /** Messages sent since `messages_from_ms`. */
  messages: number;
  messages_from_ms: number | null;
  changed_ms: number;
}

export interface MfaMethodsTable {
  method_id: string;
  tenant_id: string;
  account_id: string;
  kind: "totp" | "phone" | "approver" | "passkey";
  name: string;
  /** A shared secret, sealed; null where there is none. */
  secret_sealed: string | null;
  /** What the method is found by before its account is known: a passkey's id, the hash of an approver's secret. */
  lookup_key: string | null;
  /** JSON, by kind. */
  data: string;
  /** TOTP: the last time step that was accepted; passkey: its signature counter. */
  counter: number;
  created_ms: number;
  used_ms: number | null;
}

export interface MfaRecoveryCodesTable {
  tenant_id: string;
  account_id: string;
  code_hash: string;
  used_ms: number | null;
}

export interface AppPasswordsTable {
  password_id: string;
  tenant_id: string;
  account_id: string;
  name: string;
  secret_hash: string;
  created_ms: number;
  used_ms: number | null;
}

export interface MfaBrowsersTable {
  secret_hash: string;
  tenant_id: string;
  account_id: string;
  created_ms: number;
  expires_ms: number;
}

export interface MfaChallengesTable {
  challenge_id: string;
  tenant_id: string;
  account_id: string;
  kind: "message" | "approval" | "passkey" | "enrolment";
  /** What is compared: a keyed hash of a code, a passkey's challenge sealed; null where nothing is. */
  secret: string | null;
  state: "waiting" | "done" | "refused";
  attempts: number;
  /** JSON: what the approver is shown, what a registration will become. */
  data: string;
  created_ms: number;
  expires_ms: number;
}

/** A sign-in of the pages that is under way: one row an interaction, bound to the browser that began it. */
export interface SignInFlowsTable {
  interaction: string;
  browser_hash: string;
  tenant_id: string | null;
  account_id: string | null;
  /** JSON (sign-in-flow.ts). */
  state: string;
  /** Raised by each change: of two that change at once, one wins. */
  version: number;
  finished_ms: number | null;
  created_ms: number;
  expires_ms: number;
}

/** A browser that is signed in to the pages. */
export interface PageSessionsTable {
  session_id: string;
  secret_hash: string;
  tenant_id: string;
  account_id: string;
  /** JSON list (RFC 8176). */
  amr: string;
  address: string;
  browser: string;
  authenticated_ms: number;
  used_ms: number;
  expires_ms: number;
  /** Whether it outlives the browser. */
  kept: Flag;
}

export interface FactorsSchema {
  mfa_settings: MfaSettingsTable;
  mfa_accounts: MfaAccountsTable;
  mfa_methods: MfaMethodsTable;
  mfa_recovery_codes: MfaRecoveryCodesTable;
  app_passwords: AppPasswordsTable;
  mfa_browsers: MfaBrowsersTable;
  mfa_challenges: MfaChallengesTable;
  sign_in_flows: SignInFlowsTable;
  page_sessions: PageSessionsTable;
}
