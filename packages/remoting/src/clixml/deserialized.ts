/** What becomes of an object when it has been read: the names it goes by, copies of what PowerShell rebuilds. */
import { Fault } from "@tieline/fault";
import { LIST_TYPES, PsDictionary, PsList, PsObject, type PsValue } from "../objects/index.ts";
import type { Element } from "./elements.ts";
import { CUSTOM_OBJECT, HASHTABLE, isRehydrated, NAMESPACE } from "./names.ts";
import type { Head } from "./head.ts";

/** What PowerShell rebuilds, it rebuilds for each reference; all else is one object in many places. */
export function referredTo(target: PsValue): PsValue {
  if (!(target instanceof PsObject) || !isRehydrated(target.typeNames) || target.base !== undefined) return target;
  const copy = new PsObject({ typeNames: target.typeNames, text: target.text });
  copy.deserialized = true;
  for (const kind of ["adapted", "extended"] as const) {
    if (target.values(kind).length > 0) copy.put(kind, target.shape(kind), [...target.values(kind)]);
  }
  return copy;
}

/** A scalar with something around it. */
function isDecorated(value: PsValue): value is PsObject {
  if (!(value instanceof PsObject)) return false;
  const base = value.base;
  return base !== undefined && base !== null && !(base instanceof PsList) && !(base instanceof PsDictionary) && !(base instanceof PsObject);
}

export function isBare(object: PsObject): boolean {
  return (
    isDecorated(object) && object.text === undefined && object.values("extended").length === 0 && object.values("adapted").length === 0
  );
}

const LISTS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.values(LIST_TYPES).map((name) => [name, [name, "System.Object"]]),
);
const NONE: readonly string[] = [];

/** What PowerShell's reader says of an object that brought no type names: the names of what it builds. */
export function typeNamesOf(object: PsObject): readonly string[] {
  const base = object.base;
  if (base === undefined) return CUSTOM_OBJECT;
  if (base instanceof PsList) return LISTS[LIST_TYPES[base.tag]] ?? NONE;
  return base instanceof PsDictionary ? HASHTABLE : NONE;
}

export function checkRoot(head: Head<Element>): void {
  const bound = [...head.attributes].some(([name, value]) => (name === "xmlns" || name.startsWith("xmlns:")) && value === NAMESPACE);
  if (!bound) throw new Fault("clixml-root");
  const version = head.attributes.get("Version");
  // Without one, PowerShell's reader takes it for 1.1.0.1.
  if (version === undefined) return;
  if (!/^1(?:\.[0-9]{1,9}){1,3}$/.test(version)) throw new Fault("clixml-version", { version: version.slice(0, 40) });
}
