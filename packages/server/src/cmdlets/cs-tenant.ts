/** Get-CsTenant: the tenant of the session. */
import { rolesFor, tenantDn, tenantObject, tenantOfDn, parseGuid } from "../directory/index.ts";
import { objectFilter } from "./filters.ts";
import { DOMAIN_CONTROLLER, OU_ID } from "./parameter-types.ts";
import { refuse } from "./refusals.ts";
import { cmdlet, mine, tenantOf } from "./session.ts";

/** Column order is ours. */
const COLUMNS = ["DisplayName", "TenantId", "Identity", "Domains", "RegistrarPool", "ServiceInstance", "TeamsUpgradeEffectiveMode"];

export const getCsTenant = cmdlet({
  name: "Get-CsTenant",
  synopsis: "Shows the tenant.",
  description:
    "Shows the tenant that the session was opened for: its identity, its domains, and where it is homed. A session sees no other tenant. The two or three letters behind DC=lync in the identity say which host administers it.",
  examples: [
    { code: "Get-CsTenant", remarks: "Shows all that is known of the tenant." },
    { code: "Get-CsTenant | Select-Object Identity, Domains", remarks: "Shows its distinguished name and its domains." },
    { code: 'Get-CsTenant -Filter {DisplayName -eq "Fabrikam.com"}', remarks: "Shows the tenant if it has this display name." },
  ],
  related: ["Get-CsOnlineUser", "Get-CsOnlineSipDomain"],
  roles: rolesFor("Get-CsTenant", "online"),
  output: [
    {
      typeName: "Microsoft.Rtc.Management.ADConnect.Schema.TenantObject",
      view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) },
    },
  ],
  parameters: {
    Identity: { type: OU_ID, position: 0, help: "The tenant's GUID or distinguished name (OU=<GUID>,OU=OCS Tenants,...)." },
    Filter: { type: "string", help: "A condition on the tenant's properties, as text or script block." },
    ResultSize: { type: "int", validate: { range: [0, 2147483647] }, help: "How many tenants to show at most; with 0 none." },
    DomainController: DOMAIN_CONTROLLER,
  },
  async process(args, context) {
    const tenant = await tenantOf(context);
    if (typeof args.Identity === "string" && args.Identity !== "") {
      const wanted = args.Identity.replace(/\s*,\s*/g, ",").toLowerCase();
      const named = parseGuid(args.Identity) ?? tenantOfDn(args.Identity);
      if (wanted !== tenantDn(tenant).toLowerCase() && (named !== tenant.tenantId || wanted.startsWith("ou="))) {
        return context.writeError(refuse("tenant-not-found", { identity: args.Identity }, args.Identity));
      }
    }
    const filter = objectFilter(context, args.Filter);
    const object = tenantObject(tenant, await mine(context).domains.list());
    if (args.ResultSize !== 0 && filter(object)) await context.write(object);
  },
});
