/**
 * The scalar values of PowerShell that JavaScript has no exact type for ([MS-PSRP] 2.2.5.1).
 *
 * What JavaScript has, stays JavaScript: string = System.String, boolean = System.Boolean, null = $null,
 * number (whole, within 32 bits) = System.Int32, bigint = System.Int64, Uint8Array = System.Byte[].
 * On writing, a number that is not such an integer is taken as System.Double (a whole one beyond 32 bits as Int64);
 * on reading, a System.Double is always a `Double`, so that a value keeps its type on a round trip.
 *
 * All are immutable. `valueOf` gives what arithmetic and comparison expect; `toString` the invariant-culture text.
 */

import { NUMBER_FORMS, realText } from "./number-text.ts";

abstract class Numeric {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
  toString(): string {
    return String(this.value);
  }
  toJSON(): number {
    return this.value;
  }
}

export class Double extends Numeric {
  readonly tag = "Db";
  override toString(): string {
    return realText(this.value, NUMBER_FORMS.doubleText);
  }
}
export class Single extends Numeric {
  readonly tag = "Sg";
  /** @param value rounded to single precision here */
  constructor(value: number) {
    super(Math.fround(value));
  }
  override toString(): string {
    return realText(this.value, NUMBER_FORMS.singleText);
  }
}
export class Byte extends Numeric {
  readonly tag = "By";
}
export class SByte extends Numeric {
  readonly tag = "SB";
}
export class Int16 extends Numeric {
  readonly tag = "I16";
}
export class UInt16 extends Numeric {
  readonly tag = "U16";
}
export class UInt32 extends Numeric {
  readonly tag = "U32";
}

export class UInt64 {
  readonly tag = "U64";
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
  valueOf(): bigint {
    return this.value;
  }
  toString(): string {
    return this.value.toString();
  }
  toJSON(): string {
    return this.value.toString();
  }
}

/** One UTF-16 code unit. */
export class Char {
  readonly tag = "C";
  readonly code: number;
  constructor(code: number | string) {
    this.code = typeof code === "number" ? code : code.charCodeAt(0);
  }
  toString(): string {
    return String.fromCharCode(this.code);
  }
  toJSON(): string {
    return this.toString();
  }
}

abstract class Text {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
  toJSON(): string {
    return this.text;
  }
}

/** System.Decimal: exact, kept as its text with its scale (`1.50` stays `1.50`). */
export class Decimal extends Text {
  readonly tag = "D";
  override valueOf(): number {
    return Number(this.text);
  }
}

/** System.Guid, lower case with dashes. */
export class Guid extends Text {
  readonly tag = "G";
}
export class Version extends Text {
  readonly tag = "Version";
}
export class SemanticVersion extends Text {
  readonly tag = "SemanticVersion";
}
export class Uri extends Text {
  readonly tag = "URI";
}
export class ScriptBlock extends Text {
  readonly tag = "SBK";
}
/** System.Xml.XmlDocument, as text. */
export class XmlDocument extends Text {
  readonly tag = "XD";
}

export type DateTimeKind = "Unspecified" | "Utc" | "Local";

/** System.DateTime to the tick: 100 ns since 0001-01-01 of the wall clock it shows, with its kind. */
export class DateTime {
  readonly tag = "DT";
  /** Whole seconds since 0001-01-01 on the wall clock it shows; kept as a number, which is what texts are made of. */
  readonly seconds: number;
  /** Ticks beyond the second: 0 to 9,999,999. */
  readonly fraction: number;
  readonly kind: DateTimeKind;
  /** Minutes east of UTC, for kind Local. */
  readonly offsetMinutes: number;
  /** @param ticks of 100 ns; as a number: whole seconds, with `fraction` ticks beside them */
  constructor(ticks: bigint | number, kind: DateTimeKind, offsetMinutes = 0, fraction = 0) {
    if (typeof ticks === "number") {
      this.seconds = ticks;
      this.fraction = fraction;
    } else {
      this.seconds = Number(ticks / 10_000_000n);
      this.fraction = Number(ticks % 10_000_000n);
    }
    this.kind = kind;
    this.offsetMinutes = offsetMinutes;
  }
  static fromDate(date: Date): DateTime {
    const ms = date.getTime();
    const seconds = Math.floor(ms / 1000);
    return new DateTime(seconds + UNIX_EPOCH, "Utc", 0, (ms - seconds * 1000) * 10_000);
  }
  /** Of 100 ns since 0001-01-01, on the wall clock it shows. */
  get ticks(): bigint {
    return BigInt(this.seconds) * 10_000_000n + BigInt(this.fraction);
  }
  /** To the millisecond; an unspecified kind is taken as UTC. */
  toDate(): Date {
    return new Date((this.seconds - UNIX_EPOCH - this.offsetMinutes * 60) * 1000 + Math.floor(this.fraction / 10_000));
  }
  /** The same moment on the clock of another place; for kind Local. `offset` gives minutes east of UTC. */
  at(offset: (utc: Date) => number): DateTime {
    const minutes = offset(this.toDate());
    const seconds = this.seconds + (minutes - this.offsetMinutes) * 60;
    // Beyond the calendar it stays at its end, as in .NET.
    if (seconds < 0) return new DateTime(0, this.kind, minutes);
    if (seconds > LAST_SECOND) return new DateTime(LAST_SECOND, this.kind, minutes, 9_999_999);
    return new DateTime(seconds, this.kind, minutes, this.fraction);
  }
  /** ISO 8601 as XmlConvert writes it (round-trip kind). */
  toString(): string {
    const { year, month, day } = dateOf(Math.floor(this.seconds / 86_400));
    const fraction = this.fraction === 0 ? "" : `.${String(this.fraction).padStart(7, "0").replace(/0+$/, "")}`;
    const text = `${String(year).padStart(4, "0")}-${TWO[month]}-${TWO[day]}T${clock(this.seconds % 86_400)}${fraction}`;
    if (this.kind === "Unspecified") return text;
    if (this.kind === "Utc") return `${text}Z`;
    const minutes = Math.abs(this.offsetMinutes);
    return `${text}${this.offsetMinutes < 0 ? "-" : "+"}${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}`;
  }
  /** `MM/dd/yyyy HH:mm:ss`: what string conversion shows. */
  toInvariantText(): string {
    const { year, month, day } = dateOf(Math.floor(this.seconds / 86_400));
    return `${TWO[month]}/${TWO[day]}/${String(year).padStart(4, "0")} ${clock(this.seconds % 86_400)}`;
  }
  toJSON(): string {
    return this.toString();
  }
}

/** Seconds from 0001-01-01 to 1970-01-01. */
const UNIX_EPOCH = 62_135_596_800;
/** 9999-12-31T23:59:59. */
const LAST_SECOND = 315_537_897_599;
/** Two digits for each number below 100. */
const TWO: readonly string[] = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

function clock(seconds: number): string {
  return `${TWO[Math.floor(seconds / 3600)]}:${TWO[Math.floor(seconds / 60) % 60]}:${TWO[seconds % 60]}`;
}

/** The date of a day counted from 0001-01-01; reckoned in years that begin in March, so that the leap day comes last. */
function dateOf(days: number): { year: number; month: number; day: number } {
  const since = days + 306;
  const era = Math.floor(since / 146_097);
  const dayOfEra = since - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** System.TimeSpan in ticks of 100 ns. */
export class TimeSpan {
  readonly tag = "TS";
  readonly ticks: bigint;
  constructor(ticks: bigint) {
    this.ticks = ticks;
  }
  static fromMilliseconds(ms: number): TimeSpan {
    return new TimeSpan(BigInt(Math.round(ms * 10_000)));
  }
  toMilliseconds(): number {
    return Number(this.ticks) / 10_000;
  }
  /** .NET's constant format, `[-][d.]hh:mm:ss[.fffffff]`. */
  toString(): string {
    const negative = this.ticks < 0n;
    const t = negative ? -this.ticks : this.ticks;
    const two = (n: bigint): string => n.toString().padStart(2, "0");
    const days = t / 864_000_000_000n;
    const fraction = t % 10_000_000n;
    return (
      (negative ? "-" : "") +
      (days === 0n ? "" : `${days}.`) +
      `${two((t / 36_000_000_000n) % 24n)}:${two((t / 600_000_000n) % 60n)}:${two((t / 10_000_000n) % 60n)}` +
      (fraction === 0n ? "" : `.${fraction.toString().padStart(7, "0")}`)
    );
  }
  toJSON(): string {
    return this.toString();
  }
}

/** A secret text. It never shows itself: printing, JSON and inspection give the type's name. */
export class SecureString {
  readonly tag = "SS";
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  /** The secret itself; do not log it. */
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return "System.Security.SecureString";
  }
  toJSON(): string {
    return this.toString();
  }
}

/** A scalar class of this file. */
export type PsScalar =
  | Double
  | Single
  | Byte
  | SByte
  | Int16
  | UInt16
  | UInt32
  | UInt64
  | Char
  | Decimal
  | Guid
  | Version
  | SemanticVersion
  | Uri
  | ScriptBlock
  | XmlDocument
  | DateTime
  | TimeSpan
  | SecureString;
