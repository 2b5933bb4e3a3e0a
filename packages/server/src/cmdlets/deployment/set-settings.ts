/** Changes settings: Set-Cs<Kind>; the one instance where there is one, else that of the name. */
import type { Fault } from "@tieline/fault";
import { textOf, type Cmdlet, type ErrorRecordParts, type ParameterDeclaration } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import type { SiteSetting } from "../../directory/index.ts";
import type { Json } from "../../store/index.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, mine } from "../session.ts";
import type { SettingsKind } from "./settings-kind.ts";
import { described, example, FORCE, identityType, kindParameters, tenantParameter } from "./settings-words.ts";
import { alone, findSettings, givenSettings, settingsOfObject, type NamedSettings } from "./site-settings.ts";

interface Judged {
  changes: Record<string, Json>;
  refusal: ErrorRecordParts | Fault | undefined;
}

export function setSettings(kind: SettingsKind): Cmdlet {
  const noun = `Cs${kind.kind}`;
  const { name, change } = kind.example;
  return cmdlet({
    ...described(kind, "Set"),
    synopsis: `Changes ${kind.about}.`,
    examples: [
      example(`Set-${noun}${kind.instances === "many" ? ` -Identity ${name}` : ""} ${change}`, "Changes what is given and nothing else."),
      example(`Set-${noun} -Instance $before`, "Puts back what an object says that Get- put out earlier."),
    ],
    defaultSet: "Identity",
    supportsShouldProcess: true,
    parameters: {
      Identity: {
        type: identityType(kind),
        position: 0,
        sets: ["Identity"],
        help: kind.instances === "many" ? "Whose settings, by name." : "Global, also when left out.",
      },
      Instance: {
        type: "psobject",
        fromPipeline: kind.isPiped,
        sets: ["Instance"],
        help: "Settings as Get- puts them out; all are taken over.",
      },
      ...kindParameters(kind, "Set"),
      Force: FORCE,
      ...tenantParameter(kind),
    } as Readonly<Record<string, ParameterDeclaration>>,
    async process(given, context) {
      const args = given as Readonly<Record<string, PsValue | undefined>>;
      checkTenant(context, args["Tenant"] as { text: string } | null | undefined);
      const instance = args["Instance"] instanceof PsObject ? args["Instance"] : undefined;
      const identity = textOf((instance === undefined ? args["Identity"] : instance.get("Identity")) ?? null);
      if (identity === "" && kind.instances === "many") context.fail(refuse("setting-unnamed", { kind: kind.kind }));
      const found = await findSettings(context, kind, identity);
      if (found === undefined) return context.writeError(refuse("setting-not-found", { kind: kind.kind, name: identity }, identity));
      /** What is to be changed, and why not; of what is there now. */
      const judge = (now: NamedSettings, others: readonly SiteSetting[]): Judged => {
        const changes: Record<string, Json> = {
          ...(instance === undefined ? {} : settingsOfObject(kind, context, instance, now.settings)),
          ...givenSettings(kind, context, args, now.settings),
        };
        const settings = { ...now.settings, ...changes };
        return { changes, refusal: kind.judge?.(context, { verb: "Set", name: now.name, settings, others }) };
      };
      const { refusal } = judge(found, await mine(context).settings.list(kind.kind));
      if (refusal !== undefined) return context.writeError(refusal);
      if (!(await context.shouldProcess(found.name))) return;
      const late = await alone(context, kind, async (settings, nowMs) => {
        const others = await settings.list(kind.kind);
        const now =
          others.find(({ name: each }) => each === found.name) ?? (kind.instances === "one" ? { ...found, settings: {} } : undefined);
        if (now === undefined) return refuse("setting-not-found", { kind: kind.kind, name: found.name }, identity);
        const judged = judge(now, others);
        if (judged.refusal === undefined) await settings.set(kind.kind, now.name, judged.changes, nowMs);
        return judged.refusal;
      });
      if (late !== undefined) context.writeError(late);
    },
  });
}
