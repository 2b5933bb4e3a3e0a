/** Time as an argument: the machines of this folder never ask for it themselves. */
export interface LifeClock {
  /** Milliseconds on a clock that never goes back. */
  nowMs(): number;
  /** Calls back once after the time; the function that comes back prevents that. */
  after(ms: number, then: () => void): () => void;
}

/** The machine's own. It keeps no process alive. */
export const SYSTEM_CLOCK: LifeClock = {
  nowMs: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(ms, 2_000_000_000));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after the time, or rejects with the signal's reason. Keeps the process alive: somebody waits. */
export function sleep(ms: number, clock: LifeClock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const alive = clock === SYSTEM_CLOCK ? setInterval(() => undefined, 60_000) : undefined;
    const settle = (): void => {
      clearInterval(alive);
      lift();
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = (): void => {
      settle();
      reject(signal?.reason as Error);
    };
    const lift = clock.after(ms, () => {
      settle();
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
