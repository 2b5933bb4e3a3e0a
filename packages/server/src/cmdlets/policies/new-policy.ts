/** Makes a policy: New-Cs<Family>. */
import { isFault } from "@tieline/fault";
import { textOf, type Cmdlet } from "@tieline/language";
import type { PsValue } from "@tieline/remoting/objects";
import { policyIdentity, policyName } from "../../directory/index.ts";
import { TENANT, XDS_ID } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, mine } from "../session.ts";
import { findPolicy, policyObject, type Policy } from "./policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { described, example, exampleSetting, FORCE, naming, nounOf, viewOf } from "./policy-words.ts";
import { keptSettings, settingParameters } from "./setting-parameters.ts";

/** Ours. */
const NAME = /^[\p{L}\p{N} ._()&+'-]{1,64}$/u;

export function newPolicy(family: PolicyFamily): Cmdlet {
  const noun = nounOf(family);
  return cmdlet({
    ...described(family, "New"),
    synopsis: `Makes a policy that decides ${family.about}.`,
    description: "A setting that is not given has its default. The new policy holds for nobody until it is granted.",
    examples: [
      example(`New-${noun} -Identity Sales ${exampleSetting(family)}`, "Makes a policy and shows it."),
      example(`New-${noun} -Identity Sales -InMemory`, "Shows what would be made and keeps nothing."),
    ],
    output: [{ typeName: family.typeName, view: viewOf(family) }],
    supportsShouldProcess: true,
    parameters: {
      Identity: { type: XDS_ID, mandatory: true, position: 0, help: "The name of the new policy, with or without Tag: before it." },
      ...settingParameters(family, "New"),
      InMemory: { type: "switch", help: "Makes the object and keeps nothing." },
      Force: FORCE,
      Tenant: TENANT,
    },
    async process(given, context) {
      const args = given as Readonly<Record<string, PsValue | undefined>> & typeof given;
      checkTenant(context, args.Tenant as { text: string } | null | undefined);
      const identity = textOf((args.Identity as PsValue) ?? null);
      const name = policyName(identity);
      if (!NAME.test(name))
        context.fail(
          refuse("policy-name", { ...naming(family, identity), reason: "it is empty, too long or holds other signs" }, identity),
        );
      const kept = keptSettings(family, context, args);
      const settings = Object.fromEntries(Object.entries(kept).filter(([, each]) => each !== null));
      const policy: Policy = { name, origin: "tenant", settings };
      if (args.InMemory === true) {
        await context.write(policyObject(family, policy));
        return;
      }
      if ((await findPolicy(context, family, name)) !== undefined) {
        context.fail(refuse("policy-exists", naming(family, policyIdentity(name)), identity));
      }
      if (!(await context.shouldProcess(policyIdentity(name)))) return;
      try {
        await mine(context).policies.add(family.family, { name, settings }, context.session.nowMs());
      } catch (error) {
        // Somebody else was faster.
        if (isFault(error) && error.code === "directory-duplicate")
          context.fail(refuse("policy-exists", naming(family, policyIdentity(name)), identity));
        throw error;
      }
      await context.write(policyObject(family, policy));
    },
  });
}
