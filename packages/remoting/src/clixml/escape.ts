/**
 * CLIXML's own escape of characters, `_xHHHH_`, and XML's ([MS-PSRP] 2.2.5.3.2).
 *
 * Control characters and each half of a surrogate pair travel as `_xHHHH_`, UTF-16 unit by unit, so that any
 * .NET string survives XML; a `_` that would begin such an escape travels as `_x005F_`.
 */
import { Fault } from "@tieline/fault";

const IN_CONTENT = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff&<>]|_(?=[xX])/g;
const IN_ATTRIBUTE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff&<>"]|_(?=[xX])/g;

/** Of the units below U+00A0, those that may have to be escaped. */
const SUSPECT = new Uint8Array(0xa0);
for (let unit = 0; unit < 0xa0; unit++) if (unit < 0x20 || unit >= 0x7f || "&<>_".includes(String.fromCharCode(unit))) SUSPECT[unit] = 1;

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
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xa0 ? SUSPECT[unit] === 1 : (unit >= 0xd800 && unit <= 0xdfff) || unit >= 0xfffe)
      return text.replace(IN_CONTENT, escapeOne);
  }
  return text;
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

/** No entity of XML is longer, from `&` to `;`. */
const LONGEST_ENTITY = 12;

/**
 * Resolves `&lt;`, `&#10;` and their like, and makes XML's one line end of CR LF and CR.
 * Undefined where the text holds an entity that only a DTD could declare, or a lone `&`.
 */
export function decodeXml(text: string): string | undefined {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  let from = 0;
  let at = lines.indexOf("&");
  if (at < 0) return lines;
  let out = "";
  while (at >= 0) {
    let end = at + 1;
    while (end - at < LONGEST_ENTITY && end < lines.length && lines.charCodeAt(end) !== SEMICOLON) end++;
    if (lines.charCodeAt(end) !== SEMICOLON) return undefined;
    const character = entity(lines.slice(at + 1, end));
    if (character === undefined) return undefined;
    out += lines.slice(from, at) + character;
    from = end + 1;
    at = lines.indexOf("&", from);
  }
  return out + lines.slice(from);
}

const SEMICOLON = 59;

function entity(name: string): string | undefined {
  const known = ENTITIES.get(name);
  if (known !== undefined) return known;
  const match = /^#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}))$/.exec(name);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
