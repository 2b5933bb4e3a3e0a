/**
 * How the fields of a message are read. PowerShell decodes strictly (a missing property or another type is an error),
 * so these do, and the writers beside them give exactly the types that are demanded.
 */
import { Fault } from "@tieline/fault";
import { PsDictionary, PsList, PsObject, Version, type PsValue } from "../../objects/index.ts";

/** The name of a value's type, for faults; never its content. */
function kind(value: PsValue | undefined): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof PsObject) return value.typeNames[0] ?? "PSObject";
  return typeof value === "object" ? value.constructor.name : typeof value;
}

function wrongType(property: string, expected: string, actual: PsValue | undefined): Fault {
  return new Fault("property-type", { property, expected, actual: kind(actual) });
}

/** The message's data as an object. Throws `message-body-type`. */
export function asObject(value: PsValue): PsObject {
  if (!(value instanceof PsObject)) throw new Fault("message-body-type", { actual: kind(value) });
  return value;
}

/** The value inside an object that only decorates it; anything else as it is. */
export function unwrap(value: PsValue): PsValue {
  return value instanceof PsObject && value.base !== undefined ? unwrap(value.base) : value;
}

/** Any value, which must be there. Throws `property-missing`. */
export function required(object: PsObject, property: string): PsValue {
  const value = object.get(property);
  if (value === undefined) throw new Fault("property-missing", { property });
  return value;
}

function reader<T>(expected: string, accept: (value: PsValue) => T | undefined): (object: PsObject, property: string) => T {
  return (object, property) => {
    const value = required(object, property);
    const accepted = accept(unwrap(value));
    if (accepted === undefined) throw wrongType(property, expected, value);
    return accepted;
  };
}

/** I32, also inside an enum. */
export const int: (object: PsObject, property: string) => number = reader("System.Int32", (value) =>
  typeof value === "number" ? value : undefined,
);
/** I64; an I32 is widened, as .NET would. */
export const long: (object: PsObject, property: string) => bigint = reader("System.Int64", (value) =>
  typeof value === "bigint" ? value : typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined,
);
export const bool: (object: PsObject, property: string) => boolean = reader("System.Boolean", (value) =>
  typeof value === "boolean" ? value : undefined,
);
export const text: (object: PsObject, property: string) => string = reader("System.String", (value) =>
  typeof value === "string" ? value : undefined,
);
export const version: (object: PsObject, property: string) => Version = reader("System.Version", (value) =>
  value instanceof Version ? value : undefined,
);

/** A text or null. */
export function nullableText(object: PsObject, property: string): string | null {
  return required(object, property) === null ? null : text(object, property);
}

/** A text, or null where the property is null or not there. */
export function optionalText(object: PsObject, property: string): string | null {
  const value = object.get(property);
  return value === undefined || value === null ? null : text(object, property);
}

/** The items of a list of any kind, or undefined where the value is none. */
export function items(value: PsValue): readonly PsValue[] | undefined {
  const inner = unwrap(value);
  if (inner instanceof PsList) return inner.items;
  return Array.isArray(inner) ? (inner as readonly PsValue[]) : undefined;
}

/** A list's items; null counts as none. */
export function list(object: PsObject, property: string): readonly PsValue[] {
  const value = required(object, property);
  if (value === null) return [];
  const found = items(value);
  if (found === undefined) throw wrongType(property, "System.Collections.ArrayList", value);
  return found;
}

/** A dictionary; null counts as an empty one. */
export function dictionary(object: PsObject, property: string): PsDictionary {
  const value = required(object, property);
  if (value === null) return new PsDictionary();
  const inner = unwrap(value);
  if (!(inner instanceof PsDictionary)) throw wrongType(property, "System.Collections.Hashtable", value);
  return inner;
}

/** An object of properties. */
export function object(from: PsObject, property: string): PsObject {
  const value = required(from, property);
  if (!(value instanceof PsObject)) throw wrongType(property, "System.Management.Automation.PSObject", value);
  return value;
}

/** An object with nothing but its properties: how messages are built. */
export function bag(properties: Readonly<Record<string, PsValue | undefined>>): PsObject {
  const made = new PsObject();
  for (const name of Object.keys(properties)) {
    const value = properties[name];
    if (value !== undefined) made.set(name, value);
  }
  return made;
}

const ARRAY_LIST = ["System.Collections.ArrayList", "System.Object"];
/** .NET's List of PSObject as PowerShell 7.6 names it; readers do not look at it. */
const PSOBJECT_LIST = [
  "System.Collections.Generic.List`1[[System.Management.Automation.PSObject, System.Management.Automation, Version=7.6.0.500, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
  "System.Object",
];
const HASHTABLE = ["System.Collections.Hashtable", "System.Object"];
const PRIMITIVE_DICTIONARY = ["System.Management.Automation.PSPrimitiveDictionary", ...HASHTABLE];

function typedList(typeNames: readonly string[], values: readonly PsValue[]): PsObject {
  return new PsObject({ typeNames, base: new PsList([...values]) });
}
export function arrayList(values: readonly PsValue[]): PsObject {
  return typedList(ARRAY_LIST, values);
}
export function psObjectList(values: readonly PsValue[]): PsObject {
  return typedList(PSOBJECT_LIST, values);
}
/** A .NET array with the name of its elements' type. */
export function typedArray(elementType: string, values: readonly PsValue[]): PsObject {
  return typedList([`${elementType}[]`, "System.Array", "System.Object"], values);
}
export function hashtable(entries: PsDictionary): PsObject {
  return new PsObject({ typeNames: HASHTABLE, base: entries });
}
/** Application arguments and private data; dictionaries inside become such dictionaries too. */
export function primitiveDictionary(entries: PsDictionary): PsObject {
  const inner = new PsDictionary();
  for (const [key, value] of entries) inner.entries.push([key, value instanceof PsDictionary ? primitiveDictionary(value) : value]);
  return new PsObject({ typeNames: PRIMITIVE_DICTIONARY, base: inner });
}
