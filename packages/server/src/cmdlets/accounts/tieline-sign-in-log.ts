/** Get-TielineSignInLog: who signed in, from where, and with what end. OURS: the vendor shows it in the portal alone. */
import type { Cmdlet } from "@tieline/language";
import { DateTime, PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import type { SignInEntry } from "../../identity/index.ts";
import { cmdlet, identityOf } from "../session.ts";
import { limited } from "./parameters.ts";

const ENTRY = "Tieline.SignIn";
const COLUMNS = ["Time", "User", "Method", "Result", "Address"];

const DAY_MS = 24 * 60 * 60_000;

function entryObject(entry: SignInEntry): PsObject {
  const object = new PsObject({ typeNames: [ENTRY, "System.Object"] });
  object.set("Time", DateTime.fromDate(new Date(entry.atMs)), "adapted");
  object.set("User", entry.name, "adapted");
  object.set("Method", entry.method, "adapted");
  object.set("Result", entry.result === 0 ? "Success" : `AADSTS${entry.result}`, "adapted");
  object.set("Address", entry.address, "adapted");
  object.set("Application", entry.appId, "adapted");
  object.set("Resource", entry.resource, "adapted");
  object.set("UserAgent", entry.userAgent, "adapted");
  object.set("CorrelationId", entry.correlationId, "adapted");
  object.text = `${entry.name} ${entry.result}`;
  return object;
}

export const getTielineSignInLog: Cmdlet = cmdlet({
  name: "Get-TielineSignInLog",
  synopsis: "Shows the tenant's sign-ins, the newest first.",
  description:
    "A cmdlet of Tieline's own. Shows the sign-ins of people and applications at the authorization server, good and bad, of the last day unless -Since says otherwise; the service keeps them for 30 days unless it is configured otherwise. `tieline explain` tells what a number means. Passwords that are sent to the endpoint itself (Basic) are not among them; the service's own log has those.",
  examples: [
    { code: "Get-TielineSignInLog -FailuresOnly", remarks: "Shows what was refused within the last day." },
    {
      code: 'Get-TielineSignInLog -User anna@contoso.com -Since "2020-08-01" | Select-Object Time, Result, Address',
      remarks: "Shows the sign-ins of one account since a day.",
    },
  ],
  related: ["Get-MsolUser", "Set-TielineSignInPolicy"],
  roles: rolesFor("Get-TielineSignInLog", "online"),
  output: [{ typeName: ENTRY, view: { kind: "table", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {
    User: {
      type: "string",
      position: 0,
      fromPipelineByPropertyName: true,
      aliases: ["UserPrincipalName"],
      help: "The name as it was typed, or an application's id.",
    },
    Since: { type: "datetime", default: "a day ago", help: "From when on." },
    FailuresOnly: { type: "switch", help: "Leaves the good ones out." },
    MaxResults: { type: "int", validate: { range: [1, 10_000] }, default: "500", help: "How many to show at most, 10,000 or fewer." },
  },
  async process(args, context) {
    const { session } = context;
    const max = args.MaxResults ?? 500;
    const user = args.User?.trim();
    const found = await identityOf(context)
      .signIns(session.tenantId)
      .list({
        sinceMs: args.Since?.toDate().getTime() ?? session.nowMs() - DAY_MS,
        limit: max + 1,
        ...(user === undefined || user === "" ? {} : { name: user }),
        failuresOnly: args.FailuresOnly === true,
      });
    for (const entry of limited(context, found, max)) await context.write(entryObject(entry));
  },
});
