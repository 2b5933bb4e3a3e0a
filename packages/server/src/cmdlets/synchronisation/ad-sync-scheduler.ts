/**
 * Get- and Set-ADSyncScheduler: when the deployment synchronises by itself. Names of cmdlets, parameters and properties are the
 * vendor's (from memory of public documentation; not verified against it); -PurgeRunHistoryInterval is in whole days here. Staging,
 * maintenance and suspension are not kept, and so are no parameters.
 */
import { textOf, type Cmdlet } from "@tieline/language";
import { TimeSpan, type PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import type { SyncSchedule } from "../../migration/synchronisation/index.ts";
import { cmdlet } from "../session.ts";
import { moment, SCHEDULER_TYPE, shown, SYNC_POLICY, synchronisationOf } from "./synchronisation.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LONGEST_MINUTES = 7 * 24 * 60;
const LONGEST_DAYS = 365;

const COLUMNS = [
  "AllowedSyncCycleInterval",
  "CurrentlyEffectiveSyncCycleInterval",
  "CustomizedSyncCycleInterval",
  "NextSyncCyclePolicyType",
  "NextSyncCycleStartTimeInUTC",
  "PurgeRunHistoryInterval",
  "SyncCycleEnabled",
  "SyncCycleInProgress",
];

function schedulerShown(schedule: SyncSchedule): PsObject {
  const interval = TimeSpan.fromMilliseconds(schedule.intervalMinutes * MINUTE_MS);
  return shown(SCHEDULER_TYPE, "ADSyncScheduler", {
    AllowedSyncCycleInterval: TimeSpan.fromMilliseconds(MINUTE_MS),
    CurrentlyEffectiveSyncCycleInterval: interval,
    CustomizedSyncCycleInterval: interval,
    NextSyncCyclePolicyType: schedule.nextPolicy,
    NextSyncCycleStartTimeInUTC: moment(schedule.nextMs),
    PurgeRunHistoryInterval: TimeSpan.fromMilliseconds(schedule.keepDays * DAY_MS),
    SyncCycleEnabled: schedule.enabled,
    SyncCycleInProgress: schedule.isRunning,
  });
}

export const getAdSyncScheduler: Cmdlet = cmdlet({
  name: "Get-ADSyncScheduler",
  synopsis: "Shows when the deployment synchronises with its tenant.",
  description: "Shows whether synchronisation runs by itself, how often, what the next run is and when, and whether one runs now.",
  examples: [
    { code: "Get-ADSyncScheduler", remarks: "Shows the schedule." },
    { code: "(Get-ADSyncScheduler).NextSyncCycleStartTimeInUTC", remarks: "Shows when the next run begins." },
  ],
  related: ["Set-ADSyncScheduler", "Start-ADSyncSyncCycle"],
  roles: rolesFor("Get-ADSyncScheduler", "pool"),
  output: [{ typeName: SCHEDULER_TYPE, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {},
  process: async (_, context) => context.write(schedulerShown(await synchronisationOf(context).schedule())),
});

export const setAdSyncScheduler: Cmdlet = cmdlet({
  name: "Set-ADSyncScheduler",
  synopsis: "Says when the deployment synchronises with its tenant.",
  description: "Changes what is given. It holds for all processes of the deployment, and over restarts; a shorter interval holds at once.",
  examples: [
    { code: "Set-ADSyncScheduler -SyncCycleEnabled $false", remarks: "Synchronises only on demand from now on." },
    { code: "Set-ADSyncScheduler -CustomizedSyncCycleInterval 00:10:00", remarks: "Synchronises every ten minutes." },
    { code: "Set-ADSyncScheduler -NextSyncCyclePolicyType Initial", remarks: "Lets the next run look at everything." },
  ],
  related: ["Get-ADSyncScheduler", "Start-ADSyncSyncCycle"],
  roles: rolesFor("Set-ADSyncScheduler", "pool"),
  supportsShouldProcess: true,
  parameters: {
    SyncCycleEnabled: { type: "bool", help: "Whether the deployment synchronises by itself." },
    CustomizedSyncCycleInterval: {
      type: "timespan",
      validate: { check: (value) => within(value, MINUTE_MS, LONGEST_MINUTES, "minute", "a week") },
      help: "The time between two runs, in whole minutes: from one minute to a week.",
    },
    NextSyncCyclePolicyType: { type: SYNC_POLICY, help: "What the next run by itself is: Delta, or Initial for everything." },
    PurgeRunHistoryInterval: {
      type: "timespan",
      validate: { check: (value) => within(value, DAY_MS, LONGEST_DAYS, "day", "a year") },
      help: "How long runs are remembered, in whole days: from one day to a year. The last 50 runs always are.",
    },
  },
  async process(args, context) {
    const service = synchronisationOf(context);
    if (!(await context.shouldProcess(service.source))) return;
    await service.setSchedule({
      ...(typeof args.SyncCycleEnabled === "boolean" ? { enabled: args.SyncCycleEnabled } : {}),
      ...(args.CustomizedSyncCycleInterval instanceof TimeSpan
        ? { intervalMinutes: args.CustomizedSyncCycleInterval.toMilliseconds() / MINUTE_MS }
        : {}),
      ...(args.NextSyncCyclePolicyType === undefined || args.NextSyncCyclePolicyType === null
        ? {}
        : { nextPolicy: textOf(args.NextSyncCyclePolicyType) === "Initial" ? ("Initial" as const) : ("Delta" as const) }),
      ...(args.PurgeRunHistoryInterval instanceof TimeSpan ? { keepDays: args.PurgeRunHistoryInterval.toMilliseconds() / DAY_MS } : {}),
    });
  },
});

function within(value: unknown, unitMs: number, longest: number, unit: string, most: string): string | undefined {
  const count = value instanceof TimeSpan ? value.toMilliseconds() / unitMs : Number.NaN;
  return Number.isInteger(count) && count >= 1 && count <= longest
    ? undefined
    : `The time must be whole ${unit}s, from one ${unit} to ${most}.`;
}
