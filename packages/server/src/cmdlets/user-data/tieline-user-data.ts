/** Import-TielineUserData: gives users contacts, groups, permissions, delegates, meetings and forwarding, from a file of JSON or by pipeline. OURS. */
import { isFault } from "@tieline/fault";
import type { Cmdlet } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { rolesFor, type Tenant, type UserRecord } from "../../directory/index.ts";
import {
  countsOf,
  knownPolicies,
  parseUserData,
  policyCounterparts,
  UserDataStore,
  type DataCounts,
  type UserData,
} from "../../migration/user-data/index.ts";
import { MoveJournal } from "../../migration/moves/journal.ts";
import type { Queries } from "../../store/index.ts";
import { builtInNames } from "../policies/built-in-names.ts";
import { refuse, type RefusalCode } from "../refusals.ts";
import { cmdlet, tenantOf, type SessionContext } from "../session.ts";
import { oneUser } from "../user-lookup.ts";
import { entriesOfObject, entriesOfText, type ImportEntry } from "./import-document.ts";

const NAME = "Import-TielineUserData";
const IMPORTED = "Tieline.ImportedUserData";
const COUNTED = ["Contacts", "Groups", "Permissions", "Delegates", "Meetings", "Forwarding", "Policies"] as const;

/** What was refused inside the transaction, to be said outside it. */
interface Refused {
  code: RefusalCode;
  fields: Record<string, string>;
}

export const importTielineUserData: Cmdlet = cmdlet({
  name: NAME,
  synopsis: "Gives users contacts, groups, permissions, delegates, meetings and forwarding.",
  description:
    "A cmdlet of Tieline's own. Takes one entry, a list of entries, or an object with users, which is such a list; each entry names its user in identity and has any of contacts, groups, permissions, delegates, meetings, forwarding and policies. A part that is given takes the place of what the user has; one that is absent stays as it is. Each user is taken whole or not at all, and the others go on. A user has up to 1000 contacts in 64 groups, 1000 permissions, 25 delegates and 1000 meetings. Times are milliseconds since 1970 (startsMs, endsMs).",
  examples: [
    { code: `${NAME} -Data (Get-Content -Raw users.json) -PassThru`, remarks: "Imports a file and shows what each user has then." },
    {
      code: `${NAME} -Data '{"identity":"alice@contoso.com","groups":[{"number":1,"name":"Favourites"}],"contacts":[{"uri":"sip:bob@contoso.com","displayName":"Bob Kelly","groups":[1]}]}'`,
      remarks: "Gives one user a contact list of one; meetings and the rest stay.",
    },
    {
      code: `Get-Content -Raw users.json | ConvertFrom-Json | ${NAME} -WhatIf`,
      remarks: "Says whom a file would change, and what is wrong in it.",
    },
  ],
  related: ["Get-TielineUserContact", "Get-TielineUserMeeting", "Move-CsUser"],
  roles: [...rolesFor(NAME, "online"), ...rolesFor(NAME, "pool")],
  output: [{ typeName: IMPORTED, view: { kind: "table", columns: ["Identity", ...COUNTED].map((property) => ({ property })) } }],
  supportsShouldProcess: true,
  defaultSet: "Data",
  parameters: {
    Data: { type: "string", mandatory: true, position: 0, sets: ["Data"], help: "The entries, as a text of JSON." },
    InputObject: {
      type: "psobject",
      mandatory: true,
      fromPipeline: true,
      sets: ["Object"],
      help: "An entry as an object, or a list of them.",
    },
    PassThru: { type: "switch", help: "Puts out how much of each the users have after the import." },
  },
  stages: (context) => {
    let number = 0;
    return {
      async process(args) {
        const tenant = await tenantOf(context);
        for (const entry of entriesIn(context, args)) {
          number += 1;
          const done = await importEntry(context, tenant, entry, number);
          if (done !== undefined && args.PassThru === true) await context.write(imported(...done));
        }
      },
    };
  },
});

function entriesIn(context: SessionContext, args: { Data?: string | null | undefined; InputObject?: PsValue | undefined }): ImportEntry[] {
  try {
    return typeof args.Data === "string" ? entriesOfText(args.Data) : entriesOfObject(args.InputObject ?? null);
  } catch (error) {
    if (!isFault(error)) throw error;
    return context.fail(error);
  }
}

async function importEntry(
  context: SessionContext,
  tenant: Tenant,
  entry: ImportEntry,
  number: number,
): Promise<[UserRecord, DataCounts] | undefined> {
  const { session } = context;
  if (entry.identity === undefined) {
    context.writeError(refuse("user-data-nobody", { number }));
    return undefined;
  }
  const user = await oneUser(context, entry.identity, tenant);
  if (user === undefined) return undefined;
  const identity = user.userPrincipalName;
  const refused = (code: RefusalCode, fields: Record<string, string>): undefined => {
    context.writeError(refuse(code, { identity, ...fields }, identity));
    return undefined;
  };
  const isWanted = await context.shouldProcess(identity);
  const outcome = await session.directory
    .transaction(async (inside, queries): Promise<UserData | Refused> => {
      const { users } = inside.tenant(session.tenantId);
      // Takes the user's row first: what is looked at from here on stays so until the data is written.
      const now = isWanted ? await users.update(user.objectId, {}, session.nowMs()) : await users.get(user.objectId);
      const move = await new MoveJournal(queries, session.tenantId).active(user.objectId);
      if (move !== undefined) return { code: "user-data-moving", fields: { since: new Date(move.startedMs).toISOString(), by: move.by } };
      if (now === undefined || now.registrarPool === null)
        return { code: "user-data-elsewhere", fields: { home: now?.hostingProvider ?? "no site" } };
      // What is wrong is said under -WhatIf, too: that is how a file is tried.
      const data = await judge(queries, tenant, user, entry);
      if ("code" in data || !isWanted) return data;
      const policies = "policies" in entry.parts ? "replace" : "keep";
      await new UserDataStore(queries, session.tenantId).write(user.objectId, data, session.nowMs(), { policies });
      return data;
    })
    .catch((error: unknown): Refused => {
      // Removed since it was found; the others go on.
      if (isFault(error) && error.is("user-not-found")) return { code: "user-not-found", fields: {} };
      throw error;
    });
  if ("code" in outcome) return refused(outcome.code, outcome.fields);
  return isWanted ? [user, countsOf(outcome)] : undefined;
}

/** What the user would have, or why not. */
async function judge(queries: Queries, tenant: Tenant, user: UserRecord, { parts }: ImportEntry): Promise<UserData | Refused> {
  const before = await new UserDataStore(queries, tenant.tenantId).read(user.objectId);
  let data: UserData;
  try {
    data = parseUserData({ ...before, ...parts });
  } catch (error) {
    if (!isFault(error) || !error.is("user-data-invalid")) throw error;
    return { code: "user-data-refused", fields: { problems: String(error.fields.problems) } };
  }
  if (!("policies" in parts)) return data;
  const names = await knownPolicies(queries, tenant.tenantId, builtInNames(tenant.kind)).policyNames();
  const { kept, left } = policyCounterparts(names)(data.policies);
  return left.length === 0 ? { ...data, policies: kept } : { code: "user-data-policies", fields: { policies: left.join(", ") } };
}

function imported(user: UserRecord, counts: DataCounts): PsObject {
  const object = new PsObject({ typeNames: [IMPORTED, "System.Object"], text: user.userPrincipalName });
  object.set("Identity", user.userPrincipalName, "adapted");
  for (const name of COUNTED) object.set(name, counts[name.toLowerCase() as keyof DataCounts], "adapted");
  return object;
}
