/** The text of a value as PowerShell converts it to [string]: invariant culture, elements joined by blanks. */
import { DateTime, Double, PsDictionary, PsList, PsObject, Single, type PsValue } from "@tieline/remoting/objects";
import { isArray, typeNameOf } from "./type-name.ts";

/** Nested values deeper than this show as their type's name, so that a cycle ends. */
const DEEPEST = 20;

export function textOf(value: PsValue, depth = 0): string {
  if (value === null || value === undefined) return "";
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
      return value ? "True" : "False";
    case "number":
      return doubleText(value, 15);
    case "bigint":
      return value.toString();
    default:
  }
  if (depth > DEEPEST) return "...";
  if (value instanceof Uint8Array) return value.join(" ");
  if (isArray(value)) return value.map(itemText).join(" ");
  if (value instanceof PsObject) return objectText(value, depth);
  if (value instanceof PsList) return value.items.map(itemText).join(" ");
  if (value instanceof PsDictionary) return "System.Collections.Hashtable";
  if (value instanceof Double) return doubleText(value.value, 15);
  if (value instanceof Single) return doubleText(value.value, 7);
  if (value instanceof DateTime) return dateText(value);
  return value.toString();
}

/** An element inside a list's text: a list within shows as its type. */
function itemText(item: PsValue): string {
  return isArray(item) || item instanceof PsList || item instanceof Uint8Array ? typeNameOf(item) : textOf(item, 1);
}

/** What an error calls a value: as its text, but a list by its type. */
export function namedText(value: PsValue): string {
  return itemText(value);
}

function objectText(object: PsObject, depth: number): string {
  if (object.text !== undefined) return object.text;
  if (object.base !== undefined) return textOf(object.base, depth + 1);
  const first = object.typeNames[0];
  const custom = first === undefined || object.isType("System.Management.Automation.PSCustomObject");
  if (!custom) return first.replace(/^Deserialized\./i, "");
  return `@{${[...object.properties()].map(([name, inner]) => `${name}=${textOf(inner, depth + 1)}`).join("; ")}}`;
}

/** A number with so many significant digits, as .NET's `G` format writes it. */
export function doubleText(value: number, digits: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "\u221E" : "-\u221E";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "0", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power > -5 && power < digits) {
    const fixed = value.toFixed(Math.min(100, Math.max(0, digits - 1 - power)));
    return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  }
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${trimmed}E${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function dateText(value: DateTime): string {
  const iso = value.toString();
  return `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}
