/**
 * A move as two machines, one a site, without clocks or stores. The pool leads: it alone decides, and its user's
 * DeploymentLocator is the decision. The service follows.
 *
 *     to-online   leader    frozen -------------------> switched --> done          follower   imported --> done
 *     to-pool     leader    frozen --> (data is here) -> switched --> done          follower   frozen ----> done
 *
 *     what serves the user   before frozen: the source      from frozen to switched at the leader and to done at the
 *                            follower: nobody               after: the target
 *
 * Until the leader has switched, whoever finds a move undoes it; from then on, whoever finds it completes it. That it is
 * to be undone is a decision as well: the leader writes it down (undoing) before the follower hears of it, so that no switch
 * that is still on its way to the disk can follow. A follower never decides by itself: it waits to be told, and being told
 * twice changes nothing.
 */
import type { Direction, MoveStep } from "./move.ts";

export type LeaderState = "frozen" | "undoing" | "switched" | "done" | "undone";
export type FollowerState = "frozen" | "imported" | "done" | "undone";

/** What is to be done about a move that was left in a state. */
export type Remedy = "undo" | "complete" | "nothing";

const REMEDIES: Readonly<Record<LeaderState, Remedy>> = {
  frozen: "undo",
  undoing: "undo",
  switched: "complete",
  done: "nothing",
  undone: "nothing",
};

export function remedyFor(state: LeaderState): Remedy {
  return REMEDIES[state];
}

/** The steps of a direction, in order: at which site each happens, and the state of that site's journal after it. */
export interface PlannedStep {
  step: MoveStep;
  at: "leader" | "follower" | "both";
  leader?: LeaderState;
  follower?: FollowerState;
}

export const PLANS: Readonly<Record<Direction, readonly PlannedStep[]>> = {
  "to-online": [
    { step: "check", at: "both" },
    { step: "freeze", at: "leader", leader: "frozen" },
    { step: "export", at: "leader" },
    { step: "import", at: "follower", follower: "imported" },
    { step: "switch", at: "leader", leader: "switched" },
    { step: "redirect", at: "follower", follower: "done" },
    { step: "release", at: "leader", leader: "done" },
  ],
  "to-pool": [
    { step: "check", at: "both" },
    { step: "freeze", at: "both", leader: "frozen", follower: "frozen" },
    { step: "export", at: "follower" },
    { step: "import", at: "leader" },
    { step: "switch", at: "leader", leader: "switched" },
    { step: "redirect", at: "follower", follower: "done" },
    { step: "release", at: "leader", leader: "done" },
  ],
  "between-pools": [
    { step: "check", at: "leader" },
    { step: "switch", at: "leader", leader: "done" },
  ],
};

/** What the leader may tell a follower, by the follower's state: the next state, or why not. */
const FOLLOWER: Readonly<Record<"commit" | "abort", Readonly<Record<FollowerState | "unknown", FollowerState | "contradiction">>>> = {
  commit: { unknown: "contradiction", frozen: "done", imported: "done", done: "done", undone: "contradiction" },
  abort: { unknown: "undone", frozen: "undone", imported: "undone", done: "contradiction", undone: "undone" },
};

export function settled(state: FollowerState | undefined, order: "commit" | "abort"): FollowerState | "contradiction" {
  return FOLLOWER[order][state ?? "unknown"];
}

/** Who serves a user, by the journals of both sites; `undefined`: nobody, for that moment. */
export function served(
  direction: Exclude<Direction, "between-pools">,
  leader: LeaderState | undefined,
  follower: FollowerState | undefined,
): "source" | "target" | undefined {
  if (leader === undefined || leader === "undone") return follower === "frozen" ? undefined : "source";
  // Frozen at the pool alone: the service goes on until it has been told, and again as soon as it has undone.
  const isServiceFree = direction === "to-pool" && (follower === undefined || follower === "undone");
  if (leader === "frozen" || leader === "undoing") return isServiceFree ? "source" : undefined;
  // The pool serves as soon as it has switched; the service only when it has been told.
  if (direction === "to-pool") return "target";
  return follower === "done" ? "target" : undefined;
}
