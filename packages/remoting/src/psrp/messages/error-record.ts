/** Error records made here: what a server without .NET says so that a client shows it as PowerShell's own. */
import type { Fault } from "@tieline/fault";
import { PsDictionary, PsObject, type PsValue } from "../../objects/index.ts";
import { ERROR_CATEGORIES, type ErrorCategory } from "../../objects/index.ts";
import type { ErrorRecord } from "./record.ts";

export interface ErrorDescription {
  message: string;
  /** FullyQualifiedErrorId, such as `CommandNotFoundException`. */
  id: string;
  category: ErrorCategory;
  /** Type names of the exception, most derived first. Default: RuntimeException. */
  exceptionTypes?: readonly string[];
  /** The command that failed. */
  activity?: string;
  target?: PsValue;
  targetName?: string;
  targetType?: string;
  /** Whether `throw` raised it: then PowerShell's Invoke-Command throws it again. */
  thrown?: boolean;
  invocation?: PsValue;
}

const RUNTIME_EXCEPTION = ["System.Management.Automation.RuntimeException", "System.SystemException", "System.Exception", "System.Object"];
/** COR_E_EXCEPTION's sibling for system exceptions, as .NET gives it. */
const HRESULT = -2146233087;

/** An exception as an object, with the properties that .NET's have. */
export function exceptionObject(message: string, typeNames: readonly string[] = RUNTIME_EXCEPTION, thrown = false): PsObject {
  const data = new PsObject({ typeNames: ["System.Collections.ListDictionaryInternal", "System.Object"], base: new PsDictionary() });
  return new PsObject({ typeNames, text: `${typeNames[0] ?? "System.Exception"}: ${message}` })
    .set("ErrorRecord", message, "adapted")
    .set("WasThrownFromThrowStatement", thrown, "adapted")
    .set("TargetSite", null, "adapted")
    .set("Message", message, "adapted")
    .set("Data", data, "adapted")
    .set("InnerException", null, "adapted")
    .set("HelpLink", null, "adapted")
    .set("Source", null, "adapted")
    .set("HResult", HRESULT, "adapted")
    .set("StackTrace", null, "adapted");
}

/** A record for a description; the category's message is composed as PowerShell does. */
export function errorRecord(description: ErrorDescription): ErrorRecord {
  const { message, activity = "", targetName = "", targetType = "" } = description;
  const typeNames = description.exceptionTypes ?? RUNTIME_EXCEPTION;
  const reason = (typeNames[0] ?? "Exception").replace(/^.*\./, "");
  return {
    text: message,
    exception: exceptionObject(message, typeNames, description.thrown ?? false),
    targetObject: description.target ?? null,
    fullyQualifiedErrorId: description.id,
    category: {
      category: ERROR_CATEGORIES.indexOf(description.category),
      activity,
      reason,
      targetName,
      targetType,
      message: `${description.category}: (${targetName}:${targetType}) [${activity}], ${reason}`,
    },
    invocation: description.invocation ?? null,
  };
}

/** What a pipeline that was stopped ends with. */
export function pipelineStopped(): ErrorRecord {
  return errorRecord({
    message: "The pipeline has been stopped.",
    id: "PipelineStopped",
    category: "OperationStopped",
    exceptionTypes: ["System.Management.Automation.PipelineStoppedException", ...RUNTIME_EXCEPTION],
  });
}

/** A fault as the peer may see it: its text and code, never its cause. */
export function faultRecord(fault: Fault): ErrorRecord {
  return errorRecord({
    message: fault.message,
    id: fault.code,
    category: fault.blame === "peer" ? "InvalidData" : "InvalidOperation",
    exceptionTypes: ["System.Management.Automation.Remoting.PSRemotingDataStructureException", ...RUNTIME_EXCEPTION],
  });
}
