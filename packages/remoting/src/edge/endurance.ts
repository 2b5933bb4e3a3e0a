/**
 * How long, and how often, a request is tried again while the network is away. The pauses double from the first to the
 * longest and are drawn between half and the whole of that, so that many clients of a service that comes back do not come
 * at once.
 */
export interface Endurance {
  /** From the first failure on; then the last fault is told. Default 150,000, less than the service's patience with us. */
  forMs?: number;
  /** Default 300. */
  firstPauseMs?: number;
  /** Default 15,000. */
  longestPauseMs?: number;
  /** Between 0 and 1. */
  random?: () => number;
  /** Milliseconds on a clock that never goes back. */
  nowMs?: () => number;
  /** Resolves after the time or when the signal is aborted; never rejects. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told once when the network goes away, and once when it is back. */
  away?: (reason: Error) => void;
  back?: () => void;
  /** A question for output had to be asked again of a service that does not hand out again what a lost answer took: some may be missing. */
  unsure?: () => void;
}

export const DEFAULT_ENDURANCE = { forMs: 150_000, firstPauseMs: 300, longestPauseMs: 15_000 } as const;

/** The pause before attempt `attempt` (0, 1, ...); `chance` between 0 and 1. */
function pauseMs(
  attempt: number,
  { firstPauseMs, longestPauseMs }: Pick<Endurance, "firstPauseMs" | "longestPauseMs">,
  chance: number,
): number {
  const first = firstPauseMs ?? DEFAULT_ENDURANCE.firstPauseMs;
  const longest = longestPauseMs ?? DEFAULT_ENDURANCE.longestPauseMs;
  const whole = Math.min(longest, first * 2 ** Math.min(attempt, 20));
  return Math.round(whole / 2 + (whole / 2) * chance);
}

/** One outage: begins with a failure, ends with an answer. */
export class Outage {
  readonly #endurance: Endurance;
  #sinceMs: number | undefined;

  constructor(endurance: Endurance) {
    this.#endurance = endurance;
  }

  /** The pause before the next attempt; undefined where patience is over. */
  failed(reason: Error, attempt: number): number | undefined {
    const { forMs = DEFAULT_ENDURANCE.forMs, nowMs = () => performance.now(), random = Math.random, away } = this.#endurance;
    const now = nowMs();
    if (this.#sinceMs === undefined) {
      this.#sinceMs = now;
      if (forMs > 0) away?.(reason);
    }
    const leftMs = this.#sinceMs + forMs - now;
    return leftMs <= 0 ? undefined : Math.min(leftMs, pauseMs(attempt, this.#endurance, random()));
  }

  answered(): void {
    if (this.#sinceMs === undefined) return;
    this.#sinceMs = undefined;
    this.#endurance.back?.();
  }
}
