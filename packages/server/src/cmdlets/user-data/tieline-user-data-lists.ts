/**
 * Get-TielineUserContact, -ContactGroup, -Permission, -Delegate, -Meeting and -Forwarding: what users have beside their
 * account, at either kind of site. OURS.
 */
import type { Cmdlet, Column, ParameterDeclarations } from "@tieline/language";
import { PsObject, Shape } from "@tieline/remoting/objects";
import { rolesFor, type ObjectId, type UserCondition, type UserRecord } from "../../directory/index.ts";
import { UserDataStore, type UserData } from "../../migration/user-data/index.ts";
import { ONLINE_RESULT_SIZE, SOME_USERS } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, mine, tenantOf, type SessionContext } from "../session.ts";
import { matching } from "../user-lookup.ts";
import { USER_DATA_NOUNS, type UserDataNoun } from "./user-data-nouns.ts";

/** Users whose data is in memory at once. */
const PAGE = 100;

const PARAMETERS = {
  Identity: {
    ...SOME_USERS,
    help: "The user, or a pattern with * for display names; everybody by default.",
  },
  ResultSize: {
    ...ONLINE_RESULT_SIZE,
    help: "How many objects to show at most, of all users together; with 0 none.",
  },
} as const satisfies ParameterDeclarations;

const DELEGATE = {
  Delegate: { type: "string", help: "Whose principals to show: the delegate's SIP address, with or without sip: before it." },
} as const satisfies ParameterDeclarations;

interface Given {
  Identity?: string | null | undefined;
  ResultSize?: number | "Unlimited" | null | undefined;
  Delegate?: string | null | undefined;
}

const NOUNS: readonly UserDataNoun[] = Object.values(USER_DATA_NOUNS);

const ownRoles = (name: string): string[] => [...rolesFor(name, "online"), ...rolesFor(name, "pool")];

function getter(entry: UserDataNoun, more: ParameterDeclarations = {}): Cmdlet {
  const name = `Get-${entry.noun}`;
  const shape = entry.properties.reduce((names, property) => names.with(property), Shape.root().with("Identity"));
  const columns: Column[] = ["Identity", ...entry.properties.slice(0, entry.shown)].map((property) => ({ property }));
  return cmdlet({
    name,
    synopsis: `Shows ${entry.what}.`,
    description: `A cmdlet of Tieline's own. ${entry.description} What users have is kept at the site where they are homed, and moves with them.`,
    examples: [
      { code: `${name} kenmyer@contoso.com`, remarks: "Shows what one user has." },
      { code: `${name} ${entry.example.code}`, remarks: entry.example.remarks },
      { code: `${name} -ResultSize 20`, remarks: "Shows the first 20 of all users." },
    ],
    related: ["Import-TielineUserData", ...NOUNS.filter((each) => each !== entry).map((each) => `Get-${each.noun}`)],
    roles: ownRoles(name),
    output: [{ typeName: entry.typeName, view: { kind: "table", columns } }],
    parameters: { ...PARAMETERS, ...more },
    stages: (context) => {
      let count = 0;
      const show = async (user: UserRecord, data: UserData, limit: number): Promise<void> => {
        for (const row of entry.rows(data)) {
          if (count >= limit) return;
          const values = [user.userPrincipalName, ...row];
          const object = PsObject.shaped([entry.typeName, "System.Object"], "adapted", shape, values);
          object.text = `${user.userPrincipalName} ${String(row[0])}`;
          count += 1;
          await context.write(object);
        }
      };
      return {
        async process(args: Given) {
          const limit = typeof args.ResultSize === "number" ? args.ResultSize : Number.POSITIVE_INFINITY;
          if (count >= limit) return;
          const where = await conditionOf(context as SessionContext, args);
          if (where === undefined) return;
          const only = typeof args.Delegate === "string" ? sipUri(args.Delegate) : undefined;
          for await (const [user, data] of dataOf(context as SessionContext, where)) {
            await show(user, only === undefined ? data : { ...data, delegates: data.delegates.filter(({ uri }) => uri === only) }, limit);
            if (count >= limit || context.signal.aborted) return;
          }
        },
      };
    },
  });
}

/** Which users are asked for; undefined for nobody. */
async function conditionOf(context: SessionContext, { Identity: identity, Delegate: delegate }: Given): Promise<UserCondition | undefined> {
  const conditions: UserCondition[] = [];
  if (typeof identity === "string" && identity !== "") {
    const found = await matching(mine(context).users, identity, await tenantOf(context));
    if (found === undefined) {
      if (!identity.includes("*")) context.writeError(refuse("user-not-found", { identity }, identity));
      return undefined;
    }
    conditions.push(found);
  }
  if (typeof delegate === "string") {
    const principals = await inStore(context, (store) => store.principalsOf(sipUri(delegate)));
    if (principals.length === 0) return undefined;
    conditions.push((eb) => eb("object_id", "in", principals));
  }
  return (eb) => eb.and(conditions.map((condition) => condition(eb)));
}

async function* dataOf(context: SessionContext, where: UserCondition): AsyncGenerator<[UserRecord, UserData]> {
  const query = { where, pageSize: PAGE, without: { policies: true, plans: true } };
  for await (const page of mine(context).users.pages(query)) {
    const ids = page.map((user): ObjectId => user.objectId);
    // Nothing is put out while the store is held: a slow reader must not keep others waiting.
    const found = await inStore(context, (store) => store.readMany(ids));
    for (const user of page) {
      const data = found.get(user.objectId);
      if (data !== undefined) yield [user, data];
    }
  }
}

function inStore<T>({ session }: SessionContext, work: (store: UserDataStore) => Promise<T>): Promise<T> {
  return session.directory.transaction((_, queries) => work(new UserDataStore(queries, session.tenantId)));
}

function sipUri(address: string): string {
  const text = address.trim().toLowerCase();
  return text.startsWith("sip:") ? text : `sip:${text}`;
}

export const USER_DATA_GETTERS: readonly Cmdlet[] = NOUNS.map((entry) => getter(entry, entry === USER_DATA_NOUNS.delegate ? DELEGATE : {}));
