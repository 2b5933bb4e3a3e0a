/** What the cmdlets of batches share: the batch that is meant, how the other site is signed in to, who may. */
import { Fault } from "@tieline/fault";
import type { ParameterDeclaration } from "@tieline/language";
import type { PsObject } from "@tieline/remoting/objects";
import { mayMoveAcross } from "../../directory/index.ts";
import type { Batch, BatchService, SignIn } from "../../migration/index.ts";
import { authenticationOf } from "../moves/online-side.ts";
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

export const SIGN_IN = {
  Credential: {
    type: "pscredential",
    help: "An administrator of the tenant, by password (legacy). Refused for accounts with a second factor.",
  },
  AccessTokens: { type: "string[]", help: "Access tokens for the hosted migration service, had at the client." },
  HostedMigrationOverrideUrl: {
    type: "string",
    help: "The address of the hosted migration service, its host, or the tenant's identity; without it, it is discovered once.",
  },
} as const satisfies Readonly<Record<string, ParameterDeclaration>>;

export interface SignInArguments {
  Credential?: PsObject | null | undefined;
  AccessTokens?: readonly string[] | null | undefined;
  HostedMigrationOverrideUrl?: string | null | undefined;
}

/** @throws Fault `move-no-migration` */
export function batchesOf({ session }: SessionContext): BatchService {
  if (session.migration === undefined) throw new Fault("move-no-migration");
  return session.migration.batches;
}

export function signInOf({ session }: SessionContext, { HostedMigrationOverrideUrl: url, ...given }: SignInArguments): SignIn {
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
