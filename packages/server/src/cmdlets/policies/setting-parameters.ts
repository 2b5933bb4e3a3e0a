/** The settings of a family as parameters of New- and Set-, and what comes back through them. */
import { ConversionError, type ParameterDeclaration } from "@tieline/language";
import type { PsObject, PsValue } from "@tieline/remoting/objects";
import type { Json } from "../../store/index.ts";
import { refuse } from "../refusals.ts";
import type { SessionContext } from "../session.ts";
import type { PolicyFamily } from "./policy-families.ts";
import type { PolicySetting } from "./policy-settings.ts";
import { fromObject, isDefault, settingType, settingValidation, toKept } from "./policy-value.ts";

/** The parameters of the settings that a verb has. */
export function settingParameters(family: PolicyFamily, verb: "New" | "Set"): Readonly<Record<string, ParameterDeclaration>> {
  return Object.fromEntries(
    family.settings
      .filter((setting) => setting.only === undefined || setting.only === verb)
      .map((setting) => [
        setting.name,
        {
          type: settingType(setting),
          help: settingHelp(setting),
          ...(setting.type === "string" ? { allowEmptyString: true, allowNull: true } : {}),
          ...(setting.default === undefined ? {} : { default: String(setting.default) }),
          ...settingValidation(setting),
        },
      ]),
  );
}

export function settingHelp(setting: PolicySetting): string {
  const words = setting.name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replace(/\b[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
  if (setting.type === "bool") return `True or False: ${words}.`;
  const range = setting.range === undefined ? "" : ` From ${setting.range[0]} to ${setting.range[1]}.`;
  return `The setting "${words}".${range}`;
}

/** The settings among the arguments, as they are kept; a value that is the default is kept as nothing. */
export function keptSettings(
  family: PolicyFamily,
  context: SessionContext,
  args: Readonly<Record<string, PsValue | undefined>>,
): Record<string, Json> {
  const kept: Record<string, Json> = {};
  for (const setting of family.settings) {
    if (!context.isBound(setting.name)) continue;
    if (setting.type === "list") context.fail(refuse("policy-entry", { setting: setting.name }));
    kept[setting.name] = withoutDefault(setting, toKept(setting, args[setting.name] ?? null));
  }
  return kept;
}

function withoutDefault(setting: PolicySetting, kept: Json): Json {
  return isDefault(setting, kept) ? null : kept;
}

/** The settings of an object that was piped in. */
export function settingsOf(family: PolicyFamily, context: SessionContext, instance: PsObject): Record<string, Json> {
  const kept: Record<string, Json> = {};
  for (const setting of family.settings) {
    const value = instance.get(setting.name);
    if (value === undefined || setting.type === "list") continue;
    try {
      kept[setting.name] = withoutDefault(setting, toKept(setting, fromObject(setting, value)));
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      context.fail(refuse("policy-value", { setting: setting.name, reason: error.message }, instance));
    }
  }
  return kept;
}
