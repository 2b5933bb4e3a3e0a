/** What a server's Date header says of the two clocks (RFC 9110 6.6.1). */
export interface ClockSample {
  host: string;
  /** How far the server's clock is ahead of ours, in milliseconds; its seconds are whole. */
  aheadMs: number;
}

/** @param nowMs our clock when the answer came */
export function clockSample(
  host: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  nowMs: number,
): ClockSample | undefined {
  const date = headers["date"];
  const theirs = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(theirs) ? undefined : { host, aheadMs: theirs - nowMs };
}
