/** Changes a policy, or Global where none is named: Set-Cs<Family>. */
import { textOf, type Cmdlet } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { GLOBAL, policyIdentity } from "../../directory/index.ts";
import { TENANT, XDS_ID } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, mine } from "../session.ts";
import { findPolicy } from "./policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { described, example, exampleSetting, FORCE, naming, nounOf } from "./policy-words.ts";
import { keptSettings, settingParameters, settingsOf } from "./setting-parameters.ts";

export function setPolicy(family: PolicyFamily): Cmdlet {
  const noun = nounOf(family);
  return cmdlet({
    ...described(family, "Set"),
    synopsis: `Changes a policy that decides ${family.about}.`,
    description: "Without -Identity the Global policy is changed. Settings that are not given stay as they are.",
    examples: [
      example(`Set-${noun} ${exampleSetting(family)}`, "Changes the Global policy."),
      example(`Get-${noun} -Identity Sales | Set-${noun} ${exampleSetting(family)}`, "Changes a policy that was piped in."),
    ],
    defaultSet: "Identity",
    supportsShouldProcess: true,
    parameters: {
      Identity: { type: XDS_ID, position: 0, sets: ["Identity"], help: "The policy: Global, Tag:Name or Name. Global when left out." },
      Instance: {
        type: "psobject",
        fromPipeline: true,
        sets: ["Instance"],
        help: "A policy as Get- puts it out; all of its settings are taken over.",
      },
      ...settingParameters(family, "Set"),
      Force: FORCE,
      Tenant: TENANT,
    },
    async process(given, context) {
      const args = given as Readonly<Record<string, PsValue | undefined>> & typeof given;
      checkTenant(context, args.Tenant as { text: string } | null | undefined);
      const instance = args.Instance instanceof PsObject ? args.Instance : undefined;
      const named = instance === undefined ? args.Identity : instance.get("Identity");
      if (args.Instance !== undefined && (named === undefined || named === null)) {
        context.fail(refuse("policy-instance", naming(family, ""), args.Instance as PsValue));
      }
      const identity = textOf((named as PsValue | undefined) ?? GLOBAL) || GLOBAL;
      const policy = await findPolicy(context, family, identity);
      if (policy === undefined) return context.writeError(refuse("policy-not-found", naming(family, identity), identity));
      if (policy.origin === "service")
        return context.writeError(refuse("policy-built-in", naming(family, policyIdentity(policy.name)), identity));
      const changes = { ...(instance === undefined ? {} : settingsOf(family, context, instance)), ...keptSettings(family, context, args) };
      if (!(await context.shouldProcess(policyIdentity(policy.name)))) return;
      await mine(context).policies.change(family.family, policy.name, changes, context.session.nowMs());
    },
  });
}
