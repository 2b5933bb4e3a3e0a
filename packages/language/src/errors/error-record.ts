/**
 * System.Management.Automation.ErrorRecord: what PowerShell shows of an error, terminating or not.
 *
 * `FullyQualifiedErrorId` is the id, a comma, and the command's implementing type (of a function: its name); the engine
 * adds the second part when a record leaves a command, as PowerShell does, and only once.
 */
import type { Fault } from "@tieline/fault";
import type { PsValue } from "@tieline/remoting/objects";
import type { ErrorCategory } from "@tieline/remoting/objects";
import { exception, exceptionName, type Exception } from "./exception.ts";
import { shorten, textOfTarget, typeOfTarget } from "./target.ts";

/** Who was running, for `InvocationInfo` ([MS-PSRP] 2.2.3.15.1). */
export interface InvocationInfo {
  readonly command: string;
  readonly commandType: "Cmdlet" | "Function";
  readonly boundParameters: Readonly<Record<string, PsValue>>;
  readonly unboundArguments: readonly PsValue[];
  readonly invocationName: string;
  readonly pipelineLength: number;
  readonly pipelinePosition: number;
  readonly expectingInput: boolean;
}

export interface ErrorRecordParts {
  /** Exact text of the error. */
  message: string;
  /** Short error id, without the command's part. */
  id: string;
  category?: ErrorCategory;
  /** Short or full name of the exception's type; `RuntimeException` by default. */
  type?: string;
  /** The whole chain of the exception's types, where it is not a known one. */
  typeNames?: readonly string[];
  inner?: Exception | undefined;
  /** Properties that the exception's type adds. */
  properties?: Record<string, PsValue>;
  target?: PsValue | undefined;
  /** CategoryInfo's target name and type, where they are not those of `target`. */
  targetName?: string;
  targetType?: string;
  /** CategoryInfo's activity; the command's name by default. */
  activity?: string;
  reason?: string;
  /** What to do, shown below the message (ErrorDetails.RecommendedAction). */
  recommendedAction?: string;
  /** The fault that this record tells. */
  fault?: Fault | undefined;
  /** True for what a `throw` statement raised; a stock client then raises it too. */
  thrown?: boolean;
}

export class ErrorRecord {
  readonly exception: Exception;
  readonly category: ErrorCategory;
  readonly target: PsValue | undefined;
  readonly targetName: string;
  readonly targetType: string;
  readonly reason: string;
  readonly recommendedAction: string | undefined;
  readonly fault: Fault | undefined;
  readonly thrown: boolean;
  /** The command's name, once a command has raised it. */
  activity: string;
  fullyQualifiedId: string;
  invocation: InvocationInfo | undefined;

  constructor(parts: ErrorRecordParts) {
    const made = exception(parts.type ?? "RuntimeException", parts.message, {
      inner: parts.inner,
      ...(parts.properties === undefined ? {} : { properties: parts.properties }),
    });
    this.exception = parts.typeNames === undefined ? made : { ...made, typeNames: parts.typeNames };
    this.category = parts.category ?? "NotSpecified";
    this.target = parts.target;
    this.targetName = parts.targetName ?? textOfTarget(parts.target);
    this.targetType = parts.targetType ?? typeOfTarget(parts.target);
    this.reason = parts.reason ?? exceptionName(this.exception);
    this.activity = parts.activity ?? "";
    this.fullyQualifiedId = parts.id;
    this.recommendedAction = parts.recommendedAction;
    this.fault = parts.fault;
    this.thrown = parts.thrown ?? false;
    this.invocation = undefined;
  }

  get message(): string {
    return this.exception.message;
  }

  /**
   * CategoryInfo as PowerShell prints it.
   *
   * @example
   * ```ts
   * new ErrorRecord({ message: "no", id: "X", category: "ObjectNotFound", target: "bob", type: "CommandNotFoundException" }).categoryText;
   * // "ObjectNotFound: (bob:String) [], CommandNotFoundException"
   * ```
   */
  get categoryText(): string {
    return `${this.category}: (${shorten(this.targetName)}:${shorten(this.targetType)}) [${this.activity}], ${this.reason}`;
  }

  /** Marks the record as raised by a command; only the first mark counts. */
  raisedBy(invocation: InvocationInfo, idSuffix: string): this {
    if (this.invocation === undefined) {
      this.invocation = invocation;
      if (this.activity === "") this.activity = invocation.command;
      if (idSuffix !== "" && !this.fullyQualifiedId.includes(",")) this.fullyQualifiedId += `,${idSuffix}`;
    }
    return this;
  }

  /** The same error about another target. */
  withTarget(target: PsValue): ErrorRecord {
    const { exception: inside, category, fault, thrown, reason, recommendedAction } = this;
    return new ErrorRecord({
      message: inside.message,
      id: this.fullyQualifiedId,
      category,
      type: inside.typeNames[0] ?? "System.Exception",
      typeNames: inside.typeNames,
      inner: inside.inner,
      ...(inside.properties === undefined ? {} : { properties: { ...inside.properties } }),
      target,
      reason,
      fault,
      thrown,
      ...(recommendedAction === undefined ? {} : { recommendedAction }),
    });
  }

  toString(): string {
    return this.message;
  }
}
