/** The cmdlets of synchronisation, on a pool. */
import type { Cmdlet } from "@tieline/language";
import { getAdSyncCsObject, getTielineSyncError } from "./ad-sync-object.ts";
import { getAdSyncConnectorRunStatus, getAdSyncRunProfileResult, getAdSyncRunStepResult } from "./ad-sync-run.ts";
import { getAdSyncScheduler, setAdSyncScheduler } from "./ad-sync-scheduler.ts";
import { startAdSyncSyncCycle } from "./start-ad-sync-sync-cycle.ts";

export const SYNCHRONISATION: readonly Cmdlet[] = [
  startAdSyncSyncCycle,
  getAdSyncScheduler,
  setAdSyncScheduler,
  getAdSyncConnectorRunStatus,
  getAdSyncRunProfileResult,
  getAdSyncRunStepResult,
  getAdSyncCsObject,
  getTielineSyncError,
];
