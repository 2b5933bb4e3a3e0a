/** Properties of any value: those of an object, the keys of a dictionary, and the few that a text or list has. */
import { PsDictionary, PsList, PsObject, type PsValue } from "@tieline/remoting/objects";
import { baseOf, isArray } from "./type-name.ts";

/** The value of a property in any letter case, or undefined where there is none. */
export function propertyOf(value: PsValue, name: string): PsValue | undefined {
  if (value instanceof PsObject) {
    const own = value.get(name);
    if (own !== undefined || value.base === undefined) return own;
  }
  const base = baseOf(value);
  if (base instanceof PsDictionary) {
    const found = base.get(name);
    if (found !== undefined) return found;
  }
  switch (name.toLowerCase()) {
    case "length":
      return typeof base === "string" || base instanceof Uint8Array || isArray(base) ? base.length : undefined;
    case "count":
      if (base instanceof PsDictionary) return base.size;
      return base instanceof PsList ? base.items.length : isArray(base) ? base.length : undefined;
    case "keys":
      return base instanceof PsDictionary ? [...base].map(([key]) => key) : undefined;
    case "values":
      return base instanceof PsDictionary ? [...base].map(([, inner]) => inner) : undefined;
    default:
      return undefined;
  }
}

/** The names that a wildcard may match, as declared. */
export function propertyNames(value: PsValue): readonly string[] {
  const own = value instanceof PsObject ? value.names() : [];
  if (own.length > 0) return own;
  const base = baseOf(value);
  if (base instanceof PsDictionary) return [...base].map(([key]) => String(key));
  return typeof base === "string" || isArray(base) ? ["Length"] : [];
}

/** The name as the value has it, for a name in another letter case. */
export function declaredName(value: PsValue, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return propertyNames(value).find((known) => known.toLowerCase() === wanted) ?? (propertyOf(value, name) === undefined ? undefined : name);
}
