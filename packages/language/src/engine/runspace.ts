/**
 * A runspace without language: it runs structured commands out of a catalogue, and refuses script text as PowerShell
 * does (language mode NoLanguage).
 */
import { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { CommandLookup, Host, MaybePromise } from "../cmdlet/context.ts";
import { BindingError } from "../binder/binding-error.ts";
import { CmdletError } from "../errors/cmdlet-error.ts";
import { ErrorRecord } from "../errors/error-record.ts";
import { recordFromThrown } from "../errors/from-thrown.ts";
import { commandNotFound } from "../errors/not-found.ts";
import type { Invocation, InvocationHook } from "./invocation-hook.ts";
import { runPipeline, type Outcome, type PipelineInput } from "./pipeline.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "./preferences.ts";
import { askForMissing } from "./prompt-for-missing.ts";
import type { PipelineSink } from "./sink.ts";
import { Stage, type Neighbours, type StageSurroundings } from "./stage.ts";
import { claimsErrors } from "./stream-targets.ts";
import type { StructuredCommand, StructuredScript } from "./structured-command.ts";

/** More commands in one pipeline, or statements in one request, are refused. */
const MOST_COMMANDS = 256;

export interface RunspaceOptions<Facts> {
  /** The commands that this session may see. */
  catalogue: CommandLookup;
  /** What cmdlets get as `context.session`. */
  session: Facts;
  hooks?: readonly InvocationHook<Facts>[];
  preferences?: Partial<Preferences>;
  /** Keeps what -OutVariable and its kind name (in lower case); without it those parameters are accepted and nothing is kept. */
  variables?: Map<string, PsValue[]>;
}

export interface RunOptions {
  sink: PipelineSink;
  /** Objects for the first command of the first statement; absent: it gets none, and runs once. */
  input?: PipelineInput | undefined;
  /** Aborted to stop the pipeline. */
  signal?: AbortSignal;
  host?: Host | undefined;
  /**
   * Called about every thousand objects of a command; what it returns is awaited. A service gives other sessions their
   * turn there (and its own stop signal a chance), since a pipeline that never waits gives way to nobody.
   */
  pause?: (() => MaybePromise<void>) | undefined;
}

/**
 * @example
 * ```ts
 * const runspace = new Runspace({ catalogue: new Catalogue([getGreeting]), session: { greeting: "Hello" } });
 * const sink = new Collected();
 * await runspace.run([[command("Get-Greeting", { Name: "Ada" })]], { sink });
 * sink.objects; // ["Hello, Ada"]
 * ```
 */
export class Runspace<Facts = unknown> {
  readonly #options: RunspaceOptions<Facts>;
  readonly #preferences: Preferences;

  constructor(options: RunspaceOptions<Facts>) {
    this.#options = options;
    this.#preferences = { ...DEFAULT_PREFERENCES, ...options.preferences };
  }

  /** Runs the statements one after the other; the first that does not complete ends all. Never rejects. */
  async run(statements: StructuredScript, options: RunOptions): Promise<Outcome> {
    const signal = options.signal ?? new AbortController().signal;
    if (statements.length > MOST_COMMANDS) return tooMany(statements.length);
    let input = options.input;
    for (const commands of statements) {
      const outcome = await this.#runStatement(commands, { ...options, input, signal });
      if (outcome.state !== "completed") return outcome;
      input = undefined;
    }
    return { state: "completed" };
  }

  async #runStatement(commands: readonly StructuredCommand[], options: RunOptions & { signal: AbortSignal }): Promise<Outcome> {
    if (commands.length > MOST_COMMANDS) return tooMany(commands.length);
    const stages: Stage[] = [];
    const started: [InvocationHook<Facts>, Invocation<Facts>, Stage][] = [];
    let outcome: Outcome;
    try {
      // All names are looked up before anything is bound, all is bound before anything runs.
      const found = commands.map((command) => this.#resolve(command));
      const around: StageSurroundings = {
        sink: options.sink,
        session: this.#options.session,
        commands: this.#options.catalogue,
        host: options.host,
        signal: options.signal,
        preferences: this.#preferences,
        variables: this.#options.variables,
        length: commands.length,
        pause: options.pause,
      };
      for (const [i, cmdlet] of found.entries()) {
        const expectsInput = i > 0 || options.input !== undefined;
        stages.push(
          await this.#bind(cmdlet, commands[i] as StructuredCommand, i, expectsInput, around, {
            next: () => stages[i + 1],
            claimsErrors: () => stages.find((stage) => stage.index > i && claimsErrors(commands[stage.index]?.merge)),
          }),
        );
      }
      for (const stage of stages) {
        const invocation = this.#invocation(stage, stages.length);
        for (const hook of this.#options.hooks ?? []) {
          started.push([hook, invocation, stage]);
          try {
            await hook.before?.(invocation);
          } catch (error) {
            const record = recordFromThrown(error).raisedBy(stage.invocation, stage.command.idSuffix);
            stage.failure = record;
            throw new CmdletError(record);
          }
        }
      }
      outcome = await runPipeline(stages, options.input, options.signal);
    } catch (error) {
      outcome = { state: "failed", error: recordFromThrown(error) };
    }
    for (const [hook, invocation, stage] of started) {
      const { objects, errors, failure } = stage;
      try {
        await hook.after?.(invocation, { state: outcome.state, objects, errors, ...(failure === undefined ? {} : { error: failure }) });
      } catch (error) {
        // What could not be recorded did not end well, even if the command did.
        if (outcome.state === "completed") outcome = { state: "failed", error: recordFromThrown(error) };
      }
    }
    return outcome;
  }

  async #bind(
    cmdlet: Cmdlet,
    structured: StructuredCommand,
    index: number,
    expectsInput: boolean,
    around: StageSurroundings,
    neighbours: Neighbours,
  ): Promise<Stage> {
    try {
      return new Stage(cmdlet, structured, index, expectsInput, around, neighbours);
    } catch (error) {
      // A client with a screen is asked for what is missing, once.
      if (!(error instanceof BindingError) || error.code !== "missing-mandatory-parameter" || around.host?.prompt === undefined)
        throw error;
      const answers = await askForMissing(cmdlet, index, error.missing, around.host);
      if (answers === undefined) throw error;
      return new Stage(
        cmdlet,
        { ...structured, arguments: [...structured.arguments, ...answers] },
        index,
        expectsInput,
        around,
        neighbours,
      );
    }
  }

  #resolve({ text, isScript }: StructuredCommand): Cmdlet {
    if (isScript) throw new CmdletError(scriptsNotAllowed(text));
    const found = this.#options.catalogue.find(text);
    if (found === undefined) throw new CmdletError(commandNotFound(text));
    return found;
  }

  #invocation(stage: Stage, pipelineLength: number): Invocation<Facts> {
    const { args, parameterSet } = stage.binding.commandLine;
    return {
      command: stage.command,
      invocationName: stage.invocationName,
      arguments: args,
      parameterSet,
      position: stage.index + 1,
      pipelineLength,
      whatIf: stage.whatIf,
      session: this.#options.session,
    };
  }
}

export function scriptsNotAllowed(script: string): ErrorRecord {
  const fault = new Fault("scripts-not-allowed");
  return new ErrorRecord({
    message: fault.message,
    id: "ScriptsNotAllowed",
    category: "ParserError",
    type: "ParseException",
    properties: { Errors: null },
    target: script,
    fault,
  });
}

function tooMany(count: number): Outcome {
  return { state: "failed", error: recordFromThrown(new Fault("too-many-commands", { count, limit: MOST_COMMANDS })) };
}
