/**
 * One command of a running pipeline: binds what comes in, runs the cmdlet's stages, hands on what it puts out.
 *
 * It is the cmdlet's context. A write goes straight to the next command's `receive`; only where that has to wait does a
 * promise appear, and what is written meanwhile queues behind it, so that the order holds even if nobody awaits.
 */
import { isFault, type Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import { Binding, type Bound } from "../binder/binding.ts";
import { BindingError } from "../binder/binding-error.ts";
import type { BoundArguments, Cmdlet } from "../cmdlet/cmdlet.ts";
import type { ActionPreference } from "../cmdlet/common-parameters.ts";
import type { CmdletContext, CommandLookup, Host, InformationRecord, MaybePromise, ProgressRecord } from "../cmdlet/context.ts";
import type { Emission, Stages } from "../cmdlet/declaration.ts";
import { CmdletError, PipelineStopped } from "../errors/cmdlet-error.ts";
import type { ErrorRecord, ErrorRecordParts, InvocationInfo } from "../errors/error-record.ts";
import { recordFrom, recordFromThrown } from "../errors/from-thrown.ts";
import { errorObject, informationObject, textRecordObject } from "../errors/record-object.ts";
import { textOf } from "../types/text.ts";
import { elementsOf } from "../types/type-name.ts";
import { Confirmation } from "./confirmation.ts";
import { andThen, isPromise } from "./maybe-promise.ts";
import type { Preferences } from "./preferences.ts";
import type { PipelineSink } from "./sink.ts";
import { StopUpstream } from "./stop-upstream.ts";
import { mergesOf, type StreamTargets } from "./stream-targets.ts";
import type { StructuredCommand } from "./structured-command.ts";

/** What all stages of a pipeline share. */
export interface StageSurroundings {
  readonly sink: PipelineSink;
  readonly session: unknown;
  readonly commands: CommandLookup;
  readonly host: Host | undefined;
  readonly signal: AbortSignal;
  readonly preferences: Preferences;
  readonly variables: Map<string, PsValue[]> | undefined;
  readonly length: number;
  /** Lets others have their turn; called now and then. */
  readonly pause: (() => MaybePromise<void>) | undefined;
}

/** The commands after this one, once they are there. */
export interface Neighbours {
  next(): Stage | undefined;
  /** The one that claims the errors of those before it (MergePreviousResults), if any does. */
  claimsErrors(): Stage | undefined;
}

/** Objects that a command puts out between two pauses; a power of two. */
const PAUSE_AFTER = 1024;

export class Stage implements CmdletContext {
  readonly command: Cmdlet;
  readonly invocationName: string;
  readonly expectsInput: boolean;
  readonly session: unknown;
  readonly signal: AbortSignal;
  readonly commands: CommandLookup;
  readonly host: Host | undefined;
  readonly binding: Binding;
  readonly invocation: InvocationInfo;
  readonly index: number;
  /** Objects put out and errors written so far. */
  objects = 0;
  errors = 0;
  /** The error that this command ended the pipeline with. */
  failure: ErrorRecord | undefined;

  readonly #around: StageSurroundings;
  readonly #targets: StreamTargets;
  readonly #confirmation: Confirmation;
  readonly #preferences: Record<"error" | "warning" | "verbose" | "debug" | "information" | "progress", ActionPreference>;
  readonly #recorders: {
    out: PsValue[] | undefined;
    error: PsValue[] | undefined;
    warning: PsValue[] | undefined;
    information: PsValue[] | undefined;
  };
  readonly #neighbours: Neighbours;
  #stages: Stages<BoundArguments> = {};
  #bound: Bound;
  #begun = false;
  #ended = false;
  #early: PsValue[] = [];
  /** The end of the line of waiting work, if any is. */
  #tail: Promise<void> | undefined;

  constructor(
    command: Cmdlet,
    structured: StructuredCommand,
    index: number,
    expectsInput: boolean,
    around: StageSurroundings,
    neighbours: Neighbours,
  ) {
    this.command = command;
    this.invocationName = structured.text;
    this.index = index;
    this.expectsInput = expectsInput;
    this.session = around.session;
    this.signal = around.signal;
    this.commands = around.commands;
    this.host = around.host;
    this.#around = around;
    this.#neighbours = neighbours;
    this.#targets = mergesOf(structured.merge);
    const bare = invocationInfo(command, structured, index, around.length, expectsInput, {});
    try {
      this.binding = new Binding(command, structured.arguments, expectsInput);
    } catch (error) {
      if (error instanceof BindingError) error.record.raisedBy({ ...bare, invocationName: "" }, command.idSuffix);
      throw error;
    }
    this.#bound = this.binding.commandLine;
    this.invocation = { ...bare, boundParameters: this.#bound.args };
    this.#preferences = this.#readPreferences();
    this.#recorders = this.#readRecorders();
    this.#confirmation = new Confirmation(command, this.binding, around.preferences, around.host, {
      verbose: (text) => this.verbose(text),
      fail: (parts) => this.fail(parts),
    });
  }

  #readPreferences(): Record<"error" | "warning" | "verbose" | "debug" | "information" | "progress", ActionPreference> {
    const asked = (name: string): ActionPreference | undefined => {
      const value = this.binding.common(name);
      return value === undefined || value === null ? undefined : (textOf(value) as ActionPreference);
    };
    const switched = (name: string): ActionPreference | undefined => {
      const value = this.binding.common(name);
      return value === undefined ? undefined : value === true ? "Continue" : "SilentlyContinue";
    };
    const { preferences } = this.#around;
    return {
      error: asked("ErrorAction") ?? preferences.error,
      warning: asked("WarningAction") ?? preferences.warning,
      verbose: switched("Verbose") ?? preferences.verbose,
      debug: switched("Debug") ?? preferences.debug,
      information: asked("InformationAction") ?? preferences.information,
      progress: asked("ProgressAction") ?? preferences.progress,
    };
  }

  /** -OutVariable and its kind, where the session keeps variables; an endpoint without language has nobody to read them. */
  #readRecorders(): {
    out: PsValue[] | undefined;
    error: PsValue[] | undefined;
    warning: PsValue[] | undefined;
    information: PsValue[] | undefined;
  } {
    const open = (parameter: string): PsValue[] | undefined => {
      const { variables } = this.#around;
      const given = variables === undefined ? undefined : this.binding.common(parameter);
      if (variables === undefined || typeof given !== "string" || given === "") return undefined;
      const append = given.startsWith("+");
      const name = (append ? given.slice(1) : given).toLowerCase();
      const list = (append ? variables.get(name) : undefined) ?? [];
      variables.set(name, list);
      return list;
    };
    return {
      out: open("OutVariable"),
      error: open("ErrorVariable"),
      warning: open("WarningVariable"),
      information: open("InformationVariable"),
    };
  }

  get parameterSet(): string {
    return this.#bound.parameterSet;
  }

  get whatIf(): boolean {
    return this.#confirmation.whatIf;
  }

  isBound(parameter: string): boolean {
    const declared = this.command.parameter(parameter);
    return declared !== undefined && this.#bound.given.has(declared.name);
  }

  // The run of the stage, called by the pipeline

  begin(): MaybePromise<void> {
    this.#stages = this.#guard(() => this.command.start(this));
    return andThen(
      this.#emit(() => this.#stages.begin?.(this.#bound.args)),
      () => {
        this.#begun = true;
        const early = this.#early;
        this.#early = [];
        return this.#each(early, (value) => this.receive(value));
      },
    );
  }

  /** The one process of a command that gets no input. */
  processOnce(): MaybePromise<void> {
    return this.#emit(() => this.#stages.process?.(this.#bound.args));
  }

  /** An object from the command before, or from outside. */
  receive(value: PsValue): MaybePromise<void> {
    if (!this.#begun) {
      this.#early.push(value);
      return;
    }
    if (this.#ended) throw new StopUpstream(this.index);
    if (this.#tail !== undefined) return this.#queue(() => this.#process(value));
    const result = this.#process(value);
    if (isPromise<void>(result)) return this.#queue(() => result);
  }

  #queue(work: () => MaybePromise<void>): Promise<void> {
    const before = this.#tail;
    const tail: Promise<void> = (before === undefined ? Promise.resolve(work()) : before.then(work)).finally(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    // Whoever wrote may not be looking; the pipeline asks for the tail before the end.
    tail.catch(() => undefined);
    this.#tail = tail;
    return tail;
  }

  #process(value: PsValue): MaybePromise<void> {
    this.#checkStopped();
    let bound: Bound;
    try {
      bound = this.binding.bindInput(value);
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      const { record } = error;
      this.#guard(() => this.writeError(record));
      return;
    }
    this.#bound = bound;
    return this.#emit(() => this.#stages.process?.(bound.args));
  }

  end(): MaybePromise<void> {
    return andThen(this.#tail, () => {
      this.#ended = true;
      this.#bound = this.binding.commandLine;
      return this.#emit(() => this.#stages.end?.(this.#bound.args));
    });
  }

  async clean(): Promise<void> {
    await this.#stages.clean?.();
  }

  /** Runs a piece of the cmdlet; what it throws becomes this command's failure. */
  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    if (error instanceof StopUpstream || error instanceof PipelineStopped || error instanceof Failed) return error;
    const record = recordFromThrown(error).raisedBy(this.invocation, this.command.idSuffix);
    this.failure = record;
    return new Failed(record, error);
  }

  #emit(work: () => Emission | undefined): MaybePromise<void> {
    const emission = this.#guard(work);
    if (emission === undefined) return;
    if (isPromise<void>(emission)) return this.#awaited(emission);
    if (typeof emission === "string") return this.write(emission);
    if (Symbol.asyncIterator in emission) return this.#drain(emission);
    const iterator = emission[Symbol.iterator]();
    const pending = this.#drainNow(iterator);
    return pending === undefined ? undefined : this.#drainLater(iterator, pending);
  }

  async #awaited(emission: Promise<void>): Promise<void> {
    try {
      const more: unknown = await emission;
      // An async function may also give its objects back.
      if (Array.isArray(more)) for (const value of more as PsValue[]) await this.write(value);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async #drain(values: AsyncIterable<PsValue>): Promise<void> {
    try {
      for await (const value of values) {
        const pending = this.write(value);
        if (pending !== undefined) await pending;
      }
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Puts out as long as nothing has to wait; gives the first thing that has. */
  #drainNow(iterator: Iterator<PsValue>): Promise<void> | undefined {
    try {
      for (;;) {
        const next = iterator.next();
        if (next.done === true) return undefined;
        const pending = this.write(next.value);
        if (isPromise<void>(pending)) return pending;
      }
    } catch (error) {
      iterator.return?.();
      throw this.#failed(error);
    }
  }

  async #drainLater(iterator: Iterator<PsValue>, first: Promise<void>): Promise<void> {
    try {
      for (let pending: Promise<void> | undefined = first; pending !== undefined; pending = this.#drainNow(iterator)) await pending;
    } catch (error) {
      iterator.return?.();
      throw this.#failed(error);
    }
  }

  #each(values: readonly PsValue[], put: (value: PsValue) => MaybePromise<void>): MaybePromise<void> {
    for (const [i, value] of values.entries()) {
      const pending = put(value);
      if (isPromise<void>(pending)) {
        return (async () => {
          await pending;
          for (const later of values.slice(i + 1)) await put(later);
        })();
      }
    }
  }

  #checkStopped(): void {
    if (this.signal.aborted) throw new PipelineStopped();
  }

  // What the cmdlet calls

  write(value: PsValue): MaybePromise<void> {
    this.#checkStopped();
    this.#recorders.out?.push(value);
    const { pause } = this.#around;
    if ((++this.objects & (PAUSE_AFTER - 1)) === 0 && pause !== undefined) return andThen(pause(), () => this.#handOn(value));
    return this.#handOn(value);
  }

  #handOn(value: PsValue): MaybePromise<void> {
    const next = this.#neighbours.next();
    return next === undefined ? this.#around.sink.output(value) : next.receive(value);
  }

  writeEach(values: PsValue): MaybePromise<void> {
    const elements = elementsOf(values);
    return elements === undefined ? this.write(values) : this.#each(elements, (value) => this.write(value));
  }

  writeError(error: ErrorRecord | ErrorRecordParts | Fault | CmdletError): void {
    this.#checkStopped();
    const record = recordFrom(error).raisedBy(this.invocation, this.command.idSuffix);
    this.errors++;
    const action = this.#preferences.error;
    if (action === "Ignore") return;
    this.#recorders.error?.push(errorObject(record));
    if (action === "Stop") throw new CmdletError(record);
    if (action === "SilentlyContinue") return;
    this.#route(
      "error",
      () => errorObject(record),
      () => this.#around.sink.error(record),
    );
  }

  fail(error: ErrorRecord | ErrorRecordParts | Fault): never {
    throw new CmdletError(recordFrom(error), isFault(error) ? { cause: error } : undefined);
  }

  warning(text: string): void {
    this.#recorders.warning?.push(text);
    this.#say("warning", text);
  }

  verbose(text: string): void {
    this.#say("verbose", text);
  }

  debug(text: string): void {
    this.#say("debug", text);
  }

  #say(stream: "warning" | "verbose" | "debug", text: string): void {
    this.#checkStopped();
    const action = this.#preferences[stream];
    if (action === "SilentlyContinue" || action === "Ignore") return;
    this.#route(
      stream,
      () => textRecordObject(stream, text),
      () => this.#around.sink[stream](text, this.invocation),
    );
    if (action === "Stop") this.#stopFor(stream, text);
  }

  #stopFor(stream: string, text: string): never {
    const named = `${stream[0]?.toUpperCase()}${stream.slice(1)}`;
    this.fail({
      message: `The running command stopped because the preference variable "${named}Preference" or common parameter is set to Stop: ${text}`,
      id: "ActionPreferenceStop",
      category: "OperationStopped",
      type: "ActionPreferenceStopException",
    });
  }

  information(message: PsValue, tags: readonly string[] = []): void {
    this.#checkStopped();
    const action = this.#preferences.information;
    if (action === "Ignore") return;
    const record: InformationRecord = { message, source: this.command.name, tags };
    this.#recorders.information?.push(informationObject(record));
    this.#route(
      "information",
      () => informationObject(record),
      () => this.#around.sink.information(record, action !== "SilentlyContinue", this.invocation),
    );
    if (action === "Stop") this.#stopFor("information", textOf(message));
  }

  progress(record: ProgressRecord): void {
    const action = this.#preferences.progress;
    if (action !== "SilentlyContinue" && action !== "Ignore") this.#around.sink.progress(record);
  }

  /** Hands a record to its own stream, to the output, or to nobody. */
  #route(stream: keyof StreamTargets, asObject: () => PsValue, own: () => void): void {
    const target = this.#targets[stream];
    const claimant = stream === "error" && target === "own" ? this.#neighbours.claimsErrors() : undefined;
    if (claimant !== undefined) {
      const pending = claimant.receive(asObject());
      if (isPromise<void>(pending)) pending.catch(() => undefined);
    } else if (target === "own") own();
    else if (target === "output") {
      const pending = this.write(asObject());
      if (isPromise<void>(pending)) pending.catch(() => undefined);
    }
  }

  shouldProcess(target: string, action?: string): MaybePromise<boolean> {
    return this.#confirmation.shouldProcess(target, action);
  }

  shouldContinue(query: string, caption: string): MaybePromise<boolean> {
    return this.#confirmation.shouldContinue(query, caption);
  }

  stopUpstream(): never {
    throw new StopUpstream(this.index);
  }
}

/** A command's failure on its way out of the pipeline; commands that it passes do not take it for their own. */
export class Failed extends Error {
  readonly record: ErrorRecord;
  constructor(record: ErrorRecord, cause: unknown) {
    super(record.message, { cause });
    this.name = "Failed";
    this.record = record;
  }
}

function invocationInfo(
  command: Cmdlet,
  structured: StructuredCommand,
  index: number,
  length: number,
  expectingInput: boolean,
  boundParameters: BoundArguments,
): InvocationInfo {
  return {
    command: command.name,
    commandType: command.kind,
    boundParameters,
    unboundArguments: [],
    invocationName: structured.text,
    pipelineLength: length,
    pipelinePosition: index + 1,
    expectingInput,
  };
}
