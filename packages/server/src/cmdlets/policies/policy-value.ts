/** A setting's value in its three forms: the parameter's type, what the database keeps, what the policy's object shows. */
import { ConversionError, resolveType, textOf, type ParameterDeclaration, type ParameterType } from "@tieline/language";
import { TimeSpan, UInt16, UInt32, UInt64, type PsValue } from "@tieline/remoting/objects";
import type { Json } from "../../store/index.ts";
import { enumeration } from "./enumerations.ts";
import type { PolicySetting, SettingType } from "./policy-settings.ts";

const TYPES: Readonly<Record<Exclude<SettingType, "enum">, ParameterType>> = {
  bool: resolveType("bool"),
  string: resolveType("string"),
  uint: resolveType("uint"),
  ushort: resolveType("ushort"),
  long: resolveType("long"),
  ulong: resolveType("ulong"),
  timespan: resolveType("timespan"),
  list: resolveType("object"),
};

export function settingType(setting: PolicySetting): ParameterType {
  return setting.type === "enum" ? enumeration(setting.of ?? "") : TYPES[setting.type];
}

/** What PowerShell must check beyond the type. */
export function settingValidation(setting: PolicySetting): Pick<ParameterDeclaration, "validate"> {
  const { range } = setting;
  if (range === undefined) return {};
  if (typeof range[0] === "number") return { validate: { range: range as readonly [number, number] } };
  return { validate: { check: (value) => outsideSpan(value, range as readonly [string, string]) } };
}

function outsideSpan(value: PsValue, [least, greatest]: readonly [string, string]): string | undefined {
  if (!(value instanceof TimeSpan)) return undefined;
  const ticks = (text: string): bigint => (TYPES.timespan.convert(text) as TimeSpan).ticks;
  return value.ticks < ticks(least) || value.ticks > ticks(greatest)
    ? `The time span must lie between ${least} and ${greatest}.`
    : undefined;
}

/** What is kept of a value that has the setting's type; null for nothing, that is, the default. */
export function toKept(setting: PolicySetting, value: PsValue): Json {
  if (value === null) return null;
  switch (setting.type) {
    case "bool":
      return value === true;
    case "uint":
    case "ushort":
      return Number(value);
    case "ulong":
      return Number.isSafeInteger(Number(value)) ? Number(value) : textOf(value);
    default:
      // Whole numbers of 64 bits are kept as text, which is exact.
      return textOf(value);
  }
}

/** What a policy shows for what is kept. */
export function fromKept(setting: PolicySetting, kept: Json | undefined): PsValue {
  const value = kept ?? setting.default ?? null;
  if (value === null) return setting.type === "list" ? [] : null;
  switch (setting.type) {
    case "bool":
      return value === true;
    case "uint":
      return new UInt32(Number(value));
    case "ushort":
      return new UInt16(Number(value));
    case "long":
      return BigInt(value as string | number);
    case "ulong":
      return new UInt64(BigInt(value as string | number));
    case "enum":
      return enumeration(setting.of ?? "").of(value as string);
    case "timespan":
      return TYPES.timespan.convert(value as string);
    default:
      return value as PsValue;
  }
}

/** True where keeping it would say nothing that the default does not say. */
export function isDefault(setting: PolicySetting, kept: Json): boolean {
  return setting.default !== undefined && kept !== null && String(kept as string | number | boolean) === String(setting.default);
}

/**
 * A value out of an object that was piped in, in the setting's type.
 *
 * @throws ConversionError where it cannot become one or lies outside the range
 */
export function fromObject(setting: PolicySetting, value: PsValue): PsValue {
  if (value === null) return null;
  const converted = settingType(setting).convert(value);
  const validate = settingValidation(setting).validate;
  const reason = validate?.check?.(converted);
  if (reason !== undefined) throw new ConversionError(reason);
  if (validate?.range !== undefined) {
    const [least, greatest] = validate.range;
    const number = Number(converted);
    if (number < least || number > greatest) throw new ConversionError(`${number} does not lie between ${least} and ${greatest}.`);
  }
  return converted;
}
