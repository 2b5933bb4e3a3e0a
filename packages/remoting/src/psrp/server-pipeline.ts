/**
 * The server end of one pipeline ([MS-PSRP] 3.2.1.3, 3.2.5.3).
 *
 *     waiting --a runspace is free--> running --complete, fail, stopped--> ended
 *        \--stop--> ended                 \--stop--> stopping --the same--> ended
 *
 * After its end, or the pool's, what is still put out goes nowhere.
 */
import type { PsValue } from "../objects/index.ts";
import type { HostInfo } from "./host/host-info.ts";
import type { HostArguments, HostMethodName } from "./host/host-methods.ts";
import type { MessageBodies } from "./message-body.ts";
import { pipelineStopped } from "./messages/error-record.ts";
import type { PipelineStateName } from "./messages/pipeline.ts";
import type { ErrorRecord, InformationalRecord, InformationRecord, ProgressRecord } from "./messages/record.ts";

/** The messages that a pipeline sends. */
export type PipelineMessage =
  | "PIPELINE_OUTPUT"
  | "ERROR_RECORD"
  | "WARNING_RECORD"
  | "VERBOSE_RECORD"
  | "DEBUG_RECORD"
  | "PROGRESS_RECORD"
  | "INFORMATION_RECORD";

/** What the pool does for its pipeline. */
export interface ServerPipelineOwner {
  say<N extends PipelineMessage>(pipeline: string, name: N, body: MessageBodies[N]): void;
  hostCall<M extends HostMethodName>(pipeline: string, method: M, args: HostArguments<M>): bigint;
  end(pipeline: string, state: PipelineStateName, error: ErrorRecord | undefined): void;
}

export class ServerPipeline {
  readonly id: string;
  /** The host of the client that the pipeline talks to. */
  readonly host: HostInfo;
  readonly isNested: boolean;
  readonly #owner: ServerPipelineOwner;
  /** @internal The pool sets it. */
  phase: "waiting" | "running" | "stopping" | "ended" = "waiting";

  constructor(id: string, host: HostInfo, isNested: boolean, owner: ServerPipelineOwner) {
    this.id = id;
    this.host = host;
    this.isNested = isNested;
    this.#owner = owner;
  }

  get ended(): boolean {
    return this.phase === "ended";
  }

  /** True once the client wants it stopped. */
  get stopping(): boolean {
    return this.phase === "stopping";
  }

  /** Puts one object into the client's output. */
  output(value: PsValue): void {
    this.#say("PIPELINE_OUTPUT", value);
  }

  /** An error that does not end the pipeline. */
  error(record: ErrorRecord): void {
    this.#say("ERROR_RECORD", record);
  }

  warning(record: InformationalRecord): void {
    this.#say("WARNING_RECORD", record);
  }

  verbose(record: InformationalRecord): void {
    this.#say("VERBOSE_RECORD", record);
  }

  debug(record: InformationalRecord): void {
    this.#say("DEBUG_RECORD", record);
  }

  progress(record: ProgressRecord): void {
    this.#say("PROGRESS_RECORD", record);
  }

  information(record: InformationRecord): void {
    this.#say("INFORMATION_RECORD", record);
  }

  /**
   * Calls a method of the client's host. Gives the number that the answer will have, as the event `host-response`;
   * -100 where the method gives nothing, and so no answer comes.
   */
  hostCall<M extends HostMethodName>(method: M, args: HostArguments<M>): bigint {
    return this.#owner.hostCall(this.id, method, args);
  }

  /** Everything was put out. */
  complete(): void {
    this.#owner.end(this.id, "Completed", undefined);
  }

  /** A terminating error. */
  fail(error: ErrorRecord): void {
    this.#owner.end(this.id, "Failed", error);
  }

  /** It was stopped, as the client wished; null leaves out the error that PowerShell gives. */
  stopped(error: ErrorRecord | null = pipelineStopped()): void {
    this.#owner.end(this.id, "Stopped", error ?? undefined);
  }

  #say<N extends PipelineMessage>(name: N, body: MessageBodies[N]): void {
    if (!this.ended) this.#owner.say(this.id, name, body);
  }
}
