/** What moves users: the port that cmdlets and batches stand on. */
import type { Queries } from "../../store/index.ts";
import type { ObjectId } from "../../directory/index.ts";
import type { HostedSession } from "../hosted/hosted-session.ts";
import type { Finding, MoveOutcome, MoveStep, MoveWish } from "./move.ts";

export interface MoveCall {
  /** The other site; not needed between pools. */
  hosted?: HostedSession | undefined;
  /** Told of each step as it begins. */
  onStep?: ((step: MoveStep) => void) | undefined;
  /** Runs inside the transaction that ends the move at this site: an effect and its record commit together. */
  alongside?: ((queries: Queries, outcome: MoveOutcome) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  /** Asks the other site before anything is frozen: for whoever has not done so by `check`. */
  asksFirst?: boolean | undefined;
}

export interface MoveEngine {
  /**
   * Moves one user and returns when that is done at both sites.
   *
   * @throws Fault what refused it; by then the user is as before. `move-unsettled`: the other site could not be reached after
   *   the decision, or before it was known to be undone; it is settled as soon as it can be
   */
  move(wish: MoveWish, call: MoveCall): Promise<MoveOutcome>;

  /** What a move of each would find, without moving; up to 500 at a time. */
  check(wishes: readonly MoveWish[], hosted: HostedSession | undefined): Promise<ReadonlyMap<ObjectId, readonly Finding[]>>;

  /**
   * Completes or undoes moves that another process left in the middle; returns how many are still open.
   *
   * @param hosted a new sign-in, which stands in for those of the same tenant whose tickets are refused
   */
  settle(hosted?: HostedSession): Promise<number>;
}

/** Faults after which the same move may well succeed a moment later. */
export type IsTransient = (error: unknown) => boolean;
