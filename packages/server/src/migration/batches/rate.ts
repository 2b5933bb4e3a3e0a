/**
 * The rate of a batch: how many may begin within any minute. One moment is kept for it (in the batch's row, so that all
 * processes obey it together): before it nobody begins. Each who begins pushes it on by the same interval; a second's worth may
 * be caught up, since workers look only now and then. The interval is a little longer than a minute over the rate, so that what
 * is caught up is within the rate as well.
 */

const MINUTE_MS = 60_000;

export interface Taken {
  /** How many may begin now. */
  granted: number;
  nextSlotMs: number;
}

/** @param ratePerMinute 0: no limit */
export function takeSlots(ratePerMinute: number, nextSlotMs: number, wanted: number, nowMs: number): Taken {
  if (ratePerMinute <= 0) return { granted: wanted, nextSlotMs };
  const burst = Math.max(1, Math.floor(ratePerMinute / 60));
  const intervalMs = MINUTE_MS / (ratePerMinute - burst + 1);
  // What was not used is worth a second at most.
  const fromMs = Math.max(nextSlotMs, nowMs - (burst - 1) * intervalMs);
  if (fromMs > nowMs) return { granted: 0, nextSlotMs };
  const granted = Math.max(0, Math.min(wanted, Math.floor((nowMs - fromMs) / intervalMs) + 1));
  return { granted, nextSlotMs: Math.ceil(fromMs + granted * intervalMs) };
}
