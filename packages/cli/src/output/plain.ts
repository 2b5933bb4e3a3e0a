/** A value as data: what JSON, CSV and YAML show. Dates as ISO 8601, 64-bit numbers exact as text where JSON has no room. */
import { DateTime, PsDictionary, PsList, PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";

export type Plain = null | string | number | boolean | Plain[] | { [name: string]: Plain };

export function plain(value: PsValue | undefined): Plain {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value !== "object") return value;
  if (value instanceof DateTime) return value.toString();
  if (value instanceof SecureString) return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof PsList) return value.items.map(plain);
  if (value instanceof PsDictionary) return Object.fromEntries(value.entries.map(([k, v]) => [String(k), plain(v)]));
  if (value instanceof PsObject) {
    // An enum or a decorated scalar shows what it prints; a container with extra members shows its content.
    if (value.base !== undefined && value.base !== null) {
      if (value.text !== undefined && typeof value.base === "number") return value.text;
      return plain(value.base);
    }
    const entries = Array.from(value.properties(), ([name, inner]): [string, Plain] => [name, plain(inner)]);
    return entries.length === 0 && value.text !== undefined ? value.text : Object.fromEntries(entries);
  }
  const json: string | number = "toJSON" in value ? (value as { toJSON: () => string | number }).toJSON() : value.toString();
  return typeof json === "number" && !Number.isFinite(json) ? String(json) : json;
}
