/**
 * Get-TielineLicense and Set-TielineUserLicense: what can be licensed, and who has it. OURS: the vendor's Set-MsolUserLicense
 * speaks of what a customer has bought, and nothing is sold here.
 */
import type { Cmdlet } from "@tieline/language";
import { PsObject } from "@tieline/remoting/objects";
import { ONLINE_USER, rolesFor, servicePlan, SERVICE_PLANS, SKUS, type PlanAssignment } from "../../directory/index.ts";
import { changeUser, USER_OUTPUT } from "../changed-user.ts";
import { PASS_THRU, USER } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, tenantOf, type SessionContext } from "../session.ts";
import { oneUser } from "../user-lookup.ts";

const LICENCE = "Tieline.License";

export const getTielineLicense: Cmdlet = cmdlet({
  name: "Get-TielineLicense",
  synopsis: "Shows the licences that users can be given, and their service plans.",
  description: "A cmdlet of Tieline's own. A licence consists of service plans; a plan can be given by itself as well.",
  examples: [
    { code: "Get-TielineLicense", remarks: "Shows all of them." },
    { code: 'Get-TielineLicense | Where-Object { $_.Name -eq "MCOEV" }', remarks: "Shows the one for Enterprise Voice." },
  ],
  related: ["Set-TielineUserLicense"],
  roles: rolesFor("Get-TielineLicense", "online"),
  output: [{ typeName: LICENCE, view: { kind: "table", columns: ["Name", "SkuId", "ServicePlans"].map((property) => ({ property })) } }],
  parameters: {},
  async process(_args, context) {
    for (const { name, id, plans } of SKUS) {
      const object = new PsObject({ typeNames: [LICENCE, "System.Object"], text: name });
      object.set("Name", name, "adapted");
      object.set("SkuId", id, "adapted");
      object.set("ServicePlans", [...plans], "adapted");
      await context.write(object);
    }
  },
});

export const setTielineUserLicense: Cmdlet = cmdlet({
  name: "Set-TielineUserLicense",
  synopsis: "Gives licences to a user, or takes them away.",
  description:
    "A cmdlet of Tieline's own. Licences and service plans are named as Get-TielineLicense shows them, or by their ids; a name before a colon (contoso:MCOEV) is passed over. What is not named stays as it is.",
  examples: [
    { code: "Set-TielineUserLicense -Identity alice@contoso.com -AddLicenses MCOSTANDARD, MCOEV", remarks: "Gives a user two licences." },
    {
      code: 'Get-CsOnlineUser -Filter {Department -eq "Sales"} | Set-TielineUserLicense -AddLicenses MCOSTANDARD',
      remarks: "Gives one to a department.",
    },
    { code: "Set-TielineUserLicense -Identity alice@contoso.com -RemoveLicenses MCOEV", remarks: "Takes one away." },
  ],
  related: ["Get-TielineLicense", "Get-CsOnlineUser"],
  roles: rolesFor("Set-TielineUserLicense", "online"),
  output: USER_OUTPUT.filter(({ typeName }) => typeName === ONLINE_USER.typeNames[0]),
  supportsShouldProcess: true,
  parameters: {
    Identity: USER,
    AddLicenses: { type: "string[]", help: "What the user gets." },
    RemoveLicenses: { type: "string[]", help: "What the user has no longer." },
    PassThru: PASS_THRU,
  },
  async process(args, context) {
    const add = plansNamed(context, args.AddLicenses ?? []);
    const remove = new Set(plansNamed(context, args.RemoveLicenses ?? []));
    const user = await oneUser(context, args.Identity, await tenantOf(context));
    if (user === undefined || !(await context.shouldProcess(user.userPrincipalName))) return;
    const change = async (...[before, users, nowMs]: Parameters<Parameters<typeof changeUser>[2]>) => {
      const kept = before.plans.filter(({ planId }) => !remove.has(planId) && !add.includes(planId));
      const given = add.map(
        (planId): PlanAssignment => before.plans.find(isEnabled(planId)) ?? { planId, status: "Enabled", assignedMs: nowMs },
      );
      const after = { ...before, plans: [...kept, ...given] };
      await users.replace(after);
      return after;
    };
    await changeUser(context, user, change, args.PassThru);
  },
});

/** One that was given before keeps its day. */
const isEnabled =
  (planId: string) =>
  (plan: PlanAssignment): boolean =>
    plan.planId === planId && plan.status === "Enabled";

/** The ids of the service plans behind the names, each once. */
function plansNamed(context: SessionContext, names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const bare = name
      .trim()
      .replace(/^[^:]*:/, "")
      .toLowerCase();
    const sku = SKUS.find(({ name: each, id }) => each.toLowerCase() === bare || id === bare);
    if (sku !== undefined) return sku.plans.flatMap((plan) => servicePlan(plan)?.id ?? []);
    const plan = SERVICE_PLANS.find(({ name: each, id }) => each.toLowerCase() === bare || id === bare);
    return plan === undefined ? context.fail(refuse("licence-unknown", { name }, name)) : [plan.id];
  });
  return [...new Set(found)];
}
