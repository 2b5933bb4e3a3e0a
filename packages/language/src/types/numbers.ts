/** Conversion to the number types, with the reasons that .NET gives: banker's rounding, ranges, what counts as a number's text. */
import {
  Byte,
  Char,
  Decimal,
  Double,
  Int16,
  PsObject,
  SByte,
  Single,
  UInt16,
  UInt32,
  UInt64,
  type PsValue,
} from "@tieline/remoting/objects";
import { cannotConvert, cannotParse, type ConversionError, type ParameterType } from "./parameter-type.ts";
import { namedText, textOf } from "./text.ts";
import { baseOf, typeNameOf } from "./type-name.ts";

interface WholeKind<T extends PsValue> {
  name: string;
  shown: string;
  min: bigint;
  max: bigint;
  /** The article and name in "too large or too small for an Int32". */
  phrase: string;
  make: (value: bigint) => T;
  is: (value: PsValue) => boolean;
}

/** Half to even, as .NET's Convert and a PowerShell cast round. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The number inside a value, or undefined where it is none (texts are not). */
export function numberOf(value: PsValue): number | bigint | undefined {
  const base = baseOf(value);
  switch (typeof base) {
    case "number":
    case "bigint":
      return base;
    case "boolean":
      return base ? 1 : 0;
    default:
  }
  if (base instanceof UInt64) return base.value;
  if (base instanceof Decimal) return Number(base.text);
  if (
    base instanceof Double ||
    base instanceof Single ||
    base instanceof Byte ||
    base instanceof SByte ||
    base instanceof Int16 ||
    base instanceof UInt16 ||
    base instanceof UInt32
  )
    return base.value;
  return undefined;
}

const WHOLE = /^\s*[+-]?\d+\s*$/;
const HEX = /^\s*[+-]?(?:0x|&h|#)([0-9a-f]{1,16})\s*$/i;
const REAL = /^\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?\s*$/i;

/** System.Decimal holds 96 bits. */
const LARGEST_DECIMAL = 2 ** 96;

/** Longest text that is looked at as a number. */
const LONGEST_NUMBER = 1000;

function notANumber(text: string, to: string): ConversionError {
  return cannotParse(text, to, `The input string '${text}' was not in a correct format.`);
}

function wholeFromText(text: string, kind: WholeKind<PsValue>): bigint {
  if (text.trim() === "") return 0n;
  if (text.length > LONGEST_NUMBER) throw notANumber(text.slice(0, 40), kind.name);
  const hex = HEX.exec(text);
  if (hex !== null) return BigInt(`0x${hex[1]}`);
  if (WHOLE.test(text)) return BigInt(text.trim().replace(/^\+/, ""));
  if (REAL.test(text)) {
    const number = Number(text.replaceAll(",", ""));
    if (!Number.isFinite(number)) throw tooLarge(text, kind);
    return BigInt(roundHalfEven(number));
  }
  throw notANumber(text, kind.name);
}

function whole<T extends PsValue>(kind: WholeKind<T>): ParameterType<T> {
  return {
    name: kind.name,
    shown: kind.shown,
    accepts: (value) => kind.is(baseOf(value)),
    convert(value) {
      const base = baseOf(value);
      if (kind.is(base)) return base as T;
      if (base === null) return kind.make(0n);
      let number: bigint;
      if (typeof base === "string") number = wholeFromText(base, kind);
      else if (base instanceof Char) number = BigInt(base.code);
      else if (base instanceof Decimal && /^-?\d+$/.test(base.text)) number = BigInt(base.text);
      else {
        const found = numberOf(base);
        if (found === undefined) throw cannotConvert(namedText(value), typeNameOf(value), kind.name);
        if (typeof found === "number" && !Number.isFinite(found)) throw tooLarge(value, kind);
        number = typeof found === "bigint" ? found : BigInt(roundHalfEven(found));
      }
      if (number < kind.min || number > kind.max) throw tooLarge(value, kind);
      return kind.make(number);
    },
  };
}

function tooLarge(value: PsValue, kind: { name: string; phrase: string }): ConversionError {
  return cannotParse(textOf(value), kind.name, `Value was either too large or too small for ${kind.phrase}.`);
}

export const INT16 = whole<Int16>({
  name: "System.Int16",
  shown: "short",
  min: -32768n,
  max: 32767n,
  phrase: "an Int16",
  make: (v) => new Int16(Number(v)),
  is: (v) => v instanceof Int16,
});
export const UINT16 = whole<UInt16>({
  name: "System.UInt16",
  shown: "ushort",
  min: 0n,
  max: 65535n,
  phrase: "a UInt16",
  make: (v) => new UInt16(Number(v)),
  is: (v) => v instanceof UInt16,
});
export const INT32 = whole<number>({
  name: "System.Int32",
  shown: "int",
  min: -2147483648n,
  max: 2147483647n,
  phrase: "an Int32",
  make: Number,
  is: (v) => typeof v === "number" && (v | 0) === v,
});
export const UINT32 = whole<UInt32>({
  name: "System.UInt32",
  shown: "uint",
  min: 0n,
  max: 4294967295n,
  phrase: "a UInt32",
  make: (v) => new UInt32(Number(v)),
  is: (v) => v instanceof UInt32,
});
export const INT64 = whole<bigint>({
  name: "System.Int64",
  shown: "long",
  min: -(1n << 63n),
  max: (1n << 63n) - 1n,
  phrase: "an Int64",
  make: (v) => v,
  is: (v) => typeof v === "bigint",
});
export const UINT64 = whole<UInt64>({
  name: "System.UInt64",
  shown: "ulong",
  min: 0n,
  max: (1n << 64n) - 1n,
  phrase: "a UInt64",
  make: (v) => new UInt64(v),
  is: (v) => v instanceof UInt64,
});
export const BYTE = whole<Byte>({
  name: "System.Byte",
  shown: "byte",
  min: 0n,
  max: 255n,
  phrase: "an unsigned byte",
  make: (v) => new Byte(Number(v)),
  is: (v) => v instanceof Byte,
});
export const SBYTE = whole<SByte>({
  name: "System.SByte",
  shown: "sbyte",
  min: -128n,
  max: 127n,
  phrase: "a signed byte",
  make: (v) => new SByte(Number(v)),
  is: (v) => v instanceof SByte,
});

export const DOUBLE: ParameterType<Double> = {
  name: "System.Double",
  shown: "double",
  accepts: (value) => baseOf(value) instanceof Double,
  convert: (value) => new Double(realOf(value, "System.Double")),
};

export const SINGLE: ParameterType<Single> = {
  name: "System.Single",
  shown: "float",
  accepts: (value) => baseOf(value) instanceof Single,
  convert: (value) => new Single(Math.fround(realOf(value, "System.Single"))),
};

export const DECIMAL: ParameterType<Decimal> = {
  name: "System.Decimal",
  shown: "decimal",
  accepts: (value) => baseOf(value) instanceof Decimal,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof Decimal) return base;
    if (typeof base === "string" && /^\s*[+-]?\d{1,28}(?:\.\d{1,28})?\s*$/.test(base)) return new Decimal(base.trim().replace(/^\+/, ""));
    const number = realOf(value, "System.Decimal");
    if (!Number.isFinite(number) || Math.abs(number) > LARGEST_DECIMAL)
      throw tooLarge(value, { name: "System.Decimal", phrase: "a Decimal" });
    return new Decimal(typeof base === "bigint" ? base.toString() : plain(number));
  },
};

function plain(number: number): string {
  const text = String(number);
  return text.includes("e") ? BigInt(Math.round(number)).toString() : text;
}

function realOf(value: PsValue, to: string): number {
  const base = baseOf(value);
  if (base === null) return 0;
  if (typeof base === "string") {
    if (base.trim() === "") return 0;
    if (base.length > LONGEST_NUMBER) throw notANumber(base.slice(0, 40), to);
    const hex = HEX.exec(base);
    if (hex !== null) return Number.parseInt(hex[1] as string, 16);
    if (REAL.test(base)) return Number(base.replaceAll(",", ""));
    const special = SPECIAL[base.trim().toLowerCase()];
    if (special !== undefined && to !== "System.Decimal") return special;
    throw notANumber(base, to);
  }
  if (base instanceof Char) throw cannotParse(textOf(value), to, `Invalid cast from 'Char' to '${to.slice(7)}'.`);
  const found = numberOf(base);
  if (found === undefined) throw cannotConvert(namedText(value), value instanceof PsObject ? typeNameOf(value) : typeNameOf(base), to);
  return Number(found);
}

const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  "+infinity": Number.POSITIVE_INFINITY,
  "-infinity": Number.NEGATIVE_INFINITY,
  "\u221E": Number.POSITIVE_INFINITY,
  "-\u221E": Number.NEGATIVE_INFINITY,
};
