/**
 * Following a batch until nobody works on it: its counts as they change, failures as they happen, and where it waits for
 * a sign-in that has ended, a new one, once for each time that moves went on in between.
 *
 * The pool's processes move the users; whoever follows may go at any time, and another may follow in his place.
 */
import { recognise } from "@tieline/fault";
import { isOver, type Batch, type MovedUser } from "./batch.ts";
import type { MoveCmdlets, OnlineAccess } from "./move-cmdlets.ts";

export type FollowEvent =
  | { kind: "progress"; batch: Batch }
  | { kind: "failed"; user: MovedUser }
  /** The sign-in had ended, and another stands in its place. */
  | { kind: "renewed" }
  /** Completed, cancelled, undone, or suspended with nobody here to help. */
  | { kind: "ended"; batch: Batch };

export interface FollowOptions {
  /** Failures are told that came after this change number; default: all. */
  since?: number;
  wait: (ms: number) => Promise<void>;
  /** A new sign-in without asking anybody; undefined where there is none to be had. */
  renew?: () => Promise<OnlineAccess | undefined>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 4000;

/** @throws Fault of the cmdlets, of the session, and of `renew` */
export async function* followBatch(
  cmdlets: Pick<MoveCmdlets, "get" | "users" | "resume">,
  batchId: string,
  { wait, renew, since: from = 0 }: FollowOptions,
): AsyncGenerator<FollowEvent, void, undefined> {
  let since = from;
  let pauseMs = FIRST_PAUSE_MS;
  let seen = "";
  let settledAtRenewal = -1;
  for (;;) {
    const batch = await cmdlets.get(batchId);
    for await (const user of cmdlets.users(batchId, { state: "Failed", since })) {
      since = Math.max(since, user.changeNumber);
      yield { kind: "failed", user };
    }
    yield { kind: "progress", batch };
    if (isOver(batch) || batch.state === "Planned") return yield { kind: "ended", batch };
    if (batch.state === "Suspended") {
      const settled = batch.moved + batch.failed + batch.skipped + batch.undone;
      // A sign-in that ends before a single user has moved would end again.
      const access = isForSignIn(batch) && settled > settledAtRenewal ? await renew?.() : undefined;
      if (access === undefined) return yield { kind: "ended", batch };
      settledAtRenewal = settled;
      await cmdlets.resume(batchId, access);
      yield { kind: "renewed" };
    }
    const now = `${batch.state} ${batch.waiting} ${batch.moving} ${batch.moved} ${batch.failed} ${batch.undone}`;
    pauseMs = now === seen ? Math.min(pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    seen = now;
    await wait(pauseMs);
  }
}

/** The change number of the last failure so far: whoever goes on with a batch is told of those after it. */
export async function lastFailure(cmdlets: Pick<MoveCmdlets, "users">, batch: string): Promise<number> {
  let last = 0;
  for await (const { changeNumber } of cmdlets.users(batch, { state: "Failed" })) last = Math.max(last, changeNumber);
  return last;
}

/** Whether the batch waits for somebody to sign in to the online side. */
export function isForSignIn({ reason }: Pick<Batch, "reason">): boolean {
  if (reason === undefined) return false;
  // A person's pause is one, whatever the person is called.
  if (/^Suspended by /i.test(reason)) return false;
  return recognise({ text: reason })?.layer === "authentication" || /\bsign(?:s|ed)?[- ]in\b|\btoken\b/i.test(reason);
}
