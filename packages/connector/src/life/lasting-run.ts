/** A pipeline of a session that lasts: it waits for its shell, and when that is lost it is sent anew, or its reader told. */
import { Fault, isFault } from "@tieline/fault";
import { PowerShellError, type PipelineRun, type RelayRecord, type Session, type StreamRecord } from "@tieline/remoting";
import { afterLoss, isLoss, isReadOnly } from "./after-loss.ts";
import type { LastingOptions } from "./lasting-session.ts";
import type { PipelineSpec, RemoteRun, RunOptions } from "./remote-session.ts";

/** A shell for as long as one pipeline runs in it. */
export interface Lease {
  readonly session: Session;
  /** The shell is gone, or not to be trusted. */
  lost(error: unknown): void;
  end(): void;
}

export interface LastingRunOwner extends Pick<LastingOptions, "pace" | "onRestart"> {
  lease(signal: AbortSignal | undefined): Promise<Lease>;
  reconnection: boolean;
  /** Sends it; default: `Session.run`. */
  start?: (session: Session, options: RunOptions) => PipelineRun;
}

/** A pipeline that loses so many sessions is not sent once more. */
const MOST_ATTEMPTS = 5;

export class LastingRun implements RemoteRun {
  readonly #spec: PipelineSpec;
  readonly #options: RunOptions;
  readonly #owner: LastingRunOwner;
  readonly #stop = new AbortController();
  #attempt: Promise<{ run: PipelineRun; lease: Lease }>;
  #run: PipelineRun | undefined;
  #inputTaken = false;
  #stopped = false;
  #settled: (state: PipelineRun["state"]) => void = () => undefined;
  readonly ended: Promise<PipelineRun["state"]>;

  /** Begins at once, like a pipeline of remoting's. */
  constructor(spec: PipelineSpec, options: RunOptions, owner: LastingRunOwner) {
    this.#spec = spec;
    this.#options = options;
    this.#owner = owner;
    this.ended = new Promise((resolve) => (this.#settled = resolve));
    this.#attempt = this.#begin();
    this.#attempt.catch(() => undefined);
  }

  /** Of the pipeline that runs now; empty while it waits for its shell. */
  get id(): string {
    return this.#run?.id ?? "";
  }

  get state(): PipelineRun["state"] {
    return this.#run?.state ?? (this.#stopped ? "Stopped" : "Running");
  }

  get errors(): PipelineRun["errors"] {
    return this.#run?.errors ?? [];
  }

  get sentAtMs(): number | undefined {
    return this.#run?.sentAtMs;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#run === undefined) this.#stop.abort(new Fault("session-superseded"));
    else this.#run.stop();
  }

  abandon(): void {
    this.#stopped = true;
    this.#stop.abort(new Fault("session-superseded"));
    this.#run?.abandon();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamRecord, void> {
    for await (const record of this.relay()) if (record.stream !== "host-call") yield record;
  }

  /** Answers a host call of the pipeline that runs now; what a lost one had asked, nobody waits for. */
  answer(...given: Parameters<PipelineRun["answer"]>): void {
    this.#run?.answer(...given);
  }

  async *relay(): AsyncGenerator<RelayRecord, void> {
    let handedOut = 0;
    try {
      for (let attempt = 1; ; attempt++) {
        const started = await this.#started();
        if (started === undefined) return;
        const { run, lease } = started;
        try {
          for await (const record of run.relay()) {
            if (record.stream === "output" || record.stream === "error" || record.stream === "host-call") handedOut += 1;
            if (record.stream === "warning") this.#owner.pace?.warned(record.record.message ?? "");
            yield record;
          }
          return;
        } catch (error) {
          if (!isLoss(error)) throw error;
          lease.lost(error);
          if (!this.#again(run, error, handedOut, lease.session.id, attempt)) return;
          if (handedOut > 0) this.#owner.onRestart?.(run.id);
          handedOut = 0;
        } finally {
          lease.end();
        }
        this.#run = undefined;
        this.#attempt = this.#begin();
      }
    } finally {
      this.#settled(this.state);
    }
  }

  /** Only the outputs; errors that were written are thrown after the last one, unless `ignoreErrors`. */
  async *output(options: Parameters<PipelineRun["output"]>[0] = {}): ReturnType<PipelineRun["output"]> {
    for await (const record of this) {
      if (record.stream === "output") yield record.value;
      else options.onRecord?.(record);
    }
    const [first, ...rest] = this.errors;
    if (first !== undefined && options.ignoreErrors !== true && options.onRecord === undefined)
      throw new PowerShellError([first, ...rest], false);
  }

  async toArray(options: Parameters<PipelineRun["toArray"]>[0] = {}): ReturnType<PipelineRun["toArray"]> {
    const values = [];
    for await (const value of this.output(options)) values.push(value);
    return values;
  }

  async #begin(): Promise<{ run: PipelineRun; lease: Lease }> {
    const { input, signal, relay } = this.#options;
    const ending = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    await this.#owner.pace?.turn(ending);
    const lease = await this.#owner.lease(ending);
    try {
      ending.throwIfAborted();
      const start = this.#owner.start ?? ((session: Session, options: RunOptions) => session.run(this.#spec, options));
      const run = start(lease.session, {
        ...(signal === undefined ? {} : { signal }),
        ...(relay === undefined ? {} : { relay }),
        ...(input === undefined ? {} : { input: this.#watched(input) }),
      });
      this.#run = run;
      void run.ended.then((state) => {
        lease.end();
        if (state !== "Failed") this.#settled(state);
      });
      return { run, lease };
    } catch (error) {
      lease.end();
      throw error;
    }
  }

  /** The pipeline under way; undefined where it was stopped before it had begun. */
  async #started(): Promise<{ run: PipelineRun; lease: Lease } | undefined> {
    try {
      return await this.#attempt;
    } catch (error) {
      if (this.#stopped && this.#options.signal?.aborted !== true) return undefined;
      throw error;
    }
  }

  async *#watched(input: NonNullable<RunOptions["input"]>): AsyncGenerator<never> {
    for await (const value of input) {
      this.#inputTaken = true;
      yield value as never;
    }
  }

  /** Whether it is sent once more. @throws Fault `command-outcome-unknown`, or the loss itself where nothing is to be done about it */
  #again(run: PipelineRun, error: unknown, handedOut: number, session: string, attempt: number): boolean {
    if (this.#stopped) return false;
    const commands = this.#spec.statements.flat();
    const verdict = afterLoss({
      sent: run.sentAtMs !== undefined,
      handedOut,
      readOnly: commands.every(isReadOnly),
      inputTaken: this.#inputTaken,
      fromStart: this.#owner.onRestart !== undefined,
    });
    if (verdict !== "report" && this.#owner.reconnection && attempt < MOST_ATTEMPTS) return true;
    if (run.sentAtMs === undefined || (verdict === "repeat" && !this.#owner.reconnection)) throw error;
    throw new Fault(
      "command-outcome-unknown",
      {
        cmdlet: commands.map(({ text, isScript }) => (isScript === true ? "a script" : text)).join(" | "),
        sent: new Date(run.sentAtMs).toISOString(),
        outputs: handedOut,
        reason: isFault(error) ? error.message.replace(/\.$/, "") : String(error),
        session,
      },
      { cause: error },
    );
  }
}
