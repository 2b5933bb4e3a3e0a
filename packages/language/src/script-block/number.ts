/** PowerShell's number literals, with the type that each has. */
import { Byte, Decimal, Double, Int16, SByte, UInt16, UInt32, UInt64, type PsValue } from "@tieline/remoting/objects";

const LITERAL = /^(?:(0x)([0-9a-f]+)|(0b)([01]+)|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)(ul|us|uy|u|l|s|y|d|n)?(kb|mb|gb|tb|pb)?$/i;
const MULTIPLIERS: Readonly<Record<string, number>> = { kb: 10, mb: 20, gb: 30, tb: 40, pb: 50 };

/** Longest literal that is read; numbers are shorter. */
const LONGEST = 64;

interface Range {
  readonly min: bigint;
  readonly max: bigint;
  readonly make: (value: bigint) => PsValue;
}

const INT32: Range = { min: -(1n << 31n), max: (1n << 31n) - 1n, make: Number };
const INT64: Range = { min: -(1n << 63n), max: (1n << 63n) - 1n, make: (value) => value };

const SUFFIXES: Readonly<Record<string, Range>> = {
  l: INT64,
  s: { min: -32768n, max: 32767n, make: (value) => new Int16(Number(value)) },
  y: { min: -128n, max: 127n, make: (value) => new SByte(Number(value)) },
  ul: { min: 0n, max: (1n << 64n) - 1n, make: (value) => new UInt64(value) },
  us: { min: 0n, max: 65535n, make: (value) => new UInt16(Number(value)) },
  uy: { min: 0n, max: 255n, make: (value) => new Byte(Number(value)) },
};

/**
 * The value of a word that is a number, or undefined where it is a text.
 *
 * @example
 * ```ts
 * readNumber("1kb"); // 1024
 * readNumber("1abc"); // undefined
 * ```
 */
export function readNumber(word: string): PsValue | undefined {
  if (word.length > LONGEST) return undefined;
  const match = LITERAL.exec(word);
  if (match === null) return undefined;
  const [, hex, hexDigits, , binary, decimal, exponent, suffixText, unit] = match;
  const suffix = suffixText?.toLowerCase();
  const shift = unit === undefined ? 0n : BigInt(MULTIPLIERS[unit.toLowerCase()] as number);
  if (suffix === "n") return undefined;
  if (hex !== undefined || binary !== undefined) return typed(radix(hexDigits, binary, suffix) << shift, suffix);
  const digits = decimal as string;
  if (suffix === "d") return exponent === undefined ? new Decimal(shiftDecimal(digits, shift)) : undefined;
  if (digits.includes(".") || exponent !== undefined) {
    const number = Number(`${digits}${exponent ?? ""}`) * 2 ** Number(shift);
    if (suffix === undefined) return new Double(number);
    return Number.isFinite(number) ? typed(BigInt(halfEven(number)), suffix) : undefined;
  }
  return typed(BigInt(digits) << shift, suffix);
}

/** Hexadecimal and binary literals are two's complement by their number of digits. */
function radix(hex: string | undefined, binary: string | undefined, suffix: string | undefined): bigint {
  const value = hex === undefined ? BigInt(`0b${binary}`) : BigInt(`0x${hex}`);
  if (suffix?.startsWith("u") === true) return value;
  const bits = hex === undefined ? (binary as string).length : hex.length * 4;
  const widths = hex === undefined ? [8, 16, 32, 64] : [32, 64];
  const width = widths.find((candidate) => candidate === bits);
  return width !== undefined && value >> BigInt(width - 1) === 1n ? value - (1n << BigInt(width)) : value;
}

function typed(value: bigint, suffix: string | undefined): PsValue | undefined {
  if (suffix === "u") return value < 1n << 32n ? new UInt32(Number(value)) : value < 1n << 64n ? new UInt64(value) : undefined;
  if (suffix !== undefined) {
    const range = SUFFIXES[suffix] as Range;
    return value >= range.min && value <= range.max ? range.make(value) : undefined;
  }
  for (const range of [INT32, INT64]) if (value >= range.min && value <= range.max) return range.make(value);
  const magnitude = value < 0n ? -value : value;
  return magnitude < 79_228_162_514_264_337_593_543_950_336n ? new Decimal(value.toString()) : new Double(Number(value));
}

function shiftDecimal(digits: string, shift: bigint): string {
  if (shift === 0n) return digits.endsWith(".") ? digits.slice(0, -1) : digits.startsWith(".") ? `0${digits}` : digits;
  const [whole = "", fraction = ""] = digits.split(".");
  const scaled = BigInt(`${whole}${fraction}`) << shift;
  const text = scaled.toString().padStart(fraction.length + 1, "0");
  return fraction === "" ? text : `${text.slice(0, -fraction.length)}.${text.slice(-fraction.length)}`;
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
