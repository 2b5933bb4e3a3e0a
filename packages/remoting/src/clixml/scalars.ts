/**
 * The scalar types of CLIXML: tag, .NET type, text to value ([MS-PSRP] 2.2.5.1).
 *
 * Each reader takes the text of its element and gives the value, or undefined where the text is none of its type.
 * As in .NET, white space around numbers is let through; ranges are exact.
 */
import {
  Byte,
  Char,
  Decimal,
  Double,
  Guid,
  Int16,
  type PsValue,
  SByte,
  ScriptBlock,
  Single,
  UInt16,
  UInt32,
  UInt64,
  Uri,
  Version,
  XmlDocument,
} from "../objects/index.ts";
import { decodeEscapes } from "./escape.ts";
import { parseDateTime, parseTimeSpan } from "./time.ts";
import { fromBase64 } from "./base64.ts";
import { isWellFormed } from "./well-formed.ts";

export interface ScalarTag {
  /** The .NET type, for faults. */
  readonly type: string;
  readonly read: (text: string) => PsValue | undefined;
}

/** Signs are for the signed types only, as in .NET. */
const WHOLE = /^\s*([+-]?[0-9]+)\s*$/;
const UNSIGNED = /^\s*([0-9]+)\s*$/;

function whole(text: string, least: number, most: number): number | undefined {
  // The usual case, without a regular expression: up to nine digits.
  const length = text.length;
  const negative = least < 0 && text.charCodeAt(0) === 45;
  let i = negative ? 1 : 0;
  if (length > i && length - i < 10) {
    let value = 0;
    for (; i < length; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (i === length) {
      if (negative) value = value === 0 ? 0 : -value;
      return value >= least && value <= most ? value : undefined;
    }
  }
  const match = (least < 0 ? WHOLE : UNSIGNED).exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  return value >= least && value <= most ? value + 0 : undefined;
}

function big(text: string, least: bigint, most: bigint): bigint | undefined {
  const match = text.length > 100 ? null : (least < 0n ? WHOLE : UNSIGNED).exec(text);
  if (match === null) return undefined;
  const digits = match[1] as string;
  const value = BigInt(digits.startsWith("+") ? digits.slice(1) : digits);
  return value >= least && value <= most ? value : undefined;
}

const REAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const NAMED_REALS: ReadonlyMap<string, number> = new Map([
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["+infinity", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
  ["nan", Number.NaN],
  ["+nan", Number.NaN],
  ["-nan", Number.NaN],
]);

function real(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed.length <= 400 && REAL.test(trimmed)) return Number(trimmed);
  return trimmed.length < 10 ? NAMED_REALS.get(trimmed.toLowerCase()) : undefined;
}

const DECIMAL = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/;
const DECIMAL_MOST = 79_228_162_514_264_337_593_543_950_335n;

function rounded(value: bigint, digits: number): bigint {
  if (digits === 0) return value;
  const unit = 10n ** BigInt(digits);
  const quotient = value / unit;
  const twice = (value % unit) * 2n;
  return twice > unit || (twice === unit && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** Exact to 28 places, like System.Decimal; the zeros at the end count. */
function decimal(text: string): Decimal | undefined {
  const trimmed = text.trim();
  const match = trimmed.length > 200 ? null : DECIMAL.exec(trimmed);
  if (match === null) return undefined;
  const units = (match[2] as string).replace(/^0+(?=[0-9])/, "");
  let fraction = match[3] ?? "";
  if (units === "" && fraction === "") return undefined;
  // More digits than a Decimal holds are rounded away at the right, half to even.
  let value = BigInt(`${units}${fraction}`);
  let drop = Math.max(0, fraction.length - 28);
  while (drop < fraction.length && rounded(value, drop) > DECIMAL_MOST) drop++;
  value = rounded(value, drop);
  fraction = fraction.slice(0, fraction.length - drop);
  if (value > DECIMAL_MOST) return undefined;
  const digits = value.toString().padStart(fraction.length + 1, "0");
  const point = digits.length - fraction.length;
  const sign = match[1] === "-" && value !== 0n ? "-" : "";
  return new Decimal(`${sign}${digits.slice(0, point)}${fraction === "" ? "" : `.${digits.slice(point)}`}`);
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const IN_PARTS = /^\{0x([0-9a-f]{1,8}),0x([0-9a-f]{1,4}),0x([0-9a-f]{1,4}),\{((?:0x[0-9a-f]{1,2},){7}0x[0-9a-f]{1,2})\}\}$/i;
const GUID = /^(?:\{([0-9a-f-]{36})\}|\(([0-9a-f-]{36})\)|([0-9a-f-]{36}))$/i;
const DASHED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function guid(text: string): Guid | undefined {
  if (DASHED.test(text)) return new Guid(text.toLowerCase());
  const trimmed = text.trim();
  const match = GUID.exec(trimmed);
  const dashed = match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
  if (dashed !== undefined) return DASHED.test(dashed) ? new Guid(dashed.toLowerCase()) : undefined;
  const parts = IN_PARTS.exec(trimmed);
  const digits =
    parts === null
      ? trimmed
      : (parts[1] as string).padStart(8, "0") +
        (parts[2] as string).padStart(4, "0") +
        (parts[3] as string).padStart(4, "0") +
        (parts[4] as string).replace(/0x([0-9a-f]{1,2}),?/gi, (_, byte: string) => byte.padStart(2, "0"));
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return new Guid(digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
}

const VERSION = /^\s*\+?[0-9]{1,10}(?:\.\s*\+?[0-9]{1,10}\s*){1,3}$/;

function version(text: string): Version | undefined {
  if (!VERSION.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  return parts.every((part) => part <= 2_147_483_647) ? new Version(parts.join(".")) : undefined;
}

/** An address with a host: what .NET refuses about it is an empty or impossible host, or a port beyond 65535. */
const WITH_HOST = /^(?:https?|ftp|wss?|net\.tcp):\/\/([^/?#]*)/i;
const AUTHORITY = /^(?:[^@]*@)?(?:\[[0-9a-f:.%]+\]|(?!.*\.\.)[^\s<>"{}|\\^`[\]:@%]+)(?::([0-9]{0,9}))?$/i;

/** Absolute or relative, as it came. */
function uri(text: string): Uri | undefined {
  const decoded = decodeEscapes(text);
  const authority = WITH_HOST.exec(decoded)?.[1];
  if (authority !== undefined) {
    const match = AUTHORITY.exec(authority);
    if (match === null || Number(match[1] ?? 0) > 65_535) return undefined;
  }
  return new Uri(decoded);
}

const tag = (type: string, read: (text: string) => PsValue | undefined): ScalarTag => ({ type: `System.${type}`, read });
const boxed = <V extends PsValue>(make: new (value: number) => V, least: number, most: number) => {
  return (text: string): V | undefined => {
    const value = whole(text, least, most);
    return value === undefined ? undefined : new make(value);
  };
};

/** By element name. SS is not here: it needs the session's key. */
export const SCALARS: Readonly<Record<string, ScalarTag>> = {
  S: tag("String", (text) => (text.includes("_") ? decodeEscapes(text) : text)),
  C: tag("Char", boxed(Char, 0, 0xffff)),
  B: tag("Boolean", (text) => BOOLEANS.get(text) ?? BOOLEANS.get(text.trim())),
  By: tag("Byte", boxed(Byte, 0, 255)),
  SB: tag("SByte", boxed(SByte, -128, 127)),
  I16: tag("Int16", boxed(Int16, -32_768, 32_767)),
  U16: tag("UInt16", boxed(UInt16, 0, 65_535)),
  I32: tag("Int32", (text) => whole(text, -2_147_483_648, 2_147_483_647)),
  U32: tag("UInt32", boxed(UInt32, 0, 4_294_967_295)),
  I64: tag("Int64", (text) => big(text, -(2n ** 63n), 2n ** 63n - 1n)),
  U64: tag("UInt64", (text) => {
    const value = big(text, 0n, 2n ** 64n - 1n);
    return value === undefined ? undefined : new UInt64(value);
  }),
  Sg: tag("Single", (text) => {
    const value = real(text);
    return value === undefined ? undefined : new Single(value);
  }),
  Db: tag("Double", (text) => {
    const value = real(text);
    return value === undefined ? undefined : new Double(value);
  }),
  D: tag("Decimal", decimal),
  DT: tag("DateTime", (text) => parseDateTime(text.trim())),
  TS: tag("TimeSpan", (text) => parseTimeSpan(text.trim())),
  G: tag("Guid", guid),
  URI: tag("Uri", uri),
  Version: tag("Version", version),
  BA: tag("Byte[]", fromBase64),
  SBK: tag("Management.Automation.ScriptBlock", (text) => new ScriptBlock(decodeEscapes(text))),
  XD: tag("Xml.XmlDocument", (text) => {
    const decoded = decodeEscapes(text);
    return decoded === "" || isWellFormed(decoded) ? new XmlDocument(decoded) : undefined;
  }),
};
