/**
 * The client end of one pipeline ([MS-PSRP] 3.1.1.3, 3.1.5.3). Made by `ClientPool.createPipeline`.
 *
 *     created --command--> running --stop--> stopping --PIPELINE_STATE--> ended
 *                             \----------------PIPELINE_STATE-----------> ended
 *
 * Input: `input` any number of times, then `endInput` once; neither after a stop.
 */
import { Fault } from "@tieline/fault";
import type { PsValue } from "../objects/index.ts";
import type { PipelineStateName } from "./messages/pipeline.ts";

/** What the pool does for its pipeline. */
export interface PipelineOwner {
  sendInput(pipeline: string, value: PsValue): void;
  sendEndOfInput(pipeline: string): void;
  stop(pipeline: string): void;
  terminate(pipeline: string): void;
}

export class ClientPipeline {
  readonly id: string;
  readonly #owner: PipelineOwner;
  #input: "none" | "open" | "ended";
  /** @internal The pool sets it. */
  state: PipelineStateName = "Running";

  constructor(id: string, owner: PipelineOwner, input: boolean) {
    this.id = id;
    this.#owner = owner;
    this.#input = input ? "open" : "none";
  }

  /** True once nothing more comes. */
  get ended(): boolean {
    return this.state !== "Running" && this.state !== "Stopping";
  }

  /** Sends one object into the pipeline. Throws `pipeline-state` where it takes none. */
  input(value: PsValue): void {
    this.#mayFeed("send input");
    this.#owner.sendInput(this.id, value);
  }

  /** Says that no more input comes. */
  endInput(): void {
    this.#mayFeed("end the input");
    this.#input = "ended";
    this.#owner.sendEndOfInput(this.id);
  }

  /** Asks the server to stop; the end still comes as `pipeline-ended`. Once is enough, more do nothing. */
  stop(): void {
    if (this.state !== "Running") return;
    this.state = "Stopping";
    this.#owner.stop(this.id);
  }

  /** Gives the pipeline up: the server ends it, and nothing more is told of it. */
  terminate(): void {
    if (!this.ended) this.#owner.terminate(this.id);
  }

  #mayFeed(operation: string): void {
    const state = this.state !== "Running" ? this.state : this.#input === "none" ? "without input" : this.#input;
    if (state !== "open") throw new Fault("pipeline-state", { operation, state: state === "ended" ? "at the end of its input" : state });
  }
}
