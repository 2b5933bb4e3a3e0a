/**
 * CLIXML's own escape of characters, `_xHHHH_`, and XML's ([MS-PSRP] 2.2.5.3.2).
 *
 * Control characters and each half of a surrogate pair travel as `_xHHHH_`, UTF-16 unit by unit, so that any
 * .NET string survives XML; a `_` that would begin such an escape travels as `_x005F_`.
 */
import { Fault } from "@tieline/fault";

const IN_CONTENT = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff&<>]|_(?=[xX])/;
const ALL_IN_CONTENT = new RegExp(IN_CONTENT, "g");
const IN_ATTRIBUTE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff&<>"]|_(?=[xX])/g;

function escapeOne(unit: string): string {
  switch (unit) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    default: {
      const code = unit.charCodeAt(0);
      // The two that XML cannot hold at all; PowerShell's own writer refuses them as well.
      if (code >= 0xfffe) throw new Fault("clixml-character", { code: code.toString(16).toUpperCase() });
      return `_x${code.toString(16).toUpperCase().padStart(4, "0")}_`;
    }
  }
}

/** The text of an element. */
export function escapeContent(text: string): string {
  return IN_CONTENT.test(text) ? text.replace(ALL_IN_CONTENT, escapeOne) : text;
}

/** The value of an attribute between double quotes. */
export function escapeAttribute(text: string): string {
  return text.replace(IN_ATTRIBUTE, escapeOne);
}

const ESCAPE = /_[xX]([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})_/g;

/** Undoes `_xHHHH_`, and `_xHHHHHHHH_` as .NET's decoder does; anything else that begins with `_x` stays as it is. */
export function decodeEscapes(text: string): string {
  return text.replace(ESCAPE, (whole, digits: string) => {
    const code = Number.parseInt(digits, 16);
    if (digits.length === 4) return String.fromCharCode(code);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * Resolves `&lt;`, `&#10;` and their like, and makes XML's one line end of CR LF and CR.
 * Undefined where the text holds an entity that only a DTD could declare, or a lone `&`.
 */
export function decodeXml(text: string): string | undefined {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  if (!lines.includes("&")) return lines;
  let known = true;
  const out = lines.replace(
    /&(?:#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}))|([A-Za-z]{1,8}));|&/g,
    (_, hex?: string, dec?: string, name?: string) => {
      const text =
        name === undefined ? characterOf(hex === undefined ? Number(dec ?? Number.NaN) : Number.parseInt(hex, 16)) : ENTITIES.get(name);
      if (text === undefined) known = false;
      return text ?? "";
    },
  );
  return known ? out : undefined;
}

function characterOf(code: number): string | undefined {
  return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
