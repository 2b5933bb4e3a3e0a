/** Dates and durations as XML Schema writes them, to the tick of 100 ns ([MS-PSRP] 2.2.5.1.2, 2.2.5.1.3). */
import { DateTime, TimeSpan } from "../objects/index.ts";

const UNIX_EPOCH = 621_355_968_000_000_000n;
const LAST_TICK = 3_155_378_975_999_999_999n;
/** Ticks in a unit. */
const SECOND = 10_000_000n;
const DAY = 864_000_000_000n;

const DATE_TIME = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?)?)?)?(?:(Z)|([+-])(\d{2}):(\d{2}))?$/;

/**
 * An `xs:dateTime` (or date, or year and month). Its kind follows from the zone: none = Unspecified, Z = Utc,
 * an offset = Local; the wall clock shown is kept, with the offset beside it. More than seven digits of a second are rounded.
 */
export function parseDateTime(text: string): DateTime | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = match[2] === undefined ? 1 : Number(match[2]);
  const day = match[3] === undefined ? 1 : Number(match[3]);
  const hour = match[4] === undefined ? 0 : Number(match[4]);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (minute > 59 || second > 59 || hour > 24) return undefined;
  if (hour === 24 && (minute > 0 || second > 0)) return undefined;
  const fraction = match[7] === undefined ? 0 : fractionTicks(match[7]);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const ticks = BigInt(date.getTime()) * 10_000n + UNIX_EPOCH + BigInt(fraction);
  if (ticks < 0n || ticks > LAST_TICK) return undefined;
  if (match[8] !== undefined) return new DateTime(ticks, "Utc");
  if (match[9] === undefined) return new DateTime(ticks, "Unspecified");
  const offset = Number(match[10]) * 60 + Number(match[11]);
  if (offset > 14 * 60 || Number(match[11]) > 59) return undefined;
  return new DateTime(ticks, "Local", match[9] === "-" ? -offset : offset);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function fractionTicks(digits: string): number {
  const ticks = Number(digits.slice(0, 7).padEnd(7, "0"));
  return digits.length > 7 && digits.charCodeAt(7) >= 53 ? ticks + 1 : ticks;
}

const DURATION =
  /^(-)?P(?=[0-9T])(?:(\d{1,10})Y)?(?:(\d{1,10})M)?(?:(\d{1,10})D)?(?:T(?=[0-9])(?:(\d{1,10})H)?(?:(\d{1,10})M)?(?:(\d{1,10})(?:\.(\d+))?S)?)?$/;

/** An `xs:duration`; a year counts as 365 days and a month as 30, as in .NET. */
export function parseTimeSpan(text: string): TimeSpan | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const part = (index: number): bigint => (match[index] === undefined ? 0n : BigInt(match[index]));
  const days = part(2) * 365n + part(3) * 30n + part(4);
  const seconds = part(5) * 3600n + part(6) * 60n + part(7);
  const fraction = match[8] === undefined ? 0 : fractionTicks(match[8]);
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
