/** The streams of a running pipeline, with back-pressure. */
import { Fault } from "@tieline/fault";
import { PowerShellError } from "../client/powershell-error.ts";
import {
  wantsAnswer,
  type HostArguments,
  type HostMethodName,
  type HostResponse,
  type HostResult,
  type ServerPipeline,
} from "../psrp/index.ts";
import type { PipelineOutput } from "./runspace.ts";

/** What the session does for it. */
export interface OutputOwner {
  /** Something was put out. */
  changed(): void;
  /** Resolves when the client has taken enough; at once, most of the time. */
  writable(): Promise<void> | undefined;
}

export class PipelineStreams implements PipelineOutput {
  readonly #pipeline: ServerPipeline;
  readonly #owner: OutputOwner;
  readonly #signal: AbortSignal;
  readonly #calls = new Map<bigint, { resolve: (response: HostResponse) => void; reject: (error: Error) => void }>();

  constructor(pipeline: ServerPipeline, owner: OutputOwner, signal: AbortSignal) {
    this.#pipeline = pipeline;
    this.#owner = owner;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const { reject } of this.#calls.values()) reject(stopped());
      this.#calls.clear();
    });
  }

  write: PipelineOutput["write"] = (value) => this.#put(() => this.#pipeline.output(value));
  error: PipelineOutput["error"] = (record) => this.#put(() => this.#pipeline.error(record));
  information: PipelineOutput["information"] = (record) => this.#put(() => this.#pipeline.information(record));

  warning: PipelineOutput["warning"] = (message) =>
    this.#put(() => {
      this.#pipeline.warning({ message });
      this.#show((pipeline) => pipeline.hostCall("WriteWarningLine", [message]));
    });

  verbose: PipelineOutput["verbose"] = (message) =>
    this.#put(() => {
      this.#pipeline.verbose({ message });
      this.#show((pipeline) => pipeline.hostCall("WriteVerboseLine", [message]));
    });

  debug: PipelineOutput["debug"] = (message) =>
    this.#put(() => {
      this.#pipeline.debug({ message });
      this.#show((pipeline) => pipeline.hostCall("WriteDebugLine", [message]));
    });

  progress: PipelineOutput["progress"] = (record) =>
    this.#put(() => {
      this.#pipeline.progress(record);
      this.#show((pipeline) => pipeline.hostCall("WriteProgress", [0n, record]));
    });

  relay: PipelineOutput["relay"] = (given) => {
    switch (given.stream) {
      case "output":
        return this.write(given.value);
      case "error":
        return this.error(given.record);
      case "information":
        return this.information(given.record);
      case "progress":
        return this.#put(() => this.#pipeline.progress(given.record));
      default:
        return this.#put(() => this.#pipeline[given.stream](given.record));
    }
  };

  async callHost<M extends HostMethodName>(method: M, args: HostArguments<M>): Promise<HostResult<M> | null> {
    if (this.#signal.aborted || this.#pipeline.ended) throw stopped();
    const call = this.#pipeline.hostCall(method, args);
    if (!wantsAnswer(method)) {
      this.#owner.changed();
      await this.#owner.writable();
      return null;
    }
    const answer = new Promise<HostResponse>((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    this.#owner.changed();
    const response = await answer;
    if (response.error !== undefined) throw new PowerShellError([response.error], true);
    return (response.value ?? null) as HostResult<M> | null;
  }

  /** @internal The client's host has answered. */
  answered(response: HostResponse): void {
    const waiting = this.#calls.get(response.call);
    this.#calls.delete(response.call);
    waiting?.resolve(response);
  }

  /** No async function: nearly always there is nothing to wait for, and one settled promise does for all. */
  #put(say: () => void): Promise<void> {
    if (this.#signal.aborted || this.#pipeline.ended) return Promise.reject(stopped());
    try {
      say();
      this.#owner.changed();
      return this.#owner.writable() ?? SETTLED;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Methods that want no answer, so nothing waits for them. */
  #show(show: (pipeline: ServerPipeline) => bigint): void {
    const { isHostNull, isHostUINull } = this.#pipeline.host;
    if (!isHostNull && !isHostUINull) show(this.#pipeline);
  }
}

const SETTLED = Promise.resolve();

function stopped(): Fault {
  return new Fault("pipeline-stopped");
}
