/** What the cmdlets of batches share: the batch that is meant, how the other site is signed in to, who may. */
import { Fault } from "@tieline/fault";
import type { ParameterDeclaration } from "@tieline/language";
import { mayMoveAcross } from "../../directory/index.ts";
import type { Batch, BatchService, SignIn } from "../../migration/index.ts";
import { authenticationOf, type OnlineSide } from "../moves/online-side.ts";
import type { SessionContext } from "../session.ts";
import { batchObject } from "./batch-object.ts";

export const BATCH_NAME = {
  type: "string",
  mandatory: true,
  position: 0,
  fromPipelineByPropertyName: true,
  aliases: ["BatchId"],
  help: "The batch, by id or name.",
} as const satisfies ParameterDeclaration;

/** @throws Fault `move-no-migration` */
export function batchesOf({ session }: SessionContext): BatchService {
  if (session.migration === undefined) throw new Fault("move-no-migration");
  return session.migration.batches;
}

export function signInOf({ session }: SessionContext, { HostedMigrationOverrideUrl: url, ...given }: OnlineSide): SignIn {
  return {
    authentication: authenticationOf(session, given),
    ...(url === undefined || url === null || url.trim() === "" ? {} : { url }),
  };
}

/** Moves between the two sites want more than other moves. @throws Fault `move-roles-missing` */
export function requireRoles({ session }: SessionContext, crosses: boolean): void {
  const { roles, userPrincipalName: user } = session.caller;
  if (crosses && !mayMoveAcross(roles)) throw new Fault("move-roles-missing", { user });
}

/** Puts the batch out as it is now. */
export async function putOutBatch(context: SessionContext, batch: Batch): Promise<void> {
  await context.write(batchObject(batch, await batchesOf(context).progress(batch)));
}
