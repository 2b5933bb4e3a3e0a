/**
 * Get-ADSyncRunProfileResult, Get-ADSyncRunStepResult and Get-ADSyncConnectorRunStatus: runs, their steps with counters, and what runs
 * now. Names of cmdlets are the vendor's, and -RunHistoryId and -NumberRequested are (from memory of public documentation; not verified);
 * a run has all of its steps here, where the vendor's has one connector's.
 */
import type { Cmdlet, ParameterDeclaration } from "@tieline/language";
import { Guid } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import type { SyncRun } from "../../migration/synchronisation/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, type SessionContext } from "../session.ts";
import {
  CONNECTOR_STATUS_TYPE,
  moment,
  RUN_TYPE,
  shown,
  STEP_COLUMNS,
  STEP_TYPE,
  stepShown,
  synchronisationOf,
} from "./synchronisation.ts";

const RUN_ID = {
  type: "guid",
  fromPipelineByPropertyName: true,
  help: "The run.",
} as const satisfies ParameterDeclaration;
const NUMBER = { type: "int", validate: { range: [1, 1000] }, help: "How many of the newest runs to show. Default: 20 runs." } as const;

async function runsOf(context: SessionContext, run: unknown, limit: number): Promise<SyncRun[]> {
  const service = synchronisationOf(context);
  if (!(run instanceof Guid)) return service.runs(limit);
  const id = run.toString().toLowerCase();
  const found = await service.runs(1, id);
  if (found.length === 0) context.writeError(refuse("sync-no-run", { run: id }, id));
  return found;
}

export const getAdSyncRunProfileResult: Cmdlet = cmdlet({
  name: "Get-ADSyncRunProfileResult",
  synopsis: "Shows runs of the synchronisation.",
  description: "Shows runs, the newest first: what each was, who wanted it, how it ended, and what stopped it if something did.",
  examples: [
    { code: "Get-ADSyncRunProfileResult -NumberRequested 5", remarks: "Shows the last five runs." },
    {
      code: "Get-ADSyncRunProfileResult -NumberRequested 1 | Get-ADSyncRunStepResult",
      remarks: "Shows the steps of the last run with their counters.",
    },
  ],
  related: ["Get-ADSyncRunStepResult", "Start-ADSyncSyncCycle"],
  roles: rolesFor("Get-ADSyncRunProfileResult", "pool"),
  output: [
    {
      typeName: RUN_TYPE,
      view: { kind: "table", columns: ["RunProfileName", "Result", "StartDate", "EndDate", "UserName"].map((property) => ({ property })) },
    },
  ],
  parameters: { RunHistoryId: RUN_ID, NumberRequested: NUMBER },
  async process(args, context) {
    for (const run of await runsOf(context, args.RunHistoryId, args.NumberRequested ?? 20)) {
      await context.write(
        shown(RUN_TYPE, run.runId, {
          RunHistoryId: new Guid(run.runId),
          ConnectorName: synchronisationOf(context).source,
          RunProfileName: run.policy,
          Result: run.result,
          StartDate: moment(run.startedMs),
          EndDate: moment(run.endedMs),
          UserName: run.startedBy,
          ErrorCode: run.fault?.code ?? null,
          ErrorText: run.fault?.message ?? null,
          RecommendedAction: run.fault?.cure ?? null,
        }),
      );
    }
  },
});

export const getAdSyncRunStepResult: Cmdlet = cmdlet({
  name: "Get-ADSyncRunStepResult",
  synopsis: "Shows the steps of a run with their counters.",
  description:
    "Shows the steps of a run, or of the last one: import, synchronisation and export, each with how many objects were added, updated, renamed, deleted and found unchanged. Deferred are those whose homing is left to the next run since a move is under way.",
  examples: [
    { code: "Get-ADSyncRunStepResult", remarks: "Shows the steps of the last run." },
    {
      code: 'Get-ADSyncRunStepResult | Where-Object {$_.RunProfileName -eq "Export"}',
      remarks: "Shows what the last run exported.",
    },
  ],
  related: ["Get-ADSyncRunProfileResult", "Get-TielineSyncError"],
  roles: rolesFor("Get-ADSyncRunStepResult", "pool"),
  output: [{ typeName: STEP_TYPE, view: { kind: "table", columns: STEP_COLUMNS.map((property) => ({ property })) } }],
  parameters: { RunHistoryId: RUN_ID },
  async process(args, context) {
    for (const run of await runsOf(context, args.RunHistoryId, 1)) for (const step of run.steps) await context.write(stepShown(run, step));
  },
});

export const getAdSyncConnectorRunStatus: Cmdlet = cmdlet({
  name: "Get-ADSyncConnectorRunStatus",
  synopsis: "Shows what of the synchronisation runs now.",
  description: "Shows the step that is running, with the directory it works on; nothing where nothing runs.",
  examples: [
    { code: "Get-ADSyncConnectorRunStatus", remarks: "Shows what runs now." },
    { code: "Get-ADSyncConnectorRunStatus | Select-Object ConnectorName, RunProfileName", remarks: "Shows which step it is." },
  ],
  related: ["Start-ADSyncSyncCycle", "Get-ADSyncScheduler"],
  roles: rolesFor("Get-ADSyncConnectorRunStatus", "pool"),
  output: [
    {
      typeName: CONNECTOR_STATUS_TYPE,
      view: { kind: "table", columns: ["ConnectorName", "RunState", "RunProfileName", "StartDate"].map((property) => ({ property })) },
    },
  ],
  parameters: { ConnectorName: { type: "string", position: 0, help: "The directory: the deployment's name or the tenant's domain." } },
  async process(args, context) {
    const service = synchronisationOf(context);
    if (!(await service.schedule()).isRunning) return;
    const [run] = await service.runs(1);
    const step = run?.steps.find((each) => each.result === "in-progress");
    if (step === undefined) return;
    const wanted = args.ConnectorName;
    if (typeof wanted === "string" && wanted.toLowerCase() !== step.connector.toLowerCase()) return;
    await context.write(
      shown(CONNECTOR_STATUS_TYPE, step.connector, {
        ConnectorName: step.connector,
        RunState: "Busy",
        RunProfileName: step.profile,
        StartDate: moment(step.startedMs),
      }),
    );
  },
});
