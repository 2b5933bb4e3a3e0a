/** Numbers and times as sentences have them. */
import { DateTime } from "@tieline/remoting/objects";
import { cell } from "./cell.ts";

/** `1,234`. */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 user`, `2 users`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `740 ms`, `1.3 s`, `2 min 5 s`, `3 h 12 min`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** In local time, to the second; nothing where it is not known. */
export function localTime(ms: number | undefined): string {
  return ms === undefined ? "" : cell(DateTime.fromDate(new Date(ms)));
}
