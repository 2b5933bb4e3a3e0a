/** The hours in which a batch may begin moves: `20:00-06:00` by the clocks of a named zone, whatever the season. */
import { Fault } from "@tieline/fault";

export interface Hours {
  /** Minutes of the day: from the first, up to before the second; over midnight where the second is smaller. */
  from: number;
  to: number;
}

const HOURS = /^\s*([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)\s*$/;
const DAY = 24 * 60;

/** @throws Fault `batch-window` */
export function parseHours(text: string): Hours {
  const match = HOURS.exec(text);
  const [from, to] = match === null ? [-1, -1] : [minutes(match[1], match[2]), minutes(match[3], match[4])];
  if (from < 0 || from > DAY || to > DAY || from === to) throw new Fault("batch-window", { window: text });
  return { from: from % DAY, to: to === 0 ? DAY : to };
}

function minutes(hour: string | undefined, minute: string | undefined): number {
  return Number(hour) * 60 + Number(minute);
}

/** @throws Fault `batch-time-zone` */
export function checkTimeZone(timeZone: string): string {
  try {
    return clockOf(timeZone).resolvedOptions().timeZone;
  } catch (cause) {
    throw new Fault("batch-time-zone", { zone: timeZone }, { cause });
  }
}

/** Whether the clocks of the zone show one of the hours. @throws Fault `batch-window`, `batch-time-zone` */
export function isWithin(window: string | null, timeZone: string, nowMs: number): boolean {
  if (window === null) return true;
  const { from, to } = parseHours(window);
  const now = minuteOfDay(checkTimeZone(timeZone), nowMs);
  return from < to ? now >= from && now < to : now >= from || now < to;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    clocks.set(timeZone, clock);
  }
  return clock;
}

function minuteOfDay(timeZone: string, nowMs: number): number {
  const parts = clockOf(timeZone).formatToParts(nowMs);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return value("hour") * 60 + value("minute");
}
