/** Tables of step 10: at a deployment what synchronisation knows of each object, its schedule and its runs; at a tenant whose each anchor is. */
import type { Flag } from "../schema.ts";

/** The connector space: an object of the deployment's directory as it was last imported and last exported. */
export interface SyncObjectsTable {
  tenant_id: string;
  /** What ties it to the tenant's object for good: its id in the deployment. */
  anchor: string;
  /** Its user principal name when it was imported. */
  name: string;
  /** Of the attributes that flow, as they were imported. */
  source_hash: string;
  /** When the object had last been changed, as imported. */
  source_ms: number;
  /** No longer in the directory. */
  gone: Flag;
  /** Imported, and not looked at by a synchronisation since. */
  unsynchronised: Flag;
  /** What is to be exported. */
  pending: "add" | "update" | "delete" | null;
  /** Of what the tenant acknowledged last; null where it never did. */
  exported_hash: string | null;
  exported_name: string | null;
  exported_ms: number | null;
  /** The last export's error: AttributeValueMustBeUnique, ... */
  error_code: string | null;
  error_attribute: string | null;
  /** The other object, where there is one: its user principal name. */
  error_other: string | null;
  error_text: string | null;
  error_ms: number | null;
  /** The run that met it. */
  error_run: string | null;
}

/** One row a deployment: when it synchronises, and who does so now. */
export interface SyncScheduleTable {
  tenant_id: string;
  enabled: Flag;
  interval_minutes: number;
  /** What the next scheduled run is. */
  next_policy: "Delta" | "Initial";
  next_ms: number;
  /** How long runs are remembered. */
  keep_days: number;
  /** Changes before it are imported. */
  watermark_ms: number;
  /** The run that has the lease, or had it when its process died. */
  run_id: string | null;
  lease_owner: string | null;
  lease_until_ms: number | null;
}

export interface SyncRunsTable {
  tenant_id: string;
  run_id: string;
  policy: "Delta" | "Initial";
  /** The administrator, or `scheduler`. */
  started_by: string;
  started_ms: number;
  ended_ms: number | null;
  /** in-progress, success, completed-export-errors, stopped-... */
  result: string;
  /** JSON of the fault that stopped it. */
  fault: string | null;
}

export interface SyncRunStepsTable {
  tenant_id: string;
  run_id: string;
  /** From 1. */
  number: number;
  /** Whose: the deployment's, or the tenant's. */
  connector: string;
  /** Full Import, Delta Synchronization, Export, ... */
  profile: string;
  started_ms: number;
  ended_ms: number | null;
  result: string;
  adds: number;
  updates: number;
  renames: number;
  deletes: number;
  unchanged: number;
  /** Left for the next run, since a move is under way. */
  deferred: number;
  errors: number;
}

/** Which object of a tenant belongs to which anchor. */
interface SyncAnchorsTable {
  tenant_id: string;
  anchor: string;
  object_id: string;
}

/** proxyAddresses of synchronised objects: each belongs to one. */
interface SyncProxyAddressesTable {
  tenant_id: string;
  /** With its scheme, in lower case. */
  address_key: string;
  object_id: string;
}

/** Runs as the tenant sees them. */
export interface SyncInboundRunsTable {
  tenant_id: string;
  run_id: string;
  /** The deployment's name. */
  source: string;
  kind: "initial" | "delta";
  started_by: string;
  started_ms: number;
  ended_ms: number | null;
  /** 0 before the first batch. */
  last_sequence: number;
  /** JSON. */
  counters: string;
}

/** What a batch was answered with: sent again, it gets the same answer. */
interface SyncInboundBatchesTable {
  tenant_id: string;
  run_id: string;
  sequence: number;
  /** Of the request. */
  digest: string;
  /** JSON. */
  answer: string;
}

export interface SynchronisationSchema {
  sync_objects: SyncObjectsTable;
  sync_schedule: SyncScheduleTable;
  sync_runs: SyncRunsTable;
  sync_run_steps: SyncRunStepsTable;
  sync_anchors: SyncAnchorsTable;
  sync_proxy_addresses: SyncProxyAddressesTable;
  sync_inbound_runs: SyncInboundRunsTable;
  sync_inbound_batches: SyncInboundBatchesTable;
}
