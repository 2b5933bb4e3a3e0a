/** The clocks of those who answered, against ours: half of all refused tokens are a wrong clock. */
import { Fault } from "@tieline/fault";

/** Authorities and endpoints allow about five minutes. */
const ALLOWED_MS = 5 * 60_000;

export class ClockWatch {
  #seen: { host: string; aheadMs: number; atMs: number } | undefined;

  /** Reads an answer's Date header (RFC 9110 6.6.1). @param nowMs our clock when the answer came */
  note(host: string, headers: Readonly<Record<string, string | readonly string[] | undefined>>, nowMs: number): void {
    const date = headers["date"];
    const remoteMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    if (!Number.isNaN(remoteMs)) this.#seen = { host, aheadMs: remoteMs - nowMs, atMs: nowMs };
  }

  /** How far the last answer's clock is ahead of ours; 0 where none was seen. */
  get aheadMs(): number {
    return this.#seen?.aheadMs ?? 0;
  }

  /** `clock-wrong` where ours differs by more than is allowed. */
  fault(cause?: unknown): Fault | undefined {
    const seen = this.#seen;
    if (seen === undefined || Math.abs(seen.aheadMs) <= ALLOWED_MS) return undefined;
    const fields = {
      minutes: Math.round(Math.abs(seen.aheadMs) / 60_000),
      local: isoSeconds(seen.atMs),
      host: seen.host,
      remote: isoSeconds(seen.atMs + seen.aheadMs),
    };
    return new Fault("clock-wrong", fields, { cause });
  }
}

export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
