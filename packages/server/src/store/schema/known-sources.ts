/** The table of step 5. */

/** An address from which an account has signed in by password. Guesses from there are counted here, not at the account. */
export interface KnownSourcesTable {
  tenant_id: string;
  account_id: string;
  /** As sourceKey makes it of the peer's address. */
  source: string;
  /** The last good sign-in, about to the hour. */
  seen_ms: number;
  failed_count: number;
  failed_ms: number | null;
  locked_until_ms: number | null;
}

export interface KnownSourcesSchema {
  known_sources: KnownSourcesTable;
}
