/** A batch under way on the terminal: one line of progress, failures as they happen, and how it ended. */
import { followBatch, isForSignIn, type Batch } from "@tieline/connector";
import { Fault, recognise } from "@tieline/fault";
import { EXIT, exitCodeOfLayer } from "./exit-code.ts";
import type { Surroundings } from "./invocation.ts";
import { number, lasting } from "./output/words.ts";
import { printable } from "./output/width.ts";
import { styleFor } from "./style.ts";
import type { MoveSites } from "./commands/move-sites.ts";

export interface FollowedBatch {
  batch: Batch;
  /** Failures that were told. */
  failures: number;
}

/** Whether to stay: as it was asked for, else where somebody looks. */
export function stays({ follow }: { follow?: boolean }, { stderr }: Surroundings): boolean {
  return follow ?? stderr.isTTY;
}

/** Undefined where the follower left it running, by Ctrl-C. @throws Fault of the session; `move-batch-stopped` */
export async function followOnScreen(sites: MoveSites, begun: Batch, around: Surroundings, since = 0): Promise<FollowedBatch | undefined> {
  const { terminal, access, wait } = sites;
  const style = styleFor(around.stderr, around.environment);
  let last = begun;
  let failures = 0;
  try {
    for await (const event of followBatch(sites.cmdlets, begun.batchId, {
      wait,
      since,
      ...(access === undefined ? {} : { renew: access }),
    })) {
      if (event.kind === "failed") {
        const { user } = event;
        failures += 1;
        terminal.line(`${style.error("failed")} ${user.sipAddress || user.identity}  ${printable(user.text ?? user.code ?? "")}`);
      } else if (event.kind === "renewed") terminal.line("The sign-in had ended; another one stands in its place, and the batch goes on.");
      else {
        last = event.batch;
        if (event.kind === "progress") terminal.progress(last.name, progressWords(last), percentOf(last), false);
      }
    }
  } catch (error) {
    // Whatever became of the follower, the pool's processes go on.
    terminal.line(`${begun.name} goes on at the pool: tieline move status "${begun.name}" shows how, tieline move pause stops it.`);
    if (!around.signal.aborted) throw error;
    return undefined;
  } finally {
    terminal.clearProgress();
  }
  if (last.state === "Suspended") throw stopped(last);
  return { batch: last, failures };
}

/** `1,234 of 10,000, 3 failed, 16 under way, 7,080 a minute, 1 min 14 s left`. */
function progressWords(batch: Batch): string {
  const isUndoing = batch.state === "Undoing";
  const done = isUndoing ? batch.undone : batch.moved;
  const of = isUndoing ? batch.undone + batch.moved + batch.waiting + batch.moving : batch.users;
  return [
    `${number(done)} of ${number(of)} ${isUndoing ? "taken back" : "moved"}`,
    ...(batch.failed === 0 ? [] : [`${number(batch.failed)} failed`]),
    ...(batch.skipped === 0 ? [] : [`${number(batch.skipped)} skipped`]),
    ...(batch.moving === 0 ? [] : [`${number(batch.moving)} under way`]),
    ...(batch.reason === undefined ? [] : [batch.reason]),
    ...(batch.waves > 1 ? [`wave ${batch.wave} of ${batch.waves}`] : []),
    ...(batch.ratePerMinute === undefined || batch.ratePerMinute === 0 ? [] : [`${number(Math.round(batch.ratePerMinute))} a minute`]),
    ...(batch.secondsLeft === undefined || batch.secondsLeft === 0 ? [] : [`${lasting(batch.secondsLeft * 1000)} left`]),
  ].join(", ");
}

/** 0 all at their end as wanted, 3 some of them, 1 none. */
export function exitCodeOfBatch({ state, moved, undone, failed, skipped }: Batch): number {
  const missed = failed + skipped;
  if (state === "Cancelled" || missed > 0) return moved + undone > 0 ? EXIT.partly : EXIT.failure;
  return EXIT.ok;
}

function percentOf({ users, waiting, moving }: Batch): number {
  return users === 0 ? 100 : Math.floor(((users - waiting - moving) * 100) / users);
}

/** The fault of whatever the batch waits for; its layer decides on the exit code. */
function stopped({ name, reason, cure }: Batch): Fault {
  if (isForSignIn({ reason })) return new Fault("move-batch-sign-in", { batch: name, reason: reason ?? "" });
  const known = reason === undefined ? undefined : recognise({ text: reason });
  if (known !== undefined && exitCodeOfLayer(known.layer) !== EXIT.failure) return known;
  return new Fault("move-batch-stopped", {
    batch: name,
    reason: reason ?? "somebody has paused it.",
    advice: cure ?? `Go on with tieline move resume "${name}".`,
  });
}
