/** A value as a person reads it in one cell; dates in local time. */
import { DateTime, PsDictionary, PsList, PsObject, SecureString, type PsValue } from "@tieline/remoting/objects";

export function cell(value: PsValue | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return String(value);
  if (value instanceof DateTime) return localDate(value);
  if (value instanceof SecureString) return "***";
  if (value instanceof Uint8Array) return `{${Array.from(value.subarray(0, 4)).join(", ")}${value.length > 4 ? "…" : ""}}`;
  if (Array.isArray(value)) return list(value);
  if (value instanceof PsList) return list(value.items);
  if (value instanceof PsDictionary) return `{${value.entries.map(([k, v]) => `${cell(k)}=${cell(v)}`).join("; ")}}`;
  if (value instanceof PsObject) {
    if (value.text !== undefined) return value.text;
    if (value.base !== undefined) return cell(value.base);
    const inner = Array.from(value.properties(), ([k, v]) => `${k}=${cell(v)}`);
    return inner.length === 0 ? value.toString() : `@{${inner.join("; ")}}`;
  }
  return String(value);
}

function list(items: readonly PsValue[]): string {
  const shown = items.slice(0, 4).map(cell).join(", ");
  return `{${shown}${items.length > 4 ? "…" : ""}}`;
}

function localDate(value: DateTime): string {
  const date = value.kind === "Unspecified" ? undefined : value.toDate();
  if (date === undefined) return value.toString().replace("T", " ").slice(0, 19);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
