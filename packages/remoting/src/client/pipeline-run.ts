/** One running pipeline as its user sees it: all streams in the order of arrival, stoppable, read at the reader's speed. */
import { Fault } from "@tieline/fault";
import type { PsValue } from "../objects/index.ts";
import type {
  ClientPipeline,
  ClientPipelineEvent,
  ErrorRecord,
  HostCall,
  InformationalRecord,
  InformationRecord,
  PipelineStateName,
  ProgressRecord,
} from "../psrp/index.ts";
import type { HostOutcome } from "../host.ts";
import { PowerShellError } from "./powershell-error.ts";
import { RecordQueue } from "./record-queue.ts";
import { toPsValue, type Convertible } from "./to-ps-value.ts";

export type StreamRecord =
  | { stream: "output"; value: PsValue }
  | { stream: "error"; record: ErrorRecord }
  | { stream: "warning" | "verbose" | "debug"; record: InformationalRecord }
  | { stream: "information"; record: InformationRecord }
  | { stream: "progress"; record: ProgressRecord };

/** Everything that a pipeline says, in the order in which the server said it; answer a call with `PipelineRun.answer` where `wantsAnswer(call.method)`. */
export type RelayRecord = StreamRecord | { stream: "host-call"; call: HostCall };

/** What the session does for a run. */
export interface RunOwner {
  /** A server that was told to stop a pipeline and says no more of it is waited for so long. */
  readonly cancelTimeoutMs: number;
  /** After something was done to the pipeline, or was read. */
  changed(): void;
  /** Resolves when the server can take more input. */
  writable(): Promise<void>;
  /** Host calls that came before are answered or shown. */
  hostIdle(): Promise<void>;
  /** Answers a host call of this run; nothing where nobody waits for it any more. */
  answer(call: HostCall, outcome: HostOutcome): void;
}

/** Records that may wait for a reader before reading from the server pauses. */
export const FAR_BEHIND = 1000;

export class PipelineRun implements AsyncIterable<StreamRecord> {
  readonly id: string;
  /** Whether host calls are for the reader of `relay`, and not for the session's host. */
  readonly relays: boolean;
  readonly #pipeline: ClientPipeline;
  readonly #owner: RunOwner;
  readonly #queue: RecordQueue<RelayRecord>;
  readonly #errors: ErrorRecord[] = [];
  readonly #signal: AbortSignal | undefined;
  #state: PipelineStateName = "Running";
  #inputError: unknown;
  #patience: NodeJS.Timeout | undefined;
  #settled: () => void = () => undefined;
  #sentAtMs: number | undefined;
  /** Resolves when the pipeline has ended, however; never rejects. */
  readonly ended: Promise<PipelineStateName>;

  /** @internal Made by `Session`. */
  constructor(pipeline: ClientPipeline, owner: RunOwner, signal: AbortSignal | undefined, relays = false) {
    this.id = pipeline.id;
    this.relays = relays;
    this.#pipeline = pipeline;
    this.#owner = owner;
    this.#signal = signal;
    this.#queue = new RecordQueue(() => owner.changed());
    this.ended = new Promise((resolve) => {
      this.#settled = () => resolve(this.#state);
    });
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  get state(): PipelineStateName {
    return this.#state;
  }

  /** When the pipeline was sent (milliseconds of the calendar); undefined while it is certain that the server knows nothing of it. */
  get sentAtMs(): number | undefined {
    return this.#sentAtMs;
  }

  /** The errors so far, those that were not read yet included. */
  get errors(): readonly ErrorRecord[] {
    return this.#errors;
  }

  /** Records that wait for the reader. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** True while somebody waits for this pipeline to say something. */
  get starved(): boolean {
    return this.#queue.starved;
  }

  /** Asks the server to stop. What was put out until then can still be read; then the iteration ends. */
  stop(): void {
    this.#pipeline.stop();
    this.#owner.changed();
  }

  /**
   * All records, in the order in which they arrived. Leaving the loop early ends the pipeline at the server.
   *
   * @throws PowerShellError for a terminating error; Fault for trouble with the session; the signal's reason when aborted
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamRecord, void> {
    for await (const record of this.relay()) if (record.stream !== "host-call") yield record;
  }

  /** As the iteration, and where the run was started with `relay` the host calls among the records. For one who passes all of it on. */
  async *relay(): AsyncGenerator<RelayRecord, void> {
    try {
      for (;;) {
        const { value, done } = await this.#queue.take();
        if (done === true) return;
        yield value;
      }
    } finally {
      this.abandon();
    }
  }

  /** Answers a host call that `relay` gave. */
  answer(call: HostCall, outcome: HostOutcome): void {
    this.#owner.answer(call, outcome);
  }

  /** Only the outputs. Errors that were written are thrown together, after the last output, unless `ignoreErrors`. */
  async *output(options: { ignoreErrors?: boolean; onRecord?: (record: StreamRecord) => void } = {}): AsyncGenerator<PsValue, void> {
    for await (const record of this) {
      if (record.stream === "output") yield record.value;
      else options.onRecord?.(record);
    }
    const [first, ...rest] = this.#errors;
    if (first !== undefined && options.ignoreErrors !== true && options.onRecord === undefined)
      throw new PowerShellError([first, ...rest], false);
  }

  /** Reads to the end and gives all outputs. */
  async toArray(options: { ignoreErrors?: boolean; onRecord?: (record: StreamRecord) => void } = {}): Promise<PsValue[]> {
    const values: PsValue[] = [];
    for await (const value of this.output(options)) values.push(value);
    return values;
  }

  /** Gives the pipeline up: the server ends it, nothing of it is kept. */
  abandon(): void {
    clearTimeout(this.#patience);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (!this.#pipeline.ended) {
      this.#pipeline.terminate();
      this.#owner.changed();
    }
    this.#queue.discard();
  }

  /** @internal Feeds the input as fast as the server takes it. */
  async feed(input: AsyncIterable<Convertible> | Iterable<Convertible>): Promise<void> {
    try {
      for await (const value of input) {
        if (this.#pipeline.state !== "Running") return;
        this.#pipeline.input(toPsValue(value));
        this.#owner.changed();
        await this.#owner.writable();
      }
      if (this.#pipeline.state === "Running") this.#pipeline.endInput();
      this.#owner.changed();
    } catch (error) {
      // The input's own error: the pipeline cannot go on, and its reader must learn why.
      this.#inputError = error;
      this.stop();
    }
  }

  /** @internal Its command may have arrived, or certainly has not. */
  left(left: boolean): void {
    this.#sentAtMs = left ? (this.#sentAtMs ?? Date.now()) : undefined;
  }

  /** @internal What the pool told of this pipeline. */
  take(event: ClientPipelineEvent | { type: "host-call"; call: HostCall }): void {
    switch (event.type) {
      case "host-call":
        return this.#queue.put({ stream: "host-call", call: event.call });
      case "output":
        return this.#queue.put({ stream: "output", value: event.value });
      case "error":
        this.#errors.push(event.record);
        return this.#queue.put({ stream: "error", record: event.record });
      case "warning":
      case "verbose":
      case "debug":
        return this.#queue.put({ stream: event.type, record: event.record });
      case "information":
        return this.#queue.put({ stream: "information", record: event.record });
      case "progress":
        return this.#queue.put({ stream: "progress", record: event.record });
      case "pipeline-ended":
        return this.#end(event);
    }
  }

  #end(event: ClientPipelineEvent & { type: "pipeline-ended" }): void {
    this.#state = event.state;
    clearTimeout(this.#patience);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const finish = (): void => {
      this.#queue.end(this.#reason(event));
      this.#settled();
    };
    this.#owner.hostIdle().then(finish, finish);
  }

  #reason({ state, error, fault }: ClientPipelineEvent & { type: "pipeline-ended" }): unknown {
    if (this.#inputError !== undefined) return this.#inputError;
    if (this.#signal?.aborted === true) return this.#signal.reason;
    if (fault !== undefined) return fault;
    if (state === "Failed" && error !== undefined) {
      this.#errors.push(error);
      return new PowerShellError(this.#errors as [ErrorRecord, ...ErrorRecord[]], true);
    }
    return state === "Failed" ? new Fault("pipeline-failed") : undefined;
  }

  /** Whoever aborts gets away, also from a server that does not answer: then the pipeline is given up. */
  readonly #onAbort = (): void => {
    this.stop();
    if (this.#pipeline.ended) return;
    this.#patience ??= setTimeout(() => {
      this.#pipeline.terminate();
      this.#owner.changed();
    }, this.#owner.cancelTimeoutMs);
  };
}
