/** Get-CsOnlineSipDomain: the domains of the tenant and whether SIP is enabled in them. */
import { textOf } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../directory/index.ts";
import { enumeration } from "./policies/enumerations.ts";
import { cmdlet, mine } from "./session.ts";

const TYPE_NAME = "Microsoft.Rtc.Management.Hosted.Provision.OSD.OnlineSipDomainBase+DomainState";

export const getCsOnlineSipDomain = cmdlet({
  name: "Get-CsOnlineSipDomain",
  synopsis: "Shows which domains of the tenant are enabled for SIP.",
  description: "Users of a domain that is disabled for SIP cannot sign in to the service with an address in it.",
  examples: [
    { code: "Get-CsOnlineSipDomain", remarks: "Shows all domains of the tenant." },
    { code: "Get-CsOnlineSipDomain -DomainStatus Disabled", remarks: "Shows those that are disabled." },
    { code: "Get-CsOnlineSipDomain -Domain contoso.com", remarks: "Shows one domain." },
  ],
  related: ["Get-CsTenant"],
  roles: rolesFor("Get-CsOnlineSipDomain", "online"),
  // The names of the two properties, and their order, are ours.
  output: [{ typeName: TYPE_NAME, view: { kind: "table", columns: [{ property: "Name" }, { property: "Status" }] } }],
  parameters: {
    Domain: { type: "string", help: "The domain to show." },
    DomainStatus: { type: enumeration("DomainStatus"), default: "All", help: "Shows domains in this state only." },
  },
  async process(args, context) {
    const wanted = typeof args.Domain === "string" ? args.Domain.trim().toLowerCase() : "";
    const status = textOf(args.DomainStatus ?? "All");
    for (const domain of await mine(context).domains.list()) {
      const state = domain.sip ? "Enabled" : "Disabled";
      if (wanted !== "" && domain.name.toLowerCase() !== wanted) continue;
      if (status !== "All" && status !== state) continue;
      const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
      object.set("Name", domain.name, "adapted");
      object.set("Status", state, "adapted");
      await context.write(object);
    }
  },
});
