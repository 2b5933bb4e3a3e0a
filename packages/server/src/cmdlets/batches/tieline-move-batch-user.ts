/** Add- and Get-TielineMoveBatchUser, and Test-TielineMoveBatch: who is in a batch, and what stands in their way. OURS. */
import { Fault } from "@tieline/fault";
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { AD_USER, rolesFor } from "../../directory/index.ts";
import { BATCH_USER_STATES, type Batch, type BatchId, type BatchUser, type BatchUserState } from "../../migration/index.ts";
import { userFilter } from "../filters.ts";
import { RESULT_SIZE } from "../parameter-types.ts";
import { cmdlet, mine, tenantOf, type SessionContext } from "../session.ts";
import { BATCH_USER, batchUserObject, FINDING, findingObject } from "./batch-object.ts";
import { BATCH_NAME, batchesOf } from "./batch-parameters.ts";
import { namedUsers } from "./named-users.ts";

const ADDED = "Tieline.MoveBatchAddition";
/** Users a call by name. */
const USERS = 1_000;
const PAGE = 500;

const STATE = enumType(
  "Tieline.MoveBatchUserState",
  BATCH_USER_STATES.map((state) => state.replace(/^./, (letter) => letter.toUpperCase())),
);

export function notInBatch(batch: Batch, user: string): Fault {
  return new Fault("batch-user-not-found", { user, batch: batch.name });
}

export const addTielineMoveBatchUser: Cmdlet = cmdlet({
  name: "Add-TielineMoveBatchUser",
  synopsis: "Adds users to a batch of moves.",
  description:
    "A cmdlet of Tieline's own. Adds users by name, up to 1,000 a call, or by a filter as Get-CsUser has it, as long as the batch is planned. Puts out how many were added, how many were in it already, and the names that are nobody's.",
  examples: [
    { code: "Add-TielineMoveBatchUser Redmond -User kenmyer@contoso.com, sip:user@contoso.com", remarks: "Adds two users." },
    { code: `Add-TielineMoveBatchUser Redmond -Filter {Department -eq "Sales"}`, remarks: "Adds everybody in Sales." },
  ],
  related: ["New-TielineMoveBatch", "Test-TielineMoveBatch", "Get-TielineMoveBatchUser"],
  roles: rolesFor("Add-TielineMoveBatchUser", "pool"),
  output: [{ typeName: ADDED, view: { kind: "list", columns: ["Added", "Duplicates", "NotFound"].map((property) => ({ property })) } }],
  defaultSet: "User",
  parameters: {
    Batch: BATCH_NAME,
    User: {
      type: "string[]",
      mandatory: true,
      position: 1,
      sets: ["User"],
      validate: { check: (value) => (Array.isArray(value) && value.length > USERS ? `At most ${USERS} users a call.` : undefined) },
      help: "Users by SIP address, user principal name, DOMAIN\\logon, GUID, distinguished name or display name; up to 1,000.",
    },
    Filter: { type: "string", mandatory: true, sets: ["Filter"], help: "A condition on the users' properties, as text or script block." },
  },
  async process(args, context) {
    const batches = batchesOf(context);
    const { batchId } = await batches.find(args.Batch);
    const tenant = await tenantOf(context);
    const sum = { added: 0, duplicates: 0, notFound: [] as string[] };
    if (context.parameterSet === "User") {
      const { found, notFound } = await namedUsers(context, args.User ?? [], tenant);
      const { added, duplicates } = await batches.add(batchId, found);
      Object.assign(sum, { added, duplicates: duplicates.length, notFound });
    } else {
      const filter = userFilter(context, AD_USER, args.Filter, undefined);
      const pages = mine(context).users.pages({
        where: filter?.where,
        pageSize: PAGE,
        without: { plans: true, policies: filter?.needsPolicies !== true },
      });
      for await (const page of pages) {
        const fits = page.filter((user) => filter?.test === undefined || filter.test(user, tenant));
        const { added, duplicates } = await batches.add(
          batchId,
          fits.map((user) => ({ identity: user.sipAddress ?? user.userPrincipalName, user })),
        );
        sum.added += added;
        sum.duplicates += duplicates.length;
        if (context.signal.aborted) break;
      }
    }
    const object = new PsObject({ typeNames: [ADDED, "System.Object"] });
    object.set("Added", sum.added, "adapted").set("Duplicates", sum.duplicates, "adapted").set("NotFound", sum.notFound, "adapted");
    await context.write(object);
  },
});

export const testTielineMoveBatch: Cmdlet = cmdlet({
  name: "Test-TielineMoveBatch",
  synopsis: "Checks the users of a batch before it is started, and shows what stands in their way.",
  description:
    "A cmdlet of Tieline's own. Asks both sites what a move of each would meet (licences, roles, address, synchronisation, contact store, voice, conferencing, policies), and looks at what the batch itself knows: users of other batches, delegates who are left behind, rooms, what is left of deleted users. Puts out a finding each with what to do about it, and keeps them with the users. Nothing is moved. An error stops that user's move, a warning does not.",
  examples: [
    { code: "Test-TielineMoveBatch Redmond", remarks: "Shows all findings." },
    { code: 'Test-TielineMoveBatch Redmond | Where-Object Severity -eq "Error"', remarks: "Shows what would stop a move." },
  ],
  related: ["Start-TielineMoveBatch", "Get-TielineMoveBatchUser"],
  roles: rolesFor("Test-TielineMoveBatch", "pool"),
  output: [
    {
      typeName: FINDING,
      view: { kind: "table", columns: ["SipAddress", "Severity", "Code", "Text"].map((property) => ({ property })) },
    },
  ],
  parameters: { Batch: BATCH_NAME },
  async process(args, context) {
    const batches = batchesOf(context);
    const batch = await batches.find(args.Batch);
    let checked = 0;
    for await (const page of batches.check(batch, context.signal)) {
      for (const { user, findings } of page) for (const finding of findings) await context.write(findingObject(user, finding));
      checked += page.length;
      const percentComplete = Math.floor((100 * checked) / Math.max(1, batch.users));
      context.progress({ activity: "Test-TielineMoveBatch", status: `${checked} of ${batch.users}`, percentComplete });
    }
    context.progress({ activity: "Test-TielineMoveBatch", completed: true });
  },
});

export const getTielineMoveBatchUser: Cmdlet = cmdlet({
  name: "Get-TielineMoveBatchUser",
  synopsis: "Shows the users of a batch of moves, and what became of each.",
  description:
    "A cmdlet of Tieline's own. Shows where each stands, where the user is homed now, what was moved and what went wrong, with what to do about it. With -Since only what has changed after that change number, in the order of the changes: whoever follows a batch asks with the highest number seen, from 0.",
  examples: [
    {
      code: "Get-TielineMoveBatchUser Redmond -State Failed | Select-Object SipAddress, Code, Text, Cure",
      remarks: "Shows who failed, and why.",
    },
    { code: "Get-TielineMoveBatchUser Redmond -Since 1200", remarks: "Shows what has changed since." },
  ],
  related: ["Get-TielineMoveBatch", "Undo-TielineMoveBatch"],
  roles: rolesFor("Get-TielineMoveBatchUser", "pool"),
  output: [
    {
      typeName: BATCH_USER,
      view: {
        kind: "table",
        columns: ["Sequence", "DisplayName", "SipAddress", "State", "Homed", "Code"].map((property) => ({ property })),
      },
    },
  ],
  parameters: {
    Batch: BATCH_NAME,
    State: { type: STATE, help: "Those in this state only: Waiting, Moving, Moved, Failed, Skipped or Undone." },
    Since: { type: "long", help: "A change number: only what has changed after it." },
    ResultSize: RESULT_SIZE,
  },
  async process(args, context) {
    const { batchId } = await batchesOf(context).find(args.Batch);
    const state = args.State === undefined || args.State === null ? undefined : (textOf(args.State).toLowerCase() as BatchUserState);
    const since = args.Since === undefined ? undefined : Number(args.Since);
    let left = typeof args.ResultSize === "number" ? args.ResultSize : Number.POSITIVE_INFINITY;
    for await (const page of pagesOf(context, batchId, state, since)) {
      const shown = page.slice(0, left);
      const ids = shown.map(({ objectId }) => objectId);
      const records = new Map(
        ids.length === 0
          ? []
          : (await mine(context).users.find((eb) => eb("object_id", "in", ids), ids.length)).map((each) => [each.objectId, each]),
      );
      for (const user of shown) await context.write(batchUserObject(user, records.get(user.objectId)));
      left -= shown.length;
      if (left <= 0 || context.signal.aborted) return;
    }
  },
});

async function* pagesOf(
  context: SessionContext,
  batch: BatchId,
  state: BatchUserState | undefined,
  since: number | undefined,
): AsyncGenerator<readonly BatchUser[], void, undefined> {
  const batches = batchesOf(context);
  const states = state === undefined ? undefined : [state];
  for (let from = since ?? 0; ;) {
    const page = await batches.page(batch, { states, limit: PAGE, ...(since === undefined ? { after: from } : { since: from }) });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = since === undefined ? last.sequence : last.changeNumber;
  }
}
