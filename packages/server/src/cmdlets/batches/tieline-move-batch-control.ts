/** Start-, Suspend-, Resume-, Stop- and Undo-TielineMoveBatch: one row each. OURS. */
import type { Cmdlet, Example } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import type { Batch, BatchService } from "../../migration/index.ts";
import { SIGN_IN, type OnlineSide } from "../moves/online-side.ts";
import { cmdlet, tenantOf, type SessionContext } from "../session.ts";
import { BATCH_NAME, batchesOf, putOutBatch, requireRoles, signInOf } from "./batch-parameters.ts";
import { namedUsers } from "./named-users.ts";
import { BATCH_OUTPUT } from "./tieline-move-batch.ts";
import { notInBatch } from "./tieline-move-batch-user.ts";

interface Control {
  name: string;
  synopsis: string;
  description: string;
  examples: readonly Example[];
  /** Moves users between the sites: it may bring a sign-in, and wants the roles for it. */
  moves: boolean;
  run: (batches: BatchService, batch: Batch, args: OnlineSide, context: SessionContext, by: string) => Promise<void>;
}

const RELATED = ["Get-TielineMoveBatch", "Get-TielineMoveBatchUser"];

function control({ name, synopsis, description, examples, moves, run }: Control): Cmdlet {
  const facts = { name, synopsis, description, examples, related: RELATED, roles: rolesFor(name, "pool"), output: BATCH_OUTPUT } as const;
  const process = async (args: OnlineSide & { readonly Batch: string }, context: SessionContext): Promise<void> => {
    const batches = batchesOf(context);
    const batch = await batches.find(args.Batch);
    if (moves) requireRoles(context, batch.crosses);
    if (!(await context.shouldProcess(batch.name))) return;
    await run(batches, batch, args, context, context.session.caller.userPrincipalName);
    await putOutBatch(context, await batches.find(batch.batchId));
  };
  return moves
    ? cmdlet({ ...facts, supportsShouldProcess: true, parameters: { Batch: BATCH_NAME, ...SIGN_IN }, process })
    : cmdlet({ ...facts, supportsShouldProcess: true, parameters: { Batch: BATCH_NAME }, process });
}

export const startTielineMoveBatch = control({
  name: "Start-TielineMoveBatch",
  synopsis: "Starts a batch of moves.",
  description:
    "A cmdlet of Tieline's own. Divides the users into waves and lets the pool begin. The command returns at once; the batch goes on by itself, whoever signs out.",
  examples: [
    { code: "Start-TielineMoveBatch Redmond", remarks: "Starts a batch that was given its sign-in when it was made." },
    { code: "Start-TielineMoveBatch Redmond -AccessTokens $token", remarks: "Starts it with a token that was had at the client." },
  ],
  moves: true,
  run: (batches, batch, args, context, by) => batches.start(batch.batchId, signInOf(context, args), by),
});

export const suspendTielineMoveBatch = control({
  name: "Suspend-TielineMoveBatch",
  synopsis: "Lets nobody else of a batch begin, until it is resumed.",
  description: "A cmdlet of Tieline's own. Moves under way finish.",
  examples: [
    { code: "Suspend-TielineMoveBatch Redmond", remarks: "Suspends one." },
    { code: 'Get-TielineMoveBatch | Where-Object State -eq "Running" | Suspend-TielineMoveBatch', remarks: "Suspends all that run." },
  ],
  moves: false,
  run: (batches, batch, _args, _context, by) => batches.suspend(batch.batchId, by),
});

export const resumeTielineMoveBatch = control({
  name: "Resume-TielineMoveBatch",
  synopsis: "Goes on with a batch that is suspended, or with those of an ended one who failed.",
  description:
    "A cmdlet of Tieline's own. Goes on from any session and in any process. Of a batch that has ended with errors those who failed are moved once more. A batch that runs takes a new sign-in, before the old one ends.",
  examples: [
    { code: "Resume-TielineMoveBatch Redmond", remarks: "Goes on." },
    { code: "Resume-TielineMoveBatch Redmond -AccessTokens $token", remarks: "Goes on with another sign-in, after the first has ended." },
  ],
  moves: true,
  run: (batches, batch, args, context, by) => batches.resume(batch.batchId, signInOf(context, args), by),
});

export const stopTielineMoveBatch = control({
  name: "Stop-TielineMoveBatch",
  synopsis: "Ends a batch of moves for good.",
  description:
    "A cmdlet of Tieline's own. Moves under way finish, whoever waits is passed over, and the sign-in is erased. What was moved can still be taken back with Undo-TielineMoveBatch.",
  examples: [
    { code: "Stop-TielineMoveBatch Redmond", remarks: "Ends one." },
    { code: "Stop-TielineMoveBatch Redmond -WhatIf", remarks: "Says what would be ended." },
  ],
  moves: false,
  run: (batches, batch, _args, _context, by) => batches.stop(batch.batchId, by),
});

export const undoTielineMoveBatch: Cmdlet = cmdlet({
  name: "Undo-TielineMoveBatch",
  synopsis: "Takes a batch of moves back, or some of its users: each to where the user was.",
  description:
    "A cmdlet of Tieline's own. Users who were moved are moved back with what they have by then; those who still wait are passed over. With -User the others go on.",
  examples: [
    { code: "Undo-TielineMoveBatch Redmond -AccessTokens $token", remarks: "Takes everybody back." },
    { code: "Undo-TielineMoveBatch Redmond -User kenmyer@contoso.com -AccessTokens $token", remarks: "Takes one user back." },
  ],
  related: RELATED,
  roles: rolesFor("Undo-TielineMoveBatch", "pool"),
  output: BATCH_OUTPUT,
  supportsShouldProcess: true,
  parameters: {
    Batch: BATCH_NAME,
    User: { type: "string[]", position: 1, help: "Users of the batch; all without it." },
    ...SIGN_IN,
  },
  async process(args, context) {
    const batches = batchesOf(context);
    const batch = await batches.find(args.Batch);
    requireRoles(context, batch.crosses);
    if (!(await context.shouldProcess(batch.name))) return;
    const some = args.User === undefined || args.User === null ? undefined : await sequencesOf(context, batch, args.User);
    // Whoever named users and hit none does not want everybody back.
    if (some?.length !== 0) {
      await batches.undo(batch.batchId, some, signInOf(context, args), context.session.caller.userPrincipalName);
    }
    await putOutBatch(context, await batches.find(batch.batchId));
  },
});

/** Writes an error for each who is not in the batch. */
async function sequencesOf(context: SessionContext, batch: Batch, names: readonly string[]): Promise<number[]> {
  const { found, notFound } = await namedUsers(context, names, await tenantOf(context));
  const present = await batchesOf(context)
    .users(batch.batchId)
    .byUsers(found.map(({ user }) => user.objectId));
  const ids = new Set(present.map(({ objectId }) => objectId));
  const absent = [...notFound, ...found.filter(({ user }) => !ids.has(user.objectId)).map(({ identity }) => identity)];
  for (const identity of absent) context.writeError(notInBatch(batch, identity));
  return present.map(({ sequence }) => sequence);
}
