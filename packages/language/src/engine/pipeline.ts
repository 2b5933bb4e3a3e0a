/**
 * One pipeline: its commands bound, then begun, fed and ended from left to right.
 *
 * It ends completed, failed (an error that no command could go on after) or stopped (somebody asked). A command that
 * has enough ends those before it, and only those.
 */
import type { PsValue } from "@tieline/remoting/objects";
import type { MaybePromise } from "../cmdlet/context.ts";
import { PipelineStopped } from "../errors/cmdlet-error.ts";
import type { ErrorRecord } from "../errors/error-record.ts";
import { recordFromThrown } from "../errors/from-thrown.ts";
import { InputQueue } from "./input-queue.ts";
import { isPromise } from "./maybe-promise.ts";
import { Failed, type Stage } from "./stage.ts";
import { StopUpstream } from "./stop-upstream.ts";

/** Objects for the first command: there already, made on the way, or arriving from outside. */
export type PipelineInput = Iterable<PsValue> | AsyncIterable<PsValue> | InputQueue;

export interface Outcome {
  readonly state: "completed" | "failed" | "stopped";
  /** Why, where it did not complete. */
  readonly error?: ErrorRecord;
}

/** Runs bound commands. Never rejects. */
export async function runPipeline(stages: readonly Stage[], input: PipelineInput | undefined, signal: AbortSignal): Promise<Outcome> {
  if (signal.aborted) return stopped();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<Outcome>((resolve) => {
    onAbort = () => {
      if (input instanceof InputQueue) input.interrupt();
      resolve(stopped());
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    // A command that does not look at its signal must not hold up whoever asked for the stop.
    return await Promise.race([work(stages, input, signal), aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    for (const stage of stages) await stage.clean().catch(() => undefined);
  }
}

function stopped(): Outcome {
  return { state: "stopped", error: new PipelineStopped().record };
}

async function work(stages: readonly Stage[], input: PipelineInput | undefined, signal: AbortSignal): Promise<Outcome> {
  const first = stages[0];
  if (first === undefined) return { state: "completed" };
  let from = 0;
  /** Runs a step; a command that has enough moves the start of what is still to be ended. */
  const step = async (run: () => MaybePromise<void>): Promise<boolean> => {
    try {
      const pending = run();
      if (isPromise<void>(pending)) await pending;
      return true;
    } catch (error) {
      if (!(error instanceof StopUpstream)) throw error;
      from = Math.max(from, error.stage);
      return false;
    }
  };
  try {
    let open = true;
    for (const stage of stages) open = (await step(() => stage.begin())) && open;
    if (open) await step(() => (input === undefined ? first.processOnce() : feed(first, input, signal)));
    for (const stage of stages) if (stage.index >= from) await step(() => stage.end());
    return { state: "completed" };
  } catch (error) {
    if (error instanceof PipelineStopped || (signal.aborted && !(error instanceof Failed))) return stopped();
    return { state: "failed", error: error instanceof Failed ? error.record : recordFromThrown(error) };
  }
}

function feed(first: Stage, input: PipelineInput, signal: AbortSignal): MaybePromise<void> {
  if (input instanceof InputQueue) return feedFromQueue(first, input, signal);
  if (Symbol.asyncIterator in input) return feedAsync(first, input);
  return feedEach(first, input);
}

async function feedFromQueue(first: Stage, queue: InputQueue, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (signal.aborted) throw new PipelineStopped();
    const next = queue.next();
    if (next === undefined) return;
    if (isPromise<void>(next)) {
      await next;
      continue;
    }
    const pending = first.receive((next as { value: PsValue }).value);
    if (isPromise<void>(pending)) await pending;
  }
}

async function feedAsync(first: Stage, input: AsyncIterable<PsValue>): Promise<void> {
  for await (const value of input) await first.receive(value);
}

async function feedEach(first: Stage, input: Iterable<PsValue>): Promise<void> {
  for (const value of input) {
    const pending = first.receive(value);
    if (isPromise<void>(pending)) await pending;
  }
}
