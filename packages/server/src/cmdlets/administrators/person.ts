/**
 * Who is named by the cmdlets of Active Directory: an account that signs in, a person of the directory, or both in one. In Active
 * Directory these are one thing; here somebody of the directory gets an account with the first role or password.
 */
import { textType } from "@tieline/language";
import {
  accountId,
  key,
  parseGuid,
  parseUserDn,
  tenantDn,
  type Account,
  type AccountId,
  type Directory,
  type Tenant,
  type UserCondition,
  type UserRecord,
} from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { mine, type SessionContext } from "../session.ts";

export interface Person {
  /** Of the directory's person where there is one, else of the account. */
  id: string;
  userPrincipalName: string;
  accountName: string;
  displayName: string;
  account: Account | undefined;
  user: UserRecord | undefined;
}

export const AD_ACCOUNT_ID = textType("Microsoft.ActiveDirectory.Management.ADAccount");

/** The person, or undefined after the refusal was written. Display names are no identity here, as they are none there. */
export async function namedPerson(context: SessionContext, identity: string, tenant: Tenant): Promise<Person | undefined> {
  const found = await persons(context, identity.trim(), tenant);
  if (found.length === 1) return found[0];
  const code = found.length === 0 ? "ad-not-found" : "ad-ambiguous";
  context.writeError(refuse(code, { identity, domain: tenantDn(tenant) }, identity));
  return undefined;
}

/** All of them, or undefined after a refusal for each who is not there: a change is made for everybody or nobody. */
export async function namedPersons(context: SessionContext, identities: readonly string[], tenant: Tenant): Promise<Person[] | undefined> {
  const found = new Map<string, Person>();
  let isComplete = true;
  for (const identity of identities) {
    const person = await namedPerson(context, identity, tenant);
    if (person === undefined) isComplete = false;
    else found.set(person.id, person);
  }
  return isComplete ? [...found.values()] : undefined;
}

export function personOf(account: Account | undefined, user: UserRecord | undefined): Person {
  const { userPrincipalName, accountName, displayName } = (user ?? account) as Account | UserRecord;
  return { id: user?.objectId ?? (account as Account).accountId, userPrincipalName, accountName, displayName, account, user };
}

async function persons(context: SessionContext, identity: string, tenant: Tenant): Promise<Person[]> {
  if (identity === "" || identity.includes("\0")) return [];
  const { accounts, users } = mine(context);
  const { isAccount, isUser } = conditions(identity, tenant);
  const all = await accounts.list();
  const found = new Map<string, Person>();
  for (const user of isUser === undefined ? [] : await users.find(isUser, 2)) {
    const person = personOf(
      all.find((account) => belongs(account, user)),
      user,
    );
    found.set(person.account?.accountId ?? person.id, person);
  }
  for (const account of all.filter(isAccount)) {
    if (found.has(account.accountId)) continue;
    const [user] = await users.find(belongsTo(account), 1);
    found.set(account.accountId, personOf(account, user));
  }
  return [...found.values()];
}

/** The account says whose it is; where it does not, names say it, which a domain has once. */
function belongs(account: Account, user: UserRecord): boolean {
  if (account.objectId !== null) return account.objectId === user.objectId;
  return key(account.userPrincipalName) === key(user.userPrincipalName) || key(account.accountName) === key(user.accountName);
}

const belongsTo =
  ({ objectId, userPrincipalName, accountName }: Account): UserCondition =>
  (eb) =>
    objectId === null
      ? eb.or([eb("upn_key", "=", key(userPrincipalName)), eb("account_key", "=", key(accountName))])
      : eb("object_id", "=", objectId);

/** What an identity means for either; nothing for a text that can name nobody of this domain. */
function conditions(identity: string, tenant: Tenant): { isAccount: (account: Account) => boolean; isUser?: UserCondition } {
  const nobody = { isAccount: () => false };
  const guid = parseGuid(identity);
  if (guid !== undefined) {
    return {
      isAccount: (account) => String(account.accountId) === guid || account.objectId === guid,
      isUser: (eb) => eb("object_id", "=", guid),
    };
  }
  if (/^cn=.*,/i.test(identity)) {
    const named = parseUserDn(tenant, identity);
    if (named === undefined || !("displayName" in named)) return nobody;
    const name = key(named.displayName);
    return { isAccount: (account) => key(account.displayName) === name, isUser: (eb) => eb("display_key", "=", name) };
  }
  if (identity.includes("@")) {
    const name = key(identity);
    return { isAccount: (account) => key(account.userPrincipalName) === name, isUser: (eb) => eb("upn_key", "=", name) };
  }
  const [, domain, logon = identity] = /^([^\\]+)\\(.+)$/.exec(identity) ?? [];
  if (domain !== undefined && domain.toUpperCase() !== tenant.netbiosName) return nobody;
  const name = key(logon);
  return { isAccount: (account) => key(account.accountName) === name, isUser: (eb) => eb("account_key", "=", name) };
}

/** Of the person's account, also of one that is still to be made. */
export function idFor({ session }: SessionContext, person: Person): AccountId {
  return person.account?.accountId ?? accountId(session.newGuid());
}

/** The account as it is in this transaction; somebody of the directory without one gets one, without role and password. */
export async function accountOf(
  context: SessionContext,
  directory: Directory,
  person: Person,
  id: AccountId = idFor(context, person),
): Promise<Account> {
  const { session } = context;
  const { accounts } = directory.tenant(session.tenantId);
  if (person.account === undefined) {
    const { userPrincipalName, accountName, displayName, user } = person;
    const objectId = user?.objectId ?? null;
    await accounts.add(
      { accountId: id, userPrincipalName, accountName, displayName, objectId, passwordHash: null, roles: [] },
      session.nowMs(),
    );
  }
  const account = await accounts.get(id);
  return account ?? context.fail(refuse("ad-gone", { identity: person.accountName }, person.accountName));
}
