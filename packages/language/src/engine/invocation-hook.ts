/** The one place where every cmdlet passes: authorisation, audit, throttling and dry run hang here. */
import type { BoundArguments, Cmdlet } from "../cmdlet/cmdlet.ts";
import type { MaybePromise } from "../cmdlet/context.ts";
import type { ErrorRecord } from "../errors/error-record.ts";

export interface Invocation<Facts = unknown> {
  readonly command: Cmdlet;
  readonly invocationName: string;
  /** What the command line gave; objects of the pipeline add to it later. */
  readonly arguments: BoundArguments;
  readonly parameterSet: string;
  /** From 1. */
  readonly position: number;
  readonly pipelineLength: number;
  readonly whatIf: boolean;
  readonly session: Facts;
}

export interface InvocationEnd {
  readonly state: "completed" | "failed" | "stopped";
  /** Objects put out, and errors written. */
  readonly objects: number;
  readonly errors: number;
  /** The error that ended the pipeline, where this command raised it. */
  readonly error?: ErrorRecord;
}

export interface InvocationHook<Facts = unknown> {
  /** Before the pipeline starts, once a command, in order. Throw a Fault or CmdletError to refuse. */
  before?(invocation: Invocation<Facts>): MaybePromise<void>;
  /** When the pipeline is over, once a command whose `before` was called, whatever happened. */
  after?(invocation: Invocation<Facts>, end: InvocationEnd): MaybePromise<void>;
}
