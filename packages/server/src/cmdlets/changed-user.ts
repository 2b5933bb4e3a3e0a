/** What follows when a cmdlet has changed a user: the forest behind a deployment hears of it, and -PassThru shows it. */
import { Fault, isFault } from "@tieline/fault";
import { CmdletError } from "@tieline/language";
import { AD_USER, ONLINE_USER, userObject, type ObjectId, type UserRecord, type Users } from "../directory/index.ts";
import { MoveJournal, type DeploymentForest } from "../migration/index.ts";
import { refuse } from "./refusals.ts";
import { tenantOf, type SessionContext } from "./session.ts";

/** Puts a user out as Get-CsOnlineUser shows users of a tenant, and Get-CsUser those of a deployment. */
export async function showUser(context: SessionContext, user: UserRecord): Promise<void> {
  const tenant = await tenantOf(context);
  await context.write(userObject(tenant.kind === "online" ? ONLINE_USER : AD_USER, user, tenant));
}

/** Type names of what -PassThru puts out, for the declaration of a cmdlet that both kinds of site have. */
export const USER_OUTPUT = [ONLINE_USER, AD_USER].map((view) => ({ typeName: view.typeNames[0] as string }));

/**
 * Changes one user in a transaction, writes it to the forest where the deployment has one, and puts it out where asked.
 * A user who is being moved is not changed: the other site has been told already what this one is. Nor is one whom the forest
 * does not let us write: what an administrator is told has failed has not happened here either.
 *
 * What is taken by another user, what the change itself refuses with a `CmdletError`, and what the forest refuses becomes
 * an error of this user; the command goes on.
 *
 * @param change Gets the user as it is inside the transaction, where nobody else can change it, and the users; gives it as it is afterwards.
 */
export async function changeUser(
  context: SessionContext,
  { objectId, userPrincipalName }: UserRecord,
  change: (before: UserRecord, users: Users, nowMs: number) => Promise<UserRecord>,
  passThru: boolean | undefined,
): Promise<void> {
  const { session } = context;
  const forest = session.migration?.forest;
  let after: UserRecord;
  try {
    if (forest !== undefined) await refuseUnwritable(forest, objectId);
    after = await session.directory.transaction(async (directory, queries) => {
      const { users } = directory.tenant(session.tenantId);
      const nowMs = session.nowMs();
      const before = await users.update(objectId, {}, nowMs);
      const move = await new MoveJournal(queries, session.tenantId).active(objectId);
      if (move !== undefined) {
        throw new Fault("move-in-progress", { user: userPrincipalName, since: new Date(move.startedMs).toISOString(), by: move.by });
      }
      const changed = await change(before, users, nowMs);
      await forest?.enqueue(queries, objectId);
      return changed;
    });
    await forest?.publish([objectId]);
  } catch (error) {
    if (!isFault(error) && !(error instanceof CmdletError)) throw error;
    if (!isFault(error) || error.code !== "directory-duplicate") return context.writeError(error);
    const { property, value } = error.fields as { property: string; value: string };
    return context.writeError(refuse("taken", { property, value }, userPrincipalName));
  }
  if (passThru === true) await showUser(context, after);
}

/** A forest that is away refuses nobody: the change waits for it. @throws Fault `directory-insufficient-rights`, `forest-object` */
async function refuseUnwritable(forest: DeploymentForest, user: ObjectId): Promise<void> {
  let fault: Fault | undefined;
  try {
    fault = (await forest.checkWritable([user])).get(user);
  } catch (error) {
    if (!isFault(error)) throw error;
    return;
  }
  if (fault !== undefined) throw fault;
}
