/** Get-TielineMoveCounter, at both kinds of site: the numbers that administrators watch while users move. OURS. */
import type { Cmdlet } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { moveCounters } from "../../migration/index.ts";
import { cmdlet, tenantOf } from "../session.ts";

const COUNTERS = "Tieline.MoveCounter";
const COLUMNS = ["UsersHomedOnline", "UsersHomedOnPremises", "UsersSyncedAndHomedOnline", "UsersNotEnabled", "ActiveMoves"];

export const getTielineMoveCounter: Cmdlet = cmdlet({
  name: "Get-TielineMoveCounter",
  synopsis: "Counts users by where they are homed, and the moves under way.",
  description:
    "A cmdlet of Tieline's own. Counts what this site's directory says: users homed online, users homed on premises, users synchronised and homed online, users who are not enabled, and moves that are neither done nor undone.",
  examples: [
    { code: "Get-TielineMoveCounter", remarks: "Shows the counters of this site." },
    { code: "Get-TielineMoveCounter | Select-Object UsersSyncedAndHomedOnline", remarks: "Shows the one that the portal was watched for." },
  ],
  related: ["Get-TielineMove"],
  roles: [...new Set([...rolesFor("Get-TielineMoveCounter", "pool"), ...rolesFor("Get-TielineMoveCounter", "online")])],
  output: [{ typeName: COUNTERS, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {},
  async process(_, context) {
    const { session } = context;
    const { kind } = await tenantOf(context);
    const counters = await moveCounters(session.directory.db, session.tenantId, kind);
    const object = new PsObject({ typeNames: [COUNTERS, "System.Object"] });
    object.set("UsersHomedOnline", counters.usersHomedOnline, "adapted");
    object.set("UsersHomedOnPremises", counters.usersHomedOnPremises, "adapted");
    object.set("UsersSyncedAndHomedOnline", counters.usersSyncedAndHomedOnline, "adapted");
    object.set("UsersNotEnabled", counters.usersNotEnabled, "adapted");
    object.set("ActiveMoves", counters.activeMoves, "adapted");
    await context.write(object);
  },
});
