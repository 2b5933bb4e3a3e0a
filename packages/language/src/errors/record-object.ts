/** Records as objects: for merged streams, variables, and the error that a client is sent ([MS-PSRP] 2.2.3.15). */
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { InformationRecord } from "../cmdlet/context.ts";
import { errorCategoryNumber } from "./error-category.ts";
import type { ErrorRecord, InvocationInfo } from "./error-record.ts";
import type { Exception } from "./exception.ts";
import { shorten } from "./target.ts";

const HRESULT_EXCEPTION = -2146233088;
const HRESULT_SYSTEM = -2146233087;
const HRESULTS: readonly (readonly [type: string, code: number])[] = [
  ["System.InvalidOperationException", -2146233079],
  ["System.InvalidCastException", -2147467262],
  ["System.ArgumentException", -2147024809],
  ["System.UnauthorizedAccessException", -2147024891],
  ["System.NotSupportedException", -2146233067],
  ["System.SystemException", HRESULT_SYSTEM],
];

/** An exception as PowerShell serialises it: its own properties, then those of System.Exception. No stack ever. */
export function exceptionObject(of: Exception): PsObject {
  const object = new PsObject({
    typeNames: [...of.typeNames, "System.Object"],
    text: `${of.typeNames[0] ?? "System.Exception"}: ${of.message}`,
  });
  const put = (name: string, value: PsValue): unknown => object.set(name, value, "adapted");
  const isRuntime = of.typeNames.includes("System.Management.Automation.RuntimeException");
  const isBinding = of.typeNames.includes("System.Management.Automation.ParameterBindingException");
  if (isBinding) put("Message", of.message);
  for (const [name, value] of Object.entries(of.properties ?? {})) put(name, value);
  if (isBinding) {
    put("Line", 0n);
    put("Offset", 0n);
    put("CommandInvocation", "System.Management.Automation.InvocationInfo");
  }
  if (isRuntime) {
    put("ErrorRecord", of.message);
    put("WasThrownFromThrowStatement", false);
  }
  if (!isBinding) put("Message", of.message);
  put("TargetSite", null);
  put("Data", new PsObject({ typeNames: ["System.Collections.ListDictionaryInternal", "System.Object"], base: new PsDictionary() }));
  put("InnerException", of.inner === undefined ? null : exceptionObject(of.inner));
  put("HelpLink", null);
  put("Source", null);
  put("HResult", HRESULTS.find(([type]) => of.typeNames.includes(type))?.[1] ?? HRESULT_EXCEPTION);
  put("StackTrace", null);
  return object;
}

/** InvocationInfo as an object inside the record. */
export function invocationObject(info: InvocationInfo | undefined): PsObject | null {
  if (info === undefined) return null;
  const origin = new PsObject({
    typeNames: ["System.Management.Automation.CommandOrigin", "System.Enum", "System.ValueType", "System.Object"],
    text: "Internal",
    base: 1,
  });
  const object = new PsObject({
    typeNames: ["System.Management.Automation.InvocationInfo", "System.Object"],
    text: "System.Management.Automation.InvocationInfo",
  });
  const put = (name: string, value: PsValue): unknown => object.set(name, value, "adapted");
  put("MyCommand", info.command);
  put("BoundParameters", new PsDictionary());
  put("UnboundArguments", []);
  put("ScriptLineNumber", 0);
  put("OffsetInLine", 0);
  put("HistoryId", 0n);
  put("ScriptName", "");
  put("Line", "");
  put("Statement", "");
  put("PositionMessage", "");
  put("PSScriptRoot", "");
  put("PSCommandPath", null);
  put("InvocationName", info.invocationName);
  put("PipelineLength", info.pipelineLength);
  put("PipelinePosition", info.pipelinePosition);
  put("ExpectingInput", info.expectingInput);
  put("CommandOrigin", origin);
  put("DisplayScriptPosition", null);
  return object;
}

/** An error record in the fields of the wire; the endpoint passes it to the pool as it is. */
export interface RecordOnWire {
  text: string;
  exception: PsValue;
  targetObject: PsValue;
  fullyQualifiedErrorId: string;
  category: { category: number; activity: string; reason: string; targetName: string; targetType: string; message: string };
  details?: { message: string | null; recommendedAction: string | null };
  invocation: PsValue;
}

export function recordOnWire(record: ErrorRecord): RecordOnWire {
  const exception = exceptionObject(record.exception);
  // A stock client raises an error (instead of writing it) only where this says so.
  if (record.thrown) exception.set("WasThrownFromThrowStatement", true, "adapted");
  return {
    text: record.message,
    exception,
    targetObject: record.target ?? null,
    fullyQualifiedErrorId: record.fullyQualifiedId,
    category: {
      category: errorCategoryNumber(record.category),
      activity: record.activity,
      reason: record.reason,
      targetName: shorten(record.targetName),
      targetType: record.targetType,
      message: record.categoryText,
    },
    ...(record.recommendedAction === undefined
      ? {}
      : { details: { message: record.message, recommendedAction: record.recommendedAction } }),
    invocation: invocationObject(record.invocation),
  };
}

/** The record as an object of the output, for `2>&1` and -ErrorVariable. */
export function errorObject(record: ErrorRecord): PsObject {
  const wire = recordOnWire(record);
  return new PsObject({ typeNames: ["System.Management.Automation.ErrorRecord", "System.Object"], text: record.message })
    .set("Exception", wire.exception)
    .set("TargetObject", wire.targetObject)
    .set("FullyQualifiedErrorId", wire.fullyQualifiedErrorId)
    .set("InvocationInfo", wire.invocation)
    .set("ErrorCategory_Category", wire.category.category)
    .set("ErrorCategory_Activity", wire.category.activity)
    .set("ErrorCategory_Reason", wire.category.reason)
    .set("ErrorCategory_TargetName", wire.category.targetName)
    .set("ErrorCategory_TargetType", wire.category.targetType)
    .set("ErrorCategory_Message", wire.category.message)
    .set("SerializeExtendedInfo", false);
}

const INFORMATIONAL = { warning: "WarningRecord", verbose: "VerboseRecord", debug: "DebugRecord" } as const;

export function textRecordObject(stream: keyof typeof INFORMATIONAL, text: string): PsObject {
  const automation = "System.Management.Automation";
  return new PsObject({ typeNames: [`${automation}.${INFORMATIONAL[stream]}`, `${automation}.InformationalRecord`, "System.Object"], text })
    .set("InformationalRecord_Message", text)
    .set("InformationalRecord_SerializeInvocationInfo", false);
}

export function informationObject(record: InformationRecord): PsObject {
  const text = typeof record.message === "string" ? record.message : String(record.message);
  return new PsObject({ typeNames: ["System.Management.Automation.InformationRecord", "System.Object"], text })
    .set("MessageData", record.message)
    .set("Source", record.source)
    .set("Tags", [...record.tags]);
}
