/** Host calls one after another, in the server's order, each answered when its method has settled. */
import { isFault } from "@tieline/fault";
import { answerCall, type Host } from "../host.ts";
import type { ClientPool, HostCall } from "../psrp/index.ts";

export class HostCalls {
  readonly #host: Host | undefined;
  readonly #pool: ClientPool;
  readonly #changed: () => void;
  #last: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(host: Host | undefined, pool: ClientPool, changed: () => void) {
    this.#host = host;
    this.#pool = pool;
    this.#changed = changed;
  }

  /** True while a method of the host runs or waits: the server may wait for it. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  /** Resolves when all calls so far are done. */
  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : this.#last;
  }

  take(pipeline: string | undefined, call: HostCall): void {
    this.#pending += 1;
    this.#last = this.#last.then(async () => {
      try {
        const outcome = await answerCall(this.#host, call, { pipeline });
        if (outcome !== undefined) this.#pool.answerHostCall(pipeline, call, outcome as Parameters<ClientPool["answerHostCall"]>[2]);
      } catch (error) {
        // The pipeline has ended meanwhile: nobody waits for the answer any more.
        if (!isFault(error)) throw error;
      } finally {
        this.#pending -= 1;
        this.#changed();
      }
    });
    this.#last.catch(() => undefined);
  }
}
