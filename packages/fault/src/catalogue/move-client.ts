import type { FaultEntry } from "../entry.ts";

/** Moves as the command line meets them: what the pool refused, and what stopped a batch. */
export const MOVE_CLIENT = {
  "move-cmdlet-missing": {
    blame: "environment",
    layer: "permission",
    station: "move",
    text: "{host} has no cmdlet {cmdlet} for this account.",
    why: "Batches are led by the pool on premises, and only roles that may move users see their cmdlets.",
    cure: "Name the pool with --pool POOL, and sign in as an account with the role CsAdministrator, or CsServerAdministrator and CsUserAdministrator.",
  },
  "move-cmdlet-refused": {
    blame: "environment",
    layer: "command",
    station: "move",
    text: "{cmdlet} was refused: {reason}",
    cure: "{advice}",
  },
  "move-batch-stopped": {
    blame: "environment",
    layer: "command",
    station: "move",
    text: "The batch {batch} is suspended: {reason}",
    cure: "{advice}",
  },
  "move-batch-sign-in": {
    blame: "environment",
    layer: "authentication",
    station: "move",
    text: "The batch {batch} waits for somebody to sign in to the online side: {reason}",
    why: "A token is good for about an hour; whoever follows the batch renews it.",
    cure: "Name who signs in online, with --online-account NAME@DOMAIN or an application's --client-id, and start or resume the batch.",
  },
  "move-nobody-ready": {
    blame: "environment",
    layer: "command",
    station: "move",
    text: "Nobody of the batch {batch} can move as they are.",
    cure: "Cure what the check has found, and start the batch, or plan another one.",
  },
  "move-report-unwritable": {
    blame: "environment",
    layer: "input",
    text: "The report cannot be written to {path} ({reason}).",
    cure: "Choose another file with --out, in a folder that you may write to.",
  },
} as const satisfies Record<string, FaultEntry>;
