/** Work that is done again and again while the service runs. */
import { setTimeout as pause } from "node:timers/promises";

export interface AgainOptions {
  /** From the end of one time to the beginning of the next. */
  everyMs: number;
  /** Told what went wrong; the next time comes all the same. */
  failed: (error: unknown) => void;
  /** Default: a timer that does not keep the process. */
  pause?: Pause | undefined;
}

/** Waits, and ends early, without a fault, when the signal says so. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/** Never keeps the process: what is under way does. */
export function untilAborted(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/** Begins at once, never twice at a time; disposing of it tells the work by its signal, and waits for its end. */
export function again(work: (signal: AbortSignal) => Promise<unknown>, options: AgainOptions): AsyncDisposable {
  const { everyMs, failed, pause: wait = untilAborted } = options;
  const end = new AbortController();
  const { signal } = end;
  const running = keep();

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        failed(error);
      }
      await wait(everyMs, signal);
    }
  }

  return {
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await running;
    },
  };
}
