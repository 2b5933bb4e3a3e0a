/** Get-CsPool: the pools of the deployment. */
import { wildcard } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { rolesFor } from "../directory/index.ts";
import { XDS_GLOBAL_ID } from "./parameter-types.ts";
import { refuse } from "./refusals.ts";
import { cmdlet, mine } from "./session.ts";

const TYPE_NAME = "Microsoft.Rtc.Management.Deploy.Internal.Cluster";

export const getCsPool = cmdlet({
  name: "Get-CsPool",
  synopsis: "Shows the pools of the deployment.",
  description: "Shows each pool with its site, its computers and the services that run on it.",
  examples: [
    { code: "Get-CsPool", remarks: "Shows all pools." },
    { code: "Get-CsPool -Identity pool01.contoso.local", remarks: "Shows one pool." },
    { code: 'Get-CsPool -Filter "edge*"', remarks: "Shows the pools whose name fits the pattern." },
  ],
  related: ["Get-CsUser"],
  roles: rolesFor("Get-CsPool", "pool"),
  // The order of the properties is ours.
  output: [
    {
      typeName: TYPE_NAME,
      view: {
        kind: "list",
        columns: ["Identity", "Services", "Computers", "Fqdn", "BackupPoolFqdn", "Site"].map((property) => ({ property })),
      },
    },
  ],
  defaultSet: "Identity",
  parameters: {
    Identity: { type: XDS_GLOBAL_ID, position: 0, sets: ["Identity"], help: "The pool's fully qualified name." },
    Filter: { type: "string", sets: ["Filter"], help: "A pattern with * for the names of pools." },
    Site: { type: "string", help: "Shows the pools of this site only, Site:Redmond or Redmond." },
  },
  async process(args, context) {
    const identity = typeof args.Identity === "string" ? args.Identity.toLowerCase() : "";
    const pattern = wildcard(typeof args.Filter === "string" && args.Filter !== "" ? args.Filter : "*");
    const site = typeof args.Site === "string" ? args.Site.toLowerCase().replace(/^site:/, "") : "";
    const pools = (await mine(context).pools.list()).filter(
      (pool) =>
        (identity === "" || pool.identity.toLowerCase() === identity) &&
        pattern.matches(pool.identity) &&
        (site === "" || pool.site.toLowerCase() === `site:${site}`),
    );
    if (pools.length === 0 && identity !== "") {
      context.writeError(refuse("pool-not-found", { identity: args.Identity as string }, args.Identity as string));
    }
    for (const pool of pools) {
      const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"], text: pool.identity });
      object.set("Identity", pool.identity, "adapted");
      object.set("Services", [...pool.services], "adapted");
      object.set("Computers", [...pool.computers], "adapted");
      object.set("Fqdn", pool.identity, "adapted");
      object.set("BackupPoolFqdn", null, "adapted");
      object.set("Site", pool.site, "adapted");
      await context.write(object);
    }
  },
});
