/** Dates and durations as XML Schema writes them, to the tick of 100 ns ([MS-PSRP] 2.2.5.1.2, 2.2.5.1.3). */
import { DateTime, TimeSpan } from "../objects/index.ts";

/** Seconds of the last moment that System.DateTime knows, 9999-12-31T23:59:59. */
const LAST_SECOND = 315_537_897_599;
/** Ticks in a unit. */
const SECOND = 10_000_000n;
const DAY = 864_000_000_000n;

const DATE_TIME = /^(\d{4}|-(?=-))(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?)?)?)?(?:(Z)|([+-])(\d{2}):(\d{2}))?$/;

/** Days before a month of a year that is no leap year. */
const BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;

/**
 * An `xs:dateTime` (or date, or year and month). Its kind follows from the zone: none = Unspecified, Z = Utc,
 * an offset = Local; the wall clock shown is kept, with the offset beside it. More than seven digits of a second are rounded.
 */
export function parseDateTime(text: string): DateTime | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  // A day of any year (--02-29) is reckoned in a leap year.
  const year = match[1] === "-" ? 1904 : Number(match[1]);
  if (match[1] === "-" && (match[3] === undefined || match[4] !== undefined)) return undefined;
  const month = match[2] === undefined ? 1 : Number(match[2]);
  const day = match[3] === undefined ? 1 : Number(match[3]);
  const hour = match[4] === undefined ? 0 : Number(match[4]);
  const minute = match[5] === undefined ? 0 : Number(match[5]);
  const second = match[6] === undefined ? 0 : Number(match[6]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  let fraction = match[7] === undefined ? 0 : fractionTicks(match[7]);
  let seconds = daysBefore(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  if (fraction === 10_000_000) {
    fraction = 0;
    seconds++;
  }
  if (seconds > LAST_SECOND) return undefined;
  if (match[8] !== undefined) return new DateTime(seconds, "Utc", 0, fraction);
  if (match[9] === undefined) return new DateTime(seconds, "Unspecified", 0, fraction);
  const offset = Number(match[10]) * 60 + Number(match[11]);
  if (offset > 99 * 60 || Number(match[11]) > 59) return undefined;
  return new DateTime(seconds, "Local", match[9] === "-" ? -offset : offset, fraction);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 0001-01-01. */
function daysBefore(year: number, month: number, day: number): number {
  const past = year - 1;
  const leaps = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leaps + (BEFORE_MONTH[month] as number) + (month > 2 && isLeap(year) ? 1 : 0) + day - 1;
}

function fractionTicks(digits: string): number {
  const ticks = Number(digits.length === 7 ? digits : digits.slice(0, 7).padEnd(7, "0"));
  return digits.length > 7 && digits.charCodeAt(7) >= 53 ? ticks + 1 : ticks;
}

const DURATION =
  /^(-)?P(?=[0-9T])(?:(\d{1,10})Y)?(?:(\d{1,10})M)?(?:(\d{1,10})D)?(?:T(?=[0-9.])(?:(\d{1,10})H)?(?:(\d{1,10})M)?(?:(\d{0,10})(?:\.(\d*))?S)?)?$/;

/** An `xs:duration`; a year counts as 365 days and a month as 30, as in .NET. */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  if (match[7] === "" && (match[8] ?? "") === "") return undefined;
  const part = (index: number): bigint => BigInt(match[index] ?? 0);
  const days = part(2) * 365n + part(3) * 30n + part(4);
  const seconds = part(5) * 3600n + part(6) * 60n + part(7);
  // What is finer than a tick is cut off.
  const fraction = Number((match[8] ?? "").slice(0, 7).padEnd(7, "0"));
  const size = days * DAY + seconds * SECOND + BigInt(fraction);
  const ticks = match[1] === undefined ? size : -size;
  return ticks === BigInt.asIntN(64, ticks) ? new TimeSpan(ticks) : undefined;
}

/** `P1DT2H3M4.5S`, without the parts that are nought; nothing at all is `PT0S`. */
export function formatTimeSpan(span: TimeSpan): string {
  const negative = span.ticks < 0n;
  const size = negative ? -span.ticks : span.ticks;
  if (size === 0n) return "PT0S";
  const days = size / DAY;
  const rest = Number(size % DAY);
  const hours = Math.floor(rest / 36_000_000_000);
  const minutes = Math.floor(rest / 600_000_000) % 60;
  const seconds = Math.floor(rest / 10_000_000) % 60;
  const fraction = rest % 10_000_000;
  let text = `${negative ? "-" : ""}P${days === 0n ? "" : `${days}D`}`;
  if (rest !== 0) {
    text += "T";
    if (hours !== 0) text += `${hours}H`;
    if (minutes !== 0) text += `${minutes}M`;
    if (seconds !== 0 || fraction !== 0)
      text += `${seconds}${fraction === 0 ? "" : `.${String(fraction).padStart(7, "0").replace(/0+$/, "")}`}S`;
  }
  return text;
}
