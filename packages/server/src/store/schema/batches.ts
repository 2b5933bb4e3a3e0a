/** Tables of step 9: batches of moves, and their users. */
import type { Flag } from "../schema.ts";

export interface MoveBatchesTable {
  /** GUID, lower case. */
  batch_id: string;
  /** The deployment whose users are moved. */
  tenant_id: string;
  name: string;
  name_key: string;
  /** FQDN of the proxy of a hosting provider, or of a pool. */
  target: string;
  /** JSON of a move's options. */
  options: string;
  concurrent_moves: number;
  /** Users a wave; 0: all in one. */
  wave_size: number;
  /** 0: no limit. */
  rate_per_minute: number;
  /** `20:00-06:00`, null: always. */
  hours: string | null;
  time_zone: string;
  mail_template: string | null;
  include_rooms: Flag;
  /** 1 where some user moves between the two sites, which takes a sign-in to the other. */
  crosses: Flag;
  hosted_url: string | null;
  /** How the other site is signed in to, sealed; null where it is not, or no longer. */
  sign_in_sealed: string | null;
  /** Counts up with each sign-in that is given. */
  sign_in_version: number;
  state: string;
  /** 1 where what is, or was last, under way is taking moves back. */
  undoing: Flag;
  /** JSON of why it is in its state. */
  reason: string | null;
  /** How many there are; the last sequence number. */
  users: number;
  waves: number;
  /** The last number that was given to a change of one of the users. */
  last_change: number;
  /** Before this moment the rate lets nobody begin. */
  next_slot_ms: number;
  /** Faults of one kind in a row. */
  fault_streak: number;
  streak_kind: string | null;
  created_by: string;
  created_ms: number;
  started_by: string | null;
  started_ms: number | null;
  finished_ms: number | null;
}

export interface MoveBatchUsersTable {
  tenant_id: string;
  batch_id: string;
  /** From 1, in the order of adding. */
  sequence: number;
  /** As whoever added the user wrote it. */
  identity: string;
  object_id: string;
  sip_address: string | null;
  display_name: string;
  /** Where the user was: the target of a move back. */
  source: string;
  state: string;
  /** `move`, or `undo` to take it back. */
  task: string;
  wave: number;
  attempts: number;
  /** Not before. */
  next_ms: number;
  lease_owner: string | null;
  lease_until_ms: number | null;
  /** JSON of the last fault. */
  fault: string | null;
  /** JSON of what the last check found; null: not checked. */
  findings: string | null;
  /** JSON of what the move came to. */
  outcome: string | null;
  move_id: string | null;
  /** 0: none, 1: to be sent, 2: sent. */
  mail: number;
  started_ms: number | null;
  finished_ms: number | null;
  /** 0: changed, and not numbered yet. */
  change_number: number;
}

export interface BatchesSchema {
  move_batches: MoveBatchesTable;
  move_batch_users: MoveBatchUsersTable;
}
