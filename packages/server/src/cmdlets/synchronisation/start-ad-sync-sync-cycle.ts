/**
 * Start-ADSyncSyncCycle: one run, now. The vendor's comes back at once; this one waits for the end, and shows how far it is. The name and
 * -PolicyType are the vendor's (founding document 002 and public lore); the other parameter and all properties but Result are OURS.
 */
import { asFault, type Fault } from "@tieline/fault";
import { textOf, type Cmdlet } from "@tieline/language";
import { Guid, type PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import type { SyncPolicy, SyncProgress, SyncRun } from "../../migration/synchronisation/index.ts";
import { cmdlet, type SessionContext } from "../session.ts";
import { countersShown, moment, shown, STATUS_TYPE, stepShown, SYNC_POLICY, synchronisationOf } from "./synchronisation.ts";

export const startAdSyncSyncCycle: Cmdlet = cmdlet({
  name: "Start-ADSyncSyncCycle",
  synopsis: "Synchronises the deployment's directory with its tenant.",
  description:
    "Runs one cycle and waits for its end: import from the deployment's directory, synchronisation, export to the tenant. Delta looks at what was changed; Initial looks at everything and exports everything again. Objects that the tenant refuses are shown by Get-TielineSyncError and tried again by each run.",
  examples: [
    { code: "Start-ADSyncSyncCycle -PolicyType Delta", remarks: "Carries over what was changed since the last run." },
    { code: "(Start-ADSyncSyncCycle -PolicyType Delta).Steps", remarks: "Does so and shows each step with its counters." },
    {
      code: "Start-ADSyncSyncCycle -PolicyType Initial",
      remarks: "Compares everything with the tenant and sets right what differs there.",
    },
  ],
  related: ["Get-ADSyncScheduler", "Get-ADSyncRunStepResult", "Get-TielineSyncError"],
  roles: rolesFor("Start-ADSyncSyncCycle", "pool"),
  supportsShouldProcess: true,
  output: [
    {
      typeName: STATUS_TYPE,
      view: {
        kind: "list",
        columns: [
          "Result",
          "RunResult",
          "PolicyType",
          "Adds",
          "Updates",
          "Renames",
          "Deletes",
          "Unchanged",
          "Deferred",
          "ExportErrors",
        ].map((property) => ({ property })),
      },
    },
  ],
  parameters: {
    PolicyType: { type: SYNC_POLICY, position: 0, default: "Delta", help: "Delta for what was changed, Initial for everything." },
    AllowDeletions: {
      type: "switch",
      help: "Exports deletions however many there are. Without it a run with more than the threshold (500) is stopped before anything is exported.",
    },
  },
  async process(args, context) {
    const service = synchronisationOf(context);
    const policy: SyncPolicy = textOf(args.PolicyType ?? "Delta") === "Initial" ? "Initial" : "Delta";
    if (!(await context.shouldProcess(service.tenant, `Synchronise ${service.source} (${policy})`))) return;
    const run = await cycle(context, policy, args.AllowDeletions === true);
    if (run.result !== "success")
      context.warning(`The tenant refused ${exported(run).errors} object(s): Get-TielineSyncError shows which, and why.`);
    await context.write(status(run));
  },
});

async function cycle(context: SessionContext, policy: SyncPolicy, allowDeletions: boolean): Promise<SyncRun> {
  const { session, signal } = context;
  const onProgress = (at: SyncProgress): void => context.progress(progress(at));
  try {
    return await synchronisationOf(context).cycle(policy, { by: session.caller.userPrincipalName, signal, allowDeletions, onProgress });
  } catch (error) {
    const fault: Fault = asFault(error);
    return context.fail(fault);
  } finally {
    context.progress({ activity: ACTIVITY, completed: true });
  }
}

const ACTIVITY = "Start-ADSyncSyncCycle";

function progress({ connector, profile, done, total }: SyncProgress) {
  const percentComplete = total === undefined ? -1 : total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
  return { activity: ACTIVITY, status: `${connector}: ${profile}`, currentOperation: `${done} objects`, percentComplete };
}

function exported(run: SyncRun): SyncRun["steps"][number]["counters"] {
  const last = run.steps.at(-1);
  return last?.counters ?? { adds: 0, updates: 0, renames: 0, deletes: 0, unchanged: 0, deferred: 0, errors: 0 };
}

function status(run: SyncRun): PsObject {
  return shown(STATUS_TYPE, "Success", {
    Result: "Success",
    RunResult: run.result,
    PolicyType: run.policy,
    RunHistoryId: new Guid(run.runId),
    StartDate: moment(run.startedMs),
    EndDate: moment(run.endedMs),
    ...countersShown(exported(run)),
    Steps: run.steps.map((step) => stepShown(run, step)),
  });
}
