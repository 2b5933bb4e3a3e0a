/** The forest with what this deployment has written to it and not yet seen there. */
import type { Fault } from "@tieline/fault";
import type { ObjectId } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";

export interface Refreshed {
  added: number;
  changed: number;
  removed: number;
  /** Users that could not be taken over: another has their name. */
  refused: number;
}

/** Users who are still to be written to the forest. */
export interface Backlog {
  users: number;
  /** Since when the first of them waits, milliseconds since 1970; null where nobody does. */
  sinceMs: number | null;
  /** The fault's code by which the one who waits longest was not written; null where that was not tried, or nobody waits. */
  faultCode: string | null;
}

export interface DeploymentForest {
  readonly name: string;

  /**
   * Brings what has changed in the forest into the deployment's users. One process reads at a time: for the others nothing
   * has changed. What is still to be written there stays as the deployment has it.
   *
   * @param options.all All users instead of the changed ones
   * @param options.removalLimit How many users a reading may remove; otherwise a fifth of them, ten at least and 500 at most
   * @throws Fault `forest-...`, `forest-removals`; what was taken over until then stays
   */
  refresh(options?: { all?: boolean; removalLimit?: number; signal?: AbortSignal }): Promise<Refreshed>;

  /** Notes that the user is to be written; in the transaction that changes the user, so that neither is without the other. */
  enqueue(queries: Queries, user: ObjectId): Promise<void>;

  /**
   * Writes these users now, where they are to be written. A forest that is away is no error: they are written later.
   *
   * @throws Fault `directory-insufficient-rights` and other refusals, the first of them, after all were tried
   */
  publish(users: readonly ObjectId[]): Promise<void>;

  /** Writes what is due; how many were written. Refusals are kept beside the user and tried again, at longer and longer intervals. */
  flush(signal?: AbortSignal): Promise<number>;

  /** How many users are still to be written. */
  pending(): Promise<number>;

  /** The same, with since when and why. */
  backlog(): Promise<Backlog>;

  /** Those of the users that could not be written, and why: `directory-insufficient-rights`, `forest-object`. @throws Fault `forest-...` */
  checkWritable(users: readonly ObjectId[]): Promise<ReadonlyMap<ObjectId, Fault>>;
}
