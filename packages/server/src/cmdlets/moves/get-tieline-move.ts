/** Get-TielineMove: the journal of moves, at either site. */
import { PsObject, DateTime } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { MoveJournal, type MoveRow } from "../../migration/index.ts";
import { USER_ID } from "../parameter-types.ts";
import { cmdlet, tenantOf } from "../session.ts";
import { oneUser } from "../user-lookup.ts";

const TYPE_NAME = "Tieline.Move";

export const getTielineMove = cmdlet({
  name: "Get-TielineMove",
  synopsis: "Shows the journal of moves of this site.",
  description:
    "Shows moves, the newest first: where from and where to, how far each is, and who asked for it. The other site has a journal of its own.",
  examples: [
    { code: "Get-TielineMove -Active", remarks: "Shows moves that are under way, or wait for the other site." },
    { code: "Get-TielineMove -Identity kenmyer@contoso.com | Format-List", remarks: "Shows the moves of one user." },
  ],
  related: ["Move-CsUser"],
  roles: [...new Set([...rolesFor("Get-TielineMove", "pool"), ...rolesFor("Get-TielineMove", "online")])],
  output: [
    {
      typeName: TYPE_NAME,
      view: { kind: "table", columns: ["SipAddress", "Direction", "State", "Active", "Started", "By"].map((property) => ({ property })) },
    },
  ],
  parameters: {
    Identity: { type: USER_ID, position: 0, fromPipeline: true, fromPipelineByPropertyName: true, help: "The user." },
    Active: { type: "switch", help: "Shows open moves only." },
    ResultSize: {
      type: "int",
      validate: { range: [1, 10_000] },
      default: "100",
      help: "How many to show at most.",
    },
  },
  async process(args, context) {
    const { session } = context;
    const named = typeof args.Identity === "string" && args.Identity !== "";
    const user = named ? await oneUser(context, args.Identity as string, await tenantOf(context)) : undefined;
    if (named && user === undefined) return;
    const journal = new MoveJournal(session.directory.db, session.tenantId);
    const rows = await journal.list({
      activeOnly: args.Active === true,
      limit: args.ResultSize ?? 100,
      ...(user === undefined ? {} : { user: user.objectId }),
    });
    for (const row of rows) await context.write(moveObject(row));
  },
});

function moveObject(row: MoveRow): PsObject {
  const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"], text: row.moveId });
  const at = (ms: number): DateTime => DateTime.fromDate(new Date(ms));
  object.set("MoveId", row.moveId, "adapted");
  object.set("SipAddress", row.sipAddress, "adapted");
  object.set("Direction", row.direction, "adapted");
  object.set("Source", row.source, "adapted");
  object.set("Target", row.target, "adapted");
  object.set("Role", row.role, "adapted");
  object.set("State", row.state, "adapted");
  object.set("Active", row.active, "adapted");
  object.set("Started", at(row.startedMs), "adapted");
  object.set("Changed", at(row.changedMs), "adapted");
  object.set(
    "Steps",
    row.steps.map(([step, ms]) => `${step} ${new Date(ms).toISOString()}`),
    "adapted",
  );
  object.set("By", row.by, "adapted");
  object.set("Batch", row.batchId, "adapted");
  object.set("FaultCode", row.faultCode, "adapted");
  return object;
}
