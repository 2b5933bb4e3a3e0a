/** Changes of who may do what on a deployment: one after the other, and somebody stays who can give rights. */
import type { Account, Directory } from "../../directory/index.ts";
import { holdTenant } from "../accounts/account.ts";
import { refuse } from "../refusals.ts";
import type { SessionContext } from "../session.ts";

type Work = (directory: Directory) => Promise<void>;

/** Each change sees what the one before has left. */
export async function changeRights({ session }: SessionContext, work: Work): Promise<void> {
  await session.directory.transaction(async (directory, queries) => {
    await holdTenant(queries, session.tenantId);
    await work(directory);
  });
}

/** Whoever relies on tickets alone has no way in while the domain is away. */
const canSignIn = ({ enabled, passwordHash, sshKeys }: Account): boolean => enabled && (passwordHash !== null || sshKeys.length > 0);

/**
 * The same for work that takes CsAdministrator, or the sign-in, from these accounts.
 *
 * @returns false after the refusal was written
 */
export async function takeRights(context: SessionContext, losing: readonly Account[], work: Work): Promise<boolean> {
  const { tenantId } = context.session;
  let isKept = true;
  await changeRights(context, async (directory) => {
    const administrators = (await directory.tenant(tenantId).accounts.list()).filter(({ roles }) => roles.includes("CsAdministrator"));
    const isLosing = ({ accountId }: Account): boolean => losing.some((each) => each.accountId === accountId);
    isKept = !administrators.some(isLosing) || administrators.some((each) => canSignIn(each) && !isLosing(each));
    if (isKept) await work(directory);
  });
  if (!isKept) context.writeError(refuse("ad-last-administrator", {}, losing[0]?.userPrincipalName));
  return isKept;
}

/** What is open under the account ends, but for the session that says so. */
export function endSessions({ session }: SessionContext, { accountId }: Account): void {
  session.endSessions?.(accountId, accountId === session.caller.accountId ? session.sessionId : undefined);
}
