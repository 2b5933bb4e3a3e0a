/** Which host calls wait for an answer: at the server those that it made, at the client those that it was told of. */
import { Fault } from "@tieline/fault";
import { NO_ANSWER, wantsAnswer, type HostCall, type HostMethodName, type HostResponse } from "./host/host-methods.ts";

/** At the server: calls are numbered from 1 for the pool and for each pipeline ([MS-PSRP] 2.2.2.27). */
export class OutgoingHostCalls {
  #last = 0n;
  readonly #waiting = new Map<bigint, HostMethodName>();

  /** The number of the next call. */
  next(method: HostMethodName): bigint {
    if (!wantsAnswer(method)) return NO_ANSWER;
    this.#waiting.set(++this.#last, method);
    return this.#last;
  }

  /** True where this answer was waited for. */
  settle(response: HostResponse): boolean {
    return this.#waiting.get(response.call) === response.method && this.#waiting.delete(response.call);
  }
}

/** At the client, for the pool (no pipeline) and its pipelines. */
export class IncomingHostCalls {
  readonly #waiting = new Map<string, Map<bigint, HostMethodName>>();

  note(pipeline: string | undefined, call: HostCall): void {
    if (!wantsAnswer(call.method)) return;
    const key = pipeline ?? "";
    const calls = this.#waiting.get(key) ?? new Map<bigint, HostMethodName>();
    this.#waiting.set(key, calls.set(call.call, call.method));
  }

  /** Throws `host-call-unknown` where no such call waits. */
  check(pipeline: string | undefined, call: HostCall): void {
    if (this.#waiting.get(pipeline ?? "")?.get(call.call) !== call.method)
      throw new Fault("host-call-unknown", { call: String(call.call) });
  }

  answered(pipeline: string | undefined, call: HostCall): void {
    this.#waiting.get(pipeline ?? "")?.delete(call.call);
  }

  /** The pipeline has ended. */
  forget(pipeline: string): void {
    this.#waiting.delete(pipeline);
  }
}
