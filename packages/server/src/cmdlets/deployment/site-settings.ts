/** Settings as the cmdlets have them: found by identity, put out as objects, taken from arguments and from objects. */
import { ConversionError, wildcard } from "@tieline/language";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { GLOBAL, policyName, type SiteSetting, type SiteSettings } from "../../directory/index.ts";
import type { Json, JsonRecord } from "../../store/index.ts";
import { fromKept, fromObject, toKept } from "../policies/policy-value.ts";
import { refuse } from "../refusals.ts";
import { mine, type SessionContext } from "../session.ts";
import type { KindSetting, SettingsKind } from "./settings-kind.ts";

export type NamedSettings = Pick<SiteSetting, "name" | "settings">;

/**
 * Runs work in a transaction beside which no other of the same kind runs: what it has judged still holds when it keeps it.
 * The row that it takes is never shown: no kind has that name.
 */
export function alone<T>(
  context: SessionContext,
  kind: SettingsKind,
  work: (settings: SiteSettings, nowMs: number) => Promise<T>,
): Promise<T> {
  const { session } = context;
  return session.directory.transaction(async (directory) => {
    const { settings } = directory.tenant(session.tenantId);
    const nowMs = session.nowMs();
    await settings.set("changes to settings", kind.kind, {}, nowMs);
    return work(settings, nowMs);
  });
}

/** What is there, in the order in which it was made; of a kind with one instance this one, changed or not. */
async function listSettings(context: SessionContext, kind: SettingsKind): Promise<NamedSettings[]> {
  const kept = await mine(context).settings.list(kind.kind);
  if (kind.instances === "many") return kept;
  return [{ name: GLOBAL, settings: kept.find(({ name }) => name === GLOBAL)?.settings ?? {} }];
}

/** By name, in any letter case; where there is one instance, by nothing too. */
export async function findSettings(context: SessionContext, kind: SettingsKind, identity: string): Promise<NamedSettings | undefined> {
  const wanted = (kind.instances === "one" ? policyName(identity || GLOBAL) : identity.trim()).toLowerCase();
  return (await listSettings(context, kind)).find(({ name }) => name.toLowerCase() === wanted);
}

/** Those whose identity fits a pattern. */
export async function settingsLike(context: SessionContext, kind: SettingsKind, pattern: string): Promise<NamedSettings[]> {
  const fits = wildcard(pattern);
  return (await listSettings(context, kind)).filter(({ name }) => fits.matches(name));
}

/** The form that these settings have, where the kind has more than one. */
function variantOf(kind: SettingsKind, settings: JsonRecord): { set: string; typeName: string } | undefined {
  if (kind.variants === undefined) return undefined;
  const { by, of } = kind.variants;
  return of.find(({ name }) => name === settings[by]) ?? of[0];
}

/** The settings that an object shows, in order. */
export function shownSettings(kind: SettingsKind, settings: JsonRecord = {}): KindSetting[] {
  const variant = variantOf(kind, settings);
  return kind.settings.filter(
    ({ sets, form }) => form?.of === undefined && (sets === undefined || variant === undefined || sets.includes(variant.set)),
  );
}

/** As Get-Cs<Kind> puts it out. */
export function settingsObject(kind: SettingsKind, { name, settings }: NamedSettings): PsObject {
  const object = new PsObject({ typeNames: [variantOf(kind, settings)?.typeName ?? kind.typeName, "System.Object"], text: name });
  object.set("Identity", name, "adapted");
  if (kind.nameProperty !== undefined) object.set(kind.nameProperty, name, "adapted");
  for (const setting of shownSettings(kind, settings)) {
    const kept = settings[setting.name];
    object.set(setting.name, setting.form === undefined ? fromKept(setting, kept) : setting.form.show(kept), "adapted");
  }
  return object;
}

/** What the arguments say, as it is kept: also what is the default, so that whoever reads the record needs no table. */
export function givenSettings(
  kind: SettingsKind,
  context: SessionContext,
  args: Readonly<Record<string, PsValue | undefined>>,
  before: JsonRecord,
): Record<string, Json> {
  const kept: Record<string, Json> = {};
  for (const setting of kind.settings) {
    if (setting.isParameter === false || !context.isBound(setting.name)) continue;
    const { name, value } = keptOf(setting, args[setting.name] ?? null, before);
    kept[name] = value;
  }
  const variant = kind.variants?.of.find(({ set }) => set === context.parameterSet);
  if (variant !== undefined && kind.variants !== undefined) kept[kind.variants.by] = variant.name;
  return kept;
}

function keptOf(setting: KindSetting, value: PsValue, before: JsonRecord): { name: string; value: Json } {
  if (setting.form === undefined) return { name: setting.name, value: toKept(setting, value) };
  const name = setting.form.of ?? setting.name;
  return { name, value: setting.form.keep(value, before[name]) };
}

/** What an object that was piped in says; what is settled once is passed over. */
export function settingsOfObject(kind: SettingsKind, context: SessionContext, object: PsObject, before: JsonRecord): Record<string, Json> {
  const kept: Record<string, Json> = {};
  for (const setting of kind.settings) {
    const given = object.get(setting.name);
    if (setting.name === kind.variants?.by && !kind.variants.of.some(({ name }) => name === given)) {
      if (given === undefined) continue;
      const reason = `it is none of ${kind.variants.of.map(({ name }) => name).join(", ")}.`;
      context.fail(refuse("policy-value", { setting: setting.name, reason }, object));
    }
    if (given === undefined || setting.only === "New" || setting.form?.of !== undefined) continue;
    try {
      const { name, value } = keptOf(
        setting,
        setting.form === undefined ? fromObject(setting, given) : setting.form.type.convert(given),
        before,
      );
      kept[name] = value;
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      context.fail(refuse("policy-value", { setting: setting.name, reason: error.message }, object));
    }
  }
  return kept;
}
