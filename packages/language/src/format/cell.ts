/** A value in a table's cell or a list's line. */
import { DateTime, Decimal, Double, PsDictionary, Single, type PsValue } from "@tieline/remoting/objects";
import { textOf } from "../types/text.ts";
import { baseOf, elementsOf } from "../types/type-name.ts";

/** PowerShell's $FormatEnumerationLimit. */
const MOST_ELEMENTS = 4;

export function cellText(value: PsValue, place: "table" | "list"): string {
  const base = baseOf(value);
  if (base === null) return "";
  const elements = elementsOf(value);
  if (elements !== undefined) return braces(elements.map((item) => (item === null ? "$null" : textOf(item))));
  if (base instanceof PsDictionary) return braces([...base].map(([key, inner]) => `[${textOf(key)}, ${textOf(inner)}]`));
  if (base instanceof Uint8Array) return braces(Array.from(base.subarray(0, MOST_ELEMENTS + 1), String));
  if (base instanceof DateTime) return dateText(base);
  if (place === "table" && (base instanceof Double || base instanceof Single || base instanceof Decimal)) return base.valueOf().toFixed(3);
  return textOf(value);
}

function braces(items: readonly string[]): string {
  return `{${items.slice(0, MOST_ELEMENTS).join(", ")}${items.length > MOST_ELEMENTS ? "\u2026" : ""}}`;
}

/** As en-US shows it: 1/2/2024 3:04:05 PM. */
function dateText(value: DateTime): string {
  const iso = value.toString();
  const hour = Number(iso.slice(11, 13));
  const date = `${Number(iso.slice(5, 7))}/${Number(iso.slice(8, 10))}/${iso.slice(0, 4)}`;
  return `${date} ${hour % 12 === 0 ? 12 : hour % 12}:${iso.slice(14, 19)} ${hour < 12 ? "AM" : "PM"}`;
}

/** Numbers and truth values stand at the right of their column. */
export function isRightAligned(value: PsValue): boolean {
  const base = baseOf(value);
  if (typeof base === "number" || typeof base === "bigint" || typeof base === "boolean") return true;
  return typeof base === "object" && base !== null && "tag" in base && /^(?:Db|Sg|D|By|SB|I16|U16|U32|U64|C)$/.test(base.tag);
}
