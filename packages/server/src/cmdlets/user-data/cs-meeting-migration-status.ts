/**
 * Get-CsMeetingMigrationStatus: what became of the meetings of users who were moved to the service. The parameters are the
 * documentation's; the properties of the objects are OURS but for UserPrincipalName and State.
 */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { DateTime, Guid, PsObject, type PsValue } from "@tieline/remoting/objects";
import { rolesFor, type ObjectId } from "../../directory/index.ts";
import { MovedMeetings, type MeetingMigration, type MeetingMigrationQuery } from "../../migration/user-data/index.ts";
import { TENANT, USER_ID } from "../parameter-types.ts";
import { checkTenant, cmdlet, tenantOf, type SessionContext } from "../session.ts";
import { oneUser } from "../user-lookup.ts";

const NAME = "Get-CsMeetingMigrationStatus";
const STATUS = "Tieline.MeetingMigrationStatus";
const SUMMARY = "Tieline.MeetingMigrationSummary";

/** The namespace is ours. */
const STATE = enumType("Microsoft.Rtc.Management.Hosted.MeetingMigration.StateType", ["Pending", "InProgress", "Failed", "Succeeded"]);

export const getCsMeetingMigrationStatus: Cmdlet = cmdlet({
  name: NAME,
  synopsis: "Shows whether the meetings of moved users have arrived.",
  description:
    "Shows each user whose meetings came with a move to the service. Tieline moves meetings together with the user, so once a user is homed online they have Succeeded; a user who had no meeting to move is not in the list.",
  examples: [
    { code: `${NAME} -SummaryOnly`, remarks: "Shows how many users are in each state." },
    { code: `${NAME} -Identity alice@contoso.com`, remarks: "Shows one user." },
    {
      code: `${NAME} -StartTime "2020-08-01" -EndTime "2020-08-08" -State Failed`,
      remarks: "Shows what failed among the moves of a week.",
    },
  ],
  related: ["Get-TielineUserMeeting", "Get-CsOnlineUser"],
  roles: rolesFor(NAME, "online"),
  output: [
    {
      typeName: STATUS,
      view: { kind: "table", columns: ["UserPrincipalName", "State", "Meetings", "ModifiedDate"].map((property) => ({ property })) },
    },
    { typeName: SUMMARY, view: { kind: "table", columns: ["State", "UserCount"].map((property) => ({ property })) } },
  ],
  supportsShouldProcess: true,
  parameters: {
    Identity: { type: USER_ID, position: 0, help: "The user: SIP address, user principal name, GUID, distinguished name or display name." },
    StartTime: { type: "datetime", help: "Shows moves at or after this time only." },
    EndTime: { type: "datetime", help: "Shows moves at or before this time only." },
    SummaryOnly: { type: "switch", help: "Shows how many users are in each state instead of the users." },
    State: { type: STATE, help: "Shows users in this state only." },
    Tenant: TENANT,
  },
  async process(args, context) {
    checkTenant(context, args.Tenant);
    const query: MeetingMigrationQuery = { fromMs: args.StartTime?.toDate().getTime(), toMs: args.EndTime?.toDate().getTime() };
    if (typeof args.Identity === "string" && args.Identity !== "") {
      const user = await oneUser(context, args.Identity, await tenantOf(context));
      if (user === undefined) return;
      query.user = user.objectId;
    }
    const wanted = args.State === undefined || args.State === null ? undefined : textOf(args.State);
    const counts = new Map(STATE.values.map((state) => [state, 0]));
    for await (const page of pages(context, query)) {
      const shown = page.filter(({ state }) => wanted === undefined || state === wanted);
      for (const { state } of shown) counts.set(state, (counts.get(state) ?? 0) + 1);
      if (args.SummaryOnly !== true) await writeUsers(context, shown);
      if (context.signal.aborted) return;
    }
    if (args.SummaryOnly !== true) return;
    for (const [state, count] of counts) {
      if (wanted === undefined || state === wanted)
        await context.write(object(SUMMARY, state, { State: STATE.of(state), UserCount: count }));
    }
  },
});

async function* pages({ session }: SessionContext, query: MeetingMigrationQuery): AsyncGenerator<MeetingMigration[]> {
  let after: ObjectId | undefined;
  for (;;) {
    const page = await session.directory.transaction((_, queries) => new MovedMeetings(queries, session.tenantId).page(query, after));
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.user;
  }
}

async function writeUsers(context: SessionContext, page: readonly MeetingMigration[]): Promise<void> {
  for (const { user, userPrincipalName, state, meetings, atMs } of page) {
    const at = DateTime.fromDate(new Date(atMs));
    const values = {
      UserPrincipalName: userPrincipalName,
      ObjectId: new Guid(user),
      State: STATE.of(state),
      Meetings: meetings,
      CreateDate: at,
      ModifiedDate: at,
    };
    await context.write(object(STATUS, userPrincipalName, values));
  }
}

function object(typeName: string, text: string, values: Readonly<Record<string, PsValue>>): PsObject {
  const made = new PsObject({ typeNames: [typeName, "System.Object"], text });
  for (const [name, value] of Object.entries(values)) made.set(name, value, "adapted");
  return made;
}
