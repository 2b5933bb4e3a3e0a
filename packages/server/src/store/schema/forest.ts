/** Tables of step 11: the forest behind a deployment. */

/** How far the forest was read; a row a deployment. */
export interface ForestStateTable {
  tenant_id: string;
  /** Where the next reading begins; null: with all users. */
  cursor: string | null;
  /** Readings are numbered; each is counted before it asks the forest anything. */
  reading: number;
  /** Until when the process that reads has it for itself. */
  lease_until_ms: number;
}

/** The users that came from the forest. */
export interface ForestObjectsTable {
  tenant_id: string;
  object_id: string;
  /** The reading that saw it last. */
  seen: number;
  /** The newest reading that had begun when the deployment last wrote it; what that reading says of homing may be older. */
  written: number;
}

/** Users of the forest that could not be taken over, for want of a free name; tried again with each reading. */
export interface ForestRefusedTable {
  tenant_id: string;
  object_id: string;
  /** The user as the forest has it, JSON. */
  entry: string;
  /** The reading that told so. */
  reading: number;
  fault: string;
}

/** Users whose attributes are still to be written; what is written is read from the user then. */
export interface ForestOutboxTable {
  tenant_id: string;
  object_id: string;
  /** Counts the changes, so that one that comes during the writing is not taken for written. */
  version: number;
  attempts: number;
  /** Not before. */
  next_ms: number;
  lease_until_ms: number;
  fault_code: string | null;
  fault: string | null;
  queued_ms: number;
}

export interface ForestSchema {
  forest_state: ForestStateTable;
  forest_objects: ForestObjectsTable;
  forest_refused: ForestRefusedTable;
  forest_outbox: ForestOutboxTable;
}
