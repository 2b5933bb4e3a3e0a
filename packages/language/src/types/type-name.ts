/** The .NET name of a value's type, as `GetType().FullName` gives it. */
import { PsDictionary, PsList, PsObject, type PsScalar, type PsValue } from "@tieline/remoting/objects";

const SCALARS: Readonly<Record<PsScalar["tag"], string>> = {
  Db: "System.Double",
  Sg: "System.Single",
  By: "System.Byte",
  SB: "System.SByte",
  I16: "System.Int16",
  U16: "System.UInt16",
  U32: "System.UInt32",
  U64: "System.UInt64",
  C: "System.Char",
  D: "System.Decimal",
  G: "System.Guid",
  Version: "System.Version",
  SemanticVersion: "System.Management.Automation.SemanticVersion",
  URI: "System.Uri",
  SBK: "System.Management.Automation.ScriptBlock",
  XD: "System.Xml.XmlDocument",
  DT: "System.DateTime",
  TS: "System.TimeSpan",
  SS: "System.Security.SecureString",
};

export function typeNameOf(value: PsValue): string {
  switch (typeof value) {
    case "string":
      return "System.String";
    case "boolean":
      return "System.Boolean";
    case "number":
      return Number.isInteger(value) && (value | 0) === value ? "System.Int32" : "System.Double";
    case "bigint":
      return "System.Int64";
    default:
  }
  if (value === null) return "";
  if (value instanceof Uint8Array) return "System.Byte[]";
  if (isArray(value)) return "System.Object[]";
  if (value instanceof PsObject)
    return value.typeNames[0] ?? (value.base === undefined ? "System.Management.Automation.PSCustomObject" : typeNameOf(value.base));
  if (value instanceof PsList) return "System.Collections.ArrayList";
  if (value instanceof PsDictionary) return "System.Collections.Hashtable";
  return SCALARS[value.tag];
}

/** Array.isArray, for values that may be read-only arrays. */
export function isArray(value: PsValue): value is readonly PsValue[] {
  return Array.isArray(value);
}

/** The value itself without the object that decorates it; an object of properties only stays. */
export function baseOf(value: PsValue): PsValue {
  return value instanceof PsObject && value.base !== undefined ? value.base : value;
}

/** The elements, where PowerShell would enumerate the value in a pipeline (dictionaries and texts are not). */
export function elementsOf(value: PsValue): readonly PsValue[] | undefined {
  const base = baseOf(value);
  if (base instanceof PsList) return base.items;
  if (base instanceof Uint8Array) return undefined;
  return isArray(base) ? base : undefined;
}
