/** What the cmdlets of a kind of settings have in common: names, roles, neighbours, the default view, parameters. */
import type { Example, ParameterDeclaration, View } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import { settingType, settingValidation } from "../policies/policy-value.ts";
import { settingHelp } from "../policies/setting-parameters.ts";
import { TENANT, XDS_GLOBAL_ID, XDS_ID } from "../parameter-types.ts";
import { shownSettings } from "./site-settings.ts";
import type { KindSetting, SettingsKind } from "./settings-kind.ts";

const VERBS = { one: ["Get", "Set"], many: ["Get", "New", "Set", "Remove"] } as const;

function verbsOf(kind: SettingsKind): readonly string[] {
  return VERBS[kind.instances];
}

/** The part of a declaration that follows from verb and noun. */
export function described(kind: SettingsKind, verb: string): { name: string; description: string; roles: string[]; related: string[] } {
  const name = (each: string): string => `${each}-Cs${kind.kind}`;
  return {
    name: name(verb),
    description: kind.description,
    roles: rolesFor(name(verb), kind.site),
    related: verbsOf(kind)
      .filter((each) => each !== verb)
      .map(name),
  };
}

export function example(code: string, remarks: string): Example {
  return { code, remarks };
}

/** Nothing here asks but -Confirm. */
export const FORCE = { type: "switch", help: "Does not ask." } as const satisfies ParameterDeclaration;

export function identityType(kind: SettingsKind): typeof XDS_ID {
  return kind.instances === "many" ? XDS_GLOBAL_ID : XDS_ID;
}

/** -Tenant, which the cmdlets of a tenant have. */
export function tenantParameter(kind: SettingsKind): Readonly<Record<string, ParameterDeclaration>> {
  return kind.site === "online" ? { Tenant: TENANT } : {};
}

/** Of the form that is named, where the kind has more than one. */
export function viewOf(kind: SettingsKind, variant?: string): View {
  const form = variant === undefined || kind.variants === undefined ? {} : { [kind.variants.by]: variant };
  const repeated = kind.nameProperty === undefined ? [] : [kind.nameProperty];
  const names = ["Identity", ...repeated, ...shownSettings(kind, form).map(({ name }) => name)];
  return { kind: "list", columns: names.map((property) => ({ property })) };
}

/** The parameters of New- or Set- that are settings, and the switches that choose a form. */
export function kindParameters(kind: SettingsKind, verb: "New" | "Set"): Readonly<Record<string, ParameterDeclaration>> {
  const settings = kind.settings.filter(({ only, isParameter }) => (only === undefined || only === verb) && isParameter !== false);
  const switches = verb === "New" ? [] : (kind.variants?.of ?? []);
  return Object.fromEntries([
    ...settings.map((setting) => [setting.name, parameterOf(setting, verb)]),
    ...switches.map(({ name, set, help }) => [name, { type: "switch", sets: [set], help }]),
  ]) as Readonly<Record<string, ParameterDeclaration>>;
}

function parameterOf(setting: KindSetting, verb: "New" | "Set"): ParameterDeclaration {
  const isMandatory = verb === "New" && setting.mandatory === true;
  return {
    type: setting.form?.type ?? settingType(setting),
    help: settingHelp(setting),
    ...(isMandatory ? { mandatory: true } : {}),
    ...(setting.type === "string" && !isMandatory ? { allowEmptyString: true, allowNull: true } : {}),
    ...(setting.form === undefined ? {} : { allowNull: true, allowEmptyCollection: true }),
    ...(setting.default === undefined || isMandatory ? {} : { default: String(setting.default) }),
    ...(verb === "Set" && setting.sets !== undefined ? { sets: setting.sets } : {}),
    ...settingValidation(setting),
  };
}
