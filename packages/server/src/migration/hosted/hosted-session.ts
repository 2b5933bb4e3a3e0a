/** The hosted migration service as its client has it: found and signed in to once for a run of moves. */
import type { DeploymentApplication } from "../application-sign-in.ts";
import type { Finding, MoveOptions } from "../moves/move.ts";

/** How the online side is signed in to. */
export type HostedAuthentication =
  /** -AccessTokens. */
  | { kind: "token"; token: string }
  /** -Credential, the legacy way: refused where the account has a second factor. */
  | { kind: "credential"; user: string; password: string }
  /** The deployment's own application, by certificate: for runs that nobody watches. */
  | ({ kind: "application" } & DeploymentApplication);

export interface HostedPlace {
  /** -HostedMigrationOverrideUrl. */
  url?: string | undefined;
  /** Where there is no URL: found by the discovery of this domain. */
  adminDomain?: string | undefined;
}

/** What the pool says of a user who may move. */
export interface HostedUser {
  sipAddress: string;
  userPrincipalName: string;
  displayName: string;
  hasEnterpriseVoice: boolean;
  hasDialInConferencing: boolean;
  lineUri: string | null;
  /** Policies granted to the user itself, family to name: which have no counterpart is looked up. */
  policies?: Readonly<Record<string, string>> | undefined;
}

export interface HostedSession extends AsyncDisposable {
  readonly url: string;
  readonly tenantId: string;
  /** When the token behind it ends, ms since 1970; undefined where it renews itself. */
  readonly endsMs: number | undefined;
  /** Up to 500 users; findings in their order. */
  check(direction: "to-online" | "to-pool", users: readonly HostedUser[], options: MoveOptions): Promise<Finding[][]>;
}

/** Opens one. @throws Fault `move-challenge-unexpected`, those of discovery, transport and sign-in */
export type OpenHosted = (place: HostedPlace, authentication: HostedAuthentication | undefined) => Promise<HostedSession>;
