/**
 * Comparison as PowerShell's operators do it: the left value's type decides what becomes of the right one; texts compare
 * without letter case, by the invariant culture's order.
 */
import { DateTime, Guid, PsDictionary, PsObject, TimeSpan, Version, type PsValue } from "@tieline/remoting/objects";
import { parseDateTime } from "./moments.ts";
import { numberOf } from "./numbers.ts";
import { textOf } from "./text.ts";
import { baseOf } from "./type-name.ts";

const CASE_ORDER = new Intl.Collator("en", { sensitivity: "variant", caseFirst: "lower" });
const INSENSITIVE_ORDER = new Intl.Collator("en", { sensitivity: "accent" });

export interface CompareOptions {
  caseSensitive?: boolean;
}

/** Texts in the order of the culture, not of their code units. */
export function compareTexts(a: string, b: string, options: CompareOptions = {}): number {
  return (options.caseSensitive === true ? CASE_ORDER : INSENSITIVE_ORDER).compare(a, b);
}

/** Below, at or above zero; undefined where the two cannot be compared. */
export function compareValues(left: PsValue, right: PsValue, options: CompareOptions = {}): number | undefined {
  const a = plain(left);
  const b = plain(right);
  if (a === null || b === null) return a === b ? 0 : a === null ? (isNegative(b) ? 1 : -1) : isNegative(a) ? -1 : 1;
  if (typeof a === "string") return compareTexts(a, textOf(b), options);
  if (typeof a === "boolean") return Number(a) - Number(truth(b));
  const number = numberOf(a);
  if (number !== undefined) {
    const other = typeof b === "string" ? fromText(b) : numberOf(b);
    return other === undefined ? undefined : number < other ? -1 : number > other ? 1 : number == other ? 0 : undefined;
  }
  if (a instanceof DateTime) {
    const other = b instanceof DateTime ? b : typeof b === "string" ? parseDateTime(b) : undefined;
    return other === undefined ? undefined : sign(a.ticks - other.ticks);
  }
  if (a instanceof TimeSpan) return b instanceof TimeSpan ? sign(a.ticks - b.ticks) : undefined;
  if (a instanceof Version) return compareVersions(a.text, textOf(b));
  if (a instanceof Guid) return compareTexts(a.text, textOf(b).replace(/^[{(]|[)}]$/g, ""), options);
  return compareTexts(textOf(left), textOf(right), options);
}

export function equalValues(left: PsValue, right: PsValue, options: CompareOptions = {}): boolean {
  const a = baseOf(left);
  const b = baseOf(right);
  if (a === null || b === null) return a === b;
  if (a instanceof PsDictionary || b instanceof PsDictionary) return a === b;
  return compareValues(left, right, options) === 0;
}

/** What counts as true: numbers other than zero, texts that are not empty, lists with something true or with several. */
export function truth(value: PsValue): boolean {
  const base = baseOf(value);
  if (base === null) return false;
  if (typeof base === "boolean") return base;
  if (typeof base === "string") return base !== "";
  const number = numberOf(base);
  if (number !== undefined) return Number(number) !== 0;
  if (Array.isArray(base)) return base.length > 1 || (base.length === 1 && truth(base[0] as PsValue));
  return true;
}

/** An enumeration compares by its name with texts and by its number with numbers. */
function plain(value: PsValue): PsValue {
  if (value instanceof PsObject && typeof value.base === "number" && value.text !== undefined) return value.text;
  return baseOf(value);
}

function isNegative(value: PsValue): boolean {
  const number = numberOf(value);
  return number !== undefined && number < 0;
}

function fromText(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return 0;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$|^0x[0-9a-f]{1,12}$/i.test(trimmed)) return undefined;
  return Number(trimmed);
}

function sign(difference: bigint): number {
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function compareVersions(a: string, b: string): number | undefined {
  if (!/^\d+(?:\.\d+){1,3}$/.test(b)) return undefined;
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; i < 4; i++) {
    // A part that is missing comes before a zero.
    const difference = Number(left[i] ?? -1) - Number(right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
