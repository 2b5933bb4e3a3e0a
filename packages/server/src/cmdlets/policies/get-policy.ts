/** Shows policies: Get-Cs<Family>. */
import { textOf, wildcard, type Cmdlet } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import { GLOBAL, policyIdentity } from "../../directory/index.ts";
import { TENANT, USER_ID, XDS_ID } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, tenantOf } from "../session.ts";
import { oneUser } from "../user-lookup.ts";
import { enumeration } from "./enumerations.ts";
import { findPolicy, listPolicies, policyObject } from "./policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { described, example, naming, nounOf, viewOf } from "./policy-words.ts";

export function getPolicy(family: PolicyFamily): Cmdlet {
  const noun = nounOf(family);
  return cmdlet({
    ...described(family, "Get"),
    synopsis: `Shows the policies that decide ${family.about}.`,
    description: `Without parameters all policies of the family are shown: Global, which holds for every user without a grant, then those that can be granted.`,
    examples: [
      example(`Get-${noun}`, "Shows all of them."),
      example(`Get-${noun} -Identity Global`, "Shows the policy that holds for users without a grant."),
      example(`Get-${noun} -Filter "Tag:*sales*"`, "Shows those whose identity fits the pattern."),
    ],
    output: [{ typeName: family.typeName, view: viewOf(family) }],
    defaultSet: "Identity",
    parameters: {
      Identity: { type: XDS_ID, position: 0, sets: ["Identity"], help: "The policy: Global, Tag:Name or Name." },
      Filter: { type: "string", sets: ["Filter"], help: "A pattern with * for the identities to show." },
      LocalStore: { type: "switch", help: "Asks the local copy of the configuration. There is one copy here: it changes nothing." },
      Tenant: TENANT,
      ...(family.hasInclude
        ? {
            Include: {
              type: enumeration("PolicyFilter"),
              help: "Which policies to show: those of the service (SubscriptionDefaults), those of the tenant (TenantDefinedOnly), or all.",
            },
            ApplicableTo: { type: USER_ID, help: "Shows the policies that can be granted to this user." },
          }
        : {}),
    },
    async process(args, context) {
      checkTenant(context, args.Tenant);
      if (typeof args.Identity === "string" && args.Identity !== "") {
        const policy = await findPolicy(context, family, args.Identity);
        if (policy === undefined) context.writeError(refuse("policy-not-found", naming(family, args.Identity), args.Identity));
        else await context.write(policyObject(family, policy));
        return;
      }
      const more = args as Readonly<Record<string, PsValue | undefined>>;
      const applicableTo = more["ApplicableTo"];
      if (typeof applicableTo === "string" && (await oneUser(context, applicableTo, await tenantOf(context))) === undefined) return;
      const include = textOf(more["Include"] ?? null);
      const pattern = typeof args.Filter === "string" && args.Filter !== "" ? wildcard(args.Filter) : undefined;
      for (const policy of await listPolicies(context, family)) {
        if (applicableTo !== undefined && policy.name === GLOBAL) continue;
        if (include === "SubscriptionDefaults" && policy.origin !== "service") continue;
        if (include === "TenantDefinedOnly" && policy.origin !== "tenant") continue;
        if (pattern !== undefined && !pattern.matches(policyIdentity(policy.name)) && !pattern.matches(policy.name)) continue;
        await context.write(policyObject(family, policy));
      }
    },
  });
}
