/** What a running cmdlet can reach: its streams, its questions, the facts of the session; nothing else. */
import type { PsValue } from "@tieline/remoting/objects";
import type { Fault } from "@tieline/fault";
import type { CmdletError } from "../errors/cmdlet-error.ts";
import type { ErrorRecord, ErrorRecordParts } from "../errors/error-record.ts";
import type { Cmdlet } from "./cmdlet.ts";

export type MaybePromise<T> = T | Promise<T>;

/** A message for the information stream. */
export interface InformationRecord {
  readonly message: PsValue;
  readonly source: string;
  readonly tags: readonly string[];
  /** True for what Write-Host wrote: the host shows it even when the stream is silent. */
  readonly forHost?: boolean;
}

/** System.Management.Automation.ProgressRecord. */
export interface ProgressRecord {
  readonly activity: string;
  readonly status?: string;
  readonly activityId?: number;
  readonly parentActivityId?: number;
  /** 0 to 100; -1 for unknown. */
  readonly percentComplete?: number;
  readonly secondsRemaining?: number;
  readonly currentOperation?: string;
  readonly completed?: boolean;
}

export interface CmdletContext<Facts = unknown> {
  readonly command: Cmdlet;
  /** The name that the caller wrote (an alias, another letter case). */
  readonly invocationName: string;
  /** The parameter set that was chosen. */
  readonly parameterSet: string;
  /** Whether the caller (or the current pipeline object) gave a value to this parameter. */
  isBound(parameter: string): boolean;
  /** True where objects come from a command before this one, or from the client. */
  readonly expectsInput: boolean;
  /** What the host of the language knows: tenant, administrator, directory. */
  readonly session: Facts;
  /** Aborted when the pipeline is to stop; hand it to whatever waits. */
  readonly signal: AbortSignal;

  /**
   * Puts a value out, as it is: an array travels as one object. Await what it returns when there is much to come, so
   * that a slow client slows the cmdlet down instead of filling memory.
   */
  write(value: PsValue): MaybePromise<void>;
  /** Puts out each element of a list, or the value itself where it is none. */
  writeEach(values: PsValue): MaybePromise<void>;
  /** An error that does not end the command (-ErrorAction Stop makes it end). */
  writeError(error: ErrorRecord | ErrorRecordParts | Fault | CmdletError): void;
  /** An error that ends the command. Throws. */
  fail(error: ErrorRecord | ErrorRecordParts | Fault): never;
  warning(text: string): void;
  verbose(text: string): void;
  debug(text: string): void;
  information(message: PsValue, tags?: readonly string[]): void;
  progress(record: ProgressRecord): void;

  /**
   * Asks whether to go on with a change, and says it under -WhatIf. Call it before each change.
   * @param target what is changed
   * @param action what is done to it; the command's name by default
   */
  shouldProcess(target: string, action?: string): MaybePromise<boolean>;
  /** A second question, for what cannot be undone; -Confirm:$false does not answer it. */
  shouldContinue(query: string, caption: string): MaybePromise<boolean>;

  /** Says that no more input is needed: the commands before this one end at once, this one goes on to its end. Throws. */
  stopUpstream(): never;

  /** The other commands of the session, as far as its roles may see them. */
  readonly commands: CommandLookup;
  /** What the client's screen offers, where there is one. */
  readonly host: Host | undefined;
}

export interface CommandLookup {
  /** The command of a name or alias, in any letter case; a module prefix is ignored. */
  find(name: string): Cmdlet | undefined;
  /** All that match one of the wildcard patterns, sorted by name. */
  match(patterns: readonly string[]): readonly Cmdlet[];
}

/** The host methods that commands of this package call ([MS-PSRP] 2.2.3.17); the endpoint turns them into host calls. */
export interface Host {
  writeLine(text: string): MaybePromise<void>;
  /** A line that is shown as an error; `writeLine` takes its place where it is missing. */
  writeErrorLine?(text: string): MaybePromise<void>;
  /** Ends an interactive session (Exit-PSSession). */
  popRunspace(): MaybePromise<void>;
  clear(): MaybePromise<void>;
  /** Asks with choices; gives the index. */
  promptForChoice(
    caption: string,
    message: string,
    choices: readonly { label: string; help: string }[],
    defaultChoice: number,
  ): MaybePromise<number>;
  /** Asks for the values of missing mandatory parameters, by name; undefined where the host cannot ask. */
  prompt?(caption: string, message: string, fields: readonly PromptField[]): MaybePromise<ReadonlyMap<string, PsValue> | undefined>;
}

export interface PromptField {
  readonly name: string;
  readonly typeName: string;
  readonly help: string;
}
