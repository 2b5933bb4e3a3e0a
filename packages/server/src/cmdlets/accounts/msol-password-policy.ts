/** Get- and Set-MsolPasswordPolicy: after how many days passwords lapse. One policy a tenant here, whatever domain is named. */
import type { Cmdlet } from "@tieline/language";
import { PsObject, UInt32 } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet, identityOf, mine, type SessionContext } from "../session.ts";
import { checkTenantId, TENANT_ID } from "./parameters.ts";

const POLICY = "Microsoft.Online.Administration.DomainPasswordPolicy";

/** What the vendor's module calls "never". */
const NEVER = 2147483647;
/** Days that the documentation gives as the range. */
const LONGEST = 730;

const DOMAIN_NAME = {
  type: "string",
  mandatory: true,
  fromPipelineByPropertyName: true,
  help: "A domain of the tenant. The policy is the whole tenant's, whichever is named.",
} as const;

async function isDomain(context: SessionContext, name: string): Promise<boolean> {
  const domains = await mine(context).domains.list();
  if (domains.some((each) => each.name.toLowerCase() === name.trim().toLowerCase())) return true;
  context.writeError(refuse("msol-domain", { domain: name }, name));
  return false;
}

export const getMsolPasswordPolicy: Cmdlet = cmdlet({
  name: "Get-MsolPasswordPolicy",
  synopsis: "Shows after how many days passwords lapse.",
  description:
    "Shows the policy of the tenant. ValidityPeriod is 2147483647 where passwords never lapse. Nobody is told beforehand, so that NotificationDays is empty.",
  examples: [
    { code: "Get-MsolPasswordPolicy -DomainName contoso.com", remarks: "Shows the policy." },
    { code: "Get-MsolPasswordPolicy -DomainName contoso.com | Select-Object ValidityPeriod", remarks: "Shows the number of days alone." },
  ],
  related: ["Set-MsolPasswordPolicy"],
  roles: rolesFor("Get-MsolPasswordPolicy", "online"),
  output: [{ typeName: POLICY, view: { kind: "list", columns: [{ property: "NotificationDays" }, { property: "ValidityPeriod" }] } }],
  parameters: { DomainName: DOMAIN_NAME, TenantId: TENANT_ID },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    if (!(await isDomain(context, args.DomainName))) return;
    const { passwordDays } = await identityOf(context).settings(context.session.tenantId).get();
    const object = new PsObject({ typeNames: [POLICY, "System.Object"] });
    object.set("NotificationDays", null, "adapted");
    object.set("ValidityPeriod", new UInt32(passwordDays ?? NEVER), "adapted");
    await context.write(object);
  },
});

export const setMsolPasswordPolicy: Cmdlet = cmdlet({
  name: "Set-MsolPasswordPolicy",
  synopsis: "Says after how many days passwords lapse.",
  description:
    "A password that is older is good for nothing but setting another one, from the next sign-in on. Open sessions go on. With 2147483647 days passwords never lapse.",
  examples: [
    {
      code: "Set-MsolPasswordPolicy -DomainName contoso.com -ValidityPeriod 180 -NotificationDays 14",
      remarks: "Lets passwords lapse after half a year.",
    },
    {
      code: "Set-MsolPasswordPolicy -DomainName contoso.com -ValidityPeriod 2147483647 -NotificationDays 14",
      remarks: "Lets them never lapse.",
    },
  ],
  related: ["Get-MsolPasswordPolicy", "Set-TielineSignInPolicy"],
  roles: rolesFor("Set-MsolPasswordPolicy", "online"),
  supportsShouldProcess: true,
  parameters: {
    DomainName: DOMAIN_NAME,
    ValidityPeriod: {
      type: "uint",
      mandatory: true,
      fromPipelineByPropertyName: true,
      validate: {
        check: (value) => {
          const days = Number(value);
          return days === NEVER || (days >= 14 && days <= LONGEST)
            ? undefined
            : `The days must be from 14 to ${LONGEST}, or ${NEVER} for never.`;
        },
      },
      help: "Days, from 14 to 730, or 2147483647 for never.",
    },
    NotificationDays: {
      type: "uint",
      mandatory: true,
      fromPipelineByPropertyName: true,
      help: "Days before the end at which people are told. Nobody is told here: it is taken and changes nothing.",
    },
    TenantId: TENANT_ID,
  },
  async process(args, context) {
    checkTenantId(context, args.TenantId);
    const { session } = context;
    if (!(await isDomain(context, args.DomainName)) || !(await context.shouldProcess(args.DomainName))) return;
    const days = Number(args.ValidityPeriod);
    await identityOf(context)
      .settings(session.tenantId)
      .set({ passwordDays: days === NEVER ? null : days }, session.nowMs());
  },
});
