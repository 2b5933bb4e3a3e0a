/** Get-CsUserPoolInfo: which registrar a user of the deployment signs in to, and what stands in for it. */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { POOL_USER } from "../parameter-types.ts";
import { cmdlet, mine, tenantOf } from "../session.ts";
import { oneEnabledUser } from "../user-lookup.ts";

const TYPE_NAME = "Microsoft.Rtc.Management.Xds.GetOCsUserPoolInfoCmdlet+UserInformation";
/** The two first names are the vendor's; the others, and the order, are ours. */
const COLUMNS = [
  "PrimaryPoolPrimaryRegistrar",
  "BackupPoolPrimaryRegistrar",
  "PrimaryPoolFqdn",
  "BackupPoolFqdn",
  "PrimaryPoolComputers",
  "HostingProvider",
];

export const getCsUserPoolInfo = cmdlet({
  name: "Get-CsUserPoolInfo",
  synopsis: "Shows which pool serves a user.",
  description:
    "Shows the registrar that a user signs in to. No pool of this deployment has a backup pool, so that part is empty; for whoever is homed online everything but HostingProvider is.",
  examples: [
    { code: "Get-CsUserPoolInfo -Identity kenmyer@contoso.com", remarks: "Shows the pool of one user." },
    { code: "Get-CsUser -OnModernServer | Get-CsUserPoolInfo", remarks: "Shows the pools of all who are homed here." },
  ],
  related: ["Get-CsUser", "Get-CsPool"],
  roles: rolesFor("Get-CsUserPoolInfo", "pool"),
  output: [{ typeName: TYPE_NAME, view: { kind: "list", columns: COLUMNS.map((property) => ({ property })) } }],
  parameters: {
    Identity: POOL_USER,
    LocalStore: { type: "switch", help: "Asks the local copy of the configuration. There is one copy here: it changes nothing." },
  },
  async process(args, context) {
    const user = await oneEnabledUser(context, args.Identity, await tenantOf(context));
    if (user === undefined) return;
    const home = user.registrarPool?.toLowerCase();
    const pool = home === undefined ? undefined : (await mine(context).pools.list()).find((each) => each.identity.toLowerCase() === home);
    const registrar = user.registrarPool === null ? null : `Registrar:${user.registrarPool}`;
    const values: PsValue[] = [registrar, null, user.registrarPool, null, [...(pool?.computers ?? [])], user.hostingProvider];
    const object = new PsObject({ typeNames: [TYPE_NAME, "System.Object"] });
    COLUMNS.forEach((name, i) => object.set(name, values[i] ?? null, "adapted"));
    await context.write(object);
  },
});
