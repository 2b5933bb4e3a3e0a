/**
 * Conversion to DateTime and TimeSpan: the forms of the invariant culture that PowerShell casts read.
 *
 * A time without a date would need today's date, hence a clock; it is refused. A text with a zone becomes that instant
 * in UTC (PowerShell makes it local; a service has no local time that its clients know).
 */
import { DateTime, TimeSpan } from "@tieline/remoting/objects";
import { cannotConvert, cannotParse, type ConversionError, type ParameterType } from "./parameter-type.ts";
import { namedText, textOf } from "./text.ts";
import { baseOf, typeNameOf } from "./type-name.ts";

const TICKS_AT_1970 = 621_355_968_000_000_000n;
const TICKS_A_DAY = 864_000_000_000n;
/** Whole days that fit into 64 bits of ticks. */
const MOST_DAYS = 10_675_199;
const LATEST = 3_155_378_975_999_999_999n;

const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

const TIME = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,7}))?)?\s*([AaPp][Mm])?)?`;
const ZONE = String.raw`\s*(Z|[+-]\d{2}:?\d{2})?`;
const ISO = new RegExp(String.raw`^\s*(\d{4})-(\d{1,2})-(\d{1,2})${TIME}${ZONE}\s*$`, "i");
const SLASHED = new RegExp(String.raw`^\s*(\d{1,2})/(\d{1,2})/(\d{4})${TIME}${ZONE}\s*$`, "i");
const MONTH_FIRST = new RegExp(String.raw`^\s*(?:[a-z]{3,9},\s*)?([a-z]{3,9})\s+(\d{1,2}),?\s+(\d{4})${TIME}${ZONE}\s*$`, "i");
const DAY_FIRST = new RegExp(String.raw`^\s*(?:[a-z]{3,9},\s*)?(\d{1,2})\s+([a-z]{3,9})\s+(\d{4})${TIME}${ZONE}\s*$`, "i");
const LONGEST = 64;

function monthNumber(name: string): number {
  const wanted = name.toLowerCase();
  return MONTHS.findIndex((month) => month === wanted || month.slice(0, 3) === wanted) + 1;
}

/** The moment that a text names, or undefined. */
export function parseDateTime(text: string): DateTime | undefined {
  if (text.length > LONGEST) return undefined;
  let parts: RegExpExecArray | null;
  let year: number;
  let month: number;
  let day: number;
  if ((parts = ISO.exec(text)) !== null) [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  else if ((parts = SLASHED.exec(text)) !== null) [month, day, year] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  else if ((parts = MONTH_FIRST.exec(text)) !== null)
    [month, day, year] = [monthNumber(parts[1] as string), Number(parts[2]), Number(parts[3])];
  else if ((parts = DAY_FIRST.exec(text)) !== null)
    [day, month, year] = [Number(parts[1]), monthNumber(parts[2] as string), Number(parts[3])];
  else return undefined;
  let hour = Number(parts[4] ?? 0);
  const minute = Number(parts[5] ?? 0);
  const second = Number(parts[6] ?? 0);
  const half = parts[8]?.toLowerCase();
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === "pm" ? 12 : 0);
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1) return undefined;
  date.setUTCHours(hour, minute, second);
  const fraction = BigInt((parts[7] ?? "").padEnd(7, "0").slice(0, 7) || "0");
  let ticks = BigInt(date.getTime()) * 10_000n + TICKS_AT_1970 + fraction;
  const zone = parts[9];
  if (zone === undefined) return new DateTime(ticks, "Unspecified");
  if (zone.toUpperCase() !== "Z") {
    const sign = zone.startsWith("-") ? -1 : 1;
    const digits = zone.slice(1).replace(":", "");
    ticks -= BigInt(sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)))) * 600_000_000n;
  }
  return ticks < 0n || ticks > LATEST ? undefined : new DateTime(ticks, "Utc");
}

export const DATE_TIME: ParameterType<DateTime> = {
  name: "System.DateTime",
  shown: "datetime",
  accepts: (value) => baseOf(value) instanceof DateTime,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof DateTime) return base;
    if (typeof base === "number" || typeof base === "bigint") {
      const ticks = typeof base === "number" && Number.isInteger(base) ? BigInt(base) : typeof base === "bigint" ? base : -1n;
      if (ticks >= 0n && ticks <= LATEST) return new DateTime(ticks, "Unspecified");
    }
    if (typeof base !== "string") throw cannotConvert(namedText(value), typeNameOf(value), this.name);
    const found = parseDateTime(base);
    if (found !== undefined) return found;
    const unknown = /[a-z]/i.exec(base);
    throw cannotParse(
      base,
      this.name,
      unknown !== null && monthNumber(/[a-z]+/i.exec(base)?.[0] ?? "") === 0
        ? `The string '${base}' was not recognized as a valid DateTime. There is an unknown word starting at index '${unknown.index}'.`
        : `String '${base}' was not recognized as a valid DateTime.`,
    );
  },
};

const SPAN = /^\s*(-)?(?:(\d{1,8})(?:\.|:(?=\d{1,2}:\d{1,2}:\d)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?\s*$/;
const DAYS = /^\s*(-)?(\d{1,8})\s*$/;

export const TIME_SPAN: ParameterType<TimeSpan> = {
  name: "System.TimeSpan",
  shown: "timespan",
  accepts: (value) => baseOf(value) instanceof TimeSpan,
  convert(value) {
    const base = baseOf(value);
    if (base instanceof TimeSpan) return base;
    if (typeof base === "bigint" || (typeof base === "number" && Number.isInteger(base))) return new TimeSpan(BigInt(base));
    const text = typeof base === "string" ? base : textOf(base);
    const days = DAYS.exec(text);
    const outOfRange = (): ConversionError =>
      cannotParse(
        text,
        this.name,
        `The TimeSpan string '${text}' could not be parsed because at least one of the numeric components is out of range or contains too many digits.`,
      );
    if (days !== null) {
      if (Number(days[2]) > MOST_DAYS) throw outOfRange();
      return new TimeSpan(BigInt(days[2] as string) * TICKS_A_DAY * (days[1] === undefined ? 1n : -1n));
    }
    const parts = SPAN.exec(text);
    if (parts === null) throw cannotParse(text, this.name, `String '${text}' was not recognized as a valid TimeSpan.`);
    const [hours, minutes, seconds] = [Number(parts[3]), Number(parts[4]), Number(parts[5] ?? 0)];
    if (hours > 23 || minutes > 59 || seconds > 59 || Number(parts[2] ?? 0) >= MOST_DAYS) throw outOfRange();
    const ticks =
      BigInt(parts[2] ?? 0) * TICKS_A_DAY +
      BigInt(hours * 3600 + minutes * 60 + seconds) * 10_000_000n +
      BigInt((parts[6] ?? "").padEnd(7, "0"));
    return new TimeSpan(parts[1] === undefined ? ticks : -ticks);
  },
};
