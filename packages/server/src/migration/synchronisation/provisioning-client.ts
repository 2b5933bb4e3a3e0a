/** The contract as the deployment speaks it: requests in their shape, answers read once, faults that pass tried again. */
import { Fault, asFault } from "@tieline/fault";
import type { z } from "zod";
import { BatchAnswer, BeginAnswer, Refusal, RunAnswer, type BatchRequest, type BeginRequest } from "./contract.ts";
import type { ProvisioningWire, WireAnswer } from "./provisioning-wire.ts";
import { isTransient, isTransientStatus, waitMs, type Pause, type RetryRule } from "./retry.ts";

export interface ClientOptions {
  wire: ProvisioningWire;
  rule: RetryRule;
  pause: Pause;
  signal?: AbortSignal | undefined;
}

/** The longest that an answer may ask us to wait. */
const LONGEST_ASKED_S = 120;

export class ProvisioningClient {
  readonly #options: ClientOptions;
  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** @throws Fault `sync-unreachable`, `sync-refused`, `sync-answer`, those of sign-in and TLS */
  begin(request: BeginRequest): Promise<BeginAnswer> {
    return this.#ask("/runs", request, BeginAnswer);
  }

  /** Results in the order of the changes. @throws as begin */
  async batch(runId: string, request: BatchRequest): Promise<BatchAnswer> {
    const answer = await this.#ask(`/runs/${runId}/batches`, request, BatchAnswer);
    const { results } = answer;
    if (results.length !== request.changes.length || results.some((result, i) => result.anchor !== request.changes[i]?.anchor))
      throw new Fault("sync-answer", { host: this.#options.wire.host, what: "its results are not those of the objects that were sent" });
    return answer;
  }

  finish(runId: string): Promise<RunAnswer> {
    return this.#ask(`/runs/${runId}/finish`, {}, RunAnswer);
  }

  /** Requests are numbered, or mean the same twice: one whose answer was lost is sent again as it was. */
  async #ask<T>(path: string, body: object, shape: z.ZodType<T>): Promise<T> {
    const { wire, rule, pause, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      if (signal?.aborted === true) throw new Fault("interrupted");
      let askedMs = 0;
      let reason: string;
      let cause: Fault;
      try {
        const answer = await wire.send("POST", path, body, signal);
        if (answer.status === 200) return this.#read(answer, shape);
        cause = this.#refused(answer);
        if (!isTransientStatus(answer.status)) throw cause;
        askedMs = Math.min(answer.retryAfterSeconds ?? 0, LONGEST_ASKED_S) * 1000;
        reason = cause.message;
      } catch (error) {
        if (error instanceof Fault && error.is("sync-refused") && !isTransientStatus(Number(error.fields.status))) throw error;
        if (!isTransient(error)) throw error;
        cause = asFault(error);
        reason = cause.message;
      }
      if (attempt >= rule.attempts) throw new Fault("sync-unreachable", { host: wire.host, attempts: attempt, reason }, { cause });
      await pause(waitMs(rule, attempt + 1, askedMs), signal);
    }
  }

  #read<T>({ body }: WireAnswer, shape: z.ZodType<T>): T {
    const { host } = this.#options.wire;
    const read = shape.safeParse(parsed(body));
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    throw new Fault("sync-answer", { host, what: issue === undefined ? "no JSON" : `${issue.path.join(".")}: ${issue.message}` });
  }

  #refused({ status, body }: WireAnswer): Fault<"sync-refused"> {
    const said = Refusal.safeParse(parsed(body));
    const reason = said.success ? said.data.error.message : "it does not say why.";
    return new Fault("sync-refused", { host: this.#options.wire.host, status, reason });
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
