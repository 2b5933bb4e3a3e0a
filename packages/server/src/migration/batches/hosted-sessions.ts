/** The sessions of a process with the other site: one a batch, opened when the first move needs it and kept for all that follow. */
import { Fault } from "@tieline/fault";
import type { Vault } from "../../identity/index.ts";
import type { HostedAuthentication, HostedSession, OpenHosted } from "../hosted/hosted-session.ts";
import type { Batch, BatchId } from "./batch.ts";
import type { BatchRows } from "./batch-rows.ts";
import { openSignIn } from "./sign-in.ts";

export interface HostedSessionsOptions {
  rows: BatchRows;
  vault: Vault;
  openHosted: OpenHosted;
  /** The deployment's own application, for batches that nobody has signed in for. */
  application?: HostedAuthentication | undefined;
  nowMs: () => number;
}

/** A token with less time than this is not begun with. */
const MARGIN_MS = 60_000;

interface Kept {
  version: number;
  session: Promise<HostedSession>;
}

export class HostedSessions implements AsyncDisposable {
  readonly #options: HostedSessionsOptions;
  readonly #kept = new Map<BatchId, Kept>();
  constructor(options: HostedSessionsOptions) {
    this.#options = options;
  }

  /** Whether there is anything to sign in with. */
  canOpen(batch: Pick<Batch, "hasSignIn">): boolean {
    return batch.hasSignIn || this.#options.application !== undefined;
  }

  /**
   * The batch's session; undefined where it needs none.
   *
   * @throws Fault `batch-sign-in-missing`, `batch-sign-in-ended`, those of OpenHosted
   */
  async of(batch: Batch): Promise<HostedSession | undefined> {
    if (!batch.crosses) return undefined;
    let kept = this.#kept.get(batch.batchId);
    if (kept !== undefined && kept.version !== batch.signInVersion) {
      await this.drop(batch.batchId);
      kept = undefined;
    }
    if (kept === undefined) {
      kept = { version: batch.signInVersion, session: this.#open(batch) };
      this.#kept.set(batch.batchId, kept);
      // What could not be opened is tried again by the next who needs it.
      kept.session.catch(() => this.#kept.delete(batch.batchId));
    }
    const session = await kept.session;
    if (session.endsMs === undefined || session.endsMs - this.#options.nowMs() > MARGIN_MS) return session;
    await this.drop(batch.batchId);
    throw new Fault("batch-sign-in-ended", { batch: batch.name, reason: "its time is over" });
  }

  /** Closes it; the next who needs one opens another. */
  async drop(batch: BatchId): Promise<void> {
    const kept = this.#kept.get(batch);
    this.#kept.delete(batch);
    await kept?.session.then(
      (session) => session[Symbol.asyncDispose](),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const batch of this.#kept.keys()) await this.drop(batch);
  }

  async #open(batch: Batch): Promise<HostedSession> {
    const { rows, vault, openHosted, application } = this.#options;
    const sealed = await rows.signIn(batch.batchId);
    const authentication = sealed === null ? application : openSignIn(vault, batch.batchId, sealed);
    if (authentication === undefined) throw new Fault("batch-sign-in-missing", { batch: batch.name });
    return openHosted(batch.hostedUrl === null ? {} : { url: batch.hostedUrl }, authentication);
  }
}
