/** Many users by what people call them: most are found some hundreds a query, the others one by one. */
import { key, parseGuid, userIdentity, type Tenant, type UserCondition, type UserRecord } from "../../directory/index.ts";
import type { Named } from "../../migration/index.ts";
import { mine, type SessionContext } from "../session.ts";

export interface NamedUsers {
  found: Named[];
  /** Identities that are nobody's, or more than one user's. */
  notFound: string[];
}

/** Identities a query. */
const CHUNK = 400;

interface Form {
  is: (identity: string) => boolean;
  /** What look-ups compare. */
  key: (identity: string) => string;
  column: "object_id" | "sip_key" | "upn_key";
}

/** Forms by which many are found at once, in the order in which an identity is tried. */
const FORMS: readonly Form[] = [
  { is: (text) => parseGuid(text) !== undefined, key: (text) => parseGuid(text) ?? "", column: "object_id" },
  { is: (text) => /^sip:/i.test(text), key, column: "sip_key" },
  { is: (text) => text.includes("@"), key, column: "upn_key" },
  { is: (text) => text.includes("@"), key: (text) => `sip:${key(text)}`, column: "sip_key" },
];

export async function namedUsers(context: SessionContext, identities: readonly string[], tenant: Tenant): Promise<NamedUsers> {
  const names = identities.map((identity) => identity.trim());
  const found = new Map<string, UserRecord>();
  for (const form of FORMS) {
    const open = names.filter((name) => !found.has(name) && form.is(name));
    for (let i = 0; i < open.length; i += CHUNK) await lookUp(context, form, open.slice(i, i + CHUNK), found);
  }
  const notFound: string[] = [];
  for (const name of new Set(names)) {
    if (found.has(name)) continue;
    const user = await oneByOne(context, name, tenant);
    if (user === undefined) notFound.push(name);
    else found.set(name, user);
  }
  return { found: names.flatMap((identity) => ({ identity, user: found.get(identity) })).filter(isNamed), notFound };
}

function isNamed(each: { identity: string; user: UserRecord | undefined }): each is Named {
  return each.user !== undefined;
}

async function lookUp(context: SessionContext, form: Form, names: readonly string[], found: Map<string, UserRecord>): Promise<void> {
  const byKey = new Map<string, string[]>();
  for (const name of names) byKey.set(form.key(name), [...(byKey.get(form.key(name)) ?? []), name]);
  const keys = [...byKey.keys()];
  const pages = mine(context).users.pages({
    where: (eb) => eb(form.column, "in", keys),
    pageSize: keys.length + 1,
    without: { plans: true, policies: true },
  });
  const keyOf = (user: UserRecord): string =>
    form.column === "object_id" ? user.objectId : key(form.column === "sip_key" ? (user.sipAddress ?? "") : user.userPrincipalName);
  for await (const page of pages) for (const user of page) for (const name of byKey.get(keyOf(user)) ?? []) found.set(name, user);
}

async function oneByOne(context: SessionContext, name: string, tenant: Tenant): Promise<UserRecord | undefined> {
  if (name.includes("*")) return undefined;
  for (const condition of userIdentity(name, tenant)) {
    const some = await mine(context).users.find(condition satisfies UserCondition, 2);
    if (some.length > 0) return some.length === 1 ? some[0] : undefined;
  }
  return undefined;
}
