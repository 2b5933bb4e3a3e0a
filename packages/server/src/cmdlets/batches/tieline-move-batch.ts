/** New-, Get- and Remove-TielineMoveBatch. OURS: the vendor moved lists of users, and kept nothing of it. */
import type { Cmdlet } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { DEFAULT_LIMITS, ONLINE_TARGET } from "../../migration/index.ts";
import { MOVE_SWITCHES, moveOptionsOf } from "../moves/move-switches.ts";
import { SIGN_IN } from "../moves/online-side.ts";
import { FQDN } from "../parameter-types.ts";
import { cmdlet } from "../session.ts";
import { BATCH, batchObject } from "./batch-object.ts";
import { BATCH_NAME, batchesOf, putOutBatch, requireRoles, signInOf } from "./batch-parameters.ts";

export const BATCH_OUTPUT = [
  {
    typeName: BATCH,
    view: {
      kind: "table",
      columns: ["Name", "State", "Target", "Users", "Waiting", "Moved", "Failed", "RatePerMinute", "SecondsLeft"].map((property) => ({
        property,
      })),
    },
  },
] as const;

const NAME = /^[^\0-\x1f]{1,100}$/;

export const newTielineMoveBatch: Cmdlet = cmdlet({
  name: "New-TielineMoveBatch",
  synopsis: "Makes a batch of moves, which is then given users, checked and started.",
  description:
    "A cmdlet of Tieline's own. A batch is kept in the deployment's database and worked on by the pool, and by as many processes beside as there are (tieline work); none of them is needed for it to go on. How the online service is signed in to is kept sealed until the batch ends; without -AccessTokens and -Credential the deployment's own application is used, where it has one.",
  examples: [
    {
      code: `New-TielineMoveBatch -Name "Redmond" -Target ${ONLINE_TARGET} -WaveSize 500`,
      remarks: "Makes a batch that moves 500 users a wave.",
    },
    {
      code: `New-TielineMoveBatch -Name "By night" -Target ${ONLINE_TARGET} -Window "20:00-06:00" -TimeZone Europe/Berlin -RatePerMinute 60`,
      remarks: "Makes one that begins moves at night only, sixty a minute.",
    },
  ],
  related: ["Add-TielineMoveBatchUser", "Test-TielineMoveBatch", "Start-TielineMoveBatch", "Move-CsUser"],
  roles: rolesFor("New-TielineMoveBatch", "pool"),
  output: BATCH_OUTPUT,
  supportsShouldProcess: true,
  parameters: {
    Name: {
      type: "string",
      mandatory: true,
      position: 0,
      validate: {
        check: (value) => (typeof value === "string" && NAME.test(value.trim()) ? undefined : "A name has 1 to 100 characters."),
      },
      help: "What the batch is called; no two have the same name.",
    },
    Target: { type: FQDN, mandatory: true, position: 1, help: `Where to: a pool's name, or ${ONLINE_TARGET}.` },
    ConcurrentMoves: {
      type: "int",
      validate: { range: [1, 256] },
      default: String(DEFAULT_LIMITS.concurrentMoves),
      help: "Users who are moved at the same time, over all processes.",
    },
    WaveSize: {
      type: "int",
      validate: { range: [0, 1_000_000] },
      default: "0",
      help: "Users a wave: the next begins when one is through; 0 moves all in one. Delegates and their principals are in the same.",
    },
    RatePerMinute: {
      type: "int",
      validate: { range: [0, 60_000] },
      default: "0",
      help: "Users who may begin within any minute, over all processes; 0: no limit.",
    },
    Window: { type: "string", help: "Hours in which moves begin, as 20:00-06:00; those under way finish." },
    TimeZone: { type: "string", default: DEFAULT_LIMITS.timeZone, help: "Whose hours, as Europe/Berlin." },
    MailTemplate: {
      type: "string",
      help: "Mail to each who was moved, with {DisplayName}, {SipAddress}, {Target} and {Date}; a first line Subject: is its subject.",
    },
    ...MOVE_SWITCHES,
    IncludeRooms: {
      type: "switch",
      help: "Moves rooms and common-area phones, too, after everybody else; without it they are passed over.",
    },
    ...SIGN_IN,
  },
  async process(args, context) {
    const batches = batchesOf(context);
    requireRoles(context, await batches.isAcross(args.Target));
    if (!(await context.shouldProcess(args.Name))) return;
    const batch = await batches.create(
      {
        name: args.Name,
        target: args.Target,
        options: moveOptionsOf(args),
        limits: {
          ...(args.ConcurrentMoves === undefined ? {} : { concurrentMoves: args.ConcurrentMoves }),
          ...(args.WaveSize === undefined ? {} : { waveSize: args.WaveSize }),
          ...(args.RatePerMinute === undefined ? {} : { ratePerMinute: args.RatePerMinute }),
          window: args.Window ?? null,
          ...(args.TimeZone === undefined || args.TimeZone === null ? {} : { timeZone: args.TimeZone }),
        },
        mailTemplate: args.MailTemplate ?? null,
        includeRooms: args.IncludeRooms === true,
        by: context.session.caller.userPrincipalName,
      },
      signInOf(context, args),
    );
    await putOutBatch(context, batch);
  },
});

export const getTielineMoveBatch: Cmdlet = cmdlet({
  name: "Get-TielineMoveBatch",
  synopsis: "Shows batches of moves and how far they are.",
  description:
    "A cmdlet of Tieline's own. State is Planned, Running, Suspended, Completed, CompletedWithErrors, Cancelled, Undoing or Undone; Reason says why a batch is suspended, Cure what to do. RatePerMinute is what was observed of late, SecondsLeft what follows from it.",
  examples: [
    { code: "Get-TielineMoveBatch", remarks: "Shows all batches." },
    { code: "Get-TielineMoveBatch Redmond | Select-Object State, Moved, Failed, SecondsLeft", remarks: "Shows how far one is." },
  ],
  related: ["Get-TielineMoveBatchUser", "New-TielineMoveBatch"],
  roles: rolesFor("Get-TielineMoveBatch", "pool"),
  output: BATCH_OUTPUT,
  parameters: {
    Batch: {
      type: "string",
      position: 0,
      fromPipelineByPropertyName: true,
      aliases: ["BatchId"],
      help: "The batch, by id or name; all without it.",
    },
  },
  async process(args, context) {
    const batches = batchesOf(context);
    const named = typeof args.Batch === "string" && args.Batch !== "";
    for (const batch of named ? [await batches.find(args.Batch as string)] : await batches.list()) await putOutBatch(context, batch);
  },
});

export const removeTielineMoveBatch: Cmdlet = cmdlet({
  name: "Remove-TielineMoveBatch",
  synopsis: "Removes a batch of moves that has ended, or was never started.",
  description:
    "A cmdlet of Tieline's own. Removes the batch with all that was recorded of its users; the users stay where they are. A batch that is under way is stopped first. The journal of moves (Get-TielineMove) is kept.",
  examples: [
    { code: "Remove-TielineMoveBatch Redmond", remarks: "Removes one." },
    {
      code: 'Get-TielineMoveBatch | Where-Object State -eq "Completed" | Remove-TielineMoveBatch',
      remarks: "Removes those that went well.",
    },
  ],
  related: ["Stop-TielineMoveBatch", "Get-TielineMoveBatch"],
  roles: rolesFor("Remove-TielineMoveBatch", "pool"),
  output: BATCH_OUTPUT,
  supportsShouldProcess: true,
  confirmImpact: "High",
  parameters: { Batch: BATCH_NAME },
  async process(args, context) {
    const batches = batchesOf(context);
    const batch = await batches.find(args.Batch);
    if (!(await context.shouldProcess(batch.name))) return;
    const last = batchObject(batch, await batches.progress(batch));
    await batches.remove(batch.batchId);
    await context.write(last);
  },
});
