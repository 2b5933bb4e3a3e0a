/** The words of a move. */
import type { ObjectId } from "../../directory/index.ts";
import type { DataCounts } from "../user-data/user-data.ts";

export type Direction = "to-online" | "to-pool" | "between-pools";

/** What the proxy of the service is called on every pool: the target of a move online. */
export const ONLINE_TARGET = "sipfed.online.lync.com";

export interface MoveOptions {
  /** Without contacts, meetings and the rest: they are lost. */
  force?: boolean | undefined;
  bypassAudioConferencingCheck?: boolean | undefined;
  bypassEnterpriseVoiceCheck?: boolean | undefined;
  moveToTeams?: boolean | undefined;
  /** Between pools alone. */
  moveConferenceData?: boolean | undefined;
}

/** What stands in the way of a move, or is worth knowing before it. */
export interface Finding {
  /** `error` stops the move, `warning` does not. */
  severity: "error" | "warning";
  /** A fault's code of the catalogue. */
  code: string;
  /** The fault's fields. */
  fields: Readonly<Record<string, string | number>>;
  /** Rendered: what and why. */
  text: string;
  /** What to do. */
  cure: string;
}

export interface MoveWish {
  user: ObjectId;
  /** An FQDN: ONLINE_TARGET, the proxy of a hosting provider, or a pool of the deployment. */
  target: string;
  options: MoveOptions;
  /** The account that asked, for the journal. */
  by: string;
  /** The batch that asked, if one did. */
  batchId?: string | undefined;
}

/** The steps in their order, as people are told of them. */
export type MoveStep = "check" | "freeze" | "export" | "import" | "switch" | "redirect" | "release";

export interface MoveOutcome {
  moveId: string;
  direction: Direction;
  source: string;
  target: string;
  moved: DataCounts;
  /** Policies that have no counterpart at the target and were left behind: `ClientPolicy:Tag:Sales`. */
  leftPolicies: readonly string[];
  /** What was worth saying: `-Force` lost N contacts, ... */
  warnings: readonly string[];
  /** Effective after a move online: TeamsOnly, SfBOnly, ... */
  teamsUpgradeMode: string | null;
  durationMs: number;
}
