import { DateTime, PsDictionary, type PsValue } from "../objects/index.ts";

/** What JavaScript people write for arguments and input: dates, plain objects (hash tables) and arrays of all these. */
export type Convertible = PsValue | undefined | Date | readonly Convertible[] | { readonly [key: string]: Convertible };

/** The PowerShell value that stands for it; undefined becomes $null. */
export function toPsValue(value: Convertible): PsValue {
  if (value === undefined) return null;
  if (value instanceof Date) return DateTime.fromDate(value);
  if (Array.isArray(value)) return (value as readonly Convertible[]).map(toPsValue);
  if (typeof value === "object" && value !== null && isPlain(value)) {
    return new PsDictionary(Object.entries(value).map(([key, inner]): [PsValue, PsValue] => [key, toPsValue(inner as Convertible)]));
  }
  return value as PsValue;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
