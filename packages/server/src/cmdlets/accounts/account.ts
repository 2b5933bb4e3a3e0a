/** Finding an account that a cmdlet names, and who may change it. */
import { mayManage, type Account, type AccountId, type Directory } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import { refuse } from "../refusals.ts";
import { mine, type SessionContext } from "../session.ts";

const GLOBAL_ADMINISTRATOR = "Global Administrator";

export interface AccountName {
  ObjectId?: { text: string } | null | undefined;
  UserPrincipalName?: string | null | undefined;
}

/** The account that is named, or undefined after the refusal was written. */
export async function namedAccount(
  context: SessionContext,
  { ObjectId: id, UserPrincipalName: name }: AccountName,
): Promise<Account | undefined> {
  const { accounts } = mine(context);
  const wanted = id?.text.toLowerCase() ?? name?.trim() ?? "";
  if (wanted === "") {
    context.writeError(refuse("msol-user-unnamed", {}));
    return undefined;
  }
  const account = await (id === undefined || id === null ? accounts.byName(wanted) : accounts.get(wanted as AccountId));
  if (account === undefined) context.writeError(refuse("msol-user-not-found", { user: wanted }, wanted));
  return account;
}

/** The same for a change: only where the caller's roles reach the account's. */
export async function accountToChange(context: SessionContext, name: AccountName): Promise<Account | undefined> {
  const account = await namedAccount(context, name);
  if (account === undefined || mayManage(context.session.caller.roles, account.roles)) return account;
  context.writeError(refuse("msol-access-denied", {}, account.userPrincipalName));
  return undefined;
}

export function isOneself(context: SessionContext, account: Account): boolean {
  return account.accountId === context.session.caller.accountId;
}

/**
 * What takes an account's rights away runs in here, so that somebody stays who can give rights: the work of several
 * administrators at once comes one after the other, and each sees what the one before has left.
 */
export async function keepingAnAdministrator(
  context: SessionContext,
  account: Account,
  work: (directory: Directory) => Promise<void>,
): Promise<boolean> {
  const { session } = context;
  const isKept = await session.directory.transaction(async (directory, queries) => {
    await holdTenant(queries, session.tenantId);
    const administrators = (await directory.tenant(session.tenantId).accounts.list()).filter(
      (each) => each.enabled && each.roles.includes(GLOBAL_ADMINISTRATOR),
    );
    const isLast = administrators.length === 1 && administrators[0]?.accountId === account.accountId;
    if (!isLast) await work(directory);
    return !isLast;
  });
  if (!isKept) context.writeError(refuse("msol-last-administrator", { user: account.userPrincipalName }, account.userPrincipalName));
  return isKept;
}

/** Holds the tenant's row until the transaction ends, on both engines. */
export async function holdTenant(queries: Queries, tenant: string): Promise<void> {
  await queries
    .updateTable("tenants")
    .set((eb) => ({ changed_ms: eb.ref("changed_ms") }))
    .where("tenant_id", "=", tenant)
    .execute();
}
