/** Enumerations: a table of names and numbers; a name may be shortened while it stays unambiguous, a number must be defined. */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { numberOf } from "./numbers.ts";
import { ConversionError, cannotConvert, cannotParse, type ParameterType } from "./parameter-type.ts";
import { namedText, textOf } from "./text.ts";
import { baseOf, typeNameOf } from "./type-name.ts";

export interface EnumType extends ParameterType<PsObject> {
  readonly values: readonly string[];
  /** The number of a name. */
  numberOf(name: string): number | undefined;
  /** The value of a name or number, as it travels. */
  of(value: string | number): PsObject;
}

/**
 * An enumeration. Names given as a list are numbered from 0.
 *
 * @example
 * ```ts
 * const Mode = enumType("Tieline.Mode", ["Off", "On"]);
 * String(Mode.convert("on")); // "On"
 * ```
 */
export function enumType(
  name: string,
  members: readonly string[] | Readonly<Record<string, number>>,
  options: { flags?: boolean } = {},
): EnumType {
  const numbers: ReadonlyMap<string, number> = new Map(isList(members) ? members.map((member, i) => [member, i]) : Object.entries(members));
  const names = [...numbers.keys()];
  const typeNames = [name, "System.Enum", "System.ValueType", "System.Object"];
  const make = (text: string, number: number): PsObject => new PsObject({ typeNames, text, base: number });
  const byNumber = new Map([...numbers].map(([member, number]) => [number, member]));

  const find = (text: string, whole: string): [string, number] => {
    const wanted = text.trim().toLowerCase();
    const exact = names.find((member) => member.toLowerCase() === wanted);
    if (exact !== undefined) return [exact, numbers.get(exact) as number];
    const like = wanted === "" ? [] : names.filter((member) => member.toLowerCase().startsWith(wanted));
    if (like.length === 1) return [like[0] as string, numbers.get(like[0] as string) as number];
    throw cannotParse(
      whole,
      name,
      like.length === 0
        ? `Unable to match the identifier name ${whole} to a valid enumerator name. Specify one of the following enumerator names and try again:\n${names.join(", ")}`
        : `The identifier name ${text.trim()} cannot be processed because it is either too similar or identical to the following enumerator names: ${like.join(", ")}. Use a more specific identifier name.`,
    );
  };

  const combined = (number: number): PsObject | undefined => {
    const exact = byNumber.get(number);
    if (exact !== undefined) return make(exact, number);
    if (options.flags !== true || number <= 0) return undefined;
    const parts = [...byNumber].filter(([bit]) => bit !== 0 && (number & bit) === bit).toSorted((a, b) => a[0] - b[0]);
    return parts.reduce((sum, [bit]) => sum | bit, 0) === number ? make(parts.map(([, member]) => member).join(", "), number) : undefined;
  };

  const type: EnumType = {
    name,
    shown: name.slice(name.lastIndexOf(".") + 1),
    values: names,
    numberOf: (member) => numbers.get(member),
    of: (value) => type.convert(value),
    accepts: (value) => value instanceof PsObject && value.isType(name),
    convert(value: PsValue) {
      const base = baseOf(value);
      if (value instanceof PsObject && typeof base === "number" && value.isType(name)) return make(value.text ?? textOf(value), base);
      if (base === null)
        throw new ConversionError(
          `Cannot convert null to type "${name}" due to enumeration values that are not valid. Specify one of the following enumeration values and try again. The possible enumeration values are "${names.join(",")}".`,
        );
      if (typeof base === "string" && !/^\s*-?\d+\s*$/.test(base)) {
        const parts = base.split(",");
        if (parts.length === 1) return make(...find(base, base));
        if (options.flags !== true)
          throw cannotParse(
            base,
            name,
            `Unable to match the identifier name ${base} to a valid enumerator name. Specify one of the following enumerator names and try again:\n${names.join(", ")}`,
          );
        const sum = parts.reduce((bits, part) => bits | find(part, base)[1], 0);
        return combined(sum) ?? make(String(sum), sum);
      }
      const number = typeof base === "string" ? Number(base) : numberOf(base);
      if (number === undefined) throw cannotConvert(namedText(value), typeNameOf(value), name);
      const found = combined(Number(number));
      if (found !== undefined) return found;
      throw new ConversionError(
        `Cannot convert value "${textOf(value)}" to type "${name}" due to enumeration values that are not valid. Specify one of the following enumeration values and try again. The possible enumeration values are "${names.join(",")}".`,
      );
    },
  };
  return type;
}

function isList(members: readonly string[] | Readonly<Record<string, number>>): members is readonly string[] {
  return Array.isArray(members);
}
