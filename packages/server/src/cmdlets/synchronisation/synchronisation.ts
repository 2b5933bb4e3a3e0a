/** What the cmdlets of synchronisation share: the service behind them, and how they show runs, steps and moments. */
import { enumType } from "@tieline/language";
import { DateTime, Guid, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { StepCounters, SynchronisationService, SyncRun, SyncStep } from "../../migration/synchronisation/index.ts";
import { refuse } from "../refusals.ts";
import type { SessionContext } from "../session.ts";

/** The vendor's namespace, as its objects show it. */
const MODEL = "Microsoft.IdentityManagement.PowerShell.ObjectModel";

export const SYNC_POLICY = enumType(`${MODEL}.SynchronizationPolicyType`, ["Delta", "Initial"]);

export const STEP_TYPE = `${MODEL}.RunStepResult`;
export const RUN_TYPE = `${MODEL}.RunProfileResult`;
export const STATUS_TYPE = `${MODEL}.SchedulerOperationStatus`;
export const SCHEDULER_TYPE = `${MODEL}.SynchronizationConfiguration`;
export const CONNECTOR_STATUS_TYPE = `${MODEL}.ConnectorRunStatus`;
export const OBJECT_TYPE = `${MODEL}.CsObject`;

/** @throws the refusal `sync-none` where the deployment synchronises with nobody */
export function synchronisationOf(context: SessionContext): SynchronisationService {
  return context.session.migration?.synchronisation ?? context.fail(refuse("sync-none", {}));
}

export function moment(ms: number | null): DateTime | null {
  return ms === null ? null : DateTime.fromDate(new Date(ms));
}

/** An object with these properties, in their order. */
export function shown(typeName: string, text: string, properties: Readonly<Record<string, PsValue>>): PsObject {
  const object = new PsObject({ typeNames: [typeName, "System.Object"], text });
  for (const [name, value] of Object.entries(properties)) object.set(name, value, "adapted");
  return object;
}

/** In the words of founding document 002: an update count that includes your object. */
export function countersShown({ adds, updates, renames, deletes, unchanged, deferred, errors }: StepCounters): Record<string, number> {
  return {
    Adds: adds,
    Updates: updates,
    Renames: renames,
    Deletes: deletes,
    Unchanged: unchanged,
    Deferred: deferred,
    ExportErrors: errors,
  };
}

export function stepShown({ runId }: SyncRun, step: SyncStep): PsObject {
  return shown(STEP_TYPE, `${step.connector}: ${step.profile}`, {
    RunHistoryId: new Guid(runId),
    StepNumber: step.number,
    ConnectorName: step.connector,
    RunProfileName: step.profile,
    StepResult: step.result,
    StartDate: moment(step.startedMs),
    EndDate: moment(step.endedMs),
    ...countersShown(step.counters),
  });
}

export const STEP_COLUMNS = [
  "ConnectorName",
  "RunProfileName",
  "StepResult",
  "Adds",
  "Updates",
  "Renames",
  "Deletes",
  "Unchanged",
  "Deferred",
  "ExportErrors",
];
