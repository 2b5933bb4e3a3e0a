/** Our values in the words of the recordings' `after`: what PowerShell said of the value that it read. */
import {
  Byte,
  Char,
  DateTime,
  dictionaryType,
  Decimal,
  Double,
  Guid,
  Int16,
  LIST_TYPES,
  PsDictionary,
  PsList,
  PsObject,
  type PsValue,
  SByte,
  ScriptBlock,
  SecureString,
  SemanticVersion,
  Single,
  TimeSpan,
  toText,
  UInt16,
  UInt32,
  UInt64,
  Uri,
  Version,
  XmlDocument,
} from "@tieline/remoting/objects";

export interface Property {
  name: string;
  memberType: string;
  typeNameOfValue: string;
  valueType: string | null;
  value: string | null;
}

/** The recorded description. */
export interface After {
  null?: true;
  typeNames: string[];
  toString: string;
  baseType: string;
  properties: Property[];
  items?: [string | null, string | null][];
  entries?: [string, string, string | null, string | null][];
  /** What serialising it again at the same depth gives, where that differs from the document. */
  reserialized?: string;
  reserializedUnstable?: boolean;
}

const SCALARS: readonly [new (...parts: never[]) => object, string, boolean][] = [
  [Double, "System.Double", true],
  [Single, "System.Single", true],
  [Byte, "System.Byte", true],
  [SByte, "System.SByte", true],
  [Int16, "System.Int16", true],
  [UInt16, "System.UInt16", true],
  [UInt32, "System.UInt32", true],
  [UInt64, "System.UInt64", true],
  [Char, "System.Char", true],
  [Decimal, "System.Decimal", true],
  [Guid, "System.Guid", true],
  [DateTime, "System.DateTime", true],
  [TimeSpan, "System.TimeSpan", true],
  [Version, "System.Version", false],
  [SemanticVersion, "System.Management.Automation.SemanticVersion", false],
  [Uri, "System.Uri", false],
  [ScriptBlock, "System.Management.Automation.ScriptBlock", false],
  [SecureString, "System.Security.SecureString", false],
];

const BAG = "System.Management.Automation.PSCustomObject";

/** The type names of what is no PsObject, and of what a PsObject without names of its own holds. */
export function typeNames(value: PsValue): string[] {
  if (value instanceof PsObject) {
    if (value.typeNames.length > 0) return [...value.typeNames];
    return value.base === undefined || value.base === null ? [] : typeNames(value.base);
  }
  if (value === null) return [];
  if (typeof value === "string") return ["System.String", "System.Object"];
  if (typeof value === "boolean") return ["System.Boolean", "System.ValueType", "System.Object"];
  if (typeof value === "number") return ["System.Int32", "System.ValueType", "System.Object"];
  if (typeof value === "bigint") return ["System.Int64", "System.ValueType", "System.Object"];
  if (value instanceof Uint8Array) return ["System.Byte[]", "System.Array", "System.Object"];
  if (Array.isArray(value)) return ["System.Object[]", "System.Array", "System.Object"];
  if (value instanceof PsList) return [LIST_TYPES[value.tag], "System.Object"];
  if (value instanceof PsDictionary) return ["System.Collections.Hashtable", "System.Object"];
  if (value instanceof XmlDocument) return ["System.Xml.XmlDocument", "System.Xml.XmlNode", "System.Object"];
  const row = SCALARS.find(([type]) => value instanceof type);
  if (row === undefined) throw new Error("a value of no known class");
  return row[2] ? [row[1], "System.ValueType", "System.Object"] : [row[1], "System.Object"];
}

/** The .NET type of the value itself, without what PowerShell wraps around it. */
export function baseType(value: PsValue): string {
  if (!(value instanceof PsObject)) return typeNames(value)[0] as string;
  const base = value.base;
  if (base === undefined || base === null)
    return value.typeNames[0]?.startsWith("Deserialized.") === false && value.typeNames[0] !== BAG ? (value.typeNames[0] ?? BAG) : BAG;
  // Around what has adapted properties of its own the reader leaves one wrapping more, except around text.
  if (typeof base !== "string" && value.values("adapted").length > 0) return "System.Management.Automation.PSObject";
  if (base instanceof PsDictionary) return dictionaryType(value.typeNames);
  return baseType(base);
}

function text(value: PsValue): string | null {
  return value === null ? null : toText(value);
}

export function properties(value: PsValue): Property[] {
  if (!(value instanceof PsObject)) return [];
  return (["extended", "adapted"] as const).flatMap((kind) =>
    value.shape(kind).names.flatMap((name, place) => {
      if (kind === "adapted" && value.shape("extended").indexOf(name) >= 0) return [];
      const item = value.values(kind)[place] as PsValue;
      return {
        name,
        memberType: kind === "extended" ? "NoteProperty" : "Property",
        typeNameOfValue: item === null ? (kind === "extended" ? "System.Object" : "") : (typeNames(item)[0] ?? baseType(item)),
        valueType: item === null ? null : baseType(item),
        value: text(item),
      };
    }),
  );
}

export function describe(value: PsValue): After | { null: true } {
  if (value === null) return { null: true };
  const inner = value instanceof PsObject ? value.base : value;
  const items = inner instanceof PsList ? inner.items : Array.isArray(inner) ? (inner as PsValue[]) : undefined;
  return {
    typeNames: typeNames(value),
    toString: toText(value),
    baseType: baseType(value),
    properties: properties(value),
    ...(items === undefined
      ? {}
      : { items: items.slice(0, 40).map((item): [string | null, string | null] => [item === null ? null : baseType(item), text(item)]) }),
    ...(inner instanceof PsDictionary
      ? {
          entries: inner.entries.map(([key, item]): [string, string, string | null, string | null] => [
            baseType(key),
            // A key is looked at without what decorates it: an enum's value by its number.
            toText(key instanceof PsObject && key.base !== undefined ? key.base : key),
            item === null ? null : baseType(item),
            text(item),
          ]),
        }
      : {}),
  };
}
