/**
 * Our server in place of PowerShell's: it gets the client's half of a recorded conversation, and a scripted runspace puts
 * out live values: what the recorded commands put out, decoded to our object model and written by our writer.
 *
 * Compared with the recording, by pipeline and for the pool: every message in order with its data and its ids. Not
 * compared: ids of objects, and how the messages of different pipelines mix.
 */
import { asFault } from "@tieline/fault";
import { Reassembler } from "../fragment.ts";
import { EMPTY_GUID } from "../guid.ts";
import { decodeEnvelope } from "../message.ts";
import type { ServerEvent } from "../server-events.ts";
import type { ServerPipeline } from "../server-pipeline.ts";
import { ServerPool } from "../server-pool.ts";
import { exactCodec } from "./check-messages.ts";
import type { ClientStep, SaidMessage, Step } from "./conversation.ts";
import { bodyOf, Journal, line, messageBytes } from "./replay-client.ts";

const DECODER = new TextDecoder();
/** A recording may hold more in one message than a server takes by default. */
const LIMITS = { maxObjectSize: 64 * 1024 * 1024, maxPipelineSize: 256 * 1024 * 1024 };

/** Runs a conversation; gives what differs, or undefined. */
export function replayServer(steps: readonly Step[]): string | undefined {
  const replay = new ServerReplay();
  for (const step of steps) replay.step(step);
  return replay.verdict();
}

class ServerReplay {
  readonly #codec = exactCodec();
  readonly #pool = new ServerPool({ rawTypeNames: true, scriptBlocks: true, limits: LIMITS });
  readonly #ours = new Journal();
  readonly #recorded = new Journal();
  readonly #running = new Map<string, ServerPipeline>();
  /** What the runspace will do for pipelines that wait. */
  readonly #plans = new Map<string, ((pipeline: ServerPipeline) => void)[]>();
  readonly #outgoing = new Map<string, Reassembler>();
  readonly #resets: bigint[] = [];
  #objectId = 0n;
  #wrong: string | undefined;

  step(step: Step): void {
    if (this.#wrong !== undefined) return;
    try {
      if (step.kind === "gap") this.#skip(step.ended);
      else if (step.from === "client") this.#hear(step);
      else if (step.from === "server") this.#act(step);
      this.#drain();
    } catch (error) {
      this.#wrong = `${step.kind === "message" ? step.name : step.kind}: ${asFault(error).message} ${error instanceof Error ? error.stack : ""}`;
    }
  }

  verdict(): string | undefined {
    return this.#wrong ?? this.#ours.compare(this.#recorded, "what the server says");
  }

  /** Pipelines that ended in what is not recorded. */
  #skip(ended: readonly string[]): void {
    for (const id of ended) {
      this.#recorded.cut(id);
      this.#running.get(id)?.complete();
    }
  }

  #hear(step: ClientStep): void {
    switch (step.kind) {
      case "stop":
      case "terminate":
        return this.#pool.stop(step.pipeline);
      case "delete":
        return this.#pool.close();
      case "message":
        if (step.text === undefined) throw new Error("the recording does not have this message whole");
        this.#pool.receive(messageBytes(step, ++this.#objectId), step.pipeline, step.stream);
    }
  }

  /** What the recorded server says is what our runspace does. */
  #act(message: SaidMessage): void {
    if (message.text === undefined) return;
    this.#recorded.note(message.pipeline, `${message.pool} ${line(message.name, "", message.text)}`);
    if (message.pipeline !== undefined) return this.#plan(message.pipeline, this.#doing(message));
    switch (message.name) {
      case "APPLICATION_PRIVATE_DATA":
        return this.#pool.accept(bodyOf(message, "APPLICATION_PRIVATE_DATA", this.#codec).data);
      case "RUNSPACEPOOL_STATE":
        // A server without private data opens all the same.
        if (this.#pool.state === "opening") this.#pool.accept();
        return;
      case "USER_EVENT":
        return this.#pool.userEvent(bodyOf(message, "USER_EVENT", this.#codec));
      case "RUNSPACE_AVAILABILITY": {
        const { call, result } = bodyOf(message, "RUNSPACE_AVAILABILITY", this.#codec);
        if (this.#resets.includes(call)) this.#pool.answerReset(call, result === true);
        return;
      }
      default:
      // The pool says the rest by itself.
    }
  }

  #doing(message: SaidMessage): (pipeline: ServerPipeline) => void {
    const codec = this.#codec;
    switch (message.name) {
      case "PIPELINE_OUTPUT":
        return (pipeline) => pipeline.output(bodyOf(message, "PIPELINE_OUTPUT", codec));
      case "ERROR_RECORD":
        return (pipeline) => pipeline.error(bodyOf(message, "ERROR_RECORD", codec));
      case "WARNING_RECORD":
        return (pipeline) => pipeline.warning(bodyOf(message, "WARNING_RECORD", codec));
      case "VERBOSE_RECORD":
        return (pipeline) => pipeline.verbose(bodyOf(message, "VERBOSE_RECORD", codec));
      case "DEBUG_RECORD":
        return (pipeline) => pipeline.debug(bodyOf(message, "DEBUG_RECORD", codec));
      case "PROGRESS_RECORD":
        return (pipeline) => pipeline.progress(bodyOf(message, "PROGRESS_RECORD", codec));
      case "INFORMATION_RECORD":
        return (pipeline) => pipeline.information(bodyOf(message, "INFORMATION_RECORD", codec));
      case "PIPELINE_HOST_CALL": {
        const call = bodyOf(message, "PIPELINE_HOST_CALL", codec);
        return (pipeline) => void pipeline.hostCall(call.method, call.arguments as never);
      }
      case "PIPELINE_STATE": {
        const { state, error } = bodyOf(message, "PIPELINE_STATE", codec);
        if (state === 4) return (pipeline) => pipeline.complete();
        if (state === 3) return (pipeline) => pipeline.stopped(error ?? null);
        if (error === undefined) throw new Error("a failure without its error");
        return (pipeline) => pipeline.fail(error);
      }
      default:
        throw new Error(`no runspace says ${message.name}`);
    }
  }

  #plan(id: string, act: (pipeline: ServerPipeline) => void): void {
    // The recorded server may run a pipeline inside another that is stopped in its debugger, or in a nested prompt.
    if (this.#pool.runNested(id)) this.#drain();
    const pipeline = this.#running.get(id);
    if (pipeline !== undefined) return act(pipeline);
    const plans = this.#plans.get(id) ?? [];
    plans.push(act);
    this.#plans.set(id, plans);
  }

  #drain(): void {
    for (let event = this.#pool.nextEvent(); event !== undefined; event = this.#pool.nextEvent()) this.#told(event);
    for (let action = this.#pool.nextAction(); action !== undefined; action = this.#pool.nextAction()) {
      if (action.do !== "data") continue;
      const key = action.pipeline ?? "";
      const reassembler = this.#outgoing.get(key) ?? new Reassembler({ side: "server", maxObjectSize: Number.MAX_SAFE_INTEGER });
      this.#outgoing.set(key, reassembler);
      reassembler.push(action.bytes, (bytes) => {
        const { name, pool, pipeline, data } = decodeEnvelope(bytes, "client");
        this.#ours.note(pipeline === EMPTY_GUID ? undefined : pipeline, `${pool} ${line(name, "", DECODER.decode(data))}`);
      });
    }
  }

  #told(event: ServerEvent): void {
    if (event.type === "broken") throw event.fault;
    if (event.type === "reset") this.#resets.push(event.call);
    if (event.type !== "pipeline" && event.type !== "command-metadata") return;
    this.#running.set(event.pipeline.id, event.pipeline);
    for (const act of this.#plans.get(event.pipeline.id) ?? []) act(event.pipeline);
  }
}
