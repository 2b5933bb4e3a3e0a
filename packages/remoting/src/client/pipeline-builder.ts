/** Describes a pipeline command by command, as PowerShell's own API does, and runs it. */
import type { CommandArgument, CommandSpec, PipelineSpec } from "../psrp/index.ts";
import type { PipelineRun } from "./pipeline-run.ts";
import { toPsValue, type Convertible } from "./to-ps-value.ts";

export interface RunOptions {
  /** What goes into the pipeline; taken as fast as the server takes it. */
  input?: AsyncIterable<Convertible> | Iterable<Convertible>;
  /** Stops the pipeline at the server; its reader gets the signal's reason. */
  signal?: AbortSignal;
  /** Host calls of this pipeline go to the reader of the run's `relay`, not to the session's host. Default false. */
  relay?: boolean;
}

type Run<R> = (spec: PipelineSpec, options: RunOptions) => R;
/** A command while it is built. */
type Building = CommandSpec & { arguments: CommandArgument[] };

/** `R` is what running gives: a session's own run, or that of whoever stands before sessions. */
export class PipelineBuilder<R = PipelineRun> {
  readonly #run: Run<R>;
  readonly #statements: Building[][] = [[]];
  readonly #options: Partial<PipelineSpec> = {};

  /** Made by `Session.pipeline`, and by those that stand before sessions. */
  constructor(run: Run<R>) {
    this.#run = run;
  }

  /** Adds a command; further ones take the output of the one before. */
  command(name: string): this {
    this.#last.push({ text: name, arguments: [] });
    return this;
  }

  /** Adds script text; endpoints without a language refuse it. */
  script(text: string): this {
    this.#last.push({ text, isScript: true, arguments: [] });
    return this;
  }

  /** Adds a named argument to the last command; without a value it is a switch. */
  parameter(name: string, value: Convertible = true): this {
    if (value !== undefined) this.#command.arguments.push({ name, value: toPsValue(value) });
    return this;
  }

  /** Adds named arguments; those that are undefined are left out. */
  parameters(parameters: Readonly<Record<string, Convertible>>): this {
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) this.parameter(name, value);
    return this;
  }

  /** Adds a positional argument. */
  argument(value: Convertible): this {
    this.#command.arguments.push({ name: null, value: toPsValue(value ?? null) });
    return this;
  }

  /** Begins a new statement, which runs after the one before. */
  statement(): this {
    if (this.#last.length > 0) this.#statements.push([]);
    return this;
  }

  /** Further members of the message: history, stream options, nesting. */
  with(options: Omit<PipelineSpec, "statements" | "input">): this {
    Object.assign(this.#options, options);
    return this;
  }

  /** The description so far. */
  get spec(): PipelineSpec {
    return { ...this.#options, statements: this.#statements.filter((statement) => statement.length > 0) };
  }

  /** Starts it at the server. Read the run: it goes on only as far as its reader follows. */
  run(options: RunOptions = {}): R {
    return this.#run(this.spec, options);
  }

  get #last(): Building[] {
    return this.#statements.at(-1) as Building[];
  }

  get #command(): Building {
    const command = this.#last.at(-1);
    if (command === undefined) throw new TypeError("parameter() and argument() follow command() or script()");
    return command;
  }
}
