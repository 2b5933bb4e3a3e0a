/** Keeps a deployment and its forest in step while the service runs: reads what has changed, writes what waits. */
import { isFault } from "@tieline/fault";
import { again, type Pause } from "../again.ts";
import type { DeploymentForest } from "./deployment-forest.ts";

export interface ForestWatchOptions {
  /** Default one minute. */
  refreshEveryMs?: number;
  /** Default five seconds. */
  flushEveryMs?: number;
  pause?: Pause;
  log: { info(facts: Record<string, unknown>, text: string): void; warn(facts: Record<string, unknown>, text: string): void };
}

/** The answer ends it, and waits for what is under way. */
export function watchForest(forest: DeploymentForest, options: ForestWatchOptions): AsyncDisposable {
  const { refreshEveryMs = 60_000, flushEveryMs = 5_000, pause, log } = options;
  const refresh = async (signal: AbortSignal): Promise<void> => {
    const told = await forest.refresh({ signal });
    if (Object.values(told).some((count) => count > 0)) log.info({ forest: forest.name, ...told }, "the forest was read");
  };
  let waiting = 0;
  const flush = async (signal: AbortSignal): Promise<void> => {
    const written = await forest.flush(signal);
    const left = await forest.pending();
    if (written > 0) log.info({ forest: forest.name, written, waiting: left }, "users were written to the forest");
    // Also where others were written: one who is refused is not to be lost among them.
    if (left > waiting) log.warn({ forest: forest.name, waiting: left }, "users wait to be written to the forest");
    waiting = left;
  };
  const running = [keep(refresh, refreshEveryMs), keep(flush, flushEveryMs)];

  /** What goes wrong is said when it begins and when it has ended, not each time. */
  function keep(work: (signal: AbortSignal) => Promise<void>, everyMs: number): AsyncDisposable {
    let wrong: string | undefined;
    const attempt = async (signal: AbortSignal): Promise<void> => {
      await work(signal);
      if (wrong !== undefined) log.info({ forest: forest.name }, "the forest answers again");
      wrong = undefined;
    };
    const failed = (error: unknown): void => {
      const code = isFault(error) ? error.code : String(error);
      if (code !== wrong) log.warn({ forest: forest.name, code, error: String(error) }, "the forest could not be kept in step");
      wrong = code;
    };
    return again(attempt, { everyMs, failed, pause });
  }

  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(running.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}
