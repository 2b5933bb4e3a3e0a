/** Removes a policy, and resets Global: Remove-Cs<Family>. */
import type { Cmdlet } from "@tieline/language";
import { GLOBAL, policyIdentity } from "../../directory/index.ts";
import { TENANT, XDS_ID } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, mine } from "../session.ts";
import { findPolicy } from "./policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { described, example, FORCE, naming, nounOf } from "./policy-words.ts";

export function removePolicy(family: PolicyFamily): Cmdlet {
  const noun = nounOf(family);
  return cmdlet({
    ...described(family, "Remove"),
    synopsis: `Removes a policy that decides ${family.about}.`,
    description:
      "The Global policy is not removed but goes back to its defaults. A policy that is granted to users is removed with -Force only; then the Global policy holds for them.",
    examples: [
      example(`Remove-${noun} -Identity Sales`, "Removes the policy."),
      example(`Remove-${noun} -Identity Global`, "Takes the Global policy back to its defaults."),
    ],
    supportsShouldProcess: true,
    parameters: {
      Identity: {
        type: XDS_ID,
        mandatory: true,
        position: 0,
        fromPipelineByPropertyName: true,
        help: "The policy: Global, Tag:Name or Name.",
      },
      Force: FORCE,
      Tenant: TENANT,
    },
    async process(args, context) {
      checkTenant(context, args.Tenant);
      const { policies } = mine(context);
      const policy = await findPolicy(context, family, args.Identity);
      if (policy === undefined) return context.writeError(refuse("policy-not-found", naming(family, args.Identity), args.Identity));
      const identity = policyIdentity(policy.name);
      if (policy.origin === "service") return context.writeError(refuse("policy-built-in", naming(family, identity), args.Identity));
      const users = policy.name === GLOBAL ? 0 : await policies.grants(family.family, policy.name);
      if (users > 0 && args.Force !== true) {
        return context.writeError(refuse("policy-in-use", { ...naming(family, identity), users }, args.Identity));
      }
      if (!(await context.shouldProcess(identity))) return;
      await context.session.directory.transaction(async (inside) => {
        const own = inside.tenant(context.session.tenantId).policies;
        await own.ungrant(family.family, policy.name);
        await own.remove(family.family, policy.name);
        if ((await own.tenantGrant(family.family)) === policy.name) await own.setTenantGrant(family.family, null, context.session.nowMs());
      });
      // The text is ours.
      if (policy.name === GLOBAL)
        context.warning(`The Global ${family.family} cannot be removed. It was reset to its default values instead.`);
    },
  });
}
